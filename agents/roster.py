"""What each agent is doing now, since when and on what: one statement for one agent or for all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from agents.availability import STALE_AFTER, Intent, Known, Status, is_stale, status
from agents.models import LineKind, LineState
from agents.readiness import CONNECTING, HAS_LINE, IDLE_SINCE, oldest_fresh
from calls.states import StandbyState

_STANDINGS = f"""
    select a.id as agent_id, a.user_id, a.name, a.intent, a.intent_since, a.needs_desk, a.seen_at,
           a.after_call, {IDLE_SINCE} as idle_since,
           reason.name as break_name, reason.max_minutes as break_minutes,
           offer.offered_at, leg.planned_at, leg.answered_at, leg.joined_at, wrap.started_at,
           aside.settled_at as aside_at, aside.state as aside_state,
           call.id as call_id, call.customer_number, call.customer_name, queue.name as queue_name,
           {CONNECTING} as is_connecting, standby.id is not null as stands_by,
           kept.id is not null as has_kept_line,
           coalesce({HAS_LINE}, false) as has_line, a.line_kind, a.line_state, a.line_state_at
    from agents_agent a
    left join agents_breakreason reason on reason.id = a.break_reason_id
    left join calls_offer offer on offer.user_id = a.user_id and offer.state = 'offered'
    left join lateral (
        select case when l.is_private and not %(own)s then null else l.call_id end as call_id,
               l.planned_at, l.answered_at, l.joined_at from calls_leg l
        where l.user_id = a.user_id and l.user_id is not null and l.ended_at is null
        order by l.planned_at desc limit 1
    ) leg on true
    left join calls_wrapup wrap on wrap.user_id = a.user_id and wrap.finished_at is null
    left join lateral (
        select o.settled_at, o.state from calls_offer o
        where o.user_id = a.user_id and o.settled_at > a.intent_since
        and o.state in ('missed', 'busy', 'failed')
        order by o.settled_at desc limit 1
    ) aside on true
    left join calls_call call on call.id = coalesce(offer.call_id, leg.call_id, wrap.call_id)
    left join calls_queue queue on queue.id = call.queue_id
    left join calls_standby standby on standby.user_id = a.user_id and standby.ended_at is null
    left join calls_standbyleg kept on kept.standby_id = standby.id and kept.ended_at is null
    where a.id = any(%(agents)s)
    order by a.name, a.id
"""  # noqa: S608

_WHY_ASIDE = {
    "missed": "missed a call",
    "busy": "the line was busy",
    "failed": "the line could not be reached",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an agent is doing; `why` is a few words where the status alone does not say it."""

    agent_id: int
    user_id: int
    name: str
    status: Status
    since: datetime | None  # None: never signed in
    why: str
    intent: Intent
    after_call: Intent | None  # asked to be this when the call is over
    until: datetime | None  # a break's end, where its reason has a limit
    call_id: UUID | None  # the call that rings, is talked on or is wrapped up
    customer_number: str
    customer_name: str
    queue_name: str
    standby: StandbyState | None  # None: no line is kept open
    line_kind: LineKind
    line_state: LineState | None  # what their browser says of its line; None of any other line
    line_state_at: datetime | None  # since when it says so


class _Facts(NamedTuple):
    """One row of _STANDINGS."""

    agent_id: int
    user_id: int
    name: str
    intent: str
    intent_since: datetime | None
    needs_desk: bool
    seen_at: datetime | None
    after_call: str
    idle_since: datetime | None
    break_name: str | None
    break_minutes: int | None
    offered_at: datetime | None
    planned_at: datetime | None
    answered_at: datetime | None
    joined_at: datetime | None
    wrapping_since: datetime | None
    aside_at: datetime | None
    aside_state: str | None
    call_id: UUID | None
    customer_number: str | None
    customer_name: str | None
    queue_name: str | None
    is_connecting: bool
    stands_by: bool
    has_kept_line: bool
    has_line: bool
    line_kind: str
    line_state: str
    line_state_at: datetime | None


