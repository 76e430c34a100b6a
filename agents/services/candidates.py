"""What dispatch looks at: the front of each line, and the free agents who serve it.

Three small statements, each bounded by the number of queues and agents and never by how many wait.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from agents.readiness import FREE, IDLE_SINCE, SKILLED, oldest_fresh
from agents.routing import Caller, Seat

# How far into a line, and how far down the list of its free agents, one look goes.
DEPTH = 20
# Somebody who declined a caller is not offered the same caller again for so long.
DECLINE_HOLDS = timedelta(seconds=30)

_QUEUES = """
    select q.id from calls_queue q
    where exists (select from calls_waiting w
                  where w.queue_id = q.id and w.left_at is null and w.claimed_at is null)
"""

_SEATS = f"""
    with free as materialized (
        select a.id, a.user_id, a.name, {IDLE_SINCE} as idle_since
        from agents_agent a join auth_user u on u.id = a.user_id
        where {FREE} and a.id <> all(%(passed)s)
    ), seats as (
        select free.*, m.queue_id, m.priority,
               row_number() over (partition by m.queue_id
                                  order by m.priority, free.idle_since, free.id) as rank
        from free join agents_membership m on m.agent_id = free.id
        where m.queue_id = any(%(queues)s) and {SKILLED}
    )
    select s.id, s.user_id, s.name, s.queue_id, s.priority, s.idle_since,
           (select jsonb_object_agg(skill.name, has.level)
            from calls_queueskill needed
            join agents_agentskill has on has.skill_id = needed.skill_id and has.agent_id = s.id
            join calls_skill skill on skill.id = needed.skill_id
            where needed.queue_id = s.queue_id)::text
    from seats s where s.rank <= %(depth)s
"""  # noqa: S608

# One probe per queue: `queue_id = any(...)` with a sort would read every waiting caller.
_CALLERS = """
    select front.id, q.id, front.place, declined.barred, declined.reluctant
    from unnest(%(queues)s::bigint[]) as q (id)
    cross join lateral (
        select w.id, w.call_id, w.place from calls_waiting w
        where w.queue_id = q.id and w.left_at is null and w.claimed_at is null
        and w.id <> all(%(passed)s)
        and not exists (select from calls_offer o
                        where o.call_id = w.call_id and o.state = 'offered')
        order by w.place, w.id limit %(depth)s
    ) front
    left join lateral (
        select array_agg(user_id) filter (where not others_tried) as barred,
               array_agg(user_id) filter (where others_tried) as reluctant
        from (
            select d.user_id,
                   bool_or(exists (select from calls_offer o
                                   where o.call_id = d.call_id and o.user_id <> d.user_id
                                   and o.offered_at >= d.settled_at)) as others_tried
            from calls_offer d
            where d.call_id = front.call_id and d.state = 'declined'
            and d.settled_at > %(declined_after)s
            and not exists (select from calls_offer again
                            where again.call_id = d.call_id and again.user_id = d.user_id
                            and again.state = 'declined' and again.settled_at > d.settled_at)
            group by d.user_id
        ) d
    ) declined on true
"""


def queues_in_demand() -> list[int]:
    """The queues in which somebody waits whom no agent is coming for."""
    return [row[0] for row in _rows(_QUEUES, {})]


def seats(*, queues: Sequence[int], passed: Collection[int], now: datetime) -> list[Seat]:
    """The free agents who may serve these queues, per queue the first few in order.

    `passed` are agent ids to leave out.
    """
    values = {
        "queues": list(queues),
        "passed": list(passed),
        "depth": DEPTH,
        "fresh": oldest_fresh(now),
    }
    return [
        Seat(
            agent_id=agent_id,
            user_id=user_id,
            name=name,
            queue_id=queue_id,
            priority=priority,
            idle_since=idle_since,
            skills=json.loads(skills or "{}"),
        )
        for agent_id, user_id, name, queue_id, priority, idle_since, skills in _rows(_SEATS, values)
    ]


def callers(*, queues: Iterable[int], passed: Collection[int], now: datetime) -> list[Caller]:
    """The front of each of these lines, without those whom an agent's line is rung for.

    `passed` are waiting ids to leave out.
    """
    values = {
        "queues": list(queues),
        "passed": list(passed),
        "depth": DEPTH,
        "declined_after": now - DECLINE_HOLDS,
    }
    return [
        Caller(
            waiting_id=waiting_id,
            queue_id=queue_id,
            place=place,
            barred=frozenset(barred or ()),
            reluctant=frozenset(reluctant or ()),
        )
        for waiting_id, queue_id, place, barred, reluctant in _rows(_CALLERS, values)
    ]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
