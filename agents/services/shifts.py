"""What an agent wants to be doing: available, on a break, offline, now or after this call.

Each change is kept (IntentChange), wakes dispatch and is announced. Nothing here ends a call:
somebody who goes offline in mid-call talks on, and is offered no other. A line that rings, for an
offer, for a colleague or to be kept open, stops, because nobody will answer it: the caller need not
wait until it has rung out.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from agents import readiness
from agents.availability import Intent
from agents.models import Agent, BreakReason, IntentChange
from calls import live, wake
from calls.models import Offer
from calls.plans import CannotNow
from calls.services import keeping_open, legs, offers, second_party
from calls.states import OFFER_SETS_ASIDE

AFTER_THE_CALL = "after the call"


class ShiftRefused(Exception):
    """The agent cannot be that now; the message is a sentence for whoever asked."""


class NoLine(ShiftRefused):
    """There is nothing to ring the agent on."""


class NoSuchBreak(ShiftRefused):
    """The break's reason is missing or no longer in use."""


class NotTheirs(ShiftRefused):
    """Somebody asked who is neither the agent nor a supervisor of one of the agent's queues."""


@dataclass(frozen=True, slots=True)
class _Wish:
    intent: Intent
    reason: BreakReason | None
    why: str


def available(*, agent: Agent, by: User | None, now: datetime) -> Agent:
    """The agent's line is rung for callers from now on.

    Takes back a "go offline after this call", and a missed call no longer sets the agent aside.
    `by` is who said so (None: the system). Raises NoLine, NotTheirs.
    """
    return _wish(agent, _Wish(Intent.AVAILABLE, None, "said available"), by, now)


def take_break(*, agent: Agent, reason: BreakReason, by: User | None, now: datetime) -> Agent:
    """The agent's line is not rung until they are back; if it rings now, it stops.

    The caller keeps the place and is offered to the next. Raises NoSuchBreak, NotTheirs.
    """
    return _wish(agent, _Wish(Intent.BREAK, reason, "took a break"), by, now)


def go_offline(*, agent: Agent, by: User | None, now: datetime) -> Agent:
    """The agent's line is not rung any more today; if it rings now, it stops.

    A call in progress goes on. Raises NotTheirs.
    """
    return _wish(agent, _Wish(Intent.OFFLINE, None, "went offline"), by, now)


def wish(
    *, agent: Agent, intent: Intent, reason: BreakReason | None, by: User | None, now: datetime
) -> Agent:
    """Whichever of these three it is. Raises NoLine, NoSuchBreak, NotTheirs."""
    if intent is Intent.AVAILABLE:
        return available(agent=agent, by=by, now=now)
    if intent is Intent.BREAK and reason is not None:
        return take_break(agent=agent, reason=reason, by=by, now=now)
    if intent is Intent.BREAK:
        raise NoSuchBreak("Choose one of the reasons for a break.")
    return go_offline(agent=agent, by=by, now=now)


def after_call(
    *,
    agent: Agent,
    intent: Intent,
    reason: BreakReason | None,
    by: User | None,
    why: str = "",
    now: datetime,
) -> Agent:
    """The current call is the last before a break or the end of the shift.

    Applied when the call and its after-call work are over; at once when there is none. AVAILABLE
    takes it back. Who said so, when and `why` is kept at once. Raises NoSuchBreak, NotTheirs.
    """
    told = why if by is not None and by.pk == agent.user_id else _told(by, why)
    wish = _Wish(intent, reason, f"{AFTER_THE_CALL}{', ' if told else ''}{told}"[:120])
    with transaction.atomic():
        agent = locked(agent.pk)
        _check(agent, wish, by)
        if intent is Intent.AVAILABLE:
            if agent.after_call:
                _keep(agent, by, f"stays {wish.why}", now)
            _leave_after_call(agent, None)
        elif readiness.is_unoccupied(agent_id=agent.pk):
            _become(agent, wish, by, now)
        else:
            _leave_after_call(agent, wish)
            _keep(agent, by, f"{intent} {wish.why}", now)
        _tell(agent)
    return agent


def force(
    *,
    agent: Agent,
    intent: Intent,
    reason: BreakReason | None,
    by: User | None,
    why: str = "",
    now: datetime,
) -> Agent:
    """A supervisor, or a program, says what the agent is from now on; a call in progress goes on,
    ringing stops. `why` is kept with it.

    Raises NotTheirs when `by` does not supervise a queue of the agent's, NoLine, NoSuchBreak.
    """
    if by is not None and not supervises(by, agent):
        raise NotTheirs("Only a supervisor of one of the agent's queues may do this.")
    return _wish(agent, _Wish(intent, reason, _told(by, why)[:120]), by, now)


def _told(by: User | None, why: str) -> str:
    who = "a program" if by is None else "a supervisor"
    return f"set by {who}{f': {why}' if why else ''}"


def settle_after_call(*, now: datetime) -> int:
    """Agents whose last call is over go on the break or offline, as they asked. How many did.

    Looks at what is true now, so it may be run at any time, any number of times.
    """
    settled = 0
    for agent_id in _done_with_last_call():
        with transaction.atomic():
            agent = locked(agent_id)
            if agent.after_call and readiness.is_unoccupied(agent_id=agent_id):
                wish = _Wish(Intent(agent.after_call), agent.after_call_reason, AFTER_THE_CALL)
                _become(agent, wish, _who_asked(agent), now)
                _tell(agent)
                settled += 1
    return settled


