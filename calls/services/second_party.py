"""The line of somebody who is brought into a call: answered, in the room, over; and what follows
for a transfer, whoever leaves first.

The first agent, the second party and the customer may each be gone at any moment. Whichever it is,
the two who are left talk with each other, and a customer who is left with nobody is next in line.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from calls import outbox, steps, wake
from calls.models import Call, Change, Leg, Transfer
from calls.plans import CannotNow, transferring
from calls.services import deciding, handovers, legs, line, offers, rejoining, ways_on
from calls.states import (
    TRANSFER_OPEN,
    CallState,
    ChangeState,
    LegRole,
    LegState,
    OrderState,
    TransferKind,
    TransferState,
    Verb,
    WaitingExit,
)
from calls.timeline import caller_of, name_of, note

TAKE_KEY = "1"
DECLINED_SIP = 603
DECLINED = "All right. Goodbye."
NO_KEY = "Nobody pressed a key. Goodbye."
CUSTOMER_GONE = "The caller has hung up."
NO_AGENT = "no agent is on the call any more"


# The line that was rung ---------------------------------------------------------------------------


@transaction.atomic
def answered(*, leg_id: UUID, is_machine: bool = False, now: datetime) -> steps.Step:
    """Somebody or something answered: ask for a key, or bring them into the room."""
    call, leg = _locked(leg_id)
    legs.advance(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    if not deciding.is_expected(leg, call):
        return rejoining.step(leg, call, deciding.step_for(leg, call), now)
    if is_machine:
        _not_there(call, leg, TransferState.VOICEMAIL, "a machine answered", now)
        return steps.HangUp()
    if leg.confirm_by_key:
        text = f"{name_of(leg.user)}'s phone was answered and is asked for a key"
        note(call=call, kind="answered", text=text, now=now, leg=leg, user=leg.user)
        return deciding.ask_to_join(leg, call)
    return _accept(call, leg, now)


@transaction.atomic
def pressed(*, leg_id: UUID, digits: str, now: datetime) -> steps.Step:
    """A key was pressed: 1 takes part, another declines; none means that nobody is there."""
    call, leg = _locked(leg_id)
    if not deciding.is_expected(leg, call):
        return deciding.step_for(leg, call)
    if digits.startswith(TAKE_KEY):
        return _accept(call, leg, now)
    if digits:
        _not_there(call, leg, TransferState.DECLINED, "another key was pressed", now)
        return steps.Say(text=DECLINED)
    _not_there(call, leg, TransferState.VOICEMAIL, "answered, but no key was pressed", now)
    return steps.Say(text=NO_KEY)


@transaction.atomic
def decline(
    *, call_id: UUID, user: User | None, why: str = "declined at the desk", now: datetime
) -> None:
    """Whoever is asked says no at their desk: the line stops ringing. Raises CannotNow."""
    call = legs.lock_call(call_id)
    leg = _ringing(user).filter(call=call).select_related("user").first()
    if leg is None:
        raise CannotNow("You are not being asked into this call.", "not-asked")
    leg.call = call
    _not_there(call, leg, TransferState.DECLINED, why, now)
    legs.order_hang_up(leg, why, now, by=user)


def asks_for(user: User) -> list[UUID]:
    """The calls into which this agent is being asked, and has not come."""
    return list(_ringing(user).order_by("call_id").values_list("call_id", flat=True))


def _ringing(user: User | None) -> QuerySet[Leg]:
    return Leg.objects.live().filter(
        role=LegRole.CONSULT, accepted_at__isnull=True, user=user, user__isnull=False
    )


def _accept(call: Call, leg: Leg, now: datetime) -> steps.Step:
    leg.accepted_at = now
    leg.save(update_fields=["accepted_at"])
    transfer = handovers.latest_with(call, leg)
    if transfer is not None:
        transfer.answered_at = now
        transfer.save(update_fields=["answered_at"])
        _keep_customer_out(transfer, now)
    text = f"{_called(leg)} answered, and comes in"
    note(call=call, kind="accepted", text=text, now=now, leg=leg, user=leg.user)
    return rejoining.step(leg, call, deciding.join_room(leg, call), now)


def _keep_customer_out(transfer: Transfer, now: datetime) -> None:
    """The first may have gone back to the customer while it rang: a consult is without them."""
    customer = legs.live_customer(transfer.call)
    warm = transfer.kind == TransferKind.WARM
    if not warm or customer is None or not customer.in_room:
        return
    customer.call = transfer.call
    if not customer.on_hold or legs.is_ordered(customer, Verb.RESUME):
        legs.order_once(customer, Verb.HOLD, "the second is coming in", now)


def _not_there(call: Call, leg: Leg, state: TransferState, why: str, now: datetime) -> None:
    transfer = handovers.latest_with(call, leg)
    if transfer is not None and handovers.is_open(transfer):
        ways_on.in_vain(transfer, state, why, now)
    else:
        ways_on.not_added(call, leg, state, why, now)


def entered(*, call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    """The second is in the room: the consult begins, or the customer is theirs. Call locked."""
    if call.state not in (CallState.TALKING, CallState.GOING_ON):
        legs.order_hang_up(leg, "there is nobody to talk to any more", now)
        return
    if leg.accepted_at is None:
        leg.accepted_at = now
        leg.save(update_fields=["accepted_at"])
    transfer = handovers.latest_with(call, leg)
    if transfer is None or not handovers.is_open(transfer):
        ways_on.is_one_of_us(leg)
    elif transfer.kind == TransferKind.BLIND:
        text = f"{_called(leg)} has {caller_of(call)}"
        ways_on.hand_over(transfer, leg, here, TransferState.COMPLETED, text, now)
    elif transfer.state != TransferState.CONSULTING:
        text = f"{name_of(transfer.started_by)} and {_called(leg)} talk about the call"
        handovers.move(transfer, TransferState.CONSULTING, text, now)


def line_over(*, call: Call, leg: Leg, now: datetime) -> None:
    """The line of somebody who was to come in, or was in, is over. The call is locked."""
    transfer = handovers.latest_with(call, leg)
    is_invited = leg.role in (LegRole.CONSULT, LegRole.EXTERNAL)
    if transfer is None and is_invited and leg.joined_at is None and leg.accepted_at is None:
        ways_on.not_added(call, leg, *_told_apart(leg), now)
    if transfer is None or not handovers.is_open(transfer):
        return
    transfer.to_leg = leg
    if transfer.state == TransferState.SEEKING:
        return  # an earlier attempt's
    if handovers.was_cancelled(transfer):
        ways_on.back(transfer, TransferState.CANCELLED, "called off", now)
    elif who := handovers.taken_out_by(leg):
        _taken_out(transfer, leg, who, now)
    elif leg.joined_at is not None or leg.accepted_at is not None:
        ways_on.back(transfer, TransferState.SECOND_GONE, f"{_called(leg)} hung up", now)
    else:
        state, why = _told_apart(leg)
        ways_on.in_vain(transfer, state, why, now)


def _taken_out(transfer: Transfer, leg: Leg, who: str, now: datetime) -> None:
    if leg.joined_at is not None or leg.accepted_at is not None:
        text = f"{_called(leg)} was taken out by {who}"
        ways_on.back(transfer, TransferState.CANCELLED, text, now)
    else:
        ways_on.in_vain(transfer, TransferState.CANCELLED, f"called off by {who}", now)


def _told_apart(leg: Leg) -> tuple[TransferState, str]:
    sip = f" (SIP {leg.sip_code})" if leg.sip_code else ""
    if leg.sip_code == DECLINED_SIP:
        return TransferState.DECLINED, f"declined on the phone{sip}"
    if leg.state == LegState.BUSY:
        return TransferState.BUSY, f"the line was busy{sip}"
    if leg.state == LegState.FAILED:
        return TransferState.FAILED, f"the line could not be reached{sip}"
    if leg.state == LegState.COMPLETED and leg.confirm_by_key:
        return TransferState.VOICEMAIL, f"answered, but no key was pressed{sip}"
    return TransferState.NO_ANSWER, f"nobody answered{sip}"


# The two others -----------------------------------------------------------------------------------


def partner_gone(*, call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    """The line of an agent, or of a second party, is over. The call is locked."""
    transfer = handovers.open_of(call)
    if transfer is not None and transfer.from_leg_id == leg.pk:
        _without_first(transfer, here, now)
    else:
        line_over(call=call, leg=leg, now=now)
    somebody_is_there(here, now)


def somebody_is_there(here: Sequence[Leg], now: datetime) -> None:
    """Somebody is gone: those who stay are not all on hold, nor shut out for ever. Call locked."""
    staying = legs.partners(here)
    if all(leg.on_hold for leg in staying):
        for leg in staying:
            legs.order_once(leg, Verb.RESUME, "nobody else is left to talk to", now)
    nobody_stays_shut_out(here, now)


def nobody_stays_shut_out(here: Sequence[Leg], now: datetime) -> None:
    """Where no agent is left who could do it later, those who talk on are taken off hold, and are
    heard again. The call is locked."""
    staying = legs.partners(here)
    if not staying or any(each.role == LegRole.AGENT for each in staying):
        return
    for leg in here:
        if leg.on_hold:
            legs.order_once(leg, Verb.RESUME, NO_AGENT, now)
        if leg.muted and leg.role != LegRole.SUPERVISOR:
            legs.order_once(leg, Verb.UNMUTE, NO_AGENT, now)


def _without_first(transfer: Transfer, here: Sequence[Leg], now: datetime) -> None:
    first = name_of(transfer.started_by)
    second = next((each for each in legs.partners(here) if each.pk == transfer.to_leg_id), None)
    if second is not None:
        done = handovers.was_completed(transfer)
        state = TransferState.COMPLETED if done else TransferState.FIRST_GONE
        text = f"{_called(second)} has {caller_of(transfer.call)}"
        why = "" if done else f", because {first} hung up"
        ways_on.hand_over(transfer, second, here, state, f"{text}{why}", now)
    elif transfer.kind == TransferKind.WARM:
        # What becomes of the customer, the queue says, as of whenever an agent is gone.
        text = f"{first} hung up, and nobody had come in"
        handovers.settle(transfer, TransferState.FIRST_GONE, text, now)
        ways_on.let_go(transfer, text, now)


def customer_gone(*, call: Call, now: datetime) -> None:
    """There is nobody left to hand on; a second who has not come in is not needed. Call locked."""
    transfer = handovers.open_of(call)
    if transfer is None:
        return
    handovers.settle(transfer, TransferState.CUSTOMER_GONE, CUSTOMER_GONE, now)
    second = transfer.to_leg
    if second is not None and second.is_live and not second.in_room:
        legs.order_hang_up(second, "the caller has hung up", now)


def told_to_go_on(*, staying: Sequence[Leg], now: datetime) -> None:
    """Each of those who stay without the customer is told so, and nobody of them stays on hold."""
    for leg in staying:
        if leg.on_hold:
            legs.order_once(leg, Verb.RESUME, "the caller has hung up", now)
        if leg.in_room:
            reason, params = "the caller has hung up", {"say": CUSTOMER_GONE}
            outbox.put(leg=leg, verb=Verb.ANNOUNCE, reason=reason, now=now, params=params)


def is_awaited(call: Call) -> bool:
    """Whether somebody's line is rung for a customer who was sent on, and waits with music."""
    transfer = handovers.open_of(call)
    if transfer is None or transfer.kind != TransferKind.BLIND:
        return False
    return transfer.to_leg is not None and transfer.to_leg.is_live


