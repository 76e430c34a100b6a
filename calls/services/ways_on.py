"""Where an attempt to hand a call on leads: to the second, back to the first, or into the line."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from calls import timers, wake
from calls.models import Call, Command, Leg, Offer, TimelineEvent, Transfer, Waiting
from calls.services import coming_back, handovers, legs, queueing
from calls.states import (
    LegRole,
    LegState,
    OfferState,
    TransferKind,
    TransferState,
    Verb,
)
from calls.timeline import caller_of, name_of, note

# For so long the first agent waits with the caller on hold until somebody of a queue is free.
SEEKING_PATIENCE = timedelta(seconds=60)
# After the ringing: being asked for a key, and coming into the room.
COMING_PATIENCE = timedelta(seconds=25)
ADDED = "wanted in a conversation"
NOT_ADDED = "not-added"


def in_vain(transfer: Transfer, state: TransferState, why: str, now: datetime) -> None:
    """This one does not come. Of a queue, the next one who is free is asked."""
    if transfer.to_leg is not None:
        because = f"{name_of(transfer.started_by)} wanted to hand the call on"
        did_not_come(transfer.to_leg, state, why, because, now)
    text = f"{handovers.second_name(transfer)} does not come: {why}"
    if transfer.to_queue_id is not None and now < transfer.started_at + SEEKING_PATIENCE:
        let_go(transfer, why, now)
        # Until somebody else is asked: what it comes to if nobody else is free.
        transfer.note = state
        handovers.move(transfer, TransferState.SEEKING, text, now)
        set_timer(transfer, now)
        wake.dispatch()
    else:
        back(transfer, state, text, now)


_SETS_ASIDE = {
    TransferState.NO_ANSWER: OfferState.MISSED,
    TransferState.VOICEMAIL: OfferState.MISSED,
    TransferState.BUSY: OfferState.BUSY,
    TransferState.FAILED: OfferState.FAILED,
}


def did_not_come(leg: Leg, state: TransferState, why: str, because: str, now: datetime) -> None:
    """An agent who was asked is set aside as for a missed offer, unless they declined."""
    if state in _SETS_ASIDE:
        _not_taken(leg=leg, state=_SETS_ASIDE[state], why=why, because=because, now=now)


def not_added(call: Call, leg: Leg, state: TransferState, why: str, now: datetime) -> None:
    """Who was wanted in a conversation does not come: told once, and not of whom we called off."""
    did_not_come(leg, state, why, ADDED, now)
    told = TimelineEvent.objects.filter(leg=leg, kind=NOT_ADDED).exists()
    if leg.state != LegState.CANCELED and not told:
        text = f"{name_of(leg.user) or leg.address} does not come: {why}"
        note(call=call, kind=NOT_ADDED, text=text, now=now, leg=leg, user=leg.user)


def _not_taken(*, leg: Leg, state: OfferState, why: str, because: str, now: datetime) -> None:
    """An agent was rung to be brought into a call, and did not come: on record, and set aside, as
    whoever does not take a caller. One whose line was never rung, or whom we called off, is not.
    The call is locked."""
    place = Waiting.objects.filter(call=leg.call_id).order_by("-id").first()
    is_theirs = leg.sid is not None and leg.state != LegState.CANCELED
    if leg.user_id is None or place is None or not is_theirs:
        return
    Offer.objects.get_or_create(
        leg=leg,
        defaults={
            "call_id": leg.call_id,
            "waiting": place,
            "user_id": leg.user_id,
            "state": state,
            "offered_at": leg.planned_at,
            "expires_at": now,
            "settled_at": now,
            "confirm_by_key": leg.confirm_by_key,
            "reason": {"because": because},
            "note": why[:200],
        },
    )


def nobody_else(transfer: Transfer, now: datetime) -> None:
    """Everybody of the queue who is free was asked: it comes to what the last one said."""
    text = f"nobody else is free in {transfer.to_queue}"
    back(transfer, TransferState(transfer.note), text, now)


def back(transfer: Transfer, state: TransferState, why: str, now: datetime) -> None:
    """The customer is with the first agent again, or with whoever took their place; where nobody
    is left, next in line, unless a browser that was lost may still come back."""
    call = transfer.call
    customer, partner = legs.live_customer(call), _partner(transfer)
    lost = None if partner else coming_back.awaited_beside(call, transfer.to_leg)
    where = f"with {name_of(partner.user) or partner.address} again" if partner else "next in line"
    where = f"on hold until {name_of(lost.user)} is back" if lost else where
    handovers.settle(transfer, state, f"{why}; {caller_of(call)} is {where}", now)
    let_go(transfer, why, now)
    if customer is None:
        return
    customer.call = call
    if partner is not None:
        _resume(customer, why, now)
    elif lost is not None:
        coming_back.keep_company(customer, lost, now)
    else:
        sender = transfer.started_by if transfer.kind == TransferKind.BLIND else None
        queueing.return_to_front(call=call, reason=why, now=now, first_to=sender)
    wake.dispatch()


def _partner(transfer: Transfer) -> Leg | None:
    """Who is with the customer without the second: the first agent, if they are not leaving."""
    others = [leg for leg in legs.live_partners(transfer.call) if leg.pk != transfer.to_leg_id]
    staying = [leg for leg in others if leg.in_room and not legs.is_ordered(leg, Verb.HANG_UP)]
    return min(staying, key=lambda leg: leg.pk != transfer.from_leg_id, default=None)


def let_go(transfer: Transfer, why: str, now: datetime) -> None:
    """The second's line is ended, if there is one."""
    if transfer.to_leg is not None and transfer.to_leg.is_live:
        legs.order_hang_up(transfer.to_leg, why, now)


