"""What pages consist of: the same drawings answer a request and are pushed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from agents import desk, dial_pad, leg_picture, parties, softphone, upkeep
from agents.availability import Intent, Status
from agents.models import Agent, BreakReason, Supervisor
from calls import live, timeline
from calls.live.panes import Pane
from calls.models import Call, Command, Leg, LineChange, PhoneNumber, Queue
from calls.services import access, dial_rules
from calls.states import LegRole, OrderState, Verb

# A board of many queues changes all the time; so many seconds of changes are drawn together.
BOARD_MOMENT = 0.25
# What changes by the clock alone: a new day, a break that has become too long.
BOARD_FLOOR = 15.0
CALL_FLOOR = 10.0
UPKEEP_FLOOR = 5.0


@dataclass(frozen=True, slots=True)
class Pages:
    """Where this user may go."""

    name: str
    desk: bool
    board: bool
    admin: bool


def pages_of(user: User) -> Pages:
    supervises = user.is_superuser or Supervisor.objects.filter(user=user).exists()
    return Pages(
        name=user.get_full_name() or user.get_username(),
        desk=Agent.objects.filter(user=user).exists(),
        board=supervises,
        admin=user.is_staff,
    )


# Panes --------------------------------------------------------------------------------------------


def desk_panes(user: User) -> list[Pane]:
    """The agent's own part, and each of their queues, which all its agents share.

    Raises desk.NotAnAgent.
    """
    agent = Agent.objects.filter(user=user).first()
    if agent is None:
        raise desk.NotAnAgent(f"{user} is not an agent")
    own = Pane(f"desk:{user.pk}", frozenset({live.desk(user.pk)}), lambda: draw_desk(user))
    return [own, upkeep_pane(), *(queue_pane(queue) for queue in agent.queues.all())]


def queue_pane(queue: Queue) -> Pane:
    return Pane(f"queue:{queue.pk}", frozenset({live.queue(queue.pk)}), lambda: draw_queue(queue))


def board_panes(user: User) -> list[Pane]:
    """One board for all who watch over the same queues and may do the same; what somebody is
    listening to is a pane of their own."""
    queue_ids = sorted(access.supervised_queue_ids(user))
    topics = frozenset({live.board(), *map(live.queue, queue_ids)})
    # Who takes calls as well is not shown who listens to these unseen: a board of their own.
    whose = f":{user.pk}" if Agent.objects.filter(user=user).exists() else ""
    what = [*map(str, queue_ids), *sorted(mays_of(user))]
    key = f"board:{','.join(what)}{whose}"
    board = Pane(key, topics, lambda: draw_board(user), BOARD_FLOOR, BOARD_MOMENT)
    own = Pane(f"watching:{user.pk}", frozenset({live.desk(user.pk)}), lambda: draw_watching(user))
    return [board, own, upkeep_pane()]


# What a supervisor may do on the calls of their queues, and where that is written.
MAYS = {
    "listen": "may_listen",
    "whisper": "may_whisper",
    "barge": "may_barge",
    "take-over": "may_take_over",
    "private": "may_be_private",
}


def mays_of(user: User) -> frozenset[str]:
    if user.is_superuser:
        return frozenset(MAYS)
    known = Supervisor.objects.filter(user=user).first()
    return frozenset(may for may, field in MAYS.items() if known and getattr(known, field))


def upkeep_pane() -> Pane:
    """Everybody sees whether orders reach the carrier; one look serves a whole process."""
    return Pane("upkeep", frozenset(), draw_upkeep, UPKEEP_FLOOR)


def call_pane(user: User, call: Call) -> Pane:
    """The same for all who may see the call, but for the means to end it. Whoever may see who
    listens unseen has one of their own, and is asked anew at each drawing whether they still may.
    """
    controls, topics = access.may_control(user, call), frozenset({live.call(call.pk)})
    if access.may_see_private(user, call):
        return Pane(
            f"call:{call.pk}:{user.pk}", topics, lambda: _draw_for(user.pk, call.pk), CALL_FLOOR
        )
    key = f"call:{call.pk}:{'control' if controls else 'see'}"
    return Pane(
        key, topics, lambda: draw_call(call.pk, controls=controls, private=False), CALL_FLOOR
    )


def _draw_for(user_id: int, call_id: UUID) -> str:
    """The call as this person may see it now."""
    user, call = User.objects.get(pk=user_id), Call.objects.get(pk=call_id)
    return draw_call(
        call_id,
        controls=access.may_control(user, call),
        private=access.may_see_private(user, call),
    )


# Drawings -----------------------------------------------------------------------------------------


def draw_desk(user: User, **more: Any) -> str:
    """`more`: what is only for the one who asked, such as a mistake in what they filled in."""
    now = timezone.now()
    shown = desk.desk_of(user, now)
    busy = shown.offer is not None or shown.call is not None or shown.wrap_up is not None
    context = {
        "desk": shown,
        "pending": _pending(user, shown.me.call_id),
        "reasons": BreakReason.objects.filter(is_active=True).order_by("name"),
        "is_held": busy,
        "softphone": softphone.wanted(user) if shown.in_browser else None,
    }
    if shown.call is not None:
        context |= _on_the_call(user, shown.call.call_id)
    elif shown.offer is None and shown.me.intent is not Intent.OFFLINE:
        context["dial"] = dial_pad.pad(user.agent)
    return render_to_string("desk/desk.html", context | more)


def _on_the_call(user: User, call_id: UUID) -> dict[str, Any]:
    """Who is with them, and what can be done."""
    call = Call.objects.select_related("queue").get(pk=call_id)
    on = parties.of_call(call, private=access.may_see_private(user, call))
    mine = on.of(user.pk)
    return {
        "on": on,
        "dialling": desk.dialled(call_id) if mine and mine.role == LegRole.AGENT else None,
        "targets": Queue.objects.filter(is_active=True).order_by("name"),
        "our_numbers": _our_numbers(),
        "dictates": access.may_dictate(user, call),
        "mine": mine,
        "is_asked": mine is not None and mine.role == LegRole.CONSULT and not mine.in_room,
        "my_help": next((asked for asked in on.helps if asked.user_id == user.pk), None),
        "texts": [text for text in on.texts if text.to_user_id == user.pk],
    }


def _our_numbers() -> QuerySet[PhoneNumber]:
    """What a caller can be received by, as if they had rung it."""
    numbers = PhoneNumber.objects.filter(is_active=True, queue__is_active=True)
    return numbers.select_related("queue").order_by("e164")


def _pending(user: User, call_id: UUID | None) -> list[Command]:
    call = Call.objects.filter(pk=call_id).first() if call_id else None
    if call is None:
        return []
    return upkeep.pending_orders(call.pk, private=access.may_see_private(user, call))


def draw_queue(queue: Queue) -> str:
    line = desk.queue_line(queue, timezone.now())
    return render_to_string("desk/queue.html", {"line": line, "pushed": True})


def draw_upkeep() -> str:
    return render_to_string("parts/upkeep.html", {"upkeep": upkeep.look(timezone.now())})


def draw_board(user: User) -> str:
    now = timezone.now()
    reasons = BreakReason.objects.filter(is_active=True).order_by("name")
    board = desk.board_of(user, now)
    moving = LineChange.objects.filter(ended_at__isnull=True).select_related("to_queue")
    context = {
        "board": board,
        "reasons": reasons,
        "on_calls": _on_calls(user, [call.call_id for call in board.calls]),
        "may": mays_of(user),
        "parked": {there.call_id: there for queue in board.queues for there in queue.line.parked},
        "free": [agent for agent in board.agents if agent.status == Status.AVAILABLE],
        "targets": Queue.objects.filter(is_active=True).order_by("name"),
        "our_numbers": _our_numbers(),
        "line_changes": {change.queue_id: change for change in moving},
        "alarms": dial_rules.alarms(user_ids=[a.user_id for a in board.agents], now=now),
        "has_desk": Agent.objects.filter(user=user).exists(),
        "lines_to_ring": () if Agent.objects.filter(user=user).exists() else _supervisor_lines(),
    }
    return render_to_string("board/board.html", context)


def _supervisor_lines() -> tuple[str, ...]:
    return tuple(settings.SUPERVISOR_LINES)


def _on_calls(user: User, call_ids: list[UUID]) -> dict[UUID, parties.OnCall]:
    """Those who listen unseen are shown, but not on calls on which the user talks."""
    calls = list(Call.objects.filter(pk__in=call_ids).select_related("queue"))
    talks = Leg.objects.live().filter(user=user, role__in=[LegRole.AGENT, LegRole.CONSULT])
    own = set() if user.is_superuser else set(talks.values_list("call_id", flat=True))
    seen = parties.of_calls([call for call in calls if call.pk not in own], private=True)
    return seen | parties.of_calls([call for call in calls if call.pk in own], private=False)


def draw_watching(user: User) -> str:
    """The call that a supervisor is on as one; nothing for everybody else."""
    lines = Leg.objects.live().filter(user=user, role=LegRole.SUPERVISOR)
    leg = lines.select_related("call__queue").order_by("-planned_at").first()
    context: dict[str, Any] = {"may": mays_of(user)}
    if leg is not None:
        on = parties.of_call(leg.call, private=True)
        context |= {"call": leg.call, "on": on, "mine": on.of(user.pk)}
    return render_to_string("board/watching.html", context)


def draw_call(call_id: UUID, *, controls: bool, private: bool, between: str = "") -> str:
    """`private`: with supervisors who listen unseen. `between` what is shown at once and the
    story, a whole page has what was recorded."""
    now = timezone.now()
    call = Call.objects.select_related("queue", "number", "dialled_by").get(pk=call_id)
    legs = [leg for leg in call.legs.select_related("user") if private or not leg.is_private]
    picture = leg_picture.draw(
        legs=legs,
        waitings=call.waitings.order_by("since"),
        begin=call.arrived_at,
        end=call.ended_at or now,
    )
    context = {
        "call": call,
        "between": between,
        "legs": sorted(legs, key=lambda leg: leg.planned_at),
        "picture": picture,
        "story": _story(call, legs, private=private),
        "offers": call.offers.select_related("user").order_by("offered_at"),
        "wrap_ups": call.wrap_ups.select_related("user", "disposition").order_by("started_at"),
        "controls": controls and call.ended_at is None,
        "pending": upkeep.pending_orders(call.pk, private=private),
    }
    return render_to_string("calls/call.html", context)


def _story(call: Call, legs: list[Leg], *, private: bool) -> list["Line"]:
    whose = {str(leg.pk): leg_picture.name_of(leg) for leg in legs}
    whose |= {leg.sid: leg_picture.name_of(leg) for leg in legs if leg.sid}
    return [Line(entry, whose) for entry in timeline.story(call, private=private)]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a call's story as the page shows it."""

    entry: timeline.Entry
    whose: dict[str, str]  # names by leg id and by the carrier's

    @property
    def sort(self) -> str:
        """An order, news, or a sentence that was told."""
        return self.entry.kind.partition(":")[0] if ":" in self.entry.kind else "told"

    @property
    def state(self) -> str:
        return str(self.entry.detail.get("state", ""))

    @property
    def is_bad(self) -> bool:
        return self.state in BAD_STATES

    @property
    def words(self) -> str:
        word = self.entry.kind.partition(":")[2]
        if self.sort == "order":
            return ORDER_WORDS.get(word, word).format(self._who("leg"))
        if self.sort == "news":
            said = self.entry.text.removesuffix(f" ({self.state})").removeprefix("status ")
            return f"{self._who('CallSid')}: {said}"
        return self.entry.text

    def _who(self, name: str) -> str:
        given = {**self.entry.detail, **(self.entry.detail.get("params") or {})}
        return self.whose.get(str(given.get(name)), "the call")

    @property
    def names_them(self) -> bool:
        return self.entry.who in self.entry.text

    @property
    def why(self) -> str:
        return str(self.entry.detail.get("reason") or "")

    @property
    def details(self) -> list[tuple[str, Any]]:
        """What there is to know beyond the sentence, without what is empty."""
        plain = {k: v for k, v in self.entry.detail.items() if k not in NOT_DETAILS}
        given = self.entry.detail.get("params") or {}
        return [
            (name, value) for name, value in {**plain, **given}.items() if value not in ("", None)
        ]


