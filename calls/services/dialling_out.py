"""An agent dials somebody: their own line first, and the customer's once they are in the room.

So nobody who answers has to wait for whoever called them. The call is like any other from the
moment at which the two are together; until then it is `dialling`. What follows when a line is over
is in calls.services.lifecycle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from calls import outbox, steps
from calls.carrier import numbers
from calls.models import Call, Dialling, Leg, Offer, PhoneNumber, Queue
from calls.plans import CannotNow
from calls.services import announcing, deciding, dial_rules, legs, lending, outside
from calls.states import (
    CallOutcome,
    CallState,
    Direction,
    LegRole,
    LegState,
    Verb,
)
from calls.timeline import name_of, note

# How long a customer's line rings. Mailboxes answer after about as much.
RING_SECONDS = 30
# Until then the agent's own line is to be in the room: rung, answered, a key pressed.
OWN_LINE_PATIENCE = timedelta(seconds=120)
DIAL_KEY = "1"
DROPPED = "All right. Nobody is called. Goodbye."
NO_KEY = "Nobody pressed a key. Goodbye."
INTO_ROOM = "into_room"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """Whose line comes first, and how: rung by us, or it `connects` by itself (a browser)."""

    user: User
    address: str
    confirm_by_key: bool = False
    connects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who is to be dialled, and as whom."""

    number: str  # +, country code, number; a colleague's line may be sip: or client:
    shows: PhoneNumber
    queue: Queue  # whose policy, music, recording and after-call work count
    name: str = ""  # as the directory has it
    colleague: User | None = None
    detects_machine: bool = False  # a mailbox that answers ends the call


# Begun --------------------------------------------------------------------------------------------


def check(*, line: OwnLine, wish: Wish, now: datetime) -> dial_rules.Allowed:
    """What it would come to, for who wants to see that first. Raises CannotNow."""
    _check(line, wish)
    return dial_rules.allowed(number=wish.number, user_id=line.user.pk, now=now)


@transaction.atomic
def start(*, line: OwnLine, wish: Wish, by: User | None, reason: str = "", now: datetime) -> Call:
    """The agent's own line is rung. Raises CannotNow, dial_rules.CapReached.

    Whoever calls this holds the agent's row; the limits are locked here, after it.
    """
    _check(line, wish)
    allowed = dial_rules.reserve(number=wish.number, user_id=line.user.pk, now=now)
    call = Call.objects.create(
        direction=Direction.OUTBOUND,
        state=CallState.DIALLING,
        number=wish.shows,
        dialled_by=line.user,
        queue=wish.queue,
        customer_number=wish.number,
        customer_name=wish.name[:120],
        arrived_at=now,
    )
    allowed.counted(
        call=call,
        number=wish.number,
        user=line.user,
        to_user=wish.colleague,
        detects_machine=wish.detects_machine,
        now=now,
    ).save(force_insert=True)
    leg = _own_leg(call, line, now)
    _tell_begun(call, leg, by, reason, now)
    if not line.connects or leg.standby is not None:
        ring = wish.queue.ring_seconds
        outbox.put(
            leg=leg,
            verb=Verb.DIAL,
            reason=f"{name_of(line.user)} dials {wish.number}",
            now=now,
            params={"timeout": ring},
            ordered_by=by,
            give_up_after=timedelta(seconds=ring),
        )
    announcing.tell(call, line.user.pk)
    return call


def _check(line: OwnLine, wish: Wish) -> None:
    if wish.colleague is None:
        _check_number(wish)
    elif wish.colleague.pk == line.user.pk:
        raise CannotNow("That is your own line.", "own-line")
    if Offer.objects.open().filter(user=line.user).exists():
        raise CannotNow("A call is being offered to you. Take it, or decline it.", "being-offered")
    if Leg.objects.live().filter(user=line.user).exists():
        raise CannotNow("Your line is in use. Dial when that call is over.", "on-another-call")


def _check_number(wish: Wish) -> None:
    outside.check_is_number(wish.number)
    if PhoneNumber.objects.filter(e164=wish.number, is_active=True).exists():
        raise CannotNow("That is a number of ours.", "number-of-ours")
    outside.check_may_be_rung(wish.number)


def _own_leg(call: Call, line: OwnLine, now: datetime) -> Leg:
    """Raises CannotNow where somebody else was first."""
    leg = Leg(
        call=call,
        role=LegRole.AGENT,
        user=line.user,
        address=line.address,
        our_number=call.number.e164 if call.number else "",
        confirm_by_key=line.confirm_by_key,
        planned_at=now,
    )
    leg = lending.lend(leg)
    try:
        with transaction.atomic():
            leg.save(force_insert=True)
    except IntegrityError:
        text = "Your line is in use. Dial when that call is over."
        raise CannotNow(text, "on-another-call") from None
    return leg