def hand_over(
    transfer: Transfer,
    second: Leg,
    here: Sequence[Leg],
    state: TransferState,
    text: str,
    now: datetime,
) -> None:
    """The second has the customer, and both are off hold."""
    handovers.settle(transfer, state, text, now)
    is_one_of_us(second)
    if second.on_hold:
        _resume(second, text, now)
    customer = legs.customer_of(here)
    # A completed consult has taken them off hold itself, if it knew that they were on hold.
    by_itself = transfer.kind == TransferKind.WARM and state == TransferState.COMPLETED
    if customer is not None and not (by_itself and _was_taken_off_hold(customer)):
        _resume(customer, text, now)
    _is_heard(customer, second, text, now)


def _is_heard(customer: Leg | None, second: Leg, why: str, now: datetime) -> None:
    """Whom the first had muted, the second would wonder about. Our own people mute themselves."""
    for leg in (customer, second if second.role == LegRole.EXTERNAL else None):
        if leg is not None and leg.muted:
            legs.order_once(leg, Verb.UNMUTE, why[:200], now)


def _was_taken_off_hold(leg: Leg) -> bool:
    last = legs.last_held_or_resumed(leg)
    return not leg.on_hold and last is not None and last.verb == Verb.RESUME


def is_one_of_us(leg: Leg) -> None:
    """From now on this agent is on the call like any other."""
    if leg.role == LegRole.CONSULT:
        leg.role = LegRole.AGENT
        leg.save(update_fields=["role"])


def _resume(leg: Leg, why: str, now: datetime) -> None:
    """Also where the news of the hold never reached us: it does no harm."""
    if leg.in_room:
        legs.order_once(leg, Verb.RESUME, why[:200], now)


def set_timer(transfer: Transfer, now: datetime) -> None:
    """The attempt is looked at when it should have come to something."""
    timers.transfer_due(transfer_id=transfer.pk, at=max(due_at(transfer), now))


def due_at(transfer: Transfer, dial: Command | None = None) -> datetime:
    """When whoever is sought, or rung, should have come; `dial` for who has that order in hand."""
    if transfer.state == TransferState.SEEKING or transfer.to_leg is None:
        return transfer.started_at + SEEKING_PATIENCE
    dial = dial or Command.objects.filter(leg=transfer.to_leg, verb=Verb.DIAL).first()
    ringing = timedelta(seconds=int(dial.params["timeout"]) if dial else 0)
    return transfer.to_leg.planned_at + ringing + COMING_PATIENCE