ORDER_WORDS: dict[str, str] = {
    Verb.DIAL: "Ring {}",
    Verb.JOIN_ROOM: "Bring into the conversation: {}",
    Verb.ENQUEUE: "Put back in line: {}",
    Verb.PLAY_OUT: "Play the closing message to: {}",
    Verb.REDIRECT: "Send elsewhere: {}",
    Verb.HANG_UP: "Hang up: {}",
    Verb.HOLD: "Put on hold: {}",
    Verb.RESUME: "Take off hold: {}",
    Verb.MUTE: "Mute: {}",
    Verb.UNMUTE: "Unmute: {}",
    Verb.COACH: "Change who hears: {}",
    Verb.ANNOUNCE: "Say a message to: {}",
    Verb.ANNOUNCE_ALL: "Say a message to everybody",
    Verb.SEND_DIGITS: "Send digits to: {}",
    Verb.PARK: "Park: {}",
    Verb.RECORD: "Record the line of: {}",
    Verb.PAUSE_RECORDING: "Pause the recording of: {}",
    Verb.RESUME_RECORDING: "Go on recording: {}",
    Verb.STOP_RECORDING: "Stop recording: {}",
}
NOT_DETAILS = {"params", "state", "reason"}
BAD_STATES = {
    OrderState.REFUSED,
    OrderState.UNKNOWN,
    OrderState.GAVE_UP,
    "failed",
}
