"""The customer's leg is recorded: begun by the queue's policy or when asked for, paused, stopped.

What a recording is follows from the carrier's word alone: its answer to an order (nothing else
tells of a pause), and its news. Whether it should run now is looked at whenever something happens
in the call's room (`follow`), so that what was missed once is put right the next time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from calls import outbox, plans
from calls.models import Call, Command, Leg, Recording
from calls.services import changing, deletions, legs, recorded, tapes
from calls.states import (
    RECORDING_OPEN,
    RECORDING_VERBS,
    CallState,
    LegRole,
    OrderState,
    RecordingOnHold,
    RecordingOutside,
    RecordingPolicy,
    RecordingState,
    Verb,
)

# Until then it is asked again; what it was for may be over after that.
PATIENCE = timedelta(seconds=20)
OURS = (LegRole.AGENT, LegRole.CONSULT, LegRole.BOT)
# Moved out of the conversation by us: what the caller hears there is not for the recording.
SET_ASIDE = {
    CallState.WAITING: "in line",
    CallState.PARKED: "parked",
    CallState.ELSEWHERE: "sent elsewhere",
    CallState.MESSAGE: "hearing a message",
}
OVER = (RecordingState.COMPLETED, RecordingState.ABSENT, RecordingState.DELETED)


class Unclear(Exception):
    """The news contradicts what is known; news that is on its way may explain it."""


# Whether it should run ----------------------------------------------------------------------------


class _Need(NamedTuple):
    verb: Verb | None
    why: str = ""


def follow(call: Call, here: Sequence[Leg], now: datetime) -> None:
    """Something happened in the room: the recording begins, pauses, goes on or stops with it.

    The call is locked and written, and its legs that are not over are read since.
    """
    customer = legs.customer_of(here)
    known = tapes.known(call) if customer is not None else None
    if customer is None or known is None:
        return
    if known.recording_id is None:
        _begin_by_policy(known, call, customer, list(here), now)
        return
    if known.state == RecordingState.PLANNED and (customer.on_hold or not customer.in_room):
        _not_told(call, customer, now)
    if known.state == RecordingState.PLANNED or _is_ordered(customer):
        return  # looked at again when that is settled
    need = _need(known, call, customer, here)
    if need.verb is not None:
        params: dict[str, object] = {"recording": str(known.recording_id)}
        if need.verb == Verb.PAUSE_RECORDING:
            params |= {"behaviour": "skip", "why": need.why, "automatic": True}
        outbox.put(
            leg=customer,
            verb=need.verb,
            reason=need.why,
            now=now,
            params=params,
            give_up_after=PATIENCE,
        )


def _not_told(call: Call, customer: Leg, now: datetime) -> None:
    """Who leaves while it is said that the call is recorded has not heard it to its end."""
    waits = Command.objects.filter(
        leg=customer,
        verb=Verb.RECORD,
        state=OrderState.PENDING,
        params__has_key=plans.AWAITS_ANNOUNCEMENT,
    ).first()
    if waits is not None:
        announced(call=call, order_id=waits.pk, heard=False, now=now)


def _is_ordered(customer: Leg) -> bool:
    orders = Command.objects.filter(leg=customer, verb__in=RECORDING_VERBS)
    return orders.filter(state=OrderState.PENDING).exists()


def _need(known: tapes.Known, call: Call, customer: Leg, here: Sequence[Leg]) -> _Need:
    why_stop = _why_stop(known, call, here)
    if why_stop:
        return _Need(Verb.STOP_RECORDING, why_stop)
    why_pause = _why_pause(known, call, customer)
    if why_pause and known.state == RecordingState.IN_PROGRESS:
        return _Need(Verb.PAUSE_RECORDING, why_pause)
    if not why_pause and known.state == RecordingState.PAUSED and known.pause_is_automatic:
        return _Need(Verb.RESUME_RECORDING, f"no longer {known.pause_why}")
    return _Need(None)


def _why_stop(known: tapes.Known, call: Call, here: Sequence[Leg]) -> str:
    if call.state != CallState.TALKING:
        return ""
    if known.policy == RecordingPolicy.NONE and _ours(here):
        return f"calls of {known.queue_name} are not recorded"
    if known.outside == RecordingOutside.STOP and _with_outsiders_alone(here):
        return "nobody of ours is in the conversation any more"
    return ""


def _ours(here: Sequence[Leg]) -> bool:
    """A supervisor whom the customer cannot hear does not count."""
    return any(
        leg.in_room and (leg.role in OURS or (leg.role == LegRole.SUPERVISOR and not leg.muted))
        for leg in here
    )


def _with_outsiders_alone(here: Sequence[Leg]) -> bool:
    outsiders = any(leg.in_room and leg.role == LegRole.EXTERNAL for leg in here)
    return outsiders and not _ours(here)


def _why_pause(known: tapes.Known, call: Call, customer: Leg) -> str:
    """Why nothing should be recorded now; empty where it should.

    That somebody has left the room is not enough: they may have hung up, or be back at once.
    """
    if call.state in SET_ASIDE:
        return SET_ASIDE[CallState(call.state)]
    if customer.on_hold and known.on_hold == RecordingOnHold.PAUSE:
        return "on hold"
    return ""


def _begin_by_policy(
    known: tapes.Known, call: Call, customer: Leg, here: list[Leg], now: datetime
) -> None:
    """Once in a call, when customer and agent are together for the first time in such a queue."""
    why = tapes.because(call.id, name=known.queue_name, policy=known.policy, percent=known.percent)
    together = call.state == CallState.TALKING and customer.in_room and _ours(here)
    if not why or not together or customer.on_hold or not known.is_first:
        return
    changing.by_itself(
        call=call, here=here, planning=lambda scene: plans.record(scene, because=why), now=now
    )


# What the carrier answered ------------------------------------------------------------------------


def why_not(order: Command, leg: Leg) -> str:
    """Why an order about a recording no longer makes sense; empty where it does."""
    tape = _tape(order)
    if tape is None:
        return "there is no such recording"
    wanted = {
        Verb.RECORD: (RecordingState.PLANNED,),
        Verb.PAUSE_RECORDING: (RecordingState.IN_PROGRESS,),
        Verb.RESUME_RECORDING: (RecordingState.PAUSED,),
    }.get(Verb(order.verb), (RecordingState.IN_PROGRESS, RecordingState.PAUSED))
    if tape.state not in wanted:
        return f"the recording is {tape.state}"
    if order.verb == Verb.RECORD and not leg.in_room:
        return "not in the conversation any more"
    return ""


def asked(order: Command) -> dict[str, object]:
    """What the carrier needs to know besides the order's own parameters."""
    if order.verb == Verb.RECORD:
        return {**order.params, "again": order.attempts > 1}
    tape = _tape(order)
    return {**order.params, "sid": tape.sid if tape else None}


