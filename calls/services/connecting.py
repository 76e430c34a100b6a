"""An agent's browser comes to a call by itself: nothing is rung.

Their page connects when the call is accepted, or to come back to one, and the carrier asks us what
that line should do. Pressing the button was the proof that somebody is there.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from calls import steps
from calls.carrier import addresses
from calls.models import Command, Leg, Offer
from calls.services import answering, coming_back, deciding, legs, lifecycle, offers
from calls.states import LegState, OfferState, Verb
from calls.timeline import note

logger = logging.getLogger(__name__)

UNKNOWN = "That call is not known here. Goodbye."
NOT_YOURS = "That call is not yours. Goodbye."
# After so long a page knows which call it is on.
SETTLED = timedelta(seconds=10)
ANSWERED = "That call is answered already. Goodbye."


def awaited() -> QuerySet[Leg]:
    """The lines that browsers are to come to: not rung, and not there yet."""
    not_there = Leg.objects.live().filter(sid=None, standby=None)
    in_browser = not_there.filter(address__startswith=addresses.BROWSER)
    return in_browser.exclude(Exists(Command.objects.filter(leg=OuterRef("pk"), verb=Verb.DIAL)))


def connects(leg: Leg) -> bool:
    """Whether nothing is rung for this leg, because a browser comes to it."""
    is_browsers = leg.address.startswith(addresses.BROWSER) and leg.standby_id is None
    return is_browsers and not Command.objects.filter(leg=leg, verb=Verb.DIAL).exists()


@transaction.atomic
def came(*, sid: str, address: str, leg_id: str, now: datetime) -> steps.Step:
    """The browser at `address` has connected for this leg: what it does now.

    Asked again it is the same answer. Whatever is not theirs, or not wanted any more, hears a
    sentence and is hung up on. Without a leg named, it is the one that they are awaited for.
    """
    known = Leg.objects.filter(sid=sid, ended_at=None).first()
    if known is not None:
        return lifecycle.next_step(leg=known, now=now)
    leg = _named(leg_id) if leg_id else _awaited_at(address)
    if leg is None:
        return steps.Say(text=UNKNOWN)
    if leg.address != address:
        logger.warning("%s connected to a call that is not theirs", address)
        return steps.Say(text=NOT_YOURS)
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    if not leg.is_live:
        return deciding.step_for(leg, call)
    if leg.sid is not None or not connects(leg):
        return steps.Say(text=ANSWERED)
    leg.sid = sid
    legs.advance(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    return answering.answered(leg_id=leg.pk, now=now)


def _awaited_at(address: str) -> Leg | None:
    """What was named is lost where another of our addresses is asked instead."""
    return awaited().filter(address=address).order_by("-planned_at").first()


def _named(leg_id: str) -> Leg | None:
    try:
        return Leg.objects.filter(pk=UUID(leg_id)).first()
    except ValueError:
        return None


@transaction.atomic
def did_not_come(*, leg_id: UUID, user: User, why: str, now: datetime) -> bool:
    """The browser says that it cannot come: the caller, who has lost nothing, is offered on.

    One that was lost and cannot come back is waited for all the same. False where nothing of this
    user's waits for that browser any more.
    """
    try:
        call = legs.lock_call_of(leg_id)
    except Leg.DoesNotExist:
        return False
    text = f"the browser could not connect: {why}"
    open_ones = Offer.objects.open().filter(leg=leg_id, user=user)
    offer = open_ones.select_related("user", "leg").first()
    if offer is not None:
        offers.came_to_nothing(call, offer, OfferState.FAILED, text, now)
        return True
    leg = awaited().filter(pk=leg_id, user=user, in_place_of=None).first()
    if leg is None:
        return False
    note(call=call, kind="no-browser", text=text, now=now, leg=leg, user=user)
    return lifecycle.leg_progress(leg=leg, state=LegState.FAILED, sequence=None, now=now)


def are_on_no_call(*, user_ids: Collection[int], but: Collection[UUID] = (), now: datetime) -> int:
    """These users' browsers are there, and on no call. If we have a line of theirs in a room, its
    page crashed without a word: that line is ended, so that the new page comes to the call.

    `but` are legs of which it is known that another window talks on them. How many there were.
    """
    there = Leg.objects.live().filter(
        user__in=user_ids,
        address__startswith=addresses.BROWSER,
        in_room=True,
        standby=None,
        role__in=coming_back.WHO,
        joined_at__lt=now - SETTLED,
    )
    gone = there.exclude(pk__in=list(but)).values_list("pk", flat=True)
    return sum(_is_gone(leg_id, now) for leg_id in gone)


@transaction.atomic
def _is_gone(leg_id: UUID, now: datetime) -> bool:
    call = legs.lock_call_of(leg_id)
    leg = legs.of_call(call, leg_id)
    if not leg.in_room:
        return False
    legs.order_hang_up(leg, "its page is gone", now, params={coming_back.LOST: True})
    return True


@transaction.atomic
def waited_in_vain(*, leg_id: UUID, now: datetime) -> bool:
    """A browser that was lost did not come back in time: the call goes the usual way."""
    call = legs.lock_call_of(leg_id)
    leg = legs.of_call(call, leg_id)
    if not leg.is_live or leg.sid is not None:
        return False
    return lifecycle.leg_progress(leg=leg, state=LegState.FAILED, sequence=None, now=now)
