"""Somebody rings: a call begins, in an open line or with a message that says why not."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from calls import steps
from calls.models import Call, Leg, PhoneNumber, TimelineEvent
from calls.models.together import insert_together
from calls.services import deciding, lifecycle, line, reception, tapes
from calls.states import LegRole, LegState
from calls.timeline import sentence


def arrive(
    *, sid: str, from_number: str, to_number: str, caller_name: str, now: datetime
) -> steps.Step:
    """A caller rings one of our numbers. The same `sid` again is the same caller asking again."""
    came = at_the_door(
        sid=sid, from_number=from_number, to_number=to_number, caller_name=caller_name, now=now
    )
    if came.ring.is_known:
        return lifecycle.resume(sid=sid, now=now)
    try:
        with transaction.atomic():
            return stands_in_line(came, now) if came.is_welcome else _receive(came, now)
    except IntegrityError:
        if Leg.objects.filter(sid=sid).exists():
            return lifecycle.resume(sid=sid, now=now)
        raise


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody who rings; nothing of it is written yet."""

    call: Call
    leg: Leg
    ring: reception.Ring
    is_welcome: bool  # not heard of, and there is an open line with room and people


def at_the_door(
    *, sid: str, from_number: str, to_number: str, caller_name: str, now: datetime
) -> Came:
    """Look at who rings."""
    dialled = reception.dialled(to_number.strip())
    ring = reception.heard_of(sid, dialled.queue_id if dialled else None)
    call, leg = _caller(sid, from_number, dialled, to_number, caller_name, now)
    is_new = not ring.is_known and ring.ended is None
    queue = call.queue
    welcome = queue is not None and lifecycle.turned_away(queue, ring.in_line, now) is None
    return Came(call, leg, ring, is_new and welcome)


def _caller(
    sid: str,
    from_number: str,
    dialled: PhoneNumber | None,
    to_number: str,
    caller_name: str,
    now: datetime,
) -> tuple[Call, Leg]:
    call = Call(
        number=dialled,
        queue=dialled.queue if dialled else None,
        consent_in_greeting=dialled is not None and tapes.tells_in_greeting(dialled.queue),
        customer_number=from_number[:64],
        customer_name=caller_name[:120],
        arrived_at=now,
    )
    leg = Leg(
        call=call,
        role=LegRole.CUSTOMER,
        sid=sid,
        state=LegState.RINGING,
        address=from_number[:255],
        our_number=to_number[:64],
        planned_at=now,
        ringing_at=now,
    )
    return call, leg


def stands_in_line(came: Came, now: datetime) -> steps.Step:
    """Nobody else sees the call before this commits: there is nothing to lock or to read again."""
    call, leg = came.call, came.leg
    if call.queue is None:
        raise ValueError("nobody is welcome without a queue")
    line.stand_first(call=call, leg=leg, queue=call.queue, arrived=_arrived(came, now), now=now)
    return deciding.on_arrival(leg, call)


def _arrived(came: Came, now: datetime) -> TimelineEvent:
    rang = f"Rang {came.call.number or came.leg.our_number}"
    return sentence(call=came.call, kind="arrived", text=rang, now=now, leg=came.leg)


def _receive(came: Came, now: datetime) -> steps.Step:
    """The same of somebody for whom there is no place, or who is gone already."""
    call, leg, ring = came.call, came.leg, came.ring
    insert_together(call, leg, _arrived(came, now))
    if ring.ended is not None:
        lifecycle.leg_progress(leg=leg, state=ring.ended, sequence=None, now=now)
    return lifecycle.next_step(leg=leg, now=now)
