"""Whether anybody is there to serve a queue, now or soon."""

from datetime import datetime

from django.db import connection

from agents.availability import Intent
from agents.models import Agent
from agents.readiness import SET_ASIDE, SKILLED, oldest_fresh

# A break ends and a call ends: whoever is at the desk will come to the caller. Nobody knows when a
# break ends, so only those at work count for how long it will take.
_STAFF = f"""
    select count(*), count(*) filter (where a.intent = 'available' and not {SET_ASIDE})
    from agents_membership m
    join agents_agent a on a.id = m.agent_id
    join auth_user u on u.id = a.user_id
    where m.queue_id = %(queue)s and a.intent <> 'offline' and u.is_active
    and (not a.needs_desk or a.seen_at >= %(fresh)s) and {SKILLED}
"""  # noqa: S608


def is_on_a_break(user_id: int) -> bool:
    """Whether this agent is at work, and will not answer."""
    return Agent.objects.filter(user=user_id, intent=Intent.BREAK).exists()


def staff(queue_id: int, now: datetime) -> tuple[int, int]:
    """How many people a caller in this queue may hope for, and how many of them are at work.

    Members with the skills that it needs who are available, on a break, talking, wrapping up, or
    set aside after a missed call; neither offline nor away from their desk. At work are those who
    are neither on a break nor set aside.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAFF, {"queue": queue_id, "fresh": oldest_fresh(now)})
        signed_in, at_work = cursor.fetchone() or (0, 0)
    return signed_in, at_work
