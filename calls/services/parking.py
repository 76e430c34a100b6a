"""Calls set aside: parked with music, retrieved by anybody of the queue, returned in time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from calls import plans, timers
from calls.models import Call, Command, Leg, Offer, Parking, Queue
from calls.plans import CannotNow
from calls.services import (
    announcing,
    changing,
    handovers,
    legs,
    line,
    offering,
    offers,
    queueing,
    rooms,
)
from calls.states import CallState, OrderState, ParkingExit, Verb
from calls.timeline import name_of, note


def dry_run(*, call_id: UUID) -> plans.Plan:
    """What parking the call would come to now; nothing is written. Raises CannotNow."""
    return changing.dry_run(call_id=call_id, planning=plans.park)


@transaction.atomic
def park(
    *, call_id: UUID, by: User | None, reason: str = "", token: str = "", now: datetime
) -> changing.Changed:
    """The customer hears music by themselves, then the agent's line ends. Raises CannotNow.

    Whoever talked with the customer has after-call work, as after each conversation.
    """
    made = changing.change(
        call_id=call_id, planning=plans.park, by=by, reason=reason, token=token, now=now
    )
    if made.repeated:
        return made
    call = made.change.call
    queue = _queue_of(call)
    call.state, call.alone_since = CallState.PARKED, None
    call.save(update_fields=["state", "alone_since"])
    handovers.call_off(call=call, why="the caller is parked", now=now)
    parking = Parking.objects.create(
        call=call,
        queue=queue,
        parked_by=by,
        reason=reason[:200],
        parked_at=now,
        returns_at=now + timedelta(seconds=queue.park_seconds),
    )
    timers.parked(parking_id=parking.pk, at=parking.returns_at)
    announcing.tell(call)
    return made


def _queue_of(call: Call) -> Queue:
    if call.queue is None:
        raise CannotNow("This call is of no queue whose agents could retrieve it.", "no-queue")
    return call.queue


def retrieve_for(*, call_id: UUID, user: User, now: datetime) -> Offer:
    """`retrieve` on the line that the user has as an agent. Raises CannotNow."""
    try:
        agent = user.agent
    except ObjectDoesNotExist:
        raise CannotNow(f"{name_of(user)} has no line that could be rung.", "no-line") from None
    return retrieve(
        call_id=call_id,
        user=user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        connects=agent.connects,
        now=now,
    )


@transaction.atomic
def retrieve(
    *,
    call_id: UUID,
    user: User,
    address: str,
    confirm_by_key: bool,
    connects: bool = False,
    now: datetime,
) -> Offer:
    """This agent's line is rung; when they are in the room, the customer is brought to them.

    From here on the customer stands in front of the line, offered to this agent alone: if they do
    not answer, the next who is free is asked. Asked again by the same person it is the same offer;
    who comes second is told who was first. Raises CannotNow.
    """
    call = legs.lock_call(call_id)
    parking = open_parking(call)
    if parking is None:
        return _begun(call, user)
    _check_is_there(call)
    if Leg.objects.live().filter(user=user).exists():
        raise CannotNow(f"{name_of(user)} is on another call.", "on-another-call")
    _end(parking, ParkingExit.RETRIEVED, now)
    parking.retrieved_by = user
    parking.save(update_fields=["retrieved_by"])
    note(call=call, kind="retrieved", text=f"Retrieved by {name_of(user)}", now=now, user=user)
    queue = parking.queue
    place = line.stand(call=call, queue=queue, now=now, place=line.before_everybody(queue, now))
    offer = offering.make(
        waiting=place,
        user=user,
        address=address,
        confirm_by_key=confirm_by_key,
        connects=connects,
        reason={"because": "retrieves the parked call", offers.PARKING: parking.pk},
        now=now,
    )
    if offer is None:
        text = f"{name_of(user)}'s line is being rung for another call."
        raise CannotNow(text, "on-another-call")
    return offer


def _check_is_there(call: Call) -> None:
    if queueing.is_over(call) or legs.live_customer(call) is None:
        raise CannotNow("This call is over.", "call-is-over")
    on_its_way = Command.objects.filter(call=call, verb=Verb.PARK, state=OrderState.PENDING)
    if on_its_way.exists():
        text = "The caller is still on the way to the parking place. Try again in a moment."
        raise CannotNow(text, "being-parked")


def _begun(call: Call, user: User) -> Offer:
    """The retrieval that this user has begun; raises CannotNow for everybody else."""
    last = Parking.objects.filter(call=call).select_related("retrieved_by").order_by("-id").first()
    if last is None or queueing.is_over(call):
        raise CannotNow("This call is not parked.", "not-parked")
    if last.exit == ParkingExit.RETRIEVED:
        ringing = Offer.objects.open().filter(call=call, user=user).select_related("leg").first()
        if ringing is not None:
            return ringing
        raise CannotNow(f"{name_of(last.retrieved_by)} was first.", "retrieved-already")
    if last.exit == ParkingExit.RETURNED:
        name = name_of(last.retrieved_by)
        why = f"{name} did not take the call" if name else "The time was over"
        raise CannotNow(f"{why}: the caller is back in line.", "back-in-line")
    raise CannotNow("This call is not parked any more.", "not-parked")


def open_parking(call: Call) -> Parking | None:
    """Where the call is parked, if it is."""
    parked = Parking.objects.filter(call=call, ended_at__isnull=True)
    return parked.select_related("queue").first()


def _end(parking: Parking, exit: ParkingExit, now: datetime) -> None:
    parking.ended_at, parking.exit = now, exit
    parking.save(update_fields=["ended_at", "exit"])


@transaction.atomic
def time_is_over(*, parking_id: int, now: datetime) -> None:
    """Nobody has retrieved the caller: they are next in line."""
    known = Parking.objects.filter(pk=parking_id).first()
    if known is None:
        return  # the carrier did not park them after all
    call = legs.lock_call(known.call_id)
    parking = open_parking(call)
    if parking is None or parking.pk != parking_id or now < parking.returns_at:
        return
    queueing.return_to_front(call=call, reason="nobody retrieved the parked call", now=now)


def not_parked(*, call: Call, why: str, now: datetime) -> None:
    """The carrier did not move the customer: the conversation goes on. The call is locked.

    Where nobody of ours is left in it, the customer is next in line.
    """
    parking = open_parking(call)
    if parking is None or call.state != CallState.PARKED:
        return
    if not any(leg.in_room for leg in legs.live_agents(call)):
        queueing.return_to_front(call=call, reason=why, now=now)
        return
    # Nobody was ever there: what was wanted, and what came of it, the change tells.
    parking.delete()
    call.state = CallState.TALKING
    call.save(update_fields=["state"])
    note(call=call, kind="talking", text=f"Not parked: {why}", now=now)
    rooms.count(call, now)
    announcing.tell(call)
