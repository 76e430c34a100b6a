"""What is going on right now, as plain values: for the page and, as JSON, for other tools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.core.calls import Call, CallStatus, Direction
from sandbox.core.carrier import Carrier
from sandbox.core.conferences import Conference, Participant
from sandbox.core.queues import Queue
from sandbox.core.sounds import Hearing, Plays, Ringback, Room, Says, Silence, Talk
from sandbox.people.telephone import Note, Telephone
from sandbox.people.town import Town

RECENT_NOTES = 6


@dataclass(slots=True, frozen=True)
class Sound:
    """One thing that is heard. `kind`: voice, music, ringing, silence, person, room."""

    kind: str
    text: str


@dataclass(slots=True, frozen=True)
class LegView:
    """One live call. `who` is at the far end; `rings_here` means that the far end can answer."""

    sid: str
    who: str
    number: str
    other: str
    direction: str
    status: str
    since: float
    activity: str
    hears: tuple[Sound, ...]
    rings_here: bool
    answered: bool
    parent_sid: str | None = None
    notes: tuple[Note, ...] = ()


@dataclass(slots=True, frozen=True)
class PhoneView:
    """One person's telephone. `state`: idle, rings, calls, talks."""

    name: str
    number: str
    state: str
    call_sid: str | None
    notes: tuple[Note, ...]


@dataclass(slots=True, frozen=True)
class StreamView:
    """Callers who come by themselves."""

    name: str
    plan: str
    arrived: int
    on_the_phone: int
    paused: bool


@dataclass(slots=True, frozen=True)
class SeatView:
    """Somebody in a room; `hears` names whom."""

    sid: str
    who: str
    label: str
    status: str
    muted: bool
    hold: bool
    coaches: str
    hears: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class RoomView:
    sid: str
    name: str
    status: str
    since: float
    seats: tuple[SeatView, ...]


@dataclass(slots=True, frozen=True)
class WaitingView:
    sid: str
    who: str
    position: int
    since: float


@dataclass(slots=True, frozen=True)
class QueueView:
    sid: str
    name: str
    size: int
    max_size: int
    average: int
    takers: int
    waiting: tuple[WaitingView, ...]


@dataclass(slots=True)
class Floor:
    """The live calls of a carrier, kept by watching it, so that finished ones cost nothing."""

    carrier: Carrier
    live: dict[str, Call] = field(default_factory=dict)

    def start(self) -> None:
        for call in self.carrier.calls.values():
            self._take(call)
        self.carrier.watch(self.noticed)

    def noticed(self, _: str, thing: object) -> None:
        if isinstance(thing, Call):
            self._take(thing)

    def _take(self, call: Call) -> None:
        if call.ended:
            self.live.pop(call.sid, None)
        else:
            self.live[call.sid] = call


def far_end(call: Call) -> str:
    """The address at the far end of a leg."""
    return call.from_ if call.direction is Direction.INBOUND else call.to


def who_is(call: Call) -> str:
    """The name at the far end of a leg, or its number."""
    return call.line.name if isinstance(call.line, Telephone) else far_end(call)


def leg(carrier: Carrier, call: Call) -> LegView:
    inbound = call.direction is Direction.INBOUND
    notes = tuple(call.line.diary)[-RECENT_NOTES:] if isinstance(call.line, Telephone) else ()
    return LegView(
        sid=call.sid,
        who=who_is(call),
        number=far_end(call),
        other=call.to if inbound else call.from_,
        direction=call.direction.value,
        status=call.status.value,
        since=call.answered_at or call.started_at or call.created_at,
        activity=call.activity,
        hears=tuple(sound(carrier, each) for each in call.hearing),
        rings_here=not inbound and call.status is CallStatus.RINGING,
        answered=call.answered,
        parent_sid=call.parent_sid,
        notes=notes,
    )


def sound(carrier: Carrier, hearing: Hearing) -> Sound:
    """One heard thing in words."""
    match hearing:
        case Says(text=text):
            return Sound("voice", f"“{text}”")
        case Plays(url=url):
            return Sound("music", url.rsplit("/", 1)[-1] or url)
        case Ringback():
            return Sound("ringing", "ringing")
        case Talk(call_sid=sid):
            return Sound("person", _named(carrier, sid))
        case Room(friendly_name=name, heard=heard):
            people = ", ".join(sorted(_named(carrier, sid) for sid in heard)) or "nobody"
            return Sound("room", f"{people}, in {name}")
        case Silence():
            return Sound("silence", "silence")


def _named(carrier: Carrier, sid: str) -> str:
    call = carrier.calls.get(sid)
    return who_is(call) if call else sid


def phones(town: Town) -> list[PhoneView]:
    """Everybody whom the town lists."""
    return [phone(person) for person in town.people.values()]


def phone(person: Telephone) -> PhoneView:
    call = person.call
    state = "idle"
    if call is not None:
        inbound = call.direction is Direction.INBOUND
        state = "talks" if person.through else "calls" if inbound else "rings"
    return PhoneView(
        name=person.name,
        number=person.number,
        state=state,
        call_sid=call.sid if call else None,
        notes=tuple(person.diary)[-RECENT_NOTES:],
    )


def streams(town: Town) -> list[StreamView]:
    return [
        StreamView(
            name=each.name,
            plan=f"every {each.every}, patience {each.patience}, talks {each.talks_for}",
            arrived=each.arrived,
            on_the_phone=len(each.on_the_phone),
            paused=each.paused,
        )
        for each in town.arrivals
    ]


def rooms(conferences: Iterable[Conference]) -> list[RoomView]:
    return [_room(each) for each in conferences if not each.ended]


def _room(room: Conference) -> RoomView:
    hears = room.hears_whom()
    names = {each.call.sid: who_is(each.call) for each in room.participants.values()}
    seats = tuple(
        _seat(each, names, hears.get(each.call.sid, set())) for each in room.participants.values()
    )
    since = room.started_at or room.created_at
    return RoomView(room.sid, room.friendly_name, room.status.value, since, seats)


def _seat(seat: Participant, names: dict[str, str], heard: set[str]) -> SeatView:
    return SeatView(
        sid=seat.call.sid,
        who=names[seat.call.sid],
        label=seat.label,
        status=seat.status.value,
        muted=seat.muted,
        hold=seat.hold,
        coaches=names.get(seat.call_sid_to_coach or "", "") if seat.coaching else "",
        hears=tuple(sorted(names[sid] for sid in heard)),
    )


def queues(carrier: Carrier) -> list[QueueView]:
    return [_queue(each, carrier.now) for each in carrier.queues.values()]


def _queue(queue: Queue, now: float) -> QueueView:
    waiting = tuple(
        WaitingView(each.call.sid, who_is(each.call), place, each.enqueued_at)
        for place, each in enumerate(queue.members, start=1)
    )
    return QueueView(
        queue.sid,
        queue.friendly_name,
        queue.current_size,
        queue.max_size,
        queue.average_wait_time(now),
        len(queue.takers),
        waiting,
    )
