"""Calls handed on to an agent, to whoever is free in a queue, or to a number outside.

Here the wish ("to Omar", "to Sales", "to +1…") becomes a line to ring: an agent is claimed as
dispatch claims one, the call's row first and the agent's after it, so that nobody is rung twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from agents import readiness, roster
from agents.models import Agent
from calls import plans
from calls.models import Call, Leg, PhoneNumber, Queue, Transfer, Waiting, WrapUp
from calls.plans import CannotNow
from calls.services import (
    changing,
    handovers,
    legs,
    offering,
    outside,
    transfers,
    ways_on,
    wrapups,
)
from calls.states import LegRole, TransferState, Verb

# How long the line of somebody rings who is brought in, where no queue says it.
RING_SECONDS = 20
BROUGHT_BACK = "sent the caller on, and nobody took the call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Exactly one of agent, queue and number says where to."""

    user: User | None = None  # an agent's
    queue: Queue | None = None
    number: str = ""  # +, country code, number; one of ours stands for its queue
    show_caller: bool = False  # an outside number sees the caller's number, if the carrier lets us
    detect_machine: bool = False  # an outside number that a machine answers is hung up on
    reason: str = ""  # why, as whoever is asked is told
    notes: str = ""  # for their desk


# Verbs --------------------------------------------------------------------------------------------


@transaction.atomic
def start_warm(
    *, call_id: UUID, to: Target, by: User | None, token: str = "", now: datetime
) -> changing.Changed:
    """The customer hears music while the agent talks with whoever is brought in.

    Of a queue, the next agent who is free is rung; if none is, the first who will be within a
    minute. Raises CannotNow.
    """
    call = legs.lock_call(call_id)
    if known := changing.known(call=call, by=by, token=token):
        return known
    wish = _wish(call, to, now, claims=True)
    return transfers.start_warm(call_id=call_id, wish=wish, by=by, token=token, now=now)


@transaction.atomic
def start_blind(
    *, call_id: UUID, to: Target, by: User | None, token: str = "", now: datetime
) -> changing.Changed:
    """The agent leaves, and the customer hears music until whoever is rung is there.

    Raises CannotNow.
    """
    call = legs.lock_call(call_id)
    if known := changing.known(call=call, by=by, token=token):
        return known
    wish = _wish(call, to, now, claims=True, waits_in_line=True)
    return transfers.start_blind(call_id=call_id, wish=wish, by=by, token=token, now=now)


@transaction.atomic
def add(
    *, call_id: UUID, to: Target, by: User | None, token: str = "", now: datetime
) -> changing.Changed:
    """One more agent, or a number outside, joins the conversation. Raises CannotNow."""
    call = legs.lock_call(call_id)
    if known := changing.known(call=call, by=by, token=token):
        return known
    second = _anybody(call, to, now, claims=True)
    return transfers.add(
        call_id=call_id, second=second, by=by, reason=to.reason, token=token, now=now
    )


def planned_warm(*, call_id: UUID, to: Target, by: User | None, now: datetime) -> plans.Plan:
    """What a consult would come to now; nothing is done, and nobody claimed. Raises CannotNow."""
    wish = _wish(_call(call_id), to, now, claims=False)
    return changing.dry_run(call_id=call_id, planning=transfers.warm(call_id, wish, by))


def planned_blind(*, call_id: UUID, to: Target, by: User | None, now: datetime) -> plans.Plan:
    """The same for a caller who is sent on at once. Raises CannotNow."""
    wish = _wish(_call(call_id), to, now, claims=False, waits_in_line=True)
    return changing.dry_run(call_id=call_id, planning=transfers.blind(call_id, wish, by))


def planned_add(*, call_id: UUID, to: Target, by: User | None, now: datetime) -> plans.Plan:
    """The same for somebody who is added. Raises CannotNow."""
    second = _anybody(_call(call_id), to, now, claims=False)
    return changing.dry_run(call_id=call_id, planning=transfers.adding(call_id, second, by))


# Whose line ---------------------------------------------------------------------------------------