def standings(*, agent_ids: Collection[int], now: datetime, own: bool = False) -> list[Standing]:
    """What these agents are doing at `now`, by name.

    Whoever listens to a call unseen is busy, but not said to be on that call; but to themselves
    (`own`).
    """
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"agents": list(agent_ids), "own": own}
        asked["fresh"] = oldest_fresh(now)
        cursor.execute(_STANDINGS, asked)
        return [_standing(_Facts(*row), now) for row in cursor.fetchall()]


def _standing(facts: _Facts, now: datetime) -> Standing:
    is_now = status(_known(facts), now=now)
    return Standing(
        agent_id=facts.agent_id,
        user_id=facts.user_id,
        name=facts.name,
        status=is_now,
        since=_since(facts, is_now, now),
        why=_why(facts, is_now, now),
        intent=Intent(facts.intent),
        after_call=Intent(facts.after_call) if facts.after_call else None,
        until=_until(facts, is_now),
        call_id=facts.call_id,
        customer_number=facts.customer_number or "",
        customer_name=facts.customer_name or "",
        queue_name=facts.queue_name or "",
        standby=_standby(facts),
        line_kind=LineKind(facts.line_kind),
        line_state=_line_state(facts),
        line_state_at=facts.line_state_at,
    )


def _known(facts: _Facts) -> Known:
    return Known(
        intent=Intent(facts.intent),
        has_live_leg=facts.planned_at is not None,
        has_open_offer=facts.offered_at is not None,
        has_open_wrap_up=facts.wrapping_since is not None,
        last_set_aside_at=facts.aside_at,
        intent_since=facts.intent_since,
        needs_desk=facts.needs_desk,
        seen_at=facts.seen_at,
        has_line=facts.has_line,
        is_connecting=facts.is_connecting,
    )


def _standby(facts: _Facts) -> StandbyState | None:
    if not facts.stands_by:
        return None
    if not facts.has_kept_line:
        return StandbyState.DROPPED
    return StandbyState.CONNECTING if facts.is_connecting else StandbyState.READY


def _line_state(facts: _Facts) -> LineState | None:
    """A browser that has said nothing, or not for a while, is not there."""
    if facts.line_kind != LineKind.BROWSER:
        return None
    if facts.has_line or facts.line_state != LineState.READY:
        return LineState(facts.line_state or LineState.STARTING)
    return LineState.ASLEEP


def _since(facts: _Facts, is_now: Status, now: datetime) -> datetime | None:
    moments = {
        Status.RINGING: facts.offered_at,
        Status.BUSY: facts.joined_at or facts.answered_at or facts.planned_at,
        Status.WRAPPING_UP: facts.wrapping_since,
        Status.SET_ASIDE: facts.aside_at,
        Status.AVAILABLE: facts.idle_since,
        Status.AWAY: _went_away(facts, now),
    }
    return moments.get(is_now, facts.intent_since)


def _went_away(facts: _Facts, now: datetime) -> datetime | None:
    if facts.seen_at is None or facts.intent_since is None:
        return facts.intent_since
    if not is_stale(needs_desk=True, seen_at=facts.seen_at, now=now):
        return max(facts.line_state_at or facts.intent_since, facts.intent_since)
    return max(facts.seen_at + STALE_AFTER, facts.intent_since)


def _why(facts: _Facts, is_now: Status, now: datetime) -> str:
    if is_now is Status.SET_ASIDE:
        return _WHY_ASIDE[facts.aside_state or ""]
    if is_now is Status.BREAK:
        return facts.break_name or ""
    if is_now is Status.AWAY:
        return _why_away(facts, now)
    return ""


def _why_away(facts: _Facts, now: datetime) -> str:
    if is_stale(needs_desk=True, seen_at=facts.seen_at, now=now):
        return "the desk is closed or frozen"
    return (_line_state(facts) or LineState.STARTING).sentence


def _until(facts: _Facts, is_now: Status) -> datetime | None:
    if is_now is not Status.BREAK or not facts.break_minutes or facts.intent_since is None:
        return None
    return facts.intent_since + timedelta(minutes=facts.break_minutes)
