"""Who is in the call's room, and what follows when somebody enters, leaves or is left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from calls import outbox, timers
from calls.models import Call, Leg, Offer
from calls.plans import TALKERS
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
    recordings,
    rejoining,
    second_party,
    wrapups,
)
from calls.states import (
    CallOutcome,
    CallState,
    Direction,
    LegRole,
    OfferState,
    Verb,
    WaitingExit,
)
from calls.timeline import name_of, note

# How long somebody may be alone in a room before the next step.
ALONE_PATIENCE = timedelta(seconds=20)
# A customer who has not come by then is next in line again (offers.CLAIM_PATIENCE).
JOIN_PATIENCE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """How the room treats somebody who is in it."""

    on_hold: bool = False
    muted: bool = False
    coaches: bool = False  # a supervisor's: one alone hears them
    whispers_to: Leg | None = None  # that one, while their line is not over
    at: datetime | None = None  # by the carrier's clock


@transaction.atomic(savepoint=False)
def entered(*, leg: Leg, now: datetime) -> None:
    """A leg is in the room: an agent's brings the customer in, the customer's begins the talk."""
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    come_in(call, leg, legs.here(call), now)
    if leg.role == LegRole.SUPERVISOR:
        overhearing.found(call, leg, now)


def come_in(call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    """The same, with the call locked, and the leg and all that are not over read since."""
    here = _with(leg, here)
    if not leg.is_live:
        was_there(call, leg, now)
        return
    was_in = leg.in_room
    is_back = leg.left_room_at is not None and call.state in deciding.IN_CONVERSATION
    was_on_hold = is_back and rejoining.was_on_hold(leg)
    legs.has_answered(leg, now)
    leg.joined_at = leg.joined_at or now
    leg.in_room, leg.left_room_at = True, None
    leg.save()
    if was_in:
        return
    note(call=call, kind="entered", text=f"{_called(leg)} entered the room", now=now, leg=leg)
    if leg.role == LegRole.CUSTOMER:
        _customer_entered(call, leg, here, now)
    elif leg.role == LegRole.SUPERVISOR:
        overhearing.came_in(call, leg, now)
    elif leg.role in (LegRole.CONSULT, LegRole.EXTERNAL):
        second_party.entered(call=call, leg=leg, here=here, now=now)
    else:
        _agent_entered(call, leg, here, now)
    coming_back.company_changed(call, here, now)
    if was_on_hold and leg.role in TALKERS:
        rejoining.hold_again(call, leg, now)
    _count(call, here, now)
    announcing.tell_these(call, here)


def treat(call: Call, leg: Leg, treatment: Treatment, here: Sequence[Leg], now: datetime) -> None:
    """The carrier says how somebody in the room is treated.

    The call is locked, and the leg and all that are not over read since.
    """
    if not leg.is_live or not leg.in_room:
        return
    told = _differences(leg, treatment)
    if not told and leg.role != LegRole.SUPERVISOR:
        return
    leg.held_at = (leg.held_at or now) if treatment.on_hold else None
    leg.muted, leg.whispers_to = treatment.muted, treatment.whispers_to
    leg.save()
    if leg.role == LegRole.SUPERVISOR:
        overhearing.treated(
            call,
            leg,
            muted=treatment.muted,
            coaching=treatment.coaches,
            coached=treatment.whispers_to,
            at=treatment.at or now,
            now=now,
        )
    for kind, text in told:
        note(call=call, kind=kind, text=text, now=now, leg=leg)
    here = _with(leg, here)
    if (treatment.on_hold or treatment.muted) and call.state in deciding.IN_CONVERSATION:
        second_party.nobody_stays_shut_out(here, now)
    recordings.follow(call, here, now)
    announcing.tell_these(call, here)


def _differences(leg: Leg, treatment: Treatment) -> list[tuple[str, str]]:
    """What is new, in words."""
    who, told = _called(leg), []
    if treatment.on_hold != leg.on_hold:
        what = ("held", "is on hold") if treatment.on_hold else ("resumed", "is off hold")
        told.append((what[0], f"{who} {what[1]}"))
    if treatment.muted != leg.muted and leg.role != LegRole.SUPERVISOR:
        what = ("muted", "is muted") if treatment.muted else ("unmuted", "is no longer muted")
        told.append((what[0], f"{who} {what[1]}"))
    return told


def _with(leg: Leg, here: Iterable[Leg]) -> list[Leg]:
    """The legs that are not over, with this one as it is in our hands."""
    return [leg if other.pk == leg.pk else other for other in here]


def _agent_entered(call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    customer = legs.customer_of(here)
    if call.state == CallState.DIALLING:
        if customer is not None and customer.in_room:
            _connect(call, now)
        else:
            dialling_out.own_line_is_here(call, leg, here, now)
        return
    waiting = line.current(call)
    if customer is None or waiting is None or not line.is_coming(leg, waiting):
        if call.state not in deciding.IN_CONVERSATION:
            reason = "there is nobody to talk to any more"
            legs.order_hang_up(leg, reason, now)
    elif customer.in_room:
        _connect(call, now)
    else:
        reason = f"{name_of(leg.user)} is in the room"
        outbox.put(
            leg=customer, verb=Verb.JOIN_ROOM, reason=reason, now=now, give_up_after=JOIN_PATIENCE
        )


def _customer_entered(call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    if call.state == CallState.DIALLING:
        if any(other.in_room and other.role == LegRole.AGENT for other in here):
            _connect(call, now)
        return
    waiting = line.current(call)
    offer = line.claimant(waiting) if waiting else None
    if offer is not None and offer.leg is not None and offer.leg.in_room:
        _connect(call, now)
    elif call.state == CallState.WAITING and offer is None:
        reason = "nobody else is in the room"
        queueing.order_to_wait(call, leg, reason, now)


def _connect(call: Call, now: datetime) -> None:
    """Customer and agent are together."""
    line.leave(call=call, exit=WaitingExit.CONNECTED, now=now)
    call.state, call.outcome = CallState.TALKING, ""
    call.answered_at = call.answered_at or now
    # A greeting that was cut short has told nobody that the call is recorded.
    call.consent_in_greeting = call.consent_in_greeting and call.greeted_at is not None
    call.greeted_at = call.greeted_at or now
    call.save()
    note(call=call, kind="talking", text="Customer and agent are talking", now=now)


def was_there(call: Call, leg: Leg, now: datetime) -> None:
    """Old news of the room still tells that the leg had been in it. The call is locked."""
    if leg.joined_at is None:
        legs.has_answered(leg, now)
        leg.joined_at = min(now, leg.ended_at or now)
        leg.save()
        remember(call, now)
        if leg.role == LegRole.SUPERVISOR:
            overhearing.was_there(call, leg, now)


@transaction.atomic(savepoint=False)
def left(*, leg: Leg, now: datetime) -> None:
    """A leg is out of the room. Whether it comes back or has ended, other news tells."""
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    go_out(call, leg, legs.here(call), now)


def go_out(call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    """The same, with the call locked, and the leg and all that are not over read since."""
    here = _with(leg, here)
    # Whoever leaves was there, even if that news is still on its way.
    was_there(call, leg, now)
    was_in = leg.in_room
    if was_in:
        legs.take_out(leg, now)
    leg.save()
    if not was_in:
        return
    if leg.role == LegRole.SUPERVISOR:
        overhearing.went_out(leg, now)
    note(call=call, kind="left", text=f"{_called(leg)} left the room", now=now, leg=leg)
    _count(call, here, now)
    announcing.tell_these(call, here)


def remember(call: Call, now: datetime) -> None:
    """Late news shows that customer and agent did talk: the call's record says so after all."""
    customer = call.legs.filter(role=LegRole.CUSTOMER, joined_at__isnull=False).first()
    if call.direction == Direction.OUTBOUND:
        _remember_dialled(call, customer)
        return
    offer = _who_was_there(call)
    if call.answered_at is not None or customer is None or offer is None or offer.leg is None:
        return
    call.answered_at = customer.joined_at
    if call.outcome == CallOutcome.ABANDONED:
        call.outcome = CallOutcome.ANSWERED
    call.save()
    offers.was_taken(offer)
    abandoned = call.waitings.filter(exit=WaitingExit.ABANDONED, id=offer.waiting_id)
    abandoned.update(exit=WaitingExit.CONNECTED)
    wrapups.start(leg=offer.leg, call=call, now=now)


