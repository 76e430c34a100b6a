"""Asking the carrier what became of one leg, when an order met a leg that was over already."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from calls.carrier import gateway
from calls.models import Leg
from calls.services import standing_by
from calls.states import LegState

# What the carrier no longer knows, it has dropped: the line is lost.
LOST = LegState.FAILED


def look(*, leg_id: UUID) -> bool:
    """Read the leg at the carrier and apply what it says. True where that was news.

    Reads over the network, so never inside a transaction. Raises gateway.CarrierTrouble.
    """
    leg = Leg.objects.select_related("call").get(pk=leg_id)
    if leg.sid is None or not leg.is_live:
        return False
    state, now = state_of(leg.sid)
    return standing_by.leg_is(leg, state, sequence=None, now=now)


def state_of(sid: str) -> tuple[LegState, datetime]:
    """What the carrier says that the leg is, and when it said so. Raises gateway.CarrierTrouble."""
    found = gateway.fetch_call(sid)
    return (LOST if found is None else LegState(found.status)), timezone.now()