def change_settled(*, call: Call, change: Change, now: datetime) -> None:
    """What was ordered for a transfer is done; or did not work, and the customer is with the first
    agent again."""
    if change.kind not in transferring.BEGINS:
        return
    transfer = handovers.open_of(call)
    if change.state != ChangeState.FAILED:
        if call.state == CallState.WAITING:
            _not_needed(call, now)
        wake.dispatch()
    elif transfer is not None:
        ways_on.back(
            transfer, TransferState.FAILED, change.note or "the carrier did not do it", now
        )
    elif call.state == CallState.WAITING:
        _not_moved(call, change, now)


def not_held_again(*, call: Call, now: datetime) -> None:
    """The room has ended, and the carrier does not hold again who was on hold in it: the customer
    is with the first, without the second. The call is locked."""
    transfer = handovers.open_of(call)
    if transfer is not None and transfer.kind == TransferKind.WARM:
        text = "the room ended, and nobody could be put on hold again"
        handovers.settle(transfer, TransferState.FAILED, text, now)
        ways_on.let_go(transfer, text, now)


def _not_needed(call: Call, now: datetime) -> None:
    """Whose line still rings for a conversation that the customer has left for another line."""
    for leg in legs.live_partners(call):
        if leg.role in (LegRole.CONSULT, LegRole.EXTERNAL):
            legs.order_hang_up(leg, "the caller was sent on to another line", now)


