"""People and places of the tests, by name: make_queue, make_number, make_agent_user, a caller."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from agents.availability import Intent
from agents.models import Agent, Membership, Supervisor
from calls.models import Call, CarrierEvent, Leg, Offer, PhoneNumber, Queue, StandbyLeg, Waiting
from calls.services import arriving, keeping_open, lifecycle, offering, offers, rooms, standing_by
from calls.states import LegRole, LegState

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OUR_NUMBER = "+15550001000"

_serial = count(1)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def call_sid() -> str:
    return f"CA{next(_serial):032x}"


def make_queue(name: str = "Billing", **fields: Any) -> Queue:
    return Queue.objects.create(name=name, slug=name.lower(), **fields)


def make_number(queue: Queue, e164: str = OUR_NUMBER) -> PhoneNumber:
    return PhoneNumber.objects.create(e164=e164, label=queue.name, queue=queue)


def make_user(name: str) -> User:
    return User.objects.create_user(name.lower(), first_name=name)


def make_agent_user(name: str, *queues: Queue, **fields: Any) -> User:
    """Somebody at an open desk who says available and serves these queues."""
    user = make_user(name)
    usual = {
        "name": name,
        "line_address": f"+1555900{next(_serial):04d}",
        "intent": Intent.AVAILABLE,
        "intent_since": NOON,
        "idle_since": NOON,
        "seen_at": NOON,
        "needs_desk": False,
    }
    agent = Agent.objects.create(user=user, **usual | fields)
    for queue in queues:
        Membership.objects.create(agent=agent, queue=queue)
    return user


def make_supervisor(name: str, *queues: Queue) -> User:
    user = make_user(name)
    Supervisor.objects.create(user=user).queues.set(queues)
    return user


def rings(
    to: str = OUR_NUMBER,
    *,
    number: str = "+15551230000",
    name: str = "",
    sid: str = "",
    now: datetime = NOON,
) -> Call:
    """Somebody rings one of our numbers, through the real service."""
    sid = sid or call_sid()
    arriving.arrive(sid=sid, from_number=number, to_number=to, caller_name=name, now=now)
    return Call.objects.get(legs__sid=sid)


def customer(call: Call) -> Leg:
    return Leg.objects.select_related("call").get(call=call, role=LegRole.CUSTOMER)


def waiting_of(call: Call) -> Waiting:
    return Waiting.objects.filter(call=call).latest("id")


def offered(call: Call, user: User, *, now: datetime = NOON, by_key: bool = True) -> Offer:
    """The user's line is rung for the call."""
    offer = offering.make(
        waiting=waiting_of(call),
        user=user,
        address="+15559000000",
        confirm_by_key=by_key,
        reason={"because": "longest idle"},
        now=now,
    )
    assert offer is not None
    return offer


def offered_to(agent: Agent, *, now: datetime | None = None) -> Offer:
    """Somebody rings, and the agent is offered the call as the dispatcher does it."""
    now = now or timezone.now()
    call = rings(now=now)
    offer = offering.make(
        waiting=waiting_of(call),
        user=agent.user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        connects=agent.connects,
        reason={"because": "longest idle"},
        now=now,
    )
    assert offer is not None
    return offer


def line_of(offer: Offer) -> Leg:
    """The agent's leg, which the carrier has named by now."""
    leg = Leg.objects.select_related("call").get(offer=offer)
    if leg.sid is None:
        leg.sid = call_sid()
        leg.save()
    return leg


def took(call: Call, user: User, *, now: datetime = NOON) -> Leg:
    """The user was rung, answered and took the call; the customer has not been brought in yet."""
    leg = line_of(offered(call, user, now=now, by_key=False))
    offers.agent_answered(leg_id=leg.id, now=now)
    return leg


def talking(call: Call, user: User, *, now: datetime = NOON) -> Leg:
    """The user took the call, and both are in the room. The user's leg."""
    leg = took(call, user, now=now)
    rooms.entered(leg=leg, now=now)
    rooms.entered(leg=customer(call), now=now)
    return leg


def kept_open(user: User, *, address: str = "+15559008888", now: datetime = NOON) -> StandbyLeg:
    """The user's line was rung once, and is open between calls."""
    begun = keeping_open.start(user=user, address=address, confirm_by_key=False, by=user, now=now)
    line = begun.lines.get()
    standing_by.heard(line_id=line.pk, state=LegState.IN_PROGRESS, sid=call_sid(), now=now)
    standing_by.asked(line_id=line.pk, now=now)
    line.refresh_from_db()
    return line


def over(leg: Leg, state: LegState = LegState.COMPLETED, *, now: datetime, sip: int = 0) -> bool:
    return lifecycle.leg_progress(
        leg=leg, state=state, sequence=None, now=now, sip_code=sip or None
    )


def news(kind: str, *, leg: Leg | None = None, now: datetime = NOON, **params: Any) -> CarrierEvent:
    """A piece of carrier news, written down by the door and not applied yet."""
    params = {name: str(value) for name, value in params.items()}
    number = params.get("SequenceNumber")
    return CarrierEvent.objects.create(
        kind=kind,
        dedupe_key=f"test-{next(_serial)}",
        call_sid=params.get("CallSid", (leg.sid if leg else "") or ""),
        conference_sid=params.get("ConferenceSid", ""),
        leg_id=leg.id if leg and kind in ("status", "recording") else None,
        call_id=leg.call_id if leg and kind == "conference" else None,
        sequence=int(number) if number else None,
        params=params,
        received_at=now,
    )
