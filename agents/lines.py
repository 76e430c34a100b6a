"""How each line of callers stands now, and how it did today."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import connection

from agents.readiness import FREE, SKILLED, oldest_fresh
from calls.models import Call, Parking, Queue
from calls.models.together import read_together
from calls.timeline import name_of

_LINES = f"""
    with free as materialized (
        select a.id from agents_agent a join auth_user u on u.id = a.user_id where {FREE}
    ), ready as (
        select m.queue_id, count(*) as agents
        from free join agents_membership m on m.agent_id = free.id
        where m.queue_id = any(%(queues)s) and {SKILLED}
        group by m.queue_id
    )
    select q.id, q.name, q.slug, q.service_level_seconds, line.waiting, line.longest_since,
           coalesce(ready.agents, 0)
    from calls_queue q
    cross join lateral (
        select count(*) as waiting, min(w.since) as longest_since from calls_waiting w
        where w.queue_id = q.id and w.left_at is null and w.claimed_at is null
    ) line
    left join ready on ready.queue_id = q.id
    where q.id = any(%(queues)s)
    order by q.name, q.id
"""  # noqa: S608

_TODAY = """
    select q.id,
           count(*) filter (where w.exit = 'connected'),
           count(*) filter (where w.exit = 'connected' and w.left_at - w.since <= q.target),
           count(*) filter (where w.exit = 'abandoned'),
           count(*) filter (where w.exit = 'abandoned' and w.left_at - w.since > q.target),
           extract(epoch from avg(w.left_at - w.since) filter (where w.exit = 'connected'))
    from (
        select day.id, day.start, make_interval(secs => queue.service_level_seconds) as target
        from unnest(%(queues)s::bigint[], %(starts)s::timestamptz[]) as day (id, start)
        join calls_queue queue on queue.id = day.id
    ) q
    join calls_waiting w on w.queue_id = q.id and w.left_at >= q.start
    -- A customer whom we called, and who came into the line, was not kept waiting by it.
    join calls_call c on c.id = w.call_id and c.direction = 'inbound'
    group by q.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One line as it stands: who waits, and how many could be offered a call this moment."""

    queue_id: int
    name: str
    slug: str
    service_level_seconds: int
    waiting: int  # without those whom an agent has accepted
    longest_since: datetime | None  # since when the one who has waited for longest has
    available: int
    parked: tuple["ParkedCall", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedCall:
    """A caller who is set aside until somebody of the queue retrieves them."""

    call_id: UUID
    customer_name: str
    customer_number: str
    by: str
    reason: str
    parked_at: datetime
    returns_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """One line's day so far, from midnight in the queue's time zone; counted per stay in line."""

    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_late: int = 0  # after the service level's threshold
    average_wait_seconds: int | None = None  # speed of answer (ASA): of those answered

    @property
    def service_level(self) -> float | None:
        """The share answered in time, 0 to 1; None before anything counts.

        As the industry has it: answered within the threshold / (answered + abandoned after the
        threshold). Somebody who hangs up sooner gave nobody the time to answer and does not count;
        nor does a caller who left the line otherwise (voicemail, moved, sent away, redirected).
        """
        counted = self.answered + self.abandoned_late
        return self.answered_in_time / counted if counted else None


def lines(*, queue_ids: Collection[int], now: datetime) -> list[QueueLine]:
    """These lines as they stand at `now`, by name. Two statements."""
    parked = _parked(queue_ids)
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"queues": list(queue_ids), "fresh": oldest_fresh(now)})
        return [
            QueueLine(
                queue_id=queue_id,
                name=name,
                slug=slug,
                service_level_seconds=threshold,
                waiting=waiting,
                longest_since=longest_since,
                available=available,
                parked=tuple(parked[queue_id]),
            )
            for queue_id, name, slug, threshold, waiting, longest_since, available in cursor
        ]


def _parked(queue_ids: Collection[int]) -> defaultdict[int, list[ParkedCall]]:
    found = defaultdict(list)
    for parking, call, user in read_together(_PARKED, [list(queue_ids)], p=Parking, c=Call, u=User):
        found[parking.queue_id].append(
            ParkedCall(
                call_id=call.pk,
                customer_name=call.customer_name,
                customer_number=call.customer_number,
                by=name_of(user),
                reason=parking.reason,
                parked_at=parking.parked_at,
                returns_at=parking.returns_at,
            )
        )
    return found


# Every desk of a queue is drawn with each change of it; for the ORM, to write such a statement
# takes longer than for PostgreSQL to answer it.
_PARKED = """
    select {p}, {c}, {u} from calls_parking p join calls_call c on c.id = p.call_id
    left join auth_user u on u.id = p.parked_by_id
    where p.queue_id = any(%s) and p.ended_at is null order by p.parked_at, p.id
"""


def today(*, queues: Iterable[Queue], now: datetime) -> dict[int, Today]:
    """How each of these lines did today, by queue id. One statement, over today's callers."""
    starts = {queue.pk: _midnight(queue, now) for queue in queues}
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, {"queues": list(starts), "starts": list(starts.values())})
        counted = {
            queue_id: Today(
                answered=answered,
                answered_in_time=in_time,
                abandoned=abandoned,
                abandoned_late=late,
                average_wait_seconds=None if wait is None else round(wait),
            )
            for queue_id, answered, in_time, abandoned, late, wait in cursor
        }
    return {queue_id: counted.get(queue_id, Today()) for queue_id in starts}


def _midnight(queue: Queue, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(queue.time_zone))
    return datetime.combine(local.date(), time.min, tzinfo=local.tzinfo)
