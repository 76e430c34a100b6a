"""A leg about which all is as usual, seen in one look and without a lock.

The carrier asks for the next round of announcements more often than for anything else, and nearly
always nothing has changed. What this does not recognise is looked at closely (queueing).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from calls import steps
from calls.services import deciding, estimating
from calls.states import CallState, LegState, OfferState

# The caller is on the line and stands in line, nobody is coming, and the line was staffed when it
# was last looked at. Callers for whom somebody is coming are not counted.
_AS_USUAL = f"""
select l.state <> '{LegState.IN_PROGRESS}' or c.greeted_at is null,
    w.queue_id, q.hold_music_url, q.wrap_up_seconds, (
    select count(*) from calls_waiting ahead
    where ahead.queue_id = w.queue_id and ahead.left_at is null and ahead.claimed_at is null
    and (ahead.place, ahead.id) <= (w.place, w.id)
)
from calls_leg l
join calls_call c on c.id = l.call_id
join calls_waiting w on w.call_id = c.id and w.left_at is null
join calls_queue q on q.id = w.queue_id
where l.id = %s and l.ended_at is null and c.state = '{CallState.WAITING}'
and w.claimed_at is null and w.unstaffed_since is null
and not exists (
    select from calls_offer o join calls_leg a on a.id = o.leg_id
    where o.waiting_id = w.id and o.state = '{OfferState.ACCEPTED}' and a.ended_at is null
)
"""  # noqa: S608  # made of our own words


@dataclass(frozen=True, slots=True)
class AsUsual:
    """What the next round says."""

    is_first_round: bool
    queue_id: int
    music_url: str
    wrap_up: timedelta
    position: int

    def estimate(self, at_work: int, now: datetime) -> int | None:
        handled = estimating.average_handling(self.queue_id, self.wrap_up, now)
        return estimating.side_by_side(self.position, at_work, handled)


def look(leg_id: UUID) -> AsUsual | None:
    """None where anything is not as usual."""
    with connection.cursor() as cursor:
        cursor.execute(_AS_USUAL, [leg_id])
        row = cursor.fetchone()
    if row is None:
        return None
    is_first, queue_id, music_url, wrap_up, position = row
    return AsUsual(is_first, queue_id, music_url, timedelta(seconds=wrap_up), position)


_GREETED = """
update calls_call set greeted_at = %s
where id = (select call_id from calls_leg where id = %s) and greeted_at is null
"""
_ANSWERED = f"""
update calls_leg set state = '{LegState.IN_PROGRESS}', answered_at = coalesce(answered_at, %s)
where id = %s and ended_at is null and state <> '{LegState.IN_PROGRESS}'
"""  # noqa: S608  # made of our own words


def remember_first_round(*, leg_id: UUID, now: datetime) -> None:
    """The greeting has been heard and the line is up; each only if it still is news."""
    with connection.cursor() as cursor:
        cursor.execute(_GREETED, [now, leg_id])
        cursor.execute(_ANSWERED, [now, leg_id])


# A line that we rang for an open offer, whose agent confirms by a key.
_OFFERED = f"""
select coalesce(q.name, ''), c.customer_name, c.customer_number
from calls_leg l
join calls_offer o on o.leg_id = l.id
join calls_call c on c.id = l.call_id
left join calls_queue q on q.id = c.queue_id
where l.id = %s and l.ended_at is null
and o.state = '{OfferState.OFFERED}' and o.confirm_by_key
and c.state not in ('{CallState.ENDING}', '{CallState.ENDED}')
"""  # noqa: S608  # made of our own words


def prompt_for_key(leg_id: UUID) -> steps.AskForKey | None:
    """What whoever answered hears first; None where that is not the usual thing to say.

    Changes nothing: that the line was answered is news, which the worker applies.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED, [leg_id])
        row = cursor.fetchone()
    if row is None:
        return None
    queue, name, number = row
    return deciding.key_prompt(
        leg_id=leg_id, queue_name=queue, caller_name=name, caller_number=number
    )
