"""A call from its arrival (calls.services.arriving) to its end: what each leg should do next, and
what follows when a leg is over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import steps, wake
from calls.carrier import addresses
from calls.models import Call, Command, Leg, Offer, Queue
from calls.services import (
    announcing,
    coming_back,
    deciding,
    dialling_out,
    legs,
    line,
    offers,
    overhearing,
    queueing,
    reception,
    rejoining,
    rooms,
    second_party,
    wrapups,
)
from calls.services.queueing import CallIsOver
from calls.states import (
    LEG_OVER,
    AgentGone,
    CallOutcome,
    CallState,
    Direction,
    LegRole,
    LegState,
    OrderState,
    Verb,
    WaitingExit,
)
from calls.timeline import name_of, note

__all__ = ["CallIsOver", "end_call", "leg_progress", "next_step", "resume"]

# From this SIP code on the line failed; below, somebody hung up.
SIP_FAILURE = 400
LINE_FAILED = "the line of whoever talked with the caller failed"
# Whom we ring to bring them into a conversation.
INVITED = (LegRole.CONSULT, LegRole.EXTERNAL)


@transaction.atomic(savepoint=False)
def next_step(*, leg: Leg, now: datetime, on_leaving: bool = False) -> steps.Step:
    """What this leg should be doing now; asking again changes nothing.

    `on_leaving`: it has left a room or a queue, perhaps because an order takes it elsewhere.
    """
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    if leg.role == LegRole.AGENT and Offer.objects.open().filter(leg=leg).exists():
        # That the line was answered was asked about already, and we did not answer.
        return offers.agent_answered(leg_id=leg.id, now=now)
    if leg.role in INVITED and deciding.is_expected(leg, call):
        return second_party.answered(leg_id=leg.id, now=now)
    if dialling_out.is_own_line(leg, call):
        return dialling_out.own_line_answered(call, leg, now)
    if leg.role == LegRole.CUSTOMER and leg.is_live:
        if call.state == CallState.ARRIVING:
            _admit(call, now)
        elif call.state == CallState.ELSEWHERE:
            if on_leaving or _is_on_its_way(leg):
                return steps.OneMoment(resume_url=addresses.resume(leg.id))
            _back_from_elsewhere(call, now)
    return rejoining.step(leg, call, deciding.step_for(leg, call), now)


def resume(*, sid: str, now: datetime) -> steps.Step:
    """A leg of which only the carrier's id is known asks what it should be doing.

    Raises Leg.DoesNotExist for one that we have never heard of.
    """
    return next_step(leg=Leg.objects.select_related("call").get(sid=sid), now=now)


def _admit(call: Call, now: datetime) -> None:
    """Into the line; or the message for closed, unstaffed or full."""
    why: CallOutcome | None = CallOutcome.FAILED
    if call.queue is not None:
        why = turned_away_now(call.queue, now)
    if why is not None:
        _turn_away(call, why, now)
    elif call.queue is not None:
        line.stand(call=call, queue=call.queue, now=now, since=call.arrived_at)


def turned_away_now(queue: Queue, now: datetime) -> CallOutcome | None:
    """What whoever rings now is told instead of a place in line; None where they get one."""
    return turned_away(queue, reception.in_line(queue.pk), now)


def turned_away(queue: Queue, in_line: int, now: datetime) -> CallOutcome | None:
    if not queue.is_open_at(now):
        return CallOutcome.CLOSED
    if not line.signed_in(queue, now):
        return CallOutcome.UNSTAFFED
    if in_line >= queue.max_waiting:
        return CallOutcome.FULL
    return None


def _turn_away(call: Call, outcome: CallOutcome, now: datetime) -> None:
    call.state, call.outcome = CallState.MESSAGE, outcome
    call.save()
    note(call=call, kind="message", text=f"Hears the {outcome} message", now=now)
    announcing.tell(call)


def _is_on_its_way(leg: Leg) -> bool:
    """While the order is not carried out, questions come from what the leg did before."""
    orders = Command.objects.filter(leg=leg, verb=Verb.REDIRECT, state=OrderState.PENDING)
    return orders.exists()


def _back_from_elsewhere(call: Call, now: datetime) -> None:
    """What the order told the leg to do has come back to us, so it failed: back into the line."""
    queueing.return_to_front(call=call, reason="what it was sent to did not work", now=now)


@transaction.atomic(savepoint=False)
def leg_progress(
    *,
    leg: Leg,
    state: LegState,
    sequence: int | None,
    now: datetime,
    sip_code: int | None = None,
) -> bool:
    """The carrier says that the leg is `state`; what follows from that is done here.

    False for old news, which changes nothing: a leg only moves forward and stays over.
    """
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    return progressed(
        call=call, leg=leg, state=state, now=now, sequence=sequence, sip_code=sip_code
    )


def progressed(
    *,
    call: Call,
    leg: Leg,
    state: LegState,
    now: datetime,
    sequence: int | None = None,
    sip_code: int | None = None,
) -> bool:
    """The same for a call that is locked and a leg that is read since; writes all of the leg."""
    if not legs.advance(leg=leg, state=state, sequence=sequence, now=now, sip_code=sip_code):
        return False
    if state in LEG_OVER:
        _note_end(call, leg, now)
        rooms.count(call, now)
        if leg.role == LegRole.CUSTOMER:
            _customer_gone(call, leg, now)
        elif leg.role in legs.PARTNERS:
            _partner_gone(call, leg, now)
        elif leg.role == LegRole.SUPERVISOR:
            overhearing.went_out(leg, now)
    announcing.tell(call, leg.user_id)
    return True


def _note_end(call: Call, leg: Leg, now: datetime) -> None:
    whose = name_of(leg.user) or f"The {leg.role}"
    sip = f", SIP {leg.sip_code}" if leg.sip_code else ""
    back = leg.standby is not None and leg.standby.is_live
    how = "is out of the call, on standby again" if back else f"is over ({leg.state}{sip})"
    note(
        call=call,
        kind="leg-over",
        text=f"{whose}'s line {how}",
        now=now,
        leg=leg,
        user=leg.user,
    )


def _customer_gone(call: Call, leg: Leg | None, now: datetime) -> None:
    who = "the customer" if call.direction == Direction.OUTBOUND else "the caller"
    why = f"{who} hung up" if call.state != CallState.ENDING else "the call was ended"
    if call.state == CallState.DIALLING and leg is not None:
        why = dialling_out.customer_is_over(call, leg, now)
    offers.caller_gone(call=call, why=why, now=now)
    line.leave(call=call, exit=WaitingExit.ABANDONED, now=now)
    call.outcome = _outcome(call)
    if call.state == CallState.TALKING and _others_go_on(call, now):
        return
    _close(call, now)
    rooms.remember(call, now)
    queueing.let_agents_go(call, why, now)
    note(call=call, kind="ended", text=f"The call is over: {call.outcome}", now=now, leg=leg)
    wake.dispatch()


def _others_go_on(call: Call, now: datetime) -> bool:
    """Those who were with the customer may talk on until one of the last two hangs up."""
    second_party.customer_gone(call=call, now=now)
    staying = [leg for leg in legs.partners(legs.here(call)) if leg.joined_at is not None]
    if len(staying) < 2:
        return False
    call.state = CallState.GOING_ON
    call.save()
    note(call=call, kind="going-on", text="The caller has hung up; the others go on", now=now)
    second_party.told_to_go_on(staying=staying, now=now)
    rooms.count(call, now)
    announcing.tell(call)
    return True


def _outcome(call: Call) -> CallOutcome:
    if call.state == CallState.ELSEWHERE:
        return CallOutcome.REDIRECTED
    if call.answered_at is not None and call.outcome != CallOutcome.MACHINE:
        return CallOutcome.ANSWERED
    return CallOutcome(call.outcome or CallOutcome.ABANDONED)


def _partner_gone(call: Call, leg: Leg, now: datetime) -> None:
    """The others go on; a customer who would be left with nobody does not stay so."""
    if coming_back.begin(call, leg, now):
        rooms.count(call, now)
        return
    if leg.role == LegRole.AGENT:
        offers.leg_is_over(call=call, leg=leg, now=now)
        overhearing.end_help_of(leg, now)
    wrapups.start(leg=leg, call=call, now=now)
    if call.state == CallState.GOING_ON:
        _end_if_alone(call, now)
    elif call.state == CallState.DIALLING and leg.role == LegRole.AGENT:
        _not_dialled(call, f"{name_of(leg.user)}'s own line is not there", now)
    elif call.state == CallState.TALKING:
        here = legs.here(call)
        second_party.partner_gone(call=call, leg=leg, here=here, now=now)
        if call.state == CallState.TALKING and not _is_looked_after(call, here):
            _last_partner_gone(call, leg, now)
        elif call.state == CallState.TALKING:
            coming_back.company_changed(call, here, now)
    wake.dispatch()


def _is_looked_after(call: Call, here: Sequence[Leg]) -> bool:
    return bool(legs.partners(here)) or second_party.is_awaited(call)


def _end_if_alone(call: Call, now: datetime) -> None:
    """They talked on without the customer, for as long as there were two of them."""
    here = legs.here(call)
    if len(legs.partners(here)) > 1:
        second_party.somebody_is_there(here, now)
        return
    _close(call, now)
    queueing.let_agents_go(call, "nobody is left to talk to", now)
    note(call=call, kind="ended", text=f"The call is over: {call.outcome}", now=now)


def _close(call: Call, now: datetime) -> None:
    call.state, call.ended_at, call.alone_since = CallState.ENDED, now, None
    call.save()


def _last_partner_gone(call: Call, leg: Leg, now: datetime) -> None:
    # Nobody ends a call by putting down a phone whose line is to stay open.
    kept_open = leg.standby_id is not None
    lost = leg.state == LegState.FAILED or kept_open or coming_back.was_lost(leg)
    if lost or (leg.sip_code or 0) >= SIP_FAILURE:
        queueing.return_to_front(call=call, reason=LINE_FAILED, now=now)
    elif call.queue is not None and call.queue.agent_gone == AgentGone.REQUEUE:
        queueing.return_to_front(call=call, reason="the agent hung up", now=now)
    else:
        _end(call, None, "the agent hung up", now)


def endable(call_id: UUID) -> Call:
    """The call, locked: somebody is on it who can be hung up on. Raises CallIsOver."""
    call = legs.lock_call(call_id)
    without = call.state in (CallState.GOING_ON, CallState.DIALLING)
    if queueing.is_over(call) or (legs.live_customer(call) is None and not without):
        raise CallIsOver
    return call


@transaction.atomic
def end_call(*, call_id: UUID, by: User | None, reason: str, now: datetime) -> None:
    """Everybody on the call is hung up on. Raises CallIsOver."""
    call = endable(call_id)
    if call.state == CallState.DIALLING:
        call.outcome = CallOutcome.CANCELLED
    _end(call, by, reason, now)
    if legs.live_customer(call) is None:
        _close(call, now)


def _end(call: Call, by: User | None, reason: str, now: datetime) -> None:
    offers.withdraw_all(call=call, why=reason, now=now)
    line.leave(call=call, exit=WaitingExit.ENDED_BY_US, now=now)
    if call.answered_at is None and not call.outcome:
        call.outcome = CallOutcome.ENDED_BY_US
    call.state, call.alone_since = CallState.ENDING, None
    call.save()
    who = f" by {name_of(by)}" if by else ""
    note(call=call, kind="ending", text=f"Ended{who}: {reason}", now=now, user=by)
    hang_up_customer(call, reason, now, by)
    queueing.let_agents_go(call, reason, now, by)
    announcing.tell(call)


def hang_up_customer(call: Call, reason: str, now: datetime, by: User | None = None) -> None:
    """The customer's line is ended. The call is locked."""
    customer = legs.live_customer(call)
    if customer is not None:
        legs.order_hang_up(customer, reason, now, by=by)


