"""A call is offered to one agent: their line is rung, and the caller keeps place and music.

The database judges the race for a caller and for an agent: one open offer each.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from calls import outbox, timers
from calls.models import Call, Command, Leg, Offer, PhoneNumber, Waiting
from calls.models.together import insert_together
from calls.services import announcing, legs, lending, line
from calls.states import LegRole, Verb
from calls.timeline import name_of, sentence


@transaction.atomic(savepoint=False)
def make(
    *,
    waiting: Waiting,
    user: User,
    address: str,
    confirm_by_key: bool,
    connects: bool = False,
    reason: dict[str, Any],
    now: datetime,
) -> Offer | None:
    """The agent's line is rung for this caller, who keeps place and music meanwhile.

    Where it `connects`, nothing is rung: the agent's browser comes when they accept.

    None, with nothing changed, when somebody else was first: the caller is claimed or gone, or the
    agent has another call.
    """
    call = legs.lock_call(waiting.call_id)
    place = line.current(call)
    if place is None or place.pk != waiting.pk or place.claimed_at is not None:
        return None
    try:
        with transaction.atomic():
            return ring(
                place=place,
                user=user,
                address=address,
                confirm_by_key=confirm_by_key,
                connects=connects,
                reason=reason,
                now=now,
            )
    except IntegrityError:
        return None


def ring(
    *,
    place: Waiting,
    user: User,
    address: str,
    confirm_by_key: bool,
    connects: bool = False,
    reason: dict[str, Any],
    now: datetime,
) -> Offer:
    """The same for a caller whose rows are locked and read since, and whom nobody has claimed.

    Raises IntegrityError when somebody else was first, and the transaction is over then.
    """
    call, ring_seconds = place.call, place.queue.ring_seconds
    leg = lending.lend(
        Leg(
            call=call,
            role=LegRole.AGENT,
            user=user,
            address=address,
            our_number=our_number(call),
            planned_at=now,
        )
    )
    offer = Offer(
        call=call,
        waiting=place,
        user=user,
        leg=leg,
        offered_at=now,
        expires_at=now + timedelta(seconds=ring_seconds),
        confirm_by_key=confirm_by_key,
        reason=reason,
    )
    text = f"Offered to {name_of(user)}{', whose line is on standby' if leg.standby else ''}"
    told = sentence(call=call, kind="offered", text=text, now=now, leg=leg, user=user, facts=reason)
    order = [] if connects and leg.standby is None else [_dial(leg, ring_seconds, now)]
    for dial in order:
        outbox.send(dial)
    insert_together(leg, offer, *order, told)
    timers.offer_expires(offer_id=offer.id, at=offer.expires_at)
    announcing.tell(call, user.pk)
    return offer


def _dial(leg: Leg, ring_seconds: int, now: datetime) -> Command:
    return outbox.draft(
        leg=leg,
        verb=Verb.DIAL,
        reason=f"offered to {name_of(leg.user)}",
        now=now,
        params={"timeout": ring_seconds},
        give_up_after=timedelta(seconds=ring_seconds),
    )


def our_number(call: Call) -> str:
    """The number that a phone that we ring shows must be one of ours."""
    number = call.number or PhoneNumber.objects.filter(is_active=True).order_by("id").first()
    return number.e164 if number else ""