def supervises(user: User, agent: Agent) -> bool:
    """Whether the user watches over a queue that the agent serves."""
    if not user.is_active:
        return False
    return user.is_superuser or agent.queues.filter(supervisors__user=user).exists()


def _done_with_last_call() -> list[int]:
    statement = f"""
        select a.id from agents_agent a
        where not a.after_call = '' and {readiness.UNOCCUPIED} order by a.id"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def _wish(agent: Agent, wish: _Wish, by: User | None, now: datetime) -> Agent:
    with transaction.atomic():
        _lock_ringing(agent)
        agent = locked(agent.pk)
        _check(agent, wish, by)
        _become(agent, wish, by, now)
        _tell(agent)
    if wish.intent is not Intent.AVAILABLE:
        _stop_ringing(agent, wish.intent, now)
    return agent


def _lock_ringing(agent: Agent) -> None:
    """A call is locked before its agent, also where all of this is part of a transaction."""
    offered = Offer.objects.open().filter(user=agent.user_id).values_list("call_id", flat=True)
    for call_id in sorted({*offered, *second_party.asks_for(agent.user)}):
        legs.lock_call(call_id)


def _stop_ringing(agent: Agent, intent: Intent, now: datetime) -> None:
    """No offer can come after the wish is kept; one that was taken before this is a call."""
    away = "on a break" if intent is Intent.BREAK else "offline"
    for offer in Offer.objects.open().filter(user=agent.user_id):
        offers.withdraw(offer=offer, why=f"the agent is {away} now", now=now)
    for call_id in second_party.asks_for(agent.user):
        with suppress(CannotNow):  # they have just answered, or need not any more
            why = f"the agent is {away} now"
            second_party.decline(call_id=call_id, user=agent.user, why=why, now=now)


def locked(agent_id: int) -> Agent:
    """Read for a change; a call is locked before its agents."""
    rows = Agent.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("user", "break_reason", "after_call_reason").get(pk=agent_id)


def check_is_theirs(agent: Agent, by: User | None) -> None:
    """Raises NotTheirs for who is neither the agent nor a supervisor of one of their queues."""
    if by is not None and by.pk != agent.user_id and not supervises(by, agent):
        raise NotTheirs("Only the agent or a supervisor of one of their queues may do this.")


def _check(agent: Agent, wish: _Wish, by: User | None) -> None:
    check_is_theirs(agent, by)
    if wish.intent is Intent.AVAILABLE and not agent.address:
        raise NoLine("Set the phone number or SIP address to ring first.")
    if wish.intent is Intent.AVAILABLE and not agent.user.is_active:
        raise NoLine("This user is switched off.")
    if wish.intent is Intent.BREAK and (wish.reason is None or not wish.reason.is_active):
        raise NoSuchBreak("Choose one of the reasons for a break.")


def _become(agent: Agent, wish: _Wish, by: User | None, now: datetime) -> None:
    if wish.intent is Intent.AVAILABLE and not _stays_in_line(agent):
        agent.idle_since = now
    if wish.intent is Intent.OFFLINE:
        keeping_open.end(user_id=agent.user_id, by=by or agent.user, why=wish.why, now=now)
    elif wish.intent is Intent.BREAK:
        keeping_open.stop_ringing(user_id=agent.user_id, now=now)
    agent.intent = wish.intent
    agent.break_reason = wish.reason if wish.intent is Intent.BREAK else None
    agent.intent_since = now
    agent.after_call, agent.after_call_reason = "", None
    agent.save(
        update_fields=[
            "intent",
            "break_reason",
            "intent_since",
            "after_call",
            "after_call_reason",
            "idle_since",
        ]
    )
    _keep(agent, by, wish.why, now)


def _stays_in_line(agent: Agent) -> bool:
    """Pressing Available twice does not cost the agent their turn; missing a call does."""
    if agent.intent != Intent.AVAILABLE or agent.intent_since is None:
        return False
    missed = Offer.objects.filter(
        user=agent.user_id, state__in=OFFER_SETS_ASIDE, settled_at__gt=agent.intent_since
    )
    return not missed.exists()


def _who_asked(agent: Agent) -> User | None:
    """For what comes true after the call: the last thing that is kept of the agent."""
    last = agent.intent_changes.select_related("by").order_by("-at", "-id").first()
    return last.by if last else None


def _keep(agent: Agent, by: User | None, why: str, now: datetime) -> None:
    """What the agent is, why, and who said so."""
    IntentChange.objects.create(
        agent=agent,
        intent=agent.intent,
        break_reason=agent.break_reason,
        at=now,
        by=by,
        why=why[:120],
    )


def _leave_after_call(agent: Agent, wish: _Wish | None) -> None:
    agent.after_call = wish.intent if wish else ""
    agent.after_call_reason = wish.reason if wish and wish.intent is Intent.BREAK else None
    agent.save(update_fields=["after_call", "after_call_reason"])


def _tell(agent: Agent) -> None:
    queues = agent.memberships.values_list("queue_id", flat=True)
    live.announce(live.desk(agent.user_id), live.board(), *map(live.queue, queues))
    wake.dispatch()
