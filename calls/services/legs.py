"""What is known of a leg only ever moves forward, whatever order the news comes in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from calls import outbox
from calls.models import Call, Command, Leg
from calls.models.together import read_one, read_together, write_fields
from calls.plans import OPTIONAL
from calls.states import (
    LEG_OVER,
    ORDER_GOOD,
    ChangeState,
    LegRole,
    LegState,
    OrderState,
    Verb,
    leg_may_become,
)

# Marks an order for a leg that our records call over, and the carrier does not.
STRAY = "stray"
# Marks one that takes back what a change had done that did not work.
TAKES_BACK = "takes_back"


def lock_call(call_id: UUID) -> Call:
    """Every change of a call begins here: one at a time, in the order Call, Leg, Waiting, Offer."""
    return _locked(_LOCK, call_id)


def lock_call_of(leg_id: UUID) -> Call:
    """The same, by one of its legs. Raises Leg.DoesNotExist."""
    try:
        return _locked(_LOCK_OF_LEG, leg_id)
    except Call.DoesNotExist:
        raise Leg.DoesNotExist from None


def lock_call_of_order(order_id: UUID) -> Call:
    """The same, by an order of one of its legs. Raises Command.DoesNotExist."""
    try:
        return _locked(_LOCK_OF_ORDER, order_id)
    except Call.DoesNotExist:
        raise Command.DoesNotExist from None


# Every change of every call begins with one of these: as statements they cost a third.
_LOCK = "where id = %s for update"
_LOCK_OF_LEG = "where id = (select call_id from calls_leg where id = %s) for update"
_LOCK_OF_ORDER = "where id = (select call_id from calls_command where id = %s) for update"


def _locked(where: str, id: UUID) -> Call:
    call = read_one(Call, where, [id])
    if call is None:
        raise Call.DoesNotExist
    return call


def reread(leg: Leg, call: Call) -> None:
    """What the leg is, now that its call is locked."""
    fresh = of_call(call, leg.pk)
    for field in Leg._meta.concrete_fields:
        setattr(leg, field.attname, getattr(fresh, field.attname))
    leg.call = call


def of_call(call: Call, leg_id: UUID) -> Leg:
    """One leg of a locked call, over or not. Raises Leg.DoesNotExist."""
    leg = read_one(Leg, "where id = %s", [leg_id])
    if leg is None:
        raise Leg.DoesNotExist
    leg.call = call
    return leg


def here(call: Call) -> list[Leg]:
    """Everybody's leg that is not over, read once for all that a change has to know of them."""
    found: list[Leg] = [leg for (leg,) in read_together(_HERE, [call.pk], l=Leg)]
    for leg in found:
        leg.call = call
    return found


_HERE = "select {l} from calls_leg l where call_id = %s and ended_at is null order by id"


def customer_of(here: Iterable[Leg]) -> Leg | None:
    """The customer's leg among these, while it is not over."""
    return next((leg for leg in here if leg.role == LegRole.CUSTOMER and leg.is_live), None)


def live_customer(call: Call) -> Leg | None:
    return Leg.objects.live().filter(call=call, role=LegRole.CUSTOMER).first()


def live_agents(call: Call) -> list[Leg]:
    found = []
    for leg, user in read_together(_LIVE_AGENTS, [call.pk, LegRole.AGENT], l=Leg, u=User):
        leg.call, leg.user = call, user
        found.append(leg)
    return found


_LIVE_AGENTS = """
    select {l}, {u} from calls_leg l left join auth_user u on u.id = l.user_id
    where l.call_id = %s and l.role = %s and l.ended_at is null order by l.id
"""


# Those whom the customer talks with, and who can talk on without the customer.
PARTNERS = frozenset({LegRole.AGENT, LegRole.CONSULT, LegRole.EXTERNAL})


def live_partners(call: Call) -> list[Leg]:
    """The lines of those who talk with the customer, are about to, or are being rung for it."""
    partners = Leg.objects.live().filter(call=call, role__in=PARTNERS)
    return list(partners.select_related("user").order_by("id"))


def partners(here: Iterable[Leg]) -> list[Leg]:
    """Who is in the conversation beside the customer: came in, or is about to, and is not over."""
    return [
        leg
        for leg in here
        if leg.is_live and leg.role in PARTNERS and (leg.joined_at or leg.accepted_at)
    ]


def learn_sid(leg: Leg, sid: str) -> bool:
    """Write down what the carrier calls the leg; False where it had another name already."""
    if leg.sid is not None:
        return leg.sid == sid
    call = lock_call(leg.call_id)
    reread(leg, call)
    if leg.sid is None:
        leg.sid = sid
        write_fields(leg, "sid")
    return leg.sid == sid


