"""How long a caller will probably wait, from how long conversations took and who is there."""

from datetime import datetime, timedelta
from math import ceil

from django.db import connection

from calls.models import Queue
from calls.services import line
from calls.states import Direction, LegRole

# Conversations that say something about the present, and how few say nothing.
RECENT = timedelta(hours=2)
# Nobody waits and talks for longer; the calls of before need not be looked at.
LONGEST_VISIT = timedelta(hours=6)
SAMPLE = 30
ENOUGH = 3
LONGEST_TOLD = 60  # minutes


def seconds(*, queue: Queue, position: int, now: datetime) -> int | None:
    """What a caller at `position` will probably wait; None when too little is known.

    Everybody before takes one agent for one average conversation with its after-call work, and
    the agents at work go through the line side by side. When all are on a break, nobody can tell.
    """
    staff = line.staff(queue.pk, now).at_work
    wrap_up = timedelta(seconds=queue.wrap_up_seconds)
    return side_by_side(position, staff, average_handling(queue.pk, wrap_up, now))


def side_by_side(position: int, staff: int, handled: timedelta | None) -> int | None:
    if not staff or handled is None:
        return None
    return ceil(position * handled.total_seconds() / staff)


_LATEST = f"""
select count(*), avg(took) from (
    select l.ended_at - l.joined_at as took
    from calls_call c join calls_leg l on l.call_id = c.id
    where c.queue_id = %s and c.arrived_at >= %s and c.direction = '{Direction.INBOUND}'
    and l.role = '{LegRole.AGENT}' and l.joined_at is not null and l.ended_at >= %s
    order by l.ended_at desc limit {SAMPLE}
) as latest
"""  # noqa: S608  # made of our own words


def average_handling(queue_id: int, wrap_up: timedelta, now: datetime) -> timedelta | None:
    """What a conversation and its after-call work took lately; None when too little is known."""
    since = now - RECENT
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [queue_id, since - LONGEST_VISIT, since])
        known, average = cursor.fetchone() or (0, None)
    return None if average is None or known < ENOUGH else average + wrap_up


def in_words(estimate: int | None) -> str:
    """The sentence that the caller hears; empty when there is nothing to tell."""
    if estimate is None:
        return ""
    minutes = ceil(estimate / 60)
    if minutes <= 1:
        return "We expect to take your call within a minute."
    if minutes > LONGEST_TOLD:
        return "The wait is longer than an hour."
    return f"We expect to take your call in about {minutes} minutes."
