"""An agent's browser comes to a call by itself: nothing is rung."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls.models import Leg, Offer
from calls.services import legs, offers
from calls.states import OfferState


@transaction.atomic
def did_not_come(*, leg_id: UUID, user: User, why: str, now: datetime) -> bool:
    """The browser says that it cannot come: the caller, who has lost nothing, is offered on.

    False where nothing of this user's waits for that browser any more.
    """
    try:
        call = legs.lock_call_of(leg_id)
    except Leg.DoesNotExist:
        return False
    open_ones = Offer.objects.open().filter(leg=leg_id, user=user)
    offer = open_ones.select_related("user", "leg").first()
    if offer is None:
        return False
    offers.came_to_nothing(
        call, offer, OfferState.FAILED, f"the browser could not connect: {why}", now
    )
    return True
