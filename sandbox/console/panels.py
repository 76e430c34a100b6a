"""The parts of the page that show calls, telephones, rooms and queues."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.console.html import Child, Markup, el, inside
from sandbox.console.views import (
    LegView,
    PhoneView,
    QueueView,
    RoomView,
    SeatView,
    Sound,
    StreamView,
    WaitingView,
)
from sandbox.people.suffixes import BEHAVIOURS
from sandbox.people.telephone import Note

MOST_CALLS = 80
MOST_WAITING = 20
STATE_WORDS = {"idle": "idle", "rings": "is ringing", "calls": "is calling", "talks": "in a call"}
DIRECTION_WORDS = {
    "inbound": "called in",
    "outbound-api": "called by the API",
    "outbound-dial": "called by <Dial>",
}
KEYPAD = "123456789*0#"


def since(moment: float) -> Markup:
    """A duration that the page keeps counting."""
    return el("time", class_="since", data_since=f"{moment:.2f}")


def chip(text: str, kind: str = "") -> Markup:
    return el("span", text, class_="chip", data_kind=kind or text)


def nothing(text: str) -> Markup:
    return el("p", text, class_="nothing")


def button(text: str, do: str, label: str, kind: str = "", **values: str) -> Markup:
    """A button that asks the carrier for something. `values` go with the request."""
    data = {f"data_value_{name}": value for name, value in values.items()}
    return el(
        "button", text, type="button", class_=kind or None, data_do=do, aria_label=label, **data
    )


def calls(legs: list[LegView]) -> Markup:
    """Every live call, children below the call that dialled them."""
    if not legs:
        return nothing("No calls. Dial in below, or let the application ring somebody.")
    shown = in_families(legs)[:MOST_CALLS]
    more = len(legs) - len(shown)
    rest = nothing(f"… and {more} more.") if more else None
    return inside([_leg(each) for each in shown], rest)


def in_families(legs: Iterable[LegView]) -> list[LegView]:
    """Newest families first, each child after its parent."""
    by_parent: dict[str | None, list[LegView]] = {}
    everyone = list(legs)
    known = {each.sid for each in everyone}
    for each in everyone:
        parent = each.parent_sid if each.parent_sid in known else None
        by_parent.setdefault(parent, []).append(each)
    ordered: list[LegView] = []
    for root in reversed(by_parent.get(None, [])):
        ordered += [root, *_descendants(root, by_parent)]
    return ordered


def _descendants(root: LegView, by_parent: dict[str | None, list[LegView]]) -> list[LegView]:
    found: list[LegView] = []
    for child in by_parent.get(root.sid, []):
        found += [child, *_descendants(child, by_parent)]
    return found


def _leg(leg: LegView) -> Markup:
    return el(
        "article",
        el(
            "header",
            el("h3", _who(leg.who, leg.number)),
            chip(leg.status),
            since(leg.since),
        ),
        el(
            "p",
            el("span", DIRECTION_WORDS.get(leg.direction, leg.direction)),
            " ",
            el("b", leg.other),
            el("code", leg.activity, class_="verb", title="what the call executes")
            if leg.activity
            else None,
            class_="route",
        ),
        el("div", el("span", "hears", class_="label"), _sounds(leg.hears), class_="hears"),
        _controls(leg),
        _notes(leg.notes, leg.sid),
        id=f"leg-{leg.sid}",
        class_="leg child" if leg.parent_sid else "leg",
        data_status=leg.status,
        aria_label=f"Call of {leg.who}",
    )


def _who(name: str, number: str) -> Child:
    return name if name == number else [name, " ", el("small", number)]


def _sounds(sounds: tuple[Sound, ...]) -> Markup:
    return el("ul", [el("li", each.text, data_kind=each.kind) for each in sounds], class_="sounds")


def _controls(leg: LegView) -> Markup:
    if leg.rings_here:
        return el(
            "div",
            button("Answer", "answer", f"Answer the phone of {leg.who}", "good", call=leg.sid),
            button("Decline", "reject", f"Decline on the phone of {leg.who}", call=leg.sid),
            button("Busy", "busy", f"Let {leg.who} be busy", call=leg.sid),
            class_="controls",
        )
    hang_up = button("Hang up", "hang_up", f"Hang up the phone of {leg.who}", "bad", call=leg.sid)
    if not leg.answered:
        return el("div", hang_up, class_="controls")
    return el(
        "div",
        _ask("say", "text", "Say", f"Words for {leg.who} to say", leg.sid, "say something"),
        _ask("press", "keys", "Press", f"Keys for {leg.who} to press", leg.sid, "1#", "keys"),
        hang_up,
        _keypad(leg),
        class_="controls",
    )


def _ask(do: str, name: str, text: str, label: str, sid: str, hint: str, kind: str = "") -> Markup:
    return el(
        "form",
        el(
            "input",
            name=name,
            id=f"{do}-{sid}",
            aria_label=label,
            placeholder=hint,
            autocomplete="off",
            required=True,
            inputmode="tel" if kind else None,
            maxlength=32 if kind else 500,
        ),
        el("button", text, type="submit", aria_label=f"{text}: {label}"),
        class_=f"ask {kind}".strip(),
        data_do=do,
        data_value_call=sid,
    )


def _keypad(leg: LegView) -> Markup:
    keys = [
        button(key, "press", f"{leg.who} presses {key}", call=leg.sid, keys=key) for key in KEYPAD
    ]
    return el(
        "details",
        el("summary", "Keypad", aria_label=f"Keypad of {leg.who}"),
        el("div", keys, class_="keypad"),
        id=f"keypad-{leg.sid}",
        class_="pad",
    )


def _notes(notes: tuple[Note, ...], name: str) -> Markup | None:
    if not notes:
        return None
    return el(
        "details",
        el("summary", el("span", notes[-1].text, class_="last-note")),
        el("ol", [el("li", clock(each.at), " ", each.text) for each in notes]),
        id=f"notes-{name}",
        class_="notes",
    )


def clock(moment: float) -> Markup:
    """A time of day, written by the page in its own time zone."""
    return el("time", class_="clock", data_at=f"{moment:.2f}")


def phones(people: list[PhoneView], streams: list[StreamView], areas: tuple[str, ...]) -> Markup:
    """Who lives here, who comes by, and which numbers behave by themselves."""
    return inside(
        el("ul", [_phone(each) for each in people], class_="phones") if people else None,
        None if people else nothing("Nobody lives here yet: anybody may call in."),
        el("ul", [_stream(each) for each in streams], class_="streams") if streams else None,
        _behaviours(areas),
    )


def _phone(phone: PhoneView) -> Markup:
    fill = (
        el(
            "button",
            "Dial as",
            type="button",
            data_fill_from=phone.number,
            aria_label=f"Dial as {phone.name}",
        )
        if phone.state == "idle"
        else None
    )
    return el(
        "li",
        el(
            "div",
            el("b", phone.name),
            el("small", phone.number) if phone.name != phone.number else None,
            class_="who",
        ),
        chip(STATE_WORDS[phone.state], phone.state),
        fill,
        _notes(phone.notes, phone.number),
        id=f"phone-{phone.number}",
    )


def _stream(stream: StreamView) -> Markup:
    word = "Resume" if stream.paused else "Pause"
    return el(
        "li",
        el("div", el("b", stream.name), el("small", stream.plan), class_="who"),
        chip(f"{stream.on_the_phone} on the phone, {stream.arrived} so far", "stream"),
        button(
            word,
            "arrivals",
            f"{word} the arrivals of {stream.name}",
            name=stream.name,
            paused="false" if stream.paused else "true",
        ),
        id=f"stream-{stream.name}",
    )


def _behaviours(areas: tuple[str, ...]) -> Markup | None:
    if not areas:
        return None
    rows = [
        el("tr", el("td", f"…{each.digit}"), el("td", each.means)) for each in BEHAVIOURS.values()
    ]
    return el(
        "details",
        el("summary", "Numbers that behave by themselves"),
        el(
            "p",
            "Numbers that begin with ",
            el("code", ", ".join(areas)),
            ". The last digit says "
            "what happens, the one before it for how many seconds it rings (0: two).",
        ),
        el("table", el("tbody", rows)),
        id="behaviours",
    )


def rooms(views: list[RoomView]) -> Markup:
    """Who is in which room, and who hears whom."""
    if not views:
        return nothing("No rooms.")
    return inside([_room(each) for each in reversed(views)])


def _room(room: RoomView) -> Markup:
    return el(
        "article",
        el("header", el("h3", room.name), chip(room.status), since(room.since)),
        el("ul", [_seat(each) for each in room.seats], class_="seats"),
        id=f"room-{room.sid}",
        class_="room",
    )


def _seat(seat: SeatView) -> Markup:
    states = [
        chip(seat.status) if seat.status != "connected" else None,
        chip("muted", "warn") if seat.muted else None,
        chip("on hold", "warn") if seat.hold else None,
        chip(f"coaches {seat.coaches}", "coach") if seat.coaches else None,
    ]
    return el(
        "li",
        el("b", seat.who),
        el("small", seat.label) if seat.label else None,
        states,
        el("span", "hears ", ", ".join(seat.hears) or "nobody", class_="quiet"),
        id=f"seat-{seat.sid}",
    )


def queues(views: list[QueueView]) -> Markup:
    if not views:
        return nothing("No queues.")
    return inside([_queue(each) for each in views])


def _queue(queue: QueueView) -> Markup:
    more = queue.size - MOST_WAITING
    return el(
        "article",
        el(
            "header",
            el("h3", queue.name),
            chip(f"{queue.size} waiting", "busy" if queue.size else "idle"),
            chip(f"{queue.takers} ready to take", "good") if queue.takers else None,
        ),
        el("ol", [_waiting(each) for each in queue.waiting[:MOST_WAITING]]) if queue.size else None,
        nothing(f"… and {more} more.") if more > 0 else None,
        el("p", f"average wait {queue.average} s, room for {queue.max_size}", class_="quiet"),
        id=f"queue-{queue.sid}",
        class_="queue",
    )


def _waiting(member: WaitingView) -> Markup:
    return el("li", el("b", member.who), " ", since(member.since), id=f"waiting-{member.sid}")