def _remember_dialled(call: Call, customer: Leg | None) -> None:
    """Whoever was dialled came into the room while whoever dialled was there."""
    if call.answered_at is not None or customer is None:
        return
    came = Q(joined_at__lte=customer.joined_at) & (
        Q(left_room_at=None) | Q(left_room_at__gt=customer.joined_at)
    )
    if call.legs.filter(came, role=LegRole.AGENT).exists():
        call.answered_at = customer.joined_at
        if call.ended_at is not None and call.outcome != CallOutcome.MACHINE:
            call.outcome = CallOutcome.ANSWERED
        call.save()


def _who_was_there(call: Call) -> Offer | None:
    """The agent who took the call, came into the room, and whom the caller did not outlast."""
    taken = Offer.objects.filter(
        call=call,
        state__in=[OfferState.ACCEPTED, OfferState.WITHDRAWN],
        waiting__claimed_at__isnull=False,
        waiting__left_at__isnull=False,
        leg__joined_at__isnull=False,
    )
    return taken.select_related("leg", "leg__user").order_by("id").first()


def count(call: Call, now: datetime) -> None:
    """Somebody alone in the room is not left there; the call is locked."""
    _count(call, legs.here(call), now)


def _count(call: Call, here: Sequence[Leg], now: datetime) -> None:
    """Whoever just listens is no company."""
    overhearing.company_changed(here, now)
    recordings.follow(call, here, now)
    inside = [leg for leg in here if leg.is_live and leg.in_room and leg.role in TALKERS]
    alone = len(inside) == 1 and _minds(call, inside[0])
    if alone == (call.alone_since is not None):
        return
    call.alone_since = now if alone else None
    call.save()
    if alone:
        timers.alone(call_id=call.id, since=now, at=now + ALONE_PATIENCE)


