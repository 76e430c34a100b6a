"""Whether somebody sits at the desk. A registered desk is not a reachable one: frozen tabs exist.

An open desk sends a heartbeat every ten seconds. Only a change of freshness is announced.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from agents.availability import STALE_AFTER, Intent, is_stale
from agents.models import Agent, Membership
from calls import live, wake

# How far the sweep looks back for desks that went silent; it runs much more often than this.
SWEEP_REACH = timedelta(seconds=60)

_BEAT = """
    with before as (
        select id, seen_at from agents_agent where user_id = any(%(users)s)
        order by id for no key update
    )
    update agents_agent a set seen_at = greatest(a.seen_at, %(now)s)
    from before where a.id = before.id
    returning a.id, a.user_id, before.seen_at, a.needs_desk, a.intent
"""


def heartbeat(*, user_id: int, now: datetime) -> None:
    """The desk is open and alive; one that was silent is offered calls again."""
    heartbeats(user_ids=[user_id], now=now)


def heartbeats(*, user_ids: Collection[int], now: datetime) -> None:
    """These desks are open and alive; those that were silent are offered calls again.

    One statement however many they are, but when a desk comes back. Nothing is done for a user who
    is no agent.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, {"users": list(user_ids), "now": now})
        rows = cursor.fetchall()
    back = [
        (agent_id, user_id)
        for agent_id, user_id, seen_at, needs_desk, intent in rows
        if is_stale(needs_desk=needs_desk, seen_at=seen_at, now=now) and intent != Intent.OFFLINE
    ]
    if back:
        with transaction.atomic():
            _announce(back)
            wake.dispatch()


def closed(*, user_id: int, now: datetime) -> None:
    """The desk was closed, and no other is open: its agent is offered no calls from now on.

    A page that is merely reloaded is the door's to tell apart, or comes back by its heartbeat.
    """
    silent_since = now - STALE_AFTER - timedelta(microseconds=1)
    open_until_now = Agent.objects.filter(user_id=user_id, seen_at__gt=silent_since)
    with transaction.atomic():
        agents = list(open_until_now.values_list("id", "user_id"))
        if open_until_now.update(seen_at=silent_since):
            _announce(agents)


def sweep(*, now: datetime) -> int:
    """Tell desks and board of agents whose desk has gone silent of late; how many there are.

    Keeps no record of whom it told: telling again within the reach costs a refresh.
    """
    newest = now - STALE_AFTER
    silent = Agent.objects.filter(
        needs_desk=True, seen_at__lt=newest, seen_at__gte=newest - SWEEP_REACH
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
