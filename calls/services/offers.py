"""What becomes of an offer: taken, declined, missed, busy, failed or withdrawn."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import steps, timers, wake
from calls.models import Call, Command, Leg, Offer, Parking
from calls.models.together import in_transaction
from calls.services import announcing, deciding, legs, line
from calls.states import LegState, OfferState, ParkingExit, Verb
from calls.timeline import name_of, note

# Hearing who calls and pressing a key, counted from the moment the phone is answered.
KEY_PATIENCE = timedelta(seconds=20)
# From taking the call until caller and agent are together.
CLAIM_PATIENCE = timedelta(seconds=20)
# When the carrier is asked who is in the room, in case its news of it was lost.
CLAIM_LOOK = timedelta(seconds=7)
TAKE_KEY = "1"
DECLINED_SIP = 603
# Names, in an offer's reason, the parking that the caller is fetched from.
PARKING = "parking"

NO_KEY = "Nobody pressed a key. Goodbye."
DECLINED = "All right. The caller stays in line."


class NotYourOffer(Exception):
    """The call is not offered to this person."""


class OfferIsSettled(Exception):
    """Taken, missed or withdrawn before this came."""


@in_transaction
def agent_answered(*, leg_id: UUID, now: datetime) -> steps.Step:
    """Somebody or something answered the agent's line: ask for a key, or take that as a yes."""
    call, leg, offer = _found(leg_id)
    legs.advance(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    if offer.state == OfferState.OFFERED and leg.is_live:
        if not offer.confirm_by_key:
            return _accept(call, leg, offer, now)
        _give_time_for_the_key(call, offer, now)
        return deciding.ask_for_key(leg, call)
    return deciding.step_for(leg, call)


def _give_time_for_the_key(call: Call, offer: Offer, now: datetime) -> None:
    offer.expires_at = max(offer.expires_at, now + KEY_PATIENCE)
    offer.save()
    timers.offer_expires(offer_id=offer.id, at=offer.expires_at)
    text = f"{name_of(offer.user)}'s phone was answered and is asked for a key"
    _tell(call, offer, "answered", text, now)


@in_transaction
def agent_pressed(*, leg_id: UUID, digits: str, now: datetime) -> steps.Step:
    """A key was pressed: 1 takes the call, another declines it; none means nobody is there."""
    call, leg, offer = _found(leg_id)
    if offer.state != OfferState.OFFERED or not leg.is_live:
        return deciding.step_for(leg, call)
    if digits.startswith(TAKE_KEY):
        return _accept(call, leg, offer, now)
    if digits:
        settle(call, offer, OfferState.DECLINED, "another key was pressed", now)
        return steps.Say(text=DECLINED)
    settle(call, offer, OfferState.MISSED, "answered, but no key was pressed", now)
    return steps.Say(text=NO_KEY)


def _accept(call: Call, leg: Leg, offer: Offer, now: datetime) -> steps.Step:
    place = line.current(call)
    if place is None or place.pk != offer.waiting_id:
        settle(call, offer, OfferState.WITHDRAWN, "the caller was gone first", now)
        return deciding.step_for(leg, call)
    offer.state, offer.settled_at, place.claimed_at = OfferState.ACCEPTED, now, now
    offer.save(update_fields=["state", "settled_at"])
    place.save(update_fields=["claimed_at"])
    timers.claim_expires(offer_id=offer.id, at=[now + CLAIM_LOOK, now + CLAIM_PATIENCE])
    _tell(call, offer, "accepted", takes_the_call(name_of(offer.user)), now)
    return deciding.join_room(leg, call)


def takes_the_call(name: str) -> str:
    return f"{name} takes the call"


@transaction.atomic
def decline(*, offer_id: int, user: User, now: datetime) -> None:
    """The agent's line stops ringing; the caller keeps the place.

    Raises NotYourOffer, OfferIsSettled.
    """
    call, offer = _locked(offer_id)
    if offer.user_id != user.pk:
        raise NotYourOffer
    if offer.state != OfferState.OFFERED:
        raise OfferIsSettled
    settle(call, offer, OfferState.DECLINED, "declined at the desk", now)
    _hang_up(offer, "declined at the desk", now)


@transaction.atomic
def expire(*, offer_id: int, now: datetime) -> None:
    """The line has rung for long enough. One that never began to ring is nobody's fault."""
    call, offer = _locked(offer_id)
    if offer.state != OfferState.OFFERED or now < offer.expires_at:
        return
    leg = _leg_of(offer)
    if leg.state == LegState.PLANNED and not _was_rung(leg):
        settle(call, offer, OfferState.MISSED, "not accepted in time", now)
    elif leg.state in (LegState.PLANNED, LegState.QUEUED):
        settle(call, offer, OfferState.WITHDRAWN, "the line never began to ring", now)
    elif leg.answered_at is not None:
        settle(call, offer, OfferState.MISSED, "answered, but no key was pressed", now)
    else:
        settle(call, offer, OfferState.MISSED, "the line rang out", now)
    _hang_up(offer, offer.note, now)


def _was_rung(leg: Leg) -> bool:
    """Or its browser was to come by itself."""
    return Command.objects.filter(leg=leg, verb=Verb.DIAL).exists()


@transaction.atomic
def withdraw(*, offer: Offer, why: str, now: datetime) -> None:
    """The agent's line stops ringing: the caller, or the agent, went elsewhere."""
    call, offer = _locked(offer.pk)
    if offer.state == OfferState.OFFERED:
        settle(call, offer, OfferState.WITHDRAWN, why, now)
        _hang_up(offer, why, now)


def withdraw_all(*, call: Call, why: str, now: datetime) -> None:
    """Nobody is coming for this caller any more. The call is locked."""
    for offer in Offer.objects.open().filter(call=call):
        withdraw(offer=offer, why=why, now=now)
    release(call=call, state=OfferState.WITHDRAWN, why=why, now=now)


def caller_gone(*, call: Call, why: str, now: datetime) -> None:
    """The caller hung up. The claim stays on record: late news may show that the two did talk."""
    place = line.current(call)
    offer = line.claimant(place) if place else None
    for ringing in Offer.objects.open().filter(call=call):
        withdraw(offer=ringing, why=why, now=now)
    if offer is not None:
        settle(call, offer, OfferState.WITHDRAWN, why, now)


def release(*, call: Call, state: OfferState, why: str, now: datetime) -> bool:
    """The agent who was coming for the caller is not: the caller may be offered again.

    True where there was such an agent. The call is locked; the agent's leg is not ended here.
    """
    place = line.current(call)
    if place is None or place.claimed_at is None:
        return False
    taken = place.offers.filter(state=OfferState.ACCEPTED).select_related("user", "leg")
    offer = taken.order_by("-id").first()
    place.claimed_at = None
    place.save()
    if offer is not None:
        settle(call, offer, state, why, now)
    wake.dispatch()
    return offer is not None


@transaction.atomic
def unclaim(*, call_id: UUID, now: datetime) -> None:
    """Nobody is coming for this caller after all: they may be offered again."""
    call = legs.lock_call(call_id)
    release(call=call, state=OfferState.WITHDRAWN, why="nobody is coming", now=now)


def claimed_call(*, offer_id: int) -> UUID | None:
    """The call whose agent is on the way by this offer; None when that is over, well or not."""
    taken = Offer.objects.filter(
        pk=offer_id, state=OfferState.ACCEPTED, waiting__left_at__isnull=True
    )
    return taken.values_list("call_id", flat=True).first()


@transaction.atomic
def claim_expired(*, offer_id: int, now: datetime) -> None:
    """The agent took the call, but the two did not come together: the caller is next again."""
    call, offer = _locked(offer_id)
    place = line.current(call)
    if offer.state != OfferState.ACCEPTED or place is None or place.pk != offer.waiting_id:
        return
    if offer.settled_at is None or now < offer.settled_at + CLAIM_PATIENCE:
        return
    leg = _leg_of(offer)
    came = leg.in_room
    why = "the caller could not be brought in" if came else "the agent's line never came in"
    state = OfferState.WITHDRAWN if came else OfferState.FAILED
    release(call=call, state=state, why=why, now=now)
    _hang_up(offer, why, now)


def leg_is_over(*, call: Call, leg: Leg, now: datetime) -> None:
    """The agent's leg ended before caller and agent were together. The call is locked."""
    offer = Offer.objects.filter(leg=leg).select_related("user").first()
    if offer is None:
        return
    if offer.state == OfferState.OFFERED:
        never_moved = leg.standby_id is not None and leg.answered_at is None
        state, why = _LINE_GONE if never_moved else _told_apart(leg)
        settle(call, offer, state, why, now)
    elif offer.state == OfferState.ACCEPTED and _is_claim(call, offer):
        why = "the agent's line was lost before the caller came in"
        release(call=call, state=OfferState.FAILED, why=why, now=now)


# Nobody missed anything: the standby leg was over before it could be moved.
_LINE_GONE = (OfferState.WITHDRAWN, "the standby line was over")


def _is_claim(call: Call, offer: Offer) -> bool:
    place = line.current(call)
    return place is not None and place.pk == offer.waiting_id


def _told_apart(leg: Leg) -> tuple[OfferState, str]:
    """Missed, declined, busy and failed are different things to a supervisor."""
    sip = f" (SIP {leg.sip_code})" if leg.sip_code else ""
    if leg.sip_code == DECLINED_SIP:
        return OfferState.DECLINED, f"declined on the phone{sip}"
    if leg.state == LegState.BUSY:
        return OfferState.BUSY, f"the line was busy{sip}"
    if leg.state == LegState.FAILED:
        return OfferState.FAILED, f"the line could not be reached{sip}"
    if leg.state == LegState.COMPLETED:
        return OfferState.MISSED, f"answered, but no key was pressed{sip}"
    return OfferState.MISSED, f"the line rang out{sip}"


def settle(call: Call, offer: Offer, state: OfferState, why: str, now: datetime) -> None:
    """What came of the offer is kept and told. The call is locked; no order is given here."""
    offer.state, offer.settled_at, offer.note = state, now, why[:200]
    offer.save()
    _parking_ended(offer, ParkingExit.RETURNED)
    _tell(call, offer, state.value, f"{name_of(offer.user)}: {state.value}, {why}", now)
    wake.dispatch()


def was_taken(offer: Offer) -> None:
    """Late news: the agent had the caller after all."""
    offer.state = OfferState.ACCEPTED
    offer.save()
    _parking_ended(offer, ParkingExit.RETRIEVED)


def came_to_nothing(call: Call, offer: Offer, state: OfferState, why: str, now: datetime) -> None:
    """The offer is settled, and whatever it has of a line is let go. The call is locked."""
    settle(call, offer, state, why, now)
    _hang_up(offer, offer.note, now)


def _parking_ended(offer: Offer, exit: ParkingExit) -> None:
    """Whoever was to be fetched from the parking place stands in line until they are."""
    if PARKING in offer.reason:
        Parking.objects.filter(pk=offer.reason[PARKING]).update(exit=exit)


def _hang_up(offer: Offer, why: str, now: datetime) -> None:
    if offer.leg is not None and offer.leg.is_live:
        legs.order_hang_up(offer.leg, why, now)


def _tell(
    call: Call,
    offer: Offer,
    kind: str,
    text: str,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    note(call=call, kind=kind, text=text, now=now, leg=offer.leg, user=offer.user, facts=facts)
    announcing.tell(call, offer.user_id)


def _found(leg_id: UUID) -> tuple[Call, Leg, Offer]:
    call = legs.lock_call_of(leg_id)
    offer = Offer.objects.select_related("user", "leg").get(leg_id=leg_id)
    leg = _leg_of(offer)
    leg.call = call
    return call, leg, offer


def _locked(offer_id: int) -> tuple[Call, Offer]:
    call = legs.lock_call(Offer.objects.only("call_id").get(pk=offer_id).call_id)
    offers = Offer.objects.select_for_update(of=("self",)).select_related("user", "leg")
    return call, offers.get(pk=offer_id)


def _leg_of(offer: Offer) -> Leg:
    if offer.leg is None:
        raise Leg.DoesNotExist
    return offer.leg
