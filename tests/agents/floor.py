"""A call centre's floor, written straight into the tables: queues, agents at desks, callers."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from agents.availability import Intent
from agents.models import Agent, AgentSkill, Membership
from calls.models import Call, Leg, Offer, PhoneNumber, Queue, QueueSkill, Skill, Waiting, WrapUp
from calls.states import CallState, LegRole, LegState, OfferState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

_serial = count(1)


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def queue(name: str = "Sales", **facts: Any) -> Queue:
    made = Queue.objects.create(name=name, slug=name.lower(), **facts)
    PhoneNumber.objects.create(e164=f"+1555200{made.pk:04d}", queue=made)
    return made


def person(name: str) -> User:
    return User.objects.create_user(name.lower())


def agent(name: str = "Dana", *queues: Queue, idle: float = 60, **facts: Any) -> Agent:
    """At an open desk, available for so many seconds, a member of the queues."""
    usual = {
        "line_address": f"+1555300{next(_serial):04d}",
        "intent": Intent.AVAILABLE,
        "intent_since": ago(idle),
        "idle_since": ago(idle),
        "seen_at": NOON,
    }
    made = Agent.objects.create(user=person(name), name=name, **usual | facts)
    for served in queues:
        Membership.objects.create(agent=made, queue=served)
    return made


def skilled(agent: Agent, **levels: int) -> None:
    for name, level in levels.items():
        AgentSkill.objects.create(agent=agent, skill=skill(name), level=level)


def needs(queue: Queue, **levels: int) -> None:
    for name, level in levels.items():
        QueueSkill.objects.create(queue=queue, skill=skill(name), min_level=level)


def skill(name: str) -> Skill:
    return Skill.objects.get_or_create(name=name)[0]


def caller(queue: Queue, *, waited: float = 60, number: str = "", **facts: Any) -> Waiting:
    """Somebody on the line, waiting in the queue for so many seconds."""
    call = Call.objects.create(
        state=CallState.WAITING,
        queue=queue,
        number=queue.numbers.first(),
        customer_number=number or f"+1555400{next(_serial):04d}",
        arrived_at=ago(waited),
    )
    leg(call, role=LegRole.CUSTOMER, address=call.customer_number, planned_at=call.arrived_at)
    usual = {"since": call.arrived_at, "place": call.arrived_at}
    return Waiting.objects.create(call=call, queue=queue, **usual | facts)


def leg(call: Call, **facts: Any) -> Leg:
    """A line that is answered and up, unless the facts say otherwise."""
    usual = {
        "sid": f"CA{next(_serial):032d}",
        "state": LegState.IN_PROGRESS,
        "planned_at": ago(30),
        "answered_at": ago(20),
    }
    return Leg.objects.create(call=call, **usual | facts)


def talk(agent: Agent, queue: Queue, *, since: float = 20, number: str = "") -> Leg:
    """The agent is talking with a caller of the queue."""
    call = Call.objects.create(
        state=CallState.TALKING,
        queue=queue,
        customer_number=number or f"+1555500{next(_serial):04d}",
        customer_name="Ines",
        arrived_at=ago(since + 60),
        answered_at=ago(since),
    )
    leg(call, role=LegRole.CUSTOMER, address=call.customer_number, in_room=True)
    return leg(
        call,
        role=LegRole.AGENT,
        user=agent.user,
        address=agent.line_address,
        in_room=True,
        joined_at=ago(since),
    )


def hang_up(leg: Leg, *, ago_seconds: float = 0) -> None:
    """The line's end, and no after-call work."""
    leg.state, leg.in_room, leg.ended_at = LegState.COMPLETED, False, ago(ago_seconds)
    leg.save()


def wrap_up(leg: Leg, **facts: Any) -> WrapUp:
    """After-call work for a leg that is over."""
    usual = {"started_at": ago(5), "due_at": ago(-25)}
    assert leg.user is not None
    return WrapUp.objects.create(leg=leg, call=leg.call, user=leg.user, **usual | facts)


def offer(waiting: Waiting, agent: Agent, state: OfferState, **facts: Any) -> Offer:
    """An offer as it was left; settled just now unless it is open."""
    usual: dict[str, Any] = {"offered_at": ago(10), "expires_at": ago(-10)}
    if state != OfferState.OFFERED:
        usual["settled_at"] = NOON
    return Offer.objects.create(
        call=waiting.call, waiting=waiting, user=agent.user, state=state, **usual | facts
    )


def ringing(waiting: Waiting, agent: Agent) -> Offer:
    """The agent's line rings for the caller."""
    line = leg(
        waiting.call,
        role=LegRole.AGENT,
        user=agent.user,
        address=agent.line_address,
        state=LegState.RINGING,
        answered_at=None,
    )
    return offer(waiting, agent, OfferState.OFFERED, leg=line)