def answered(*, call: Call, order: Command, sid: str, now: datetime) -> None:
    """The carrier did what was ordered. The call is locked."""
    tape = _tape(order)
    if tape is None:
        return
    tape.sid = tape.sid or sid
    match order.verb:
        case Verb.RECORD:
            recorded.began(tape, call, now)
        case Verb.PAUSE_RECORDING:
            recorded.paused(tape, call, order, now)
        case Verb.RESUME_RECORDING:
            recorded.goes_on(tape, call, order, now)
        case Verb.STOP_RECORDING:
            recorded.stopped(tape, call, now)
    follow(call, legs.here(call), now)


def not_begun(*, call: Call, order: Command, state: OrderState, now: datetime) -> None:
    """The order to record was not carried out. The call is locked.

    A start whose answer never came may have been heard: the carrier is asked (`repair`).
    """
    tape = _tape(order)
    if tape is None or tape.state != RecordingState.PLANNED:
        return
    if state == OrderState.DROPPED and not order.attempts:
        tape.delete()
    elif state in (OrderState.REFUSED, OrderState.TOO_LATE, OrderState.DROPPED):
        recorded.failed(tape, call, order.answer or state, now)
    elif not order.attempts:
        recorded.failed(tape, call, "the carrier could not be asked", now)


def announced(*, call: Call, order_id: UUID, heard: bool, now: datetime) -> None:
    """What had to be said has been heard to its end, or cannot be. The call is locked."""
    order = changing.announced(order_id=order_id, heard=heard, now=now)
    if order is None or order.verb != Verb.RECORD:
        return
    if heard:
        call.consent_at = call.consent_at or now
        call.save(update_fields=["consent_at"])
    else:
        not_begun(call=call, order=order, state=OrderState.DROPPED, now=now)


def _tape(order: Command) -> Recording | None:
    tapes = Recording.objects.select_related("leg")
    return tapes.filter(pk=order.params.get("recording")).first()


# News ---------------------------------------------------------------------------------------------


@transaction.atomic
def told(
    *, leg: Leg, recording_id: UUID, sid: str, status: str, seconds: int | None, now: datetime
) -> str:
    """The carrier tells how a recording is getting on. Why that is old news; empty where it is not.

    Raises Unclear.
    """
    call = legs.lock_call(leg.call_id)
    tape = Recording.objects.select_related("leg").filter(pk=recording_id, leg=leg).first()
    if tape is None:
        if status == RecordingState.COMPLETED:
            deletions.want(sid, because="a recording that is not known here", now=now)
        return "no such recording"
    if tape.sid is not None and tape.sid != sid and not _takes_its_place(tape, sid, status, now):
        return f"the recording is {tape.sid}, not {sid}"
    tape.sid = sid
    return _apply(tape, call, status, seconds, now)


def _takes_its_place(tape: Recording, sid: str, status: str, now: datetime) -> bool:
    """A start that was made twice: one of the two is empty, and only their ends tell which."""
    if status != RecordingState.COMPLETED:
        return False
    if tape.state == RecordingState.ABSENT:
        tape.state = RecordingState.STOPPED
        return True
    if tape.state not in OVER:
        raise Unclear(f"the leg is recorded as {tape.sid} too")
    deletions.want(sid, because="recorded twice", now=now)
    return False


def _apply(tape: Recording, call: Call, status: str, seconds: int | None, now: datetime) -> str:
    stale = f"the recording is {tape.state}"
    if tape.state in OVER:
        return stale
    if status == RecordingState.COMPLETED:
        recorded.completed(tape, call, seconds, now)
    elif status == RecordingState.ABSENT:
        recorded.absent(tape, call, now)
    elif status == RecordingState.IN_PROGRESS and _may_begin(tape):
        recorded.began(tape, call, now)
        follow(call, legs.here(call), now)
    else:
        return stale
    return ""


def _may_begin(tape: Recording) -> bool:
    if tape.state == RecordingState.FAILED:
        running = Recording.objects.filter(leg=tape.leg, state__in=RECORDING_OPEN)
        return not running.exists()
    return tape.state == RecordingState.PLANNED
