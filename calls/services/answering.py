"""A line that we brought to a call is up, or a key was pressed on it: whoever asked for it says
what it does."""

from datetime import datetime
from uuid import UUID

from calls import steps
from calls.models import Leg, Offer
from calls.services import dialling_out, lifecycle, offers, overhearing, second_party
from calls.states import LegRole


def answered(*, leg_id: UUID, is_machine: bool = False, now: datetime) -> steps.Step:
    """Asked for a key, or brought into the room. Raises Leg.DoesNotExist."""
    role = _role(leg_id)
    if role == LegRole.SUPERVISOR:
        return overhearing.answered(leg_id=leg_id, now=now)
    if role in lifecycle.INVITED:
        return second_party.answered(leg_id=leg_id, is_machine=is_machine, now=now)
    try:
        return offers.agent_answered(leg_id=leg_id, now=now)
    except Offer.DoesNotExist:
        return _next(leg_id, now)


def pressed(*, leg_id: UUID, digits: str, now: datetime) -> steps.Step:
    """A key was pressed, or none. Raises Leg.DoesNotExist."""
    role = _role(leg_id)
    if role == LegRole.SUPERVISOR:
        return overhearing.pressed(leg_id=leg_id, digits=digits, now=now)
    if role in lifecycle.INVITED:
        return second_party.pressed(leg_id=leg_id, digits=digits, now=now)
    try:
        return offers.agent_pressed(leg_id=leg_id, digits=digits, now=now)
    except Offer.DoesNotExist:
        dialled = dialling_out.pressed(leg_id=leg_id, digits=digits, now=now)
        return dialled or _next(leg_id, now)


def _role(leg_id: UUID) -> str:
    """What the line that we brought is in its call. Raises Leg.DoesNotExist."""
    return Leg.objects.values_list("role", flat=True).get(pk=leg_id)


def _next(leg_id: UUID, now: datetime) -> steps.Step:
    leg = Leg.objects.select_related("call").get(pk=leg_id)
    return lifecycle.next_step(leg=leg, now=now)
