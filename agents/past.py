"""Calls that are over, as people remember them: when, with whom, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet

from agents.models import Agent
from calls.carrier.numbers import E164, is_withheld
from calls.models import Call, Disposition, Leg, Queue, WrapUp
from calls.models.together import read_together
from calls.plans import TALKERS
from calls.states import Direction

MOST_PAST_CALLS = 5
MOST_RECENT_CALLS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLine:
    """One telephone in a call: whose, and what it is doing."""

    leg_id: UUID
    role: str
    state: str
    who: str  # the agent's name, or the far end's number
    planned_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    in_room: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One agent's part in a past call, and what they wrote down afterwards."""

    agent: str
    seconds: int
    disposition: str
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """A call of the past, as it is listed."""

    call_id: UUID
    arrived_at: datetime
    queue_name: str
    customer_number: str
    customer_name: str
    outcome: str  # empty while the customer is still there
    is_outbound: bool
    may_be_dialled: bool  # the number is known, and one of the telephone network's
    talks: tuple[Talk, ...]


def leg_line(leg: Leg) -> LegLine:
    """Needs the leg's user and their agent to be loaded."""
    return LegLine(
        leg_id=leg.pk,
        role=leg.role,
        state=leg.state,
        who=_name(leg.user) if leg.user else leg.address,
        planned_at=leg.planned_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        in_room=leg.in_room,
    )


def past_calls_with(call: Call) -> tuple[PastCall, ...]:
    """The same customer's calls before this one, newest first.

    Withheld numbers are many people's: they have no history.
    """
    if is_withheld(call.customer_number):
        return ()
    before = Call.objects.filter(
        customer_number=call.customer_number, arrived_at__lte=call.arrived_at
    )
    talks = Prefetch("legs", queryset=_talks(), to_attr="talks")
    newest = before.exclude(pk=call.pk).order_by("-arrived_at", "-id")[:MOST_PAST_CALLS]
    found = newest.select_related("queue").prefetch_related(talks)
    return tuple(_past(past, map(_talk_of, past.talks)) for past in found)


def last_calls_of(user: User) -> tuple[PastCall, ...]:
    """The calls in which the user talked of late, newest first. A line that was lost in mid-call,
    and another took its place, was not the end of a call."""
    kinds = {"l": Leg, "c": Call, "q": Queue, "w": WrapUp, "d": Disposition, "a": Agent}
    values = [user.pk, sorted(TALKERS), MOST_RECENT_CALLS]
    return tuple(_last(user, *row) for row in read_together(_LAST_CALLS, values, **kinds))


# Read with every drawing of a desk: as a statement of the ORM it would be a third of that.
_LAST_CALLS = """
    select {l}, {c}, {q}, {w}, {d}, {a} from calls_leg l join calls_call c on c.id = l.call_id
    left join calls_queue q on q.id = c.queue_id
    left join calls_wrapup w on w.leg_id = l.id
    left join calls_disposition d on d.id = w.disposition_id
    left join agents_agent a on a.user_id = l.user_id
    where l.user_id = %s and l.role = any(%s) and l.joined_at is not null
    and l.ended_at is not null
    and not exists (select from calls_leg after where after.in_place_of_id = l.id)
    order by l.ended_at desc limit %s
"""


def _last(
    user: User,
    leg: Leg,
    call: Call,
    queue: Queue | None,
    wrap_up: WrapUp | None,
    disposition: Disposition | None,
    agent: Agent | None,
) -> PastCall:
    call.queue = queue
    if wrap_up is not None:
        wrap_up.disposition = disposition
    return _past(call, [_talk(leg, agent.name if agent else user.get_username(), wrap_up)])


def _talks() -> QuerySet[Leg]:
    talked = Leg.objects.filter(user__isnull=False, joined_at__isnull=False, role__in=TALKERS)
    return talked.select_related("user__agent", "wrap_up__disposition").order_by("joined_at")


def _past(call: Call, talks: Iterable[Talk]) -> PastCall:
    return PastCall(
        call_id=call.pk,
        arrived_at=call.arrived_at,
        queue_name=call.queue.name if call.queue else "",
        customer_number=call.customer_number,
        customer_name=call.customer_name,
        outcome=call.outcome,
        is_outbound=call.direction == Direction.OUTBOUND,
        may_be_dialled=E164.fullmatch(call.customer_number) is not None,
        talks=tuple(talks),
    )


def _talk_of(leg: Leg) -> Talk:
    name = _name(leg.user) if leg.user else ""
    return _talk(leg, name, getattr(leg, "wrap_up", None))


def _talk(leg: Leg, agent: str, wrap_up: WrapUp | None) -> Talk:
    talked = (leg.ended_at - leg.joined_at) if leg.ended_at and leg.joined_at else None
    return Talk(
        agent=agent,
        seconds=round(talked.total_seconds()) if talked else 0,
        disposition=wrap_up.disposition.name if wrap_up and wrap_up.disposition else "",
        notes=wrap_up.notes if wrap_up else "",
    )


def _name(user: User) -> str:
    agent: Agent | None = getattr(user, "agent", None)
    return agent.name if agent else user.get_username()