def _wish(
    call: Call, to: Target, now: datetime, *, claims: bool, waits_in_line: bool = False
) -> transfers.Wish:
    """`claims`: nobody else rings whoever is found, until our transaction is over.

    `waits_in_line`: in a queue's line, where the caller themselves waits, nobody is claimed.
    """
    queue = to.queue or _department(to.number)
    if queue is None:
        second: plans.Second | None = _anybody(call, to, now, claims=claims)
    else:
        _check_is_open(queue, now)
        second = None if waits_in_line else _next_free(call, queue, (), now, claims=claims)
    return transfers.Wish(second=second, queue=queue, reason=to.reason, notes=to.notes)


def _department(number: str) -> Queue | None:
    if not number:
        return None
    ours = PhoneNumber.objects.filter(e164=number, is_active=True).select_related("queue").first()
    return ours.queue if ours is not None else None


def _check_is_open(queue: Queue, now: datetime) -> None:
    if not queue.is_open_at(now):
        raise CannotNow(f"{queue.name} is closed now.", "queue-closed")


def _anybody(call: Call, to: Target, now: datetime, *, claims: bool) -> plans.Second:
    """One agent of ours, or a number outside. Raises CannotNow."""
    if to.user is not None:
        return _agent(call, to.user, now, claims=claims)
    return outside.line_to(
        call=call,
        number=to.number,
        show_caller=to.show_caller,
        detect_machine=to.detect_machine,
    )


def _agent(call: Call, user: User, now: datetime, *, claims: bool) -> plans.Second:
    agents = Agent.objects.filter(user=user).select_related("user")
    agent = (_claimed(agents) if claims else agents).first()
    if agent is None:
        raise CannotNow("There is no such agent.", "no-such-agent")
    if not readiness.is_free(agent_id=agent.pk, now=now):
        _refuse(agent, call, now)
    return _line_of(agent, call)


def _refuse(agent: Agent, call: Call, now: datetime) -> NoReturn:
    if Leg.objects.live().filter(call=call, user=agent.user_id).exists():
        raise CannotNow(f"{agent.name} is on this call already.", "on-this-call")
    [standing] = roster.standings(agent_ids=[agent.pk], now=now)
    why = f" ({standing.why})" if standing.why else ""
    raise CannotNow(f"{agent.name} is not free: {standing.status}{why}.", "not-free")


def _line_of(agent: Agent, call: Call) -> plans.Second:
    ours = offering.our_number(call)
    return plans.Second(
        role=LegRole.CONSULT,
        name=agent.name,
        address=agent.address,
        shown_number=ours,
        ring_seconds=call.queue.ring_seconds if call.queue else RING_SECONDS,
        user_id=agent.user_id,
        confirm_by_key=agent.is_asked_for_key,
    )


def _next_free(
    call: Call, queue: Queue, but: tuple[int, ...], now: datetime, *, claims: bool
) -> plans.Second | None:
    """The agent of the queue whose turn it is; `but` are users who are passed over."""
    for agent_id in _free_in(queue, but, now):
        agents = Agent.objects.filter(pk=agent_id).select_related("user")
        # Whoever holds one and waits for another would keep others waiting, who hold that one.
        agent = (_claimed(agents, waits=False) if claims else agents).first()
        if agent is not None and readiness.is_free(agent_id=agent.pk, now=now):
            return _line_of(agent, call)
    return None


# In the order in which dispatch asks them.
_FREE_IN = f"""
    select a.id from agents_agent a
    join auth_user u on u.id = a.user_id
    join agents_membership m on m.agent_id = a.id
    where m.queue_id = %(queue)s and a.user_id <> all(%(but)s)
    and {readiness.FREE} and {readiness.SKILLED}
    order by m.priority, {readiness.IDLE_SINCE}, a.id limit 10
"""  # noqa: S608  # made of our own words