def let_go_if_given_up(leg: Leg, state: LegState, now: datetime) -> None:
    """A leg that we had given up turns out to be on the line: it is hung up on."""
    if not leg.given_up or state in LEG_OVER:
        return
    reason = "given up, but on the line after all"
    order_hang_up(leg, reason, now, params={STRAY: True})


def order_hang_up(
    leg: Leg,
    reason: str,
    now: datetime,
    *,
    by: User | None = None,
    params: dict[str, Any] | None = None,
) -> None:
    """The leg is ended, whatever it is doing; once, however many reasons there are."""
    order_once(leg, Verb.HANG_UP, reason, now, by=by, params=params)


def order_once(
    leg: Leg,
    verb: Verb,
    reason: str,
    now: datetime,
    *,
    by: User | None = None,
    params: dict[str, Any] | None = None,
) -> None:
    """Order it of the leg, unless that is on its way already."""
    if not is_ordered(leg, verb):
        outbox.put(leg=leg, verb=verb, reason=reason, now=now, params=params, ordered_by=by)


def is_ordered(leg: Leg, verb: Verb) -> bool:
    """Whether the carrier is being asked for it, or is about to be."""
    pending = Command.objects.filter(leg=leg, verb=verb, state=OrderState.PENDING)
    # The step of a change that waits for its turn may never get it; after a failed one it will not.
    return pending.exclude(Exists(_before_it())).exists()


def last_held_or_resumed(leg: Leg) -> Command | None:
    """Which of the two the carrier did last, whatever its news says yet."""
    done = Command.objects.filter(leg=leg, verb__in=_HOLDS, state=OrderState.DONE)
    return done.order_by("-settled_at", "-ordered_at", "-verb").first()


def last_hold_or_resume(leg: Leg) -> Command | None:
    """Which of the two was ordered last, carried out or not: a step of a change that did not work,
    and what took it back, leave them as they were."""
    asked = Command.objects.filter(leg=leg, verb__in=_HOLDS).select_related("change")
    in_vain = Q(verb=Verb.RESUME, change__state=ChangeState.FAILED)
    taken_back = Q(verb=Verb.HOLD, params__has_key=TAKES_BACK)
    return asked.exclude(in_vain).exclude(taken_back).order_by("-ordered_at", "-id").first()


_HOLDS = (Verb.HOLD, Verb.RESUME)


def _before_it() -> QuerySet[Command]:
    waits = Q(state=OrderState.PENDING)
    failed = ~Q(state__in=ORDER_GOOD) & ~Q(params__has_key=OPTIONAL)
    earlier = Command.objects.filter(
        change=OuterRef("change"), ordered_at__lt=OuterRef("ordered_at")
    )
    return earlier.filter(waits | failed)


def advance(
    *,
    leg: Leg,
    state: LegState,
    sequence: int | None,
    now: datetime,
    sip_code: int | None = None,
) -> bool:
    """Write down that the leg is `state`; False where that is old news.

    The call is locked, the leg read since. What follows for the call is lifecycle's.
    """
    moves = leg_may_become(now=LegState(leg.state), then=state)
    if moves:
        leg.state = state
        _end(leg, state, now)
    elif _is_the_carriers_own_word(leg, state):
        leg.state, leg.given_up = state, False
    _remember_moments(leg, state, now)
    leg.sip_code = leg.sip_code or sip_code
    leg.last_sequence = max(leg.last_sequence, -1 if sequence is None else sequence)
    write_fields(leg)
    return moves


def has_answered(leg: Leg, now: datetime) -> None:
    """Whoever is heard of in a room is on the line, whatever news of it was lost. Not saved."""
    leg.answered_at = leg.answered_at or min(now, leg.ended_at or now)
    if leg_may_become(now=LegState(leg.state), then=LegState.IN_PROGRESS):
        leg.state = LegState.IN_PROGRESS


def _end(leg: Leg, state: LegState, now: datetime) -> None:
    if state not in LEG_OVER:
        return
    leg.ended_at = now
    if leg.in_room:
        take_out(leg, now)


def take_out(leg: Leg, now: datetime) -> None:
    """Out of the room: hold, mute and whisper are the room's, and there is none of them outside."""
    leg.in_room, leg.left_room_at = False, now
    leg.held_at, leg.muted, leg.whispers_to = None, False, None


def _is_the_carriers_own_word(leg: Leg, state: LegState) -> bool:
    """We had given the leg up unheard (nothing answered its dial), and now hear how it ended."""
    return leg.given_up and state in LEG_OVER


def _remember_moments(leg: Leg, state: LegState, now: datetime) -> None:
    """Facts that late news still adds; never later than the leg's end."""
    moment = min(now, leg.ended_at or now)
    if state == LegState.RINGING:
        leg.ringing_at = leg.ringing_at or moment
    if state == LegState.IN_PROGRESS:
        leg.answered_at = leg.answered_at or moment
