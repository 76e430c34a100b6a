"""Who could take a call this moment, as SQL that several readers share.

`FREE` says in the database's words what `availability.status` says in Python: the agent is
AVAILABLE. Its parameters are `%(fresh)s`, the oldest heartbeat of a desk that somebody sits at, and
nothing else; `a` is the agent, `u` the user.

The five NOT EXISTS are served by partial indexes that hold what is open *now*, so that their cost
does not grow with history.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from agents.availability import RETURNS_AFTER, STALE_AFTER

# How much older than the oldest fresh heartbeat a miss is that no longer sets aside: the parameter
# `fresh` is the only moment that every reader hands in.
_FORGIVEN = (RETURNS_AFTER - STALE_AFTER).total_seconds()

# Nothing of a call holds the agent: no line, no ringing, no after-call work in any queue.
UNOCCUPIED = """
    not exists (select from calls_leg l
                where l.user_id = a.user_id and l.user_id is not null and l.ended_at is null)
    and not exists (select from calls_offer o
                    where o.user_id = a.user_id and o.state = 'offered')
    and not exists (select from calls_wrapup w
                    where w.user_id = a.user_id and w.finished_at is null)
"""

# Missed a call since they last said available.
SET_ASIDE = f"""
    exists (select from calls_offer o
            where o.user_id = a.user_id and o.settled_at > a.intent_since
            and (a.needs_desk or o.settled_at > %(fresh)s - interval '{_FORGIVEN} s')
            and o.state in ('missed', 'busy', 'failed'))
"""

# Their phone is in use already, for a line that is to be kept open, or is to be no more.
CONNECTING = """
    exists (select from calls_standbyleg s
            where s.user_id = a.user_id and s.ended_at is null
            and (s.ready_at is null or s.let_go_at is not null))
"""

# A line in a browser is there while its desk is, and says that it is ready.
HAS_LINE = """
    (a.line_kind <> 'browser' or (a.line_state = 'ready' and a.seen_at >= %(fresh)s))
"""

FREE = f"""
    a.intent = 'available' and a.after_call = '' and u.is_active
    and (a.line_kind = 'browser' or a.line_address <> '')
    and (not a.needs_desk or a.seen_at >= %(fresh)s)
    and {HAS_LINE}
    and {UNOCCUPIED}
    and not {SET_ASIDE}
    and not {CONNECTING}
"""

# Derived where it is read: no call has to report its end to us, nothing is written when one ends,
# and a worker that was down for a while cannot have missed it. Two index look-ups per free agent.
IDLE_SINCE = """
    greatest(
        a.idle_since,
        (select max(l.ended_at) from calls_leg l
         where l.user_id = a.user_id and l.user_id is not null
         and l.ended_at is not null and l.joined_at is not null),
        (select max(w.finished_at) from calls_wrapup w
         where w.user_id = a.user_id and w.finished_at is not null))
"""

# `m` is a membership: the agent has every skill that the queue needs, at the level it needs.
SKILLED = """
    not exists (select from calls_queueskill needed
                where needed.queue_id = m.queue_id
                and not exists (select from agents_agentskill has
                                where has.agent_id = m.agent_id
                                and has.skill_id = needed.skill_id
                                and has.level >= needed.min_level))
"""


def oldest_fresh(now: datetime) -> datetime:
    """The oldest heartbeat that still counts at `now`."""
    return now - STALE_AFTER


def is_free(*, agent_id: int, now: datetime) -> bool:
    """Whether the agent could be offered a call at `now`."""
    return _holds(FREE, {"agent": agent_id, "fresh": oldest_fresh(now)})


def is_unoccupied(*, agent_id: int) -> bool:
    """Whether no call holds the agent: no line, no ringing, no after-call work."""
    return _holds(UNOCCUPIED, {"agent": agent_id})


def _holds(condition: str, values: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select exists (
                select from agents_agent a join auth_user u on u.id = a.user_id
                where a.id = %(agent)s and {condition})""",  # noqa: S608
            values,
        )
        row = cursor.fetchone()
    return bool(row and row[0])
