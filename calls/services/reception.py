"""What has to be known of a caller who rings: heard of before, which queue, how long the line is.

A caller hears nothing until this is answered, so it is asked in few and plain statements.
"""

import time
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from calls.models import PhoneNumber
from calls.states import LEG_OVER, LegState

# Does the caller have a leg, has news of the caller's end overtaken the caller, and how many stand
# in the line?
_HEARD_OF = """
select exists (select from calls_leg where sid = %(sid)s), (
    select params ->> 'CallStatus' from calls_carrierevent
    where call_sid = %(sid)s and params ->> 'CallStatus' = any(%(over)s)
    limit 1
), (
    select count(*) from calls_waiting where left_at is null and queue_id = %(queue)s
)
"""
_IN_LINE = "select count(*) from calls_waiting where left_at is null and queue_id = %s"


class Ring(NamedTuple):
    """What is known when somebody rings."""

    is_known: bool  # we have a leg for the caller
    ended: LegState | None  # how it ended, where that has come in already
    in_line: int  # how many stand in the line of the queue that was rung


def heard_of(sid: str, queue_id: int | None) -> Ring:
    values = {"sid": sid, "over": [str(state) for state in LEG_OVER], "queue": queue_id}
    with connection.cursor() as cursor:
        cursor.execute(_HEARD_OF, values)
        known, ended, in_line = cursor.fetchone() or (False, None, 0)
    return Ring(known, LegState(ended) if ended else None, in_line)


def in_line(queue_id: int) -> int:
    """How many stand in this line."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_LINE, [queue_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


class _Remembered:
    """Numbers with their queues and hours, as they were a moment ago."""

    def __init__(self) -> None:
        self._numbers: dict[str, tuple[float, PhoneNumber]] = {}
        self._lock = Lock()

    def get(self, e164: str) -> PhoneNumber | None:
        with self._lock:
            until, number = self._numbers.get(e164, (0.0, None))
        return number if time.monotonic() < until else None

    def put(self, number: PhoneNumber) -> None:
        until = time.monotonic() + settings.ROUTES_REMEMBERED_SECONDS
        with self._lock:
            self._numbers[number.e164] = (until, number)


_remembered = _Remembered()


def dialled(e164: str) -> PhoneNumber | None:
    """The number of ours that was rung, with its queue and opening hours; None for another.

    Remembered for ROUTES_REMEMBERED_SECONDS: a change in the admin is heard that much later.
    """
    known = _remembered.get(e164)
    if known is not None:
        return known
    numbers = PhoneNumber.objects.select_related("queue").filter(e164=e164, is_active=True)
    number = numbers.prefetch_related("queue__opening_hours").first()
    if number is not None and settings.ROUTES_REMEMBERED_SECONDS:
        _remembered.put(number)
    return number
