"""Whether somebody sits at the desk. A registered desk is not a reachable one: frozen tabs exist.

An open desk sends a heartbeat every ten seconds. Only a change of freshness is announced.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from agents.availability import STALE_AFTER, Intent, is_stale
from agents.models import Agent, LineKind, Membership
from calls import live, wake

# How far the sweep looks back for desks that went silent; it runs much more often than this.
SWEEP_REACH = timedelta(seconds=60)

# What they say of their line is written with its moment when it changes.
_BEAT = """
    with said as (
        select * from unnest(%(users)s::bigint[], %(lines)s::text[]) as said (user_id, line)
    ), before as (
        select a.id, a.seen_at, a.line_state, said.line
        from agents_agent a join said on said.user_id = a.user_id
        order by a.id for no key update of a
    )
    update agents_agent a
    set seen_at = greatest(a.seen_at, %(now)s),
        line_state = before.line,
        line_state_at = case when before.line = before.line_state
                        then a.line_state_at else %(now)s end
    from before where a.id = before.id
    returning a.id, a.user_id, before.seen_at, a.needs_desk or a.line_kind = 'browser', a.intent,
              before.line <> before.line_state
"""


def heartbeat(*, user_id: int, line: str = "", now: datetime) -> None:
    """The desk is open and alive; one that was silent is offered calls again."""
    heartbeats(lines={user_id: line}, now=now)


def heartbeats(*, lines: Mapping[int, str], now: datetime) -> None:
    """These users' desks are open and alive; those that were silent are offered calls again.

    `lines` is what each says of the line in its browser (LineState), empty where there is none.
    One statement however many they are, but when something changes. Nothing is done for a user who
    is no agent.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"users": list(lines), "lines": list(lines.values()), "now": now}
        cursor.execute(_BEAT, values)
        rows = cursor.fetchall()
    back = [
        (agent_id, user_id)
        for agent_id, user_id, seen_at, needs_desk, intent, changed in rows
        if changed or _is_back(seen_at, needs_desk, intent, now)
    ]
    if back:
        with transaction.atomic():
            _announce(back)
            wake.dispatch()


def _is_back(seen_at: datetime | None, needs_desk: bool, intent: str, now: datetime) -> bool:
    return is_stale(needs_desk=needs_desk, seen_at=seen_at, now=now) and intent != Intent.OFFLINE


def closed(*, user_id: int, now: datetime) -> None:
    """The desk was closed, and no other is open: its agent is offered no calls from now on.

    A page that is merely reloaded is the door's to tell apart, or comes back by its heartbeat.
    """
    silent_since = now - STALE_AFTER - timedelta(microseconds=1)
    open_until_now = Agent.objects.filter(user_id=user_id, seen_at__gt=silent_since)
    with transaction.atomic():
        agents = list(open_until_now.values_list("id", "user_id"))
        if open_until_now.update(seen_at=silent_since, line_state="", line_state_at=now):
            _announce(agents)


def talks_on(*, user_id: int, leg_id: UUID) -> None:
    """Another window is the desk now, and the call is talked to its end where it is."""
    Agent.objects.filter(user_id=user_id).update(talks_elsewhere=leg_id)


def talked_elsewhere(*, user_ids: Collection[int]) -> set[UUID]:
    """The calls of these users that go on in windows which are the desk no longer."""
    known = Agent.objects.filter(user__in=user_ids, talks_elsewhere__isnull=False)
    return {leg_id for leg_id in known.values_list("talks_elsewhere", flat=True) if leg_id}


def sweep(*, now: datetime) -> int:
    """Tell desks and board of agents whose desk has gone silent of late; how many there are.

    Keeps no record of whom it told: telling again within the reach costs a refresh.
    """
    newest = now - STALE_AFTER
    at_desks = Q(needs_desk=True) | Q(line_kind=LineKind.BROWSER)
    silent = Agent.objects.filter(
        at_desks, seen_at__lt=newest, seen_at__gte=newest - SWEEP_REACH
    ).exclude(intent=Intent.OFFLINE)
    gone = list(silent.values_list("id", "user_id"))
    if gone:
        with transaction.atomic():
            _announce(gone)
    return len(gone)


def _announce(agents: Iterable[tuple[int, int]]) -> None:
    """`agents` are pairs of agent id and user id."""
    ids = dict(agents)
    queues = Membership.objects.filter(agent__in=ids).values_list("queue_id", flat=True).distinct()
    live.announce(live.board(), *map(live.desk, ids.values()), *map(live.queue, queues))
