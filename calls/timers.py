"""Every clock of a call is the server's: a job that looks again before it acts.

Tasks are named here and written in calls.jobs. A timer is set in the transaction that starts what
it limits; nothing cancels one, because it does nothing when what it limits is over.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from calls.models import Transfer, Waiting
from calls.models.together import Alongside

QUEUE = "timers"
LINE_CHANGE = "calls.change_line"
CLAIM_EXPIRES = "calls.claim_expires"
WAITED_LONG = "calls.waited_long"
TRANSFER_DUE = "calls.transfer_due"


def offer_expires(*, offer_id: int, at: datetime) -> None:
    """An agent's line has rung for long enough."""
    _set("calls.offer_expires", at, offer_id=offer_id)


def claim_expires(*, offer_id: int, at: Sequence[datetime]) -> None:
    """An agent took the call, but caller and agent are not together yet, at each of these."""
    _set(CLAIM_EXPIRES, *at, offer_id=offer_id)


def waited_long(*, waiting_id: int, at: datetime) -> None:
    """A caller has waited for as long as the queue allows."""
    _set(WAITED_LONG, at, waiting_id=waiting_id)


def with_the_place(waiting: Waiting) -> list[Alongside]:
    """The same in the statement that writes the place; none where the queue sets no limit."""
    at = waiting.leave_by
    return [Alongside(waiting, _WAITED_LONG, (at,))] if at else []


def alone(*, call_id: UUID, since: datetime, at: datetime) -> None:
    """Somebody has been alone in a room for too long."""
    _set("calls.alone", at, call_id=str(call_id), since=since.isoformat())


def parked(*, parking_id: int, at: datetime) -> None:
    """A caller has been parked for as long as the queue allows."""
    _set("calls.parked", at, parking_id=parking_id)


def line_change(*, line_change_id: int, at: datetime) -> None:
    """The next of those who wait in a line are to be moved."""
    _set(LINE_CHANGE, at, line_change_id=line_change_id)


def transfer_due(*, transfer_id: int, at: datetime) -> None:
    """Whoever is to be brought in should have come by now."""
    _set(TRANSFER_DUE, at, transfer_id=transfer_id)


def with_the_transfer(transfer: Transfer, at: datetime) -> list[Alongside]:
    """The same in the statement that writes the transfer."""
    return [Alongside(transfer, _TRANSFER_DUE, (at,))]


def standby_due(*, standby_id: int, at: datetime) -> None:
    """A standby leg that was lost is rung again."""
    _set("calls.standby_due", at, standby_id=standby_id)


def line_back(*, leg_id: UUID, at: datetime) -> None:
    """A browser that was lost should be back by now."""
    _set("calls.line_back", at, leg_id=str(leg_id))


def forget_test(*, recording_sid: str, at: datetime) -> None:
    """What somebody said to try out their microphone is deleted."""
    _set("calls.forget_test", at, recording_sid=recording_sid)


def wrap_up_due(*, wrap_up_id: int, at: datetime) -> None:
    """The time for after-call work is over."""
    _set("calls.wrap_up_due", at, wrap_up_id=wrap_up_id)


# As the queue's own client would write them, without its price: the carrier waits for most timers
# that are set.
_SET = """
    insert into procrastinate_jobs (queue_name, task_name, args, scheduled_at)
    select %s, %s, %s::jsonb, moment from unnest(%s::timestamptz[]) as moment
"""


def _with_key(task: str, name: str) -> str:
    """For a row whose key is not known before it is written."""
    return f"""
        insert into procrastinate_jobs (queue_name, task_name, args, scheduled_at)
        values ('{QUEUE}', '{task}', jsonb_build_object('{name}', {{key}}), %s)
    """  # noqa: S608  # made of our own words


_WAITED_LONG = _with_key(WAITED_LONG, "waiting_id")
_TRANSFER_DUE = _with_key(TRANSFER_DUE, "transfer_id")


def _set(task: str, *at: datetime, **arguments: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET, [QUEUE, task, json.dumps(arguments), list(at)])
