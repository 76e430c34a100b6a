"""Every half minute the carrier's live calls and rooms are compared with ours; either is repaired.

Reading the carrier happens outside any transaction. Each repair then looks again under the call's
lock, and calls the same service as the news that we seem to have missed.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q

from calls import outbox
from calls.carrier import gateway
from calls.models import Call, Command, Leg, PhoneNumber, StandbyLeg
from calls.plans import TALKERS
from calls.services import (
    arriving,
    legs,
    lifecycle,
    looking,
    lost_recordings,
    queueing,
    rooms,
    standby_lines,
    standing_by,
    sweeping,
)
from calls.states import CallState, LegRole, LegState, OrderState, Verb

logger = logging.getLogger(__name__)

# Younger things may be on their way to us: no judgement yet.
GRACE = timedelta(seconds=15)
# News of a room that is so young may contradict what was read.
NEWS_TAKES = timedelta(seconds=5)
# How long after a dial without an answer a line may still turn up.
UNHEARD = timedelta(minutes=10)
ROOM_NAME = "call-"


# Who is in a room, by the carrier's name for their line.
Company = dict[str, gateway.CarrierParticipant]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the carrier had when it was looked at."""

    calls: dict[str, gateway.CarrierCall]
    # Who is in each live room, for the rooms whose company is in doubt; by call.
    rooms: dict[UUID, Company]


@dataclass(slots=True)
class Report:
    """What was put right, by kind; `trouble` where the carrier could not be read."""

    repaired: Counter[str] = field(default_factory=Counter)
    trouble: str = ""

    def __str__(self) -> str:
        found = [f"{number} {kind}" for kind, number in self.repaired.items() if number]
        return ", ".join(found + [self.trouble] * bool(self.trouble)) or "nothing"


def run(*, now: datetime) -> Report:
    """Compare and repair. Never inside a transaction: it reads over the network."""
    report = Report(Counter(sweeping.run(now=now)))
    try:
        repair(seen(now=now), report=report, now=now)
        report.repaired["recordings"] += lost_recordings.repair(now=now)
    except gateway.CarrierTrouble as trouble:
        report.trouble = f"the carrier could not be read: {trouble}"
        logger.warning(report.trouble)
    if +report.repaired:
        logger.warning("reconciled: %s", report)
    return report


def seen(*, now: datetime) -> Seen:
    """Read the carrier: its live calls, and the rooms of whose company we are not sure."""
    calls = {call.sid: call for call in gateway.live_calls()}
    return Seen(calls, _seen_in_rooms(set(_doubtful_rooms(now))))


def look_at_room(*, call_id: UUID, now: datetime) -> int:
    """Count who is in one call's room, because news of it is overdue. Reads over the network.

    Raises gateway.CarrierTrouble.
    """
    return _rooms(_seen_in_rooms({call_id}), now)


def _seen_in_rooms(wanted: set[UUID]) -> dict[UUID, Company]:
    inside: dict[UUID, Company] = {call_id: {} for call_id in wanted}
    for room in gateway.live_rooms() if wanted else []:
        call_id = _call_of(room.name)
        if call_id in wanted:
            there = gateway.participants(room.sid)
            inside[call_id] |= {person.call_sid: person for person in there}
    return inside


def _doubtful_rooms(now: datetime) -> Iterable[UUID]:
    """Live calls that should have a room, other than those with two people in it, of whom we know
    where everybody is, and that they are treated as was ordered."""
    talks = Q(legs__in_room=True, legs__role__in=TALKERS)
    on_the_way = Q(
        legs__in_room=False,
        legs__ended_at__isnull=True,
        legs__answered_at__lt=now - GRACE,
    )
    live = Call.objects.filter(ended_at__isnull=True).annotate(
        inside=Count("legs", filter=talks, distinct=True),
        missing=Count("legs", filter=on_the_way, distinct=True),
    )
    in_use = (
        Q(state__in=[CallState.TALKING, CallState.DIALLING])
        | Q(inside__gt=0)
        | Q(waitings__claimed_at__lt=now - GRACE)
    )
    doubtful = live.filter(in_use).exclude(inside=2, missing=0).values_list("id", flat=True)
    return {*doubtful, *_mistreated(), *_watched()}


# The carrier did what was ordered, and the news that it is so has not come.
_MISTREATED = """
    select l.call_id from calls_leg l
    cross join lateral (
        select o.verb from calls_command o
        where o.leg_id = l.id and o.verb in ('hold', 'resume') and o.state = 'done'
        order by o.settled_at desc, o.ordered_at desc limit 1
    ) last
    where l.ended_at is null and l.in_room and (last.verb = 'hold') <> (l.held_at is not null)
    union
    select l.call_id from calls_leg l
    cross join lateral (
        select case o.verb when 'mute' then true when 'unmute' then false
                           else (o.params ->> 'muted')::boolean end as muted
        from calls_command o
        where o.leg_id = l.id and o.verb in ('mute', 'unmute', 'coach') and o.state = 'done'
        order by o.settled_at desc, o.ordered_at desc limit 1
    ) last
    where l.ended_at is null and l.in_room and last.muted <> l.muted
"""


