"""What dispatch looks at: the front of each line, and the free agents who serve it.

One statement, bounded by the number of queues and agents and never by how many wait.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from agents.readiness import FREE, IDLE_SINCE, SKILLED, oldest_fresh
from agents.routing import Caller, Seat

# How far into a line, and how far down the list of its free agents, one look goes.
DEPTH = 20
# Somebody who declined a caller is not offered the same caller again for so long.
DECLINE_HOLDS = timedelta(seconds=30)

# One statement, so that callers and agents are seen as they were at one moment: an agent seen free
# whose caller is seen taken would be given the one behind, and somebody would lose the turn.
# Callers are one probe per queue: `queue_id = any(...)` with a sort would read everybody waiting.
# How many is written into the statement: a plan for any number would be one for very many.
_LOOK = f"""
    with demand as materialized (
        select q.id from calls_queue q
        where exists (select from calls_waiting w
                      where w.queue_id = q.id and w.left_at is null and w.claimed_at is null)
    ), free as materialized (
        select a.id, a.user_id, a.name, {IDLE_SINCE} as idle_since
        from agents_agent a join auth_user u on u.id = a.user_id
        where exists (select from demand)
        and {FREE} and a.id <> all(%(passed_agents)s)
    ), seats as materialized (
        select free.*, m.queue_id, m.priority,
               row_number() over (partition by m.queue_id
                                  order by m.priority, free.idle_since, free.id) as rank
        from free join agents_membership m on m.agent_id = free.id
        where m.queue_id in (select id from demand) and {SKILLED}
    )
    select s.id, s.queue_id, s.idle_since, s.user_id, s.name, s.priority,
           (select jsonb_object_agg(skill.name, has.level)
            from calls_queueskill needed
            join agents_agentskill has on has.skill_id = needed.skill_id and has.agent_id = s.id
            join calls_skill skill on skill.id = needed.skill_id
            where needed.queue_id = s.queue_id)::text,
           null::bigint, null::int[], null::int[]
    from seats s where s.rank <= {DEPTH}
    union all
    select null, q.queue_id, front.place, null, null, null, null,
           front.id, declined.barred, declined.reluctant
    from (select distinct queue_id from seats) as q
    cross join lateral (
        select w.id, w.call_id, w.place from calls_waiting w
        where w.queue_id = q.queue_id and w.left_at is null and w.claimed_at is null
        and w.id <> all(%(passed_callers)s)
        and not exists (select from calls_offer o
                        where o.call_id = w.call_id and o.state = 'offered')
        order by w.place, w.id limit {DEPTH}
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
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Floor:
    """Callers and free agents as they were at one moment."""

    callers: list[Caller]
    seats: list[Seat]


def look(
    *, passed_callers: Collection[int], passed_agents: Collection[int], now: datetime
) -> Floor:
    """The front of each line that somebody free serves, without those whom a line is rung for, and
    of each such line the first few free agents, in order.

    `passed_callers` are waiting ids to leave out, `passed_agents` agent ids.
    """
    values = {
        "passed_callers": list(passed_callers),
        "passed_agents": list(passed_agents),
        "fresh": oldest_fresh(now),
        "declined_after": now - DECLINE_HOLDS,
    }
    floor = Floor([], [])
    for row in _rows(_LOOK, values):
        if row[0] is None:
            floor.callers.append(_caller(*row[1:3], *row[7:]))
        else:
            floor.seats.append(_seat(*row[:7]))
    return floor


def _seat(
    agent_id: int,
    queue_id: int,
    idle_since: datetime,
    user_id: int,
    name: str,
    priority: int,
    skills: str | None,
) -> Seat:
    return Seat(
        agent_id=agent_id,
        user_id=user_id,
        name=name,
        queue_id=queue_id,
        priority=priority,
        idle_since=idle_since,
        skills=json.loads(skills or "{}"),
    )


def _caller(
    queue_id: int,
    place: datetime,
    waiting_id: int,
    barred: list[int] | None,
    reluctant: list[int] | None,
) -> Caller:
    return Caller(
        waiting_id=waiting_id,
        queue_id=queue_id,
        place=place,
        barred=frozenset(barred or ()),
        reluctant=frozenset(reluctant or ()),
    )


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
