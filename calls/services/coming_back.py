"""An agent's browser that was lost in mid-call comes back to the same room.

A page that is loaded again, a browser that crashed, a network that was gone: the carrier ends the
line, and nobody had asked for that. The customer then hears music for a while instead of being
sent away, and whoever else is in the room talks on. The way back is a leg of its own, planned at
once, so that the agent is held by the call as before; what it came to is told by how that leg ends.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from calls import outbox, timers
from calls.carrier import addresses
from calls.models import Call, Command, Leg, Transfer
from calls.services import announcing, handovers, legs
from calls.states import TRANSFER_OPEN, CallState, LegRole, OrderState, TransferKind, Verb
from calls.timeline import name_of, note

# Whoever is lost again and again is no company for a customer.
MOST_TIMES = 5
# Marks a hang-up of a line that is lost, though the carrier has not noticed.
LOST = "lost"
WHO = (LegRole.AGENT, LegRole.CONSULT)
ONE_MOMENT = "One moment: the line of {} was lost, and is coming back."
_OURS = (OrderState.PENDING, OrderState.DONE, OrderState.ALREADY_OVER, OrderState.UNKNOWN)


def grace() -> timedelta:
    """For so long they are waited for."""
    return timedelta(seconds=settings.SOFTPHONE_GRACE_SECONDS)


def is_awaited(call: Call) -> bool:
    """Whether somebody of this call is expected back. The call is locked."""
    return _awaited(call).exists()


def _awaited(call: Call) -> QuerySet[Leg]:
    return Leg.objects.live().filter(call=call, in_place_of__isnull=False, joined_at=None)


def awaited_beside(call: Call, other: Leg | None) -> Leg | None:
    """Who else than this one is expected back. The call is locked."""
    but = _awaited(call).exclude(pk=other.pk) if other else _awaited(call)
    return but.select_related("user").order_by("planned_at").first()


def keep_company(customer: Leg, awaited: Leg, now: datetime) -> None:
    """The customer hears music until this one is back, and is with them then. Call locked."""
    if customer.in_room and not _held_meanwhile(customer):
        why = f"until {name_of(awaited.user)} is back"
        params = {LOST: str(awaited.in_place_of_id)}
        outbox.put(leg=customer, verb=Verb.HOLD, reason=why, now=now, params=params)


def begin(call: Call, lost: Leg, now: datetime) -> bool:
    """The line of somebody in the conversation is over: wait for their browser, if it was one and
    nobody had ended it. False where nobody is waited for. The call is locked."""
    if not _may_come_back(call, lost):
        return False
    leg = Leg.objects.create(
        call=call,
        role=lost.role,
        user_id=lost.user_id,
        address=lost.address,
        our_number=lost.our_number,
        planned_at=now,
        accepted_at=now,
        in_place_of=lost,
    )
    _goes_on_with(leg, lost)
    here = legs.here(call)
    _let_nobody_wonder(leg, here, now)
    timers.line_back(leg_id=leg.pk, at=now + grace())
    text = f"{name_of(leg.user)}'s browser was lost, and may come back"
    note(call=call, kind="line-lost", text=text, now=now, leg=leg, user=leg.user)
    announcing.tell_these(call, here)
    return True


def _may_come_back(call: Call, lost: Leg) -> bool:
    # Or was on the way back to it: the page was loaded once more.
    was_in = lost.joined_at is not None or (lost.in_place_of_id and lost.sid is not None)
    talked = lost.role in WHO and lost.user_id is not None and was_in
    goes_on = call.state in (CallState.TALKING, CallState.GOING_ON)
    return bool(talked) and goes_on and was_lost(lost) and _times(call, lost) < MOST_TIMES


def was_lost(leg: Leg) -> bool:
    """Whether this line, which is over, was a browser's, and nobody had ended it."""
    if not leg.address.startswith(addresses.BROWSER):
        return False
    ended = Command.objects.filter(leg=leg, verb=Verb.HANG_UP, state__in=_OURS)
    return not ended.exclude(params__has_key=LOST).exists()


def _times(call: Call, lost: Leg) -> int:
    before = Leg.objects.filter(call=call, user=lost.user_id, in_place_of__isnull=False)
    return before.count()


def _goes_on_with(leg: Leg, lost: Leg) -> None:
    """A transfer knows them by their line."""
    going_on = Transfer.objects.filter(call=leg.call_id, state__in=TRANSFER_OPEN)
    going_on.filter(from_leg=lost).update(from_leg=leg)
    going_on.filter(to_leg=lost).update(to_leg=leg)


def _let_nobody_wonder(leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    """A customer who is left with nobody hears music; a colleague is told."""
    inside = [each for each in here if each.in_room and not _just_listens(each)]
    talking = [each for each in inside if not each.on_hold]
    if len(talking) != 1:
        return
    [alone] = talking
    why = f"the line of {name_of(leg.user)} was lost"
    if alone.role == LegRole.CUSTOMER:
        params = {LOST: str(leg.in_place_of_id)}
        legs.order_once(alone, Verb.HOLD, why, now, params=params)
    else:
        say = {"say": ONE_MOMENT.format(name_of(leg.user))}
        outbox.put(leg=alone, verb=Verb.ANNOUNCE, reason=why, now=now, params=say)


def _just_listens(leg: Leg) -> bool:
    """Or whispers; a supervisor who is heard by all is company."""
    is_heard = not leg.muted and leg.whispers_to_id is None
    return leg.role == LegRole.SUPERVISOR and not is_heard


def company_changed(call: Call, here: Sequence[Leg], now: datetime) -> None:
    """Somebody came into the room, or is gone: a customer who is left alone while a browser is
    waited for hears music, and one who is not alone any more is with the others. Call locked."""
    customer = legs.customer_of(here)
    coming = [leg for leg in here if leg.in_place_of_id is not None]
    if customer is None or not customer.in_room or not (coming or customer.on_hold):
        return
    company = [leg for leg in here if leg.in_room and leg.role in legs.PARTNERS]
    if any(not leg.on_hold or legs.is_ordered(leg, Verb.RESUME) for leg in company):
        if _held_meanwhile(customer) and not _is_left_out(call):
            legs.order_once(customer, Verb.RESUME, "somebody is there again", now)
    elif awaited := [leg for leg in coming if leg.joined_at is None]:
        _let_nobody_wonder(awaited[0], here, now)


def _held_meanwhile(customer: Leg) -> bool:
    """Whether the last that was ordered of them is the music that we gave them."""
    last = legs.last_hold_or_resume(customer)
    return last is not None and last.verb == Verb.HOLD and LOST in last.params


def _is_left_out(call: Call) -> bool:
    """Whether somebody is consulted: what is said there is not for the customer."""
    transfer = handovers.open_of(call)
    second = transfer.to_leg if transfer and transfer.kind == TransferKind.WARM else None
    return second is not None and second.accepted_at is not None and not second.on_hold