def _not_moved(call: Call, change: Change, now: datetime) -> None:
    """The customer was to stand in another line, and is still in the room with the first agent."""
    moved = Transfer.objects.filter(
        call=call,
        kind=TransferKind.BLIND,
        to_queue__isnull=False,
        state=TransferState.COMPLETED,
        started_at=change.asked_at,
    ).first()
    if moved is None or moved.from_leg is None or not moved.from_leg.in_room:
        return
    moved.from_leg.call = call
    if change.orders.filter(verb=Verb.ENQUEUE, state=OrderState.DONE).exists():
        # The customer stands there; it is the first's line that could not be ended.
        legs.order_hang_up(moved.from_leg, change.text, now)
        _not_needed(call, now)
        return
    why = "the caller could not be sent on, and talks on where they were"
    offers.withdraw_all(call=call, why=why, now=now)
    for leg in legs.live_agents(call):
        if leg.pk != moved.from_leg_id:
            legs.order_hang_up(leg, why, now)
    line.leave(call=call, exit=WaitingExit.FAILED, now=now)
    moved.call, call.state = call, CallState.TALKING
    call.save()
    handovers.settle(moved, TransferState.FAILED, change.note, now)


# Time ---------------------------------------------------------------------------------------------


def overdue(*, now: datetime) -> list[int]:
    """The attempts that should have come to something by now, or have lost somebody."""
    going_on = Transfer.objects.filter(state__in=TRANSFER_OPEN)
    found = going_on.select_related("call", "from_leg", "to_leg").order_by("id")
    return [transfer.pk for transfer in found if _is_overdue(transfer, now)]