def _minds(call: Call, leg: Leg) -> bool:
    """Whether somebody who is by themselves in the room should not be, and nobody is coming."""
    if call.state == CallState.PARKED:
        return False
    if call.state not in deciding.IN_CONVERSATION and leg.role != LegRole.CUSTOMER:
        return False
    return not (second_party.is_awaited(call) or coming_back.is_awaited(call))


@transaction.atomic
def check_alone(*, call_id: UUID, since: datetime, now: datetime) -> None:
    """Somebody has been alone for long: the customer gets the front of the line, agents are freed.

    A later company, or a later loneliness, has a timer of its own.
    """
    call = legs.lock_call(call_id)
    if call.alone_since != since or queueing.is_over(call):
        return
    if now < since + ALONE_PATIENCE:
        return
    waiting = line.current(call)
    if waiting is not None and waiting.claimed_at is not None:
        return
    reason = "left alone in the room"
    customer = legs.live_customer(call)
    if call.state == CallState.TALKING:
        queueing.return_to_front(call=call, reason=reason, now=now)
    elif call.state == CallState.GOING_ON:
        queueing.let_agents_go(call, reason, now)
    elif call.state == CallState.DIALLING and customer is not None:
        legs.order_hang_up(customer, reason, now)
    elif call.state == CallState.WAITING and customer is not None:
        queueing.order_to_wait(call, customer, reason, now)
        call.alone_since = now
        call.save()
        timers.alone(call_id=call.id, since=now, at=now + ALONE_PATIENCE)


def _called(leg: Leg) -> str:
    if leg.role == LegRole.EXTERNAL:
        return leg.address
    return name_of(leg.user) or f"The {leg.role}"