def _free_in(queue: Queue, but: tuple[int, ...], now: datetime) -> list[int]:
    values: dict[str, Any] = {
        "queue": queue.pk,
        "but": list(but),
        "fresh": readiness.oldest_fresh(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREE_IN, values)
        return [row[0] for row in cursor.fetchall()]


def _claimed(agents: QuerySet[Agent], *, waits: bool = True) -> QuerySet[Agent]:
    """As dispatch claims: whoever asks second sees what the first one did."""
    return agents.select_for_update(of=("self",), no_key=True, skip_locked=not waits)


def _call(call_id: UUID) -> Call:
    return Call.objects.select_related("number", "queue").get(pk=call_id)


# What dispatch looks at first ---------------------------------------------------------------------


# Both are nearly always nobody, and two small indexes say so.
_EXPECTED = """
    select t.id, t.call_id, null::bigint, t.started_at as since
    from calls_transfer t where t.state = 'seeking'
    union all
    select null, null, w.id, w.place
    from calls_waiting w
    where w.left_at is null and w.claimed_at is null and w.first_to_id is not null
    order by since
"""


def run(*, now: datetime) -> int:
    """Agents who are free are rung for colleagues who wait with a caller on hold, and whoever sent
    a caller on in vain gets them back, if they are free. How many were rung."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED)
        expected = cursor.fetchall()
    return sum(
        _found_one(transfer_id, call_id, now) if transfer_id else _offered_back(waiting_id, now)
        for transfer_id, call_id, waiting_id, _ in expected
    )


@transaction.atomic
def _found_one(transfer_id: int, call_id: UUID, now: datetime) -> bool:
    call = legs.lock_call(call_id)
    transfer = handovers.open_of(call)
    if transfer is None or transfer.pk != transfer_id or transfer.to_queue is None:
        return False
    if transfer.state != TransferState.SEEKING or _customer_hears(call):
        return False
    tried = _tried(transfer)
    second = _next_free(call, transfer.to_queue, tried, now, claims=True)
    if second is not None:
        transfers.consult_next(transfer=transfer, second=second, now=now)
    elif tried:
        ways_on.nobody_else(transfer, now)
    return second is not None


def _customer_hears(call: Call) -> bool:
    """Nobody is brought in before the customer is put on hold."""
    customer = legs.live_customer(call)
    return customer is None or legs.is_ordered(customer, Verb.HOLD)


def _tried(transfer: Transfer) -> tuple[int, ...]:
    """Whom this transfer has asked in vain."""
    rung = Leg.objects.filter(call=transfer.call, planned_at__gte=transfer.started_at)
    users = rung.filter(role=LegRole.CONSULT, user__isnull=False).values_list("user_id", flat=True)
    return tuple(user_id for user_id in users if user_id is not None)


@transaction.atomic
def _offered_back(waiting_id: int, now: datetime) -> bool:
    place = (
        Waiting.objects.in_line()
        .filter(pk=waiting_id, claimed_at=None)
        .select_related("call__number", "queue")
        .select_for_update(of=("call", "self"), skip_locked=True)
        .first()
    )
    if place is None or place.first_to_id is None:
        return False
    user_id, place.first_to = place.first_to_id, None
    place.save(update_fields=["first_to"])
    try:
        with transaction.atomic():
            return _ring_sender(place, user_id, now)
    except (IntegrityError, _NotFree):
        return False


class _NotFree(Exception):
    """Whoever sent the caller on is with somebody else by now."""


def _ring_sender(place: Waiting, user_id: int, now: datetime) -> bool:
    """After-call work of this very call does not keep them from it."""
    agent = _claimed(Agent.objects.filter(user=user_id).select_related("user")).first()
    if agent is None:
        return False
    for wrap_up in WrapUp.objects.filter(user=user_id, call=place.call, finished_at=None):
        wrapups.cut_short(wrap_up=wrap_up, now=now)
    if not readiness.is_free(agent_id=agent.pk, now=now):
        raise _NotFree
    offering.ring(
        place=place,
        user=agent.user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        connects=agent.connects,
        reason={"because": BROUGHT_BACK, "candidates": []},
        now=now,
    )
    return True