def _is_overdue(transfer: Transfer, now: datetime) -> bool:
    gone = [leg for leg in _people(transfer) if leg.ended_at is not None and leg.ended_at < now]
    late = transfer.state != TransferState.CONSULTING and ways_on.due_at(transfer) < now
    return late or bool(gone) or transfer.call.state in (CallState.ENDED, CallState.GOING_ON)


def _people(transfer: Transfer) -> list[Leg]:
    """Those whose line must not be over while the attempt goes on."""
    first = transfer.from_leg if transfer.kind == TransferKind.WARM else None
    second = transfer.to_leg if transfer.state != TransferState.SEEKING else None
    return [leg for leg in (first, second) if leg is not None]


@transaction.atomic
def look(*, transfer_id: int, now: datetime) -> None:
    """Whatever news was lost, an attempt comes to an end: settled by what is true now."""
    call = legs.lock_call(Transfer.objects.only("call_id").get(pk=transfer_id).call_id)
    transfer = handovers.open_of(call)
    if transfer is None or transfer.pk != transfer_id:
        return
    first, second = transfer.from_leg, transfer.to_leg
    if legs.live_customer(call) is None:
        customer_gone(call=call, now=now)
    elif transfer.state == TransferState.SEEKING:
        if now >= ways_on.due_at(transfer):
            ways_on.back(transfer, TransferState.NO_ANSWER, "nobody was free in time", now)
    elif second is None or not second.is_live:
        _second_is_over(transfer, now)
    elif transfer.kind == TransferKind.WARM and (first is None or not first.is_live):
        _without_first(transfer, legs.here(call), now)
    elif transfer.state == TransferState.RINGING and now >= ways_on.due_at(transfer):
        ways_on.in_vain(transfer, TransferState.NO_ANSWER, "nobody came in time", now)


def _second_is_over(transfer: Transfer, now: datetime) -> None:
    if transfer.to_leg is not None:
        line_over(call=transfer.call, leg=transfer.to_leg, now=now)
    else:
        ways_on.back(transfer, TransferState.FAILED, "the line was lost", now)


def _called(leg: Leg) -> str:
    return name_of(leg.user) or leg.address


def _locked(leg_id: UUID) -> tuple[Call, Leg]:
    call = legs.lock_call_of(leg_id)
    leg = Leg.objects.select_related("user").get(pk=leg_id)
    leg.call = call
    return call, leg