@transaction.atomic
def close(*, call_id: UUID, now: datetime) -> None:
    """No customer is on the line any more, whatever our record of the call says: it is over."""
    call = legs.lock_call(call_id)
    last = call.legs.filter(role=LegRole.CUSTOMER).order_by("-planned_at").first()
    if call.state == CallState.GOING_ON:
        _end_if_alone(call, now)
    elif call.state != CallState.ENDED and legs.live_customer(call) is None:
        _customer_gone(call, last, now)
        announcing.tell(call)


# Of a call that an agent dialled -----------------------------------------------------------------


def _not_dialled(call: Call, why: str, now: datetime) -> None:
    """The agent is gone before the customer was there: nobody is left to be dialled for."""
    call.outcome = CallOutcome.AGENT_GONE
    _end(call, None, why, now)
    if legs.live_customer(call) is None:
        _close(call, now)


@transaction.atomic
def machine_answered(*, leg_id: UUID, by: User | None, now: datetime) -> None:
    """The customer's voicemail answered, and nobody is to talk to it. Raises CallIsOver."""
    call = endable(legs.lock_call_of(leg_id).pk)
    if call.direction != Direction.OUTBOUND:
        raise CallIsOver
    call.outcome = CallOutcome.MACHINE
    _end(call, by, "their voicemail answered", now)


@transaction.atomic
def look_at_dialling(*, call_id: UUID, now: datetime) -> bool:
    """A call that has been dialling for long: what was missed is done; whether there was any."""
    call = legs.lock_call(call_id)
    here = legs.here(call)
    own = next((leg for leg in here if leg.role == LegRole.AGENT), None)
    if call.state != CallState.DIALLING:
        return False
    if own is not None and own.in_room:
        missed = not call.legs.filter(role=LegRole.CUSTOMER).exists()
        dialling_out.own_line_is_here(call, own, here, now)
        if missed or legs.customer_of(here) is not None:
            return missed
        close(call_id=call_id, now=now)
        return True
    if own is None or now > call.arrived_at + dialling_out.OWN_LINE_PATIENCE:
        _not_dialled(call, "the own line of who dials did not come", now)
        return True
    return False


@transaction.atomic
def redirect_failed(*, call_id: UUID, why: str, now: datetime) -> None:
    """The order that sent the customer elsewhere was not carried out: the next step is the line."""
    call = legs.lock_call(call_id)
    if call.state != CallState.ELSEWHERE:
        return
    if call.queue is not None:
        queueing.return_to_front(call=call, reason=why, now=now)
    else:
        _end(call, None, why, now)