def _mistreated() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_MISTREATED)
        return [row[0] for row in cursor.fetchall()]


def _watched() -> Iterable[UUID]:
    """Who hears a supervisor is never left to one piece of news."""
    watching = Leg.objects.live().filter(role=LegRole.SUPERVISOR, in_room=True)
    return watching.values_list("call_id", flat=True)


def _call_of(room_name: str) -> UUID | None:
    try:
        return UUID(room_name.removeprefix(ROOM_NAME))
    except ValueError:
        return None


def repair(seen: Seen, *, report: Report, now: datetime) -> None:
    """Put right what differs between what was seen and what we hold to be true."""
    report.repaired["lines that were over"] += _missing(seen, now)
    report.repaired["lines that were still up"] += _left_over(seen, now)
    report.repaired["lines that turned up"] += _turned_up(seen, now)
    report.repaired["standby lines"] += _standby_lines(seen, now)
    report.repaired["callers adopted"] += _unknown_callers(seen, now)
    report.repaired["people counted in rooms"] += _rooms(seen.rooms, now)


def _missing(seen: Seen, now: datetime) -> int:
    """Legs that we call live and the carrier does not: asked one by one how they ended."""
    ours = Leg.objects.live().filter(sid__isnull=False, planned_at__lt=now - GRACE)
    gone = [leg for leg in ours if leg.sid not in seen.calls]
    return sum(looking.look(leg_id=leg.id) for leg in gone)


def _left_over(seen: Seen, now: datetime) -> int:
    """Legs that we call over and the carrier has on the line: hung up on."""
    # What was lent is on the line after the call, as it should be.
    over = Leg.objects.filter(
        sid__in=list(seen.calls), ended_at__lt=now - GRACE, standby__isnull=True
    )
    return sum(_let_go(leg, now) for leg in over.select_related("call"))


@transaction.atomic
def _let_go(leg: Leg, now: datetime) -> bool:
    legs.lock_call(leg.call_id)
    recent = Command.objects.filter(leg=leg, verb=Verb.HANG_UP).filter(
        Q(state=OrderState.PENDING) | Q(ordered_at__gte=now - GRACE, params__has_key=legs.STRAY)
    )
    if recent.exists():
        return False
    reason = "over here, on the line at the carrier"
    legs.order_hang_up(leg, reason, now, params={legs.STRAY: True})
    return True


def _turned_up(seen: Seen, now: datetime) -> int:
    """A dial whose answer never came: the line it rang is found by its two numbers, and let go."""
    unheard = Command.objects.filter(
        verb=Verb.DIAL,
        state=OrderState.UNKNOWN,
        settled_at__gte=now - UNHEARD,
        leg__sid__isnull=True,
    )
    known = _known(seen)
    strangers = [
        call
        for call in seen.calls.values()
        if call.sid not in known and call.direction.startswith("outbound")
    ]
    found = 0
    for order in unheard.select_related("leg", "leg__call"):
        match = next((c for c in strangers if _is_line_of(order.leg, c)), None)
        if match is not None:
            strangers.remove(match)
            found += _claim_stranger(order.leg, match, now)
    return found


def _known(seen: Seen) -> set[str | None]:
    """The lines of which we have heard, by the carrier's names for them."""
    sids = list(seen.calls)
    legs_known = Leg.objects.filter(sid__in=sids).values_list("sid", flat=True)
    kept_open = StandbyLeg.objects.filter(sid__in=sids).values_list("sid", flat=True)
    return {*legs_known, *kept_open}


def _standby_lines(seen: Seen, now: datetime) -> int:
    """Legs that are kept open: over at the carrier and not here, or the other way round, or rung
    by an order whose answer never came."""
    old = StandbyLeg.objects.filter(planned_at__lt=now - GRACE)
    open_here = old.filter(ended_at__isnull=True, sid__isnull=False)
    gone = [line.pk for line in open_here if line.sid not in seen.calls]
    up = old.filter(sid__in=list(seen.calls), ended_at__lt=now - GRACE)
    stray = [line.pk for line in up if not outbox.is_under_way(line.pk)]
    for line_id in stray:
        standing_by.let_go_stray(line_id=line_id, now=now)
    return sum(map(standby_lines.look, gone)) + len(stray) + _unheard_of(seen, now)