def _tell_begun(call: Call, leg: Leg, by: User | None, reason: str, now: datetime) -> None:
    for_whom = "" if by is not None and by.pk == leg.user_id else _asked_by(by)
    why = f": {reason}" if reason else ""
    text = f"{name_of(leg.user)} dials {called(call)}, who sees {call.number}{for_whom}{why}"
    note(call=call, kind="dialled", text=text, now=now, leg=leg, user=by)


def _asked_by(by: User | None) -> str:
    return f" (asked for by {name_of(by) or 'a program'})"


def called(call: Call) -> str:
    """Who was dialled, as sentences have it."""
    if call.customer_name:
        return f"{call.customer_name} ({call.customer_number})"
    return call.customer_number


# The agent's own line -----------------------------------------------------------------------------


def is_own_line(leg: Leg, call: Call) -> bool:
    """Whether this is the line of the agent who dials, before the customer is there."""
    return call.state == CallState.DIALLING and leg.role == LegRole.AGENT and leg.is_live


def own_line_answered(call: Call, leg: Leg, now: datetime) -> steps.Step:
    """Asked for a key, or brought into the room. The call is locked."""
    legs.advance(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    if leg.confirm_by_key and leg.accepted_at is None and leg.joined_at is None:
        text = f"{name_of(leg.user)}'s phone was answered and is asked for a key"
        note(call=call, kind="answered", text=text, now=now, leg=leg, user=leg.user)
        whom = call.customer_name or numbers.read_out(call.customer_number)
        text = f"Your call to {whom}. Press 1 to dial, or 2 to leave it."
        return steps.AskForKey(leg_id=leg.id, text=text)
    return _accepted(call, leg, now)


@transaction.atomic
def pressed(*, leg_id: UUID, digits: str, now: datetime) -> steps.Step | None:
    """A key was pressed on the agent's own line, or none; None where it is no such line."""
    call = legs.lock_call_of(leg_id)
    leg = legs.of_call(call, leg_id)
    if not is_own_line(leg, call):
        return None
    if digits.startswith(DIAL_KEY):
        return _accepted(call, leg, now)
    return steps.Say(text=DROPPED if digits else NO_KEY)


def _accepted(call: Call, leg: Leg, now: datetime) -> steps.Step:
    if leg.accepted_at is None:
        leg.accepted_at = now
        leg.save(update_fields=["accepted_at"])
    return deciding.join_room(leg, call)


def own_line_is_here(call: Call, leg: Leg, here: Sequence[Leg], now: datetime) -> None:
    """The agent is in the room: the customer's line is rung into it, once. The call is locked."""
    if legs.customer_of(here) is not None or call.legs.filter(role=LegRole.CUSTOMER).exists():
        return
    dialling = Dialling.objects.filter(call=call, leg__isnull=True).order_by("id").first()
    if dialling is None:
        return
    customer = Leg(
        call=call,
        role=LegRole.CUSTOMER,
        user=dialling.to_user,
        address=dialling.number,
        our_number=call.number.e164 if call.number else "",
        planned_at=now,
    )
    customer = lending.lend(customer) if dialling.to_user is not None else customer
    customer.save(force_insert=True)
    dialling.leg = customer
    dialling.save(update_fields=["leg"])
    outbox.put(
        leg=customer,
        verb=Verb.DIAL,
        reason=f"{name_of(leg.user)} is in the room",
        now=now,
        params={
            INTO_ROOM: True,
            "timeout": RING_SECONDS,
            "time_limit": dialling.limit_seconds,
            "detect_machine": dialling.detects_machine,
        },
    )
    note(call=call, kind="ringing-out", text=f"Ringing {called(call)}", now=now, leg=customer)


# The customer's -----------------------------------------------------------------------------------


_TOLD_APART = {
    LegState.BUSY: (CallOutcome.BUSY, "the line is busy"),
    LegState.NO_ANSWER: (CallOutcome.NO_ANSWER, "nobody answered"),
    LegState.COMPLETED: (CallOutcome.ANSWERED, "they hung up at once"),
}
_FAILED = (CallOutcome.FAILED, "the line could not be reached")


def customer_is_over(call: Call, leg: Leg, now: datetime) -> str:
    """Nobody came: the outcome is written into the call, and why is told. The call is locked."""
    outcome, why = _TOLD_APART.get(LegState(leg.state), _FAILED)
    call.outcome = outcome
    note(call=call, kind="not-reached", text=f"{called(call)}: {why}", now=now, leg=leg)
    if outcome == CallOutcome.ANSWERED:
        # Whoever answers is in the room at that moment; that news is late or was lost.
        call.answered_at = call.answered_at or leg.answered_at or leg.ended_at
    return why
