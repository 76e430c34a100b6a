"""Whether anybody is there to serve a queue, now or soon."""

from datetime import datetime

from django.db import connection

from agents.readiness import SKILLED, oldest_fresh

# A break ends and a call ends: whoever is at the desk will come to the caller.
_SIGNED_IN = f"""
    select count(*)
    from agents_membership m
    join agents_agent a on a.id = m.agent_id
    join auth_user u on u.id = a.user_id
    where m.queue_id = %(queue)s and a.intent <> 'offline' and u.is_active
    and (not a.needs_desk or a.seen_at >= %(fresh)s) and {SKILLED}
"""  # noqa: S608


def signed_in(queue_id: int, now: datetime) -> int:
    """How many people a new caller in this queue may hope for.

    Members with the skills that it needs who are available, on a break, talking, wrapping up, or
    set aside after a missed call; neither offline nor away from their desk.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SIGNED_IN, {"queue": queue_id, "fresh": oldest_fresh(now)})
        row = cursor.fetchone()
    return int(row[0]) if row else 0
