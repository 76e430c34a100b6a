"""Calls that are over, as people remember them: when, with whom, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet

from agents.models import Agent
from calls.carrier.numbers import E164, is_withheld
from calls.models import Call, Leg, WrapUp
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
    return tuple(_past(past, past.talks) for past in found)


def last_calls_of(user: User) -> tuple[PastCall, ...]:
    """The calls in which the user talked of late, newest first."""
    newest = _talks().filter(user=user, ended_at__isnull=False).order_by("-ended_at")
    legs = newest.select_related("call__queue", "user__agent", "wrap_up__disposition")
    return tuple(_past(leg.call, [leg]) for leg in legs[:MOST_RECENT_CALLS])


def _talks() -> QuerySet[Leg]:
    talked = Leg.objects.filter(user__isnull=False, joined_at__isnull=False, role__in=TALKERS)
    return talked.select_related("user__agent", "wrap_up__disposition").order_by("joined_at")


def _past(call: Call, legs: Iterable[Leg]) -> PastCall:
    return PastCall(
        call_id=call.pk,
        arrived_at=call.arrived_at,
        queue_name=call.queue.name if call.queue else "",
        customer_number=call.customer_number,
        customer_name=call.customer_name,
        outcome=call.outcome,
        is_outbound=call.direction == Direction.OUTBOUND,
        may_be_dialled=E164.fullmatch(call.customer_number) is not None,
        talks=tuple(_talk(leg) for leg in legs),
    )


def _talk(leg: Leg) -> Talk:
    wrap_up: WrapUp | None = getattr(leg, "wrap_up", None)
    talked = (leg.ended_at - leg.joined_at) if leg.ended_at and leg.joined_at else None
    return Talk(
        agent=_name(leg.user) if leg.user else "",
        seconds=round(talked.total_seconds()) if talked else 0,
        disposition=wrap_up.disposition.name if wrap_up and wrap_up.disposition else "",
        notes=wrap_up.notes if wrap_up else "",
    )


def _name(user: User) -> str:
    agent: Agent | None = getattr(user, "agent", None)
    return agent.name if agent else user.get_username()
