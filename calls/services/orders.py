"""Carrying out an order: whether it still makes sense, and what follows from the carrier's answer.

Three steps: `prepare` (a transaction), the question to the carrier (no transaction), `settle`
(a transaction). What the carrier answers is a value, so every outcome can be tested by value.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from calls import live
from calls.carrier import gateway
from calls.models import Call, Change, Command, Leg, Offer
from calls.models.calls import room_of
from calls.models.together import in_transaction, read_together, write_fields
from calls.services import (
    changing,
    deciding,
    legs,
    lifecycle,
    offers,
    overhearing,
    parking,
    recordings,
    rejoining,
    second_party,
    sending,
    standing_by,
)
from calls.states import (
    IN_ROOM_VERBS,
    RECORDING_VERBS,
    CallState,
    ChangeState,
    LegRole,
    LegState,
    OrderState,
    Verb,
)
from calls.timeline import note

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
# The number that we would show is none of the account's, or none at all.
# https://www.twilio.com/docs/api/errors/21210 and /21212
NOT_OUR_NUMBER = (21210, 21212)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the carrier is asked."""

    verb: Verb
    sid: str | None
    to: str
    from_: str
    params: dict[str, Any]
    leg_id: UUID
    call_id: UUID
    order_id: UUID
    room: str
    conference_sid: str  # of the room that the leg was in last; empty where it was in none


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of asking: done with (`again_in` None) or to be asked again after a pause."""

    again_in: timedelta | None = None
    look: bool = False  # the carrier says that the leg is over, but not how it ended


@transaction.atomic
def prepare(*, order_id: UUID, now: datetime) -> Question | None:
    """What to ask the carrier; None where the order is settled, or makes no sense any more."""
    call, order = _locked(order_id)
    if order.state != OrderState.PENDING:
        return None
    leg = order.leg
    rings = order.verb == Verb.DIAL and leg.standby_id is None
    if rings and order.asked_at is not None:
        # We stopped between asking and hearing the answer: somebody's phone may be ringing.
        _finish(call, order, OrderState.UNKNOWN, "stopped before the answer came", now)
    elif order.verb == Verb.DIAL and leg.standby_id is not None and leg.answered_at is not None:
        # Moved, though the carrier's answer was lost: the leg has asked what to do.
        _finish(call, order, OrderState.DONE, "moved", now)
    elif now >= order.give_up_at:
        _finish(call, order, OrderState.GAVE_UP, order.answer or "never asked", now)
    elif order.verb == Verb.HANG_UP and _is_over(order, leg, now):
        _finish(call, order, OrderState.ALREADY_OVER, "the line is over", now)
    elif why := _why_not(order, leg, call):
        _finish(call, order, OrderState.DROPPED, why, now)
    else:
        order.asked_at, order.attempts = now, order.attempts + 1
        write_fields(order, "asked_at", "attempts")
        return question(order, leg)
    return None


def question(order: Command, leg: Leg) -> Question:
    """What an order asks of the carrier, as things stand."""
    return Question(
        verb=Verb(order.verb),
        sid=leg.sid,
        to=leg.address,
        from_=leg.our_number,
        params=recordings.asked(order) if order.verb in RECORDING_VERBS else order.params,
        leg_id=leg.id,
        call_id=order.call_id,
        order_id=order.id,
        room=room_of(order.call_id),
        conference_sid=_room_sid(order, leg),
    )


def _room_sid(order: Command, leg: Leg) -> str:
    """Where the news that they came in was lost, the room is the one that the others are in."""
    if leg.conference_sid or order.verb not in IN_ROOM_VERBS:
        return leg.conference_sid
    return order.call.conference_sid


def _is_over(order: Command, leg: Leg, now: datetime) -> bool:
    """Nothing to hang up. A leg that was never dialled ends here."""
    if order.params.get(legs.STRAY):
        return False
    if leg.is_live and leg.sid is None:
        lifecycle.leg_progress(leg=leg, state=LegState.CANCELED, sequence=None, now=now)
    return not leg.is_live


def _why_not(order: Command, leg: Leg, call: Call) -> str:
    """Why the order no longer makes sense; empty where it does."""
    if order.params.get(legs.STRAY):
        return ""
    if not leg.is_live:
        return "the line is over"
    if order.verb == Verb.DIAL:
        return _why_not_dial(leg, call)
    if order.verb == Verb.COACH:
        return overhearing.why_not_coach(order, leg, legs.here(call))
    if order.verb in IN_ROOM_VERBS or order.verb == Verb.SEND_DIGITS:
        return "" if leg.in_room else "not in the room any more"
    if order.verb == Verb.JOIN_ROOM:
        return _why_not_join(leg, call)
    if order.verb in RECORDING_VERBS:
        return recordings.why_not(order, leg)
    # A customer is dropped from a conversation that goes on by a change of it alone.
    dropped = leg.role != LegRole.CUSTOMER or order.change is not None
    fits = order.verb == Verb.HANG_UP and dropped
    return "" if fits or call.state == _STATE_FOR[Verb(order.verb)] else f"the call is {call.state}"


def _why_not_dial(leg: Leg, call: Call) -> str:
    if leg.role == LegRole.SUPERVISOR:
        return overhearing.why_not_dial(call)
    if leg.role in lifecycle.INVITED:
        return "" if deciding.is_expected(leg, call) else "nobody is to be brought in any more"
    if call.state == CallState.DIALLING:
        return ""
    if leg.role == LegRole.CUSTOMER:
        return "nobody wants that call any more"
    open_offer = Offer.objects.open().filter(leg=leg).exists()
    return "" if open_offer else "the offer is settled"


# What the call must be for an order to its customer's leg to make sense.
_STATE_FOR = {
    Verb.ENQUEUE: CallState.WAITING,
    Verb.PLAY_OUT: CallState.MESSAGE,
    Verb.REDIRECT: CallState.ELSEWHERE,
    Verb.PARK: CallState.PARKED,
    Verb.HANG_UP: CallState.ENDING,
}


def _why_not_join(leg: Leg, call: Call) -> str:
    if leg.in_room:
        return "already in the room"
    wanted = call.state == CallState.TALKING or deciding.agent_is_there(call)
    return "" if wanted else "nobody is in the room any more"


@in_transaction
def settle(*, order_id: UUID, outcome: gateway.Outcome, now: datetime) -> Settled:
    """What the carrier answered is kept, and what follows from it for the call is done."""
    call, order = _locked(order_id)
    if order.state != OrderState.PENDING:
        return Settled()
    match outcome:
        case gateway.Done(sid=sid, status=status):
            _done(call, order, sid, status, now)
        case gateway.AlreadyOver():
            _finish(call, order, OrderState.ALREADY_OVER, "the line had ended", now)
            return Settled(look=True)
        case gateway.TooLate():
            _finish(call, order, OrderState.TOO_LATE, "the line had ended", now)
            return Settled(look=True)
        case gateway.Refused(http_status=http_status, code=code, message=message):
            order.http_status, order.carrier_code = http_status, code
            if _may_show_ours(order, code):
                return _with_our_number(call, order, message, now)
            _finish(call, order, OrderState.REFUSED, message, now)
        case gateway.NoAnswer(message=message):
            _finish(call, order, OrderState.UNKNOWN, message, now)
        case gateway.Passing(message=message, http_status=http_status, code=code):
            order.http_status, order.carrier_code = http_status, code
            return _again_or_give_up(call, order, message, now)
    return Settled()


def _done(call: Call, order: Command, sid: str, status: str, now: datetime) -> None:
    _finish(call, order, OrderState.DONE, status, now)
    if order.verb in RECORDING_VERBS:
        recordings.answered(call=call, order=order, sid=sid, now=now)
    elif order.verb == Verb.HANG_UP and order.leg.standby_id is not None:
        standing_by.returned(order.leg, now)
    elif order.verb not in IN_ROOM_VERBS:
        _learn(call, order.leg, sid, status, now)


def _may_show_ours(order: Command, code: int | None) -> bool:
    """The carrier does not let us show that number; there is one of ours that it does."""
    return order.verb == Verb.DIAL and code in NOT_OUR_NUMBER and bool(order.params.get("or_from"))


def _with_our_number(call: Call, order: Command, message: str, now: datetime) -> Settled:
    """Asked once more, at once."""
    order.leg.our_number = order.params.pop("or_from")
    order.leg.save(update_fields=["our_number"])
    order.asked_at, order.answer = None, message
    order.save()
    text = f"The carrier does not show the caller's number; {order.leg.our_number} is shown"
    note(call=call, kind="caller-id", text=text, now=now, leg=order.leg)
    return Settled(again_in=timedelta(0))


def _again_or_give_up(call: Call, order: Command, message: str, now: datetime) -> Settled:
    pause = _pause(order.attempts)
    if now + pause >= order.give_up_at:
        _finish(call, order, OrderState.GAVE_UP, message, now)
        return Settled()
    order.asked_at, order.answer = None, message
    order.save()
    return Settled(again_in=pause)


def _pause(attempts: int) -> timedelta:
    """Longer each time, and never the same for everybody who was turned away at once."""
    return pause_of(FIRST_PAUSE * 2 ** max(attempts - 1, 0))


def pause_of(seconds: float) -> timedelta:
    """Some part of so many, within bounds, until the carrier is asked again."""
    longest = min(max(seconds, FIRST_PAUSE), LONGEST_PAUSE)
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 no secret


_OUTCOME = ("state", "settled_at", "answer", "http_status", "carrier_code")


def _finish(call: Call, order: Command, state: OrderState, answer: str, now: datetime) -> None:
    order.state, order.settled_at, order.answer = state, now, answer[:500]
    write_fields(order, *_OUTCOME)
    _follow(call, order, state, now)
    not_asked = changing.order_settled(order, now)
    if order.change is not None and order.change.state != ChangeState.GOING_ON:
        second_party.change_settled(call=call, change=order.change, now=now)
    for never_asked in not_asked:
        _follow(call, never_asked, OrderState.DROPPED, now)
    live.announce(live.call(call.id))


def _not_moved(call: Call, order: Command, now: datetime) -> None:
    if sending.is_sent_on(order):
        return
    if order.verb == Verb.REDIRECT:
        why = "the carrier did not send the caller elsewhere"
        lifecycle.redirect_failed(call_id=call.id, why=why, now=now)
    else:
        sending.not_received(call=call, order=order, now=now)


def _follow(call: Call, order: Command, state: OrderState, now: datetime) -> None:
    """What an order that was not carried out means for the call."""
    failed = state in (OrderState.REFUSED, OrderState.UNKNOWN, OrderState.GAVE_UP)
    if failed:
        text = f"{order.verb} for the {order.leg.role}: {state}, {order.answer}"
        note(call=call, kind="order-failed", text=text, now=now, leg=order.leg)
        logger.warning(text, extra={"call_id": str(call.id), "leg_id": str(order.leg_id)})
    if order.verb == Verb.DIAL and (failed or state == OrderState.DROPPED):
        _dial_failed(order, state, now)
    elif order.verb == Verb.HANG_UP and failed and order.leg.standby_id is not None:
        # What does not go back when it is told to is no use to the next call either.
        standing_by.drop(line_id=order.leg.standby_id, now=now)
    elif order.verb in sending.MOVES and failed:
        _not_moved(call, order, now)
    elif order.verb == Verb.PARK and failed:
        parking.not_parked(call=call, why="the carrier did not move the caller", now=now)
    elif order.verb == Verb.RECORD and state != OrderState.DONE:
        recordings.not_begun(call=call, order=order, state=state, now=now)
    elif order.verb == Verb.COACH:
        overhearing.coach_settled(call, order, state, now)
    elif order.verb == Verb.HOLD and failed and order.params.get(rejoining.AGAIN):
        second_party.not_held_again(call=call, now=now)


def _dial_failed(order: Command, state: OrderState, now: datetime) -> None:
    """A line that the carrier will not ring failed; one that it was never asked about did not."""
    if state == OrderState.GAVE_UP:
        offer = Offer.objects.open().filter(leg=order.leg).first()
        if offer is not None:
            offers.withdraw(offer=offer, why="the carrier could not be asked", now=now)
    over = LegState.CANCELED if state == OrderState.DROPPED else LegState.FAILED
    lifecycle.leg_progress(leg=order.leg, state=over, sequence=None, now=now)
    if state == OrderState.UNKNOWN:
        Leg.objects.filter(pk=order.leg_id).update(given_up=True)


def _learn(call: Call, leg: Leg, sid: str, status: str, now: datetime) -> None:
    """The call is locked; what followed from the order may have changed the leg."""
    legs.reread(leg, call)
    leg.sid = leg.sid or sid
    lifecycle.progressed(call=call, leg=leg, state=LegState(status), now=now)


def _locked(order_id: UUID) -> tuple[Call, Command]:
    call = legs.lock_call_of_order(order_id)
    for order, leg, made in read_together(_LOCK, [order_id], o=Command, l=Leg, m=Change):
        leg.call = order.call = call
        order.leg, order.change = leg, made
        return call, order
    raise Command.DoesNotExist


# Every order begins and ends with this: as a statement it costs a third.
_LOCK = """
    select {o}, {l}, {m} from calls_command o join calls_leg l on l.id = o.leg_id
    left join calls_change m on m.id = o.change_id
    where o.id = %s for update of o
"""