def _unheard_of(seen: Seen, now: datetime) -> int:
    known = _known(seen)
    given_up = StandbyLeg.objects.filter(
        given_up=True, sid__isnull=True, planned_at__gte=now - UNHEARD
    )
    found = 0
    for line in given_up.select_related("standby"):
        for call in seen.calls.values():
            is_it = call.to == line.standby.address and call.from_ == line.standby.our_number
            if is_it and call.sid not in known and call.direction.startswith("outbound"):
                known.add(call.sid)
                state = LegState(call.status)
                standing_by.heard(line_id=line.pk, state=state, sid=call.sid, now=now)
                found += 1
                break
    return found


def _is_line_of(leg: Leg, call: gateway.CarrierCall) -> bool:
    return call.to == leg.address and call.from_ == leg.our_number


@transaction.atomic
def _claim_stranger(leg: Leg, call: gateway.CarrierCall, now: datetime) -> bool:
    if not legs.learn_sid(leg, call.sid):
        return False
    legs.let_go_if_given_up(leg, LegState(call.status), now)
    return True


def _unknown_callers(seen: Seen, now: datetime) -> int:
    """Callers on one of our numbers whom no request of the carrier's ever told us of."""
    numbers = set(PhoneNumber.objects.filter(is_active=True).values_list("e164", flat=True))
    known = _known(seen)
    unknown = [
        call
        for call in seen.calls.values()
        if call.sid not in known
        and call.direction == "inbound"
        and call.to in numbers
        and call.status == LegState.IN_PROGRESS
        and (call.started_at is None or call.started_at < now - GRACE)
    ]
    for call in unknown:
        _adopt(call, now)
    return len(unknown)


@transaction.atomic
def _adopt(found: gateway.CarrierCall, now: datetime) -> None:
    """Received like any other caller; as nobody asks, the answer is sent as an order."""
    arriving.arrive(
        sid=found.sid, from_number=found.from_, to_number=found.to, caller_name="", now=now
    )
    leg = Leg.objects.select_related("call").get(sid=found.sid)
    lifecycle.leg_progress(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    call = leg.call
    if call.state == CallState.WAITING:
        queueing.order_to_wait(call, leg, "found on the line", now)
    elif call.state == CallState.MESSAGE:
        queueing.order_message(call, leg, "found on the line", now)


def _rooms(inside: dict[UUID, Company], now: datetime) -> int:
    """Who the carrier says is in a room is in it, and treated so, whatever news was lost."""
    found = 0
    for call_id, company in inside.items():
        for leg in Leg.objects.live().filter(call_id=call_id, sid__isnull=False):
            seen = company.get(leg.sid or "")
            counted = _count_in_or_out(leg, seen, now)
            found += _treat(leg, seen, now, just_counted=counted) or counted
    return found


def _is_fresh(leg: Leg, now: datetime, *, just_counted: bool = False) -> bool:
    """Whether our own knowledge is so fresh that a reading may be the older one; of somebody whom
    that reading has counted in or out, only news can be."""
    own = () if just_counted else (leg.joined_at, leg.left_room_at)
    moments = (leg.room_event_at, *own)
    # The carrier's clock may be far ahead of ours: what it says of the future is not fresh.
    return any(moment and abs(now - moment) < NEWS_TAKES for moment in moments)


def _count_in_or_out(leg: Leg, seen: gateway.CarrierParticipant | None, now: datetime) -> bool:
    inside = seen is not None
    moved = seen is not None and leg.conference_sid not in ("", seen.conference_sid)
    if (leg.in_room == inside and not moved) or _is_fresh(leg, now):
        return False
    if leg.in_room:
        rooms.left(leg=leg, now=now)
    if seen is not None:
        # What is ordered of them in the room needs its name.
        Leg.objects.filter(pk=leg.pk).update(conference_sid=seen.conference_sid, room_sequence=-1)
        rooms.entered(leg=leg, now=now)
    return True


@transaction.atomic
def _treat(
    leg: Leg, seen: gateway.CarrierParticipant | None, now: datetime, *, just_counted: bool
) -> bool:
    """What the carrier does to somebody in the room is what we say of them: the record is put
    right, not the carrier, so that those who are there see it, and may change it."""
    if seen is None:
        return False
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    here = legs.here(call)
    coached = next(
        (each for each in here if seen.coached_sid and each.sid == seen.coached_sid), None
    )
    whispers_to = None if coached is None else coached.pk
    theirs = (seen.hold, seen.muted, whispers_to)
    as_it_was = (leg.on_hold, leg.muted, leg.whispers_to_id) == theirs
    if as_it_was or not leg.in_room or _is_fresh(leg, now, just_counted=just_counted):
        return False
    treatment = rooms.Treatment(
        on_hold=seen.hold,
        muted=seen.muted,
        coaches=bool(seen.coached_sid),
        whispers_to=coached,
    )
    rooms.treat(call, leg, treatment, here, now)
    return True
