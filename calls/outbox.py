"""Orders to the carrier: written down, with their delivery, in the transaction that wants them."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction
from procrastinate.contrib.django import app

from calls.models import Change, Command, Leg
from calls.models.together import insert_together, write_fields
from calls.states import Verb

TASK = "calls.deliver_order"
LINE_TASK = "calls.standby_leg"
QUEUE = "orders"


class Deliverer(Protocol):
    """Who asks the carrier himself for what this process orders."""

    def taker(self) -> int | None:
        """The queue's name for this worker; None where it cannot take more on now."""

    def taken(self, order: Command, job_id: int) -> None:
        """The order and its job are written, and the job is ours. In the thread that wrote them."""


class _Here:
    """Who delivers the orders that this process writes; None where others fetch them."""

    deliverer: Deliverer | None = None


def deliver_at_once(deliverer: Deliverer | None) -> None:
    """From now on the orders that this process writes are its own to deliver, if nothing of their
    leg is under way."""
    _Here.deliverer = deliverer


def deliverer() -> Deliverer | None:
    """Who that is, if anybody."""
    return _Here.deliverer


def put(
    *,
    leg: Leg,
    verb: Verb,
    reason: str,
    now: datetime,
    params: dict[str, Any] | None = None,
    ordered_by: User | None = None,
    give_up_after: timedelta = timedelta(seconds=30),
    change: Change | None = None,
) -> Command:
    """Order something of a leg; the carrier is asked as soon as this transaction commits.

    Orders of one leg are asked one after another, in the order in which they were put; a leg that
    the carrier cannot end this moment holds up no other of the call.
    """
    order = draft(
        leg=leg,
        verb=verb,
        reason=reason,
        now=now,
        params=params,
        ordered_by=ordered_by,
        give_up_after=give_up_after,
        change=change,
    )
    with transaction.atomic(savepoint=False):
        send(order)
        write(order)
    return order


def write(order: Command) -> None:
    """Write a draft down. Unless it was sent before, it waits until its turn (send_written)."""
    insert_together(order)


def send_written(order: Command) -> None:
    """Have an order delivered that was written before, and waited for its turn. Within the
    transaction that gives it the turn."""
    if send(order):
        write_fields(order, "asked_at", "attempts")


def draft(
    *,
    leg: Leg,
    verb: Verb,
    reason: str,
    now: datetime,
    params: dict[str, Any] | None = None,
    ordered_by: User | None = None,
    give_up_after: timedelta = timedelta(seconds=30),
    change: Change | None = None,
) -> Command:
    """The same for whoever sends it, and then writes it together with something else."""
    lent = leg.standby_id is not None and verb in (Verb.DIAL, Verb.HANG_UP)
    return Command(
        call_id=leg.call_id,
        leg=leg,
        change=change,
        verb=verb,
        # Such a leg is not rung, nor ended, but moved.
        params=(params or {}) | ({"standby": str(leg.standby_id)} if lent else {}),
        ordered_by=ordered_by,
        reason=reason[:200],
        ordered_at=now,
        give_up_at=now + give_up_after,
    )


def send(order: Command) -> bool:
    """Have an order delivered that this transaction is about to write.

    True where this process asks the carrier itself: the order counts as asked from here on.
    """
    job_id = _take(order)
    if job_id is None:
        deliver(order_id=order.id, leg_id=order.leg_id)
        return False
    order.asked_at, order.attempts = order.ordered_at, 1
    if _Here.deliverer is not None:
        transaction.on_commit(partial(_Here.deliverer.taken, order, job_id), robust=True)
    return True


# The job as it would be if this worker had fetched it, unless another order of the leg comes
# first. Whoever writes such a one this moment is waited for. A worker that was silent for so long
# that it was struck off has to be entered again first (calls.at_once).
_TAKE = """
    insert into procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)
    select %(queue)s, %(task)s, %(lock)s, jsonb_build_object('order_id', %(order)s::text),
           'doing', id
    from procrastinate_workers
    where id = %(worker)s
    and not exists (select from procrastinate_jobs
                    where lock = %(lock)s and status in ('todo', 'doing'))
    for key share of procrastinate_workers
    on conflict do nothing
    returning id
"""


def _take(order: Command) -> int | None:
    """The order's job, written as this worker's; None where it has to be fetched."""
    deliverer = _Here.deliverer
    worker = deliverer.taker() if deliverer else None
    # A line that is not known to the carrier yet has to be looked at before it is ended.
    if worker is None or (order.leg.sid is None and order.verb != Verb.DIAL):
        return None
    values: dict[str, str | int] = {
        "queue": QUEUE,
        "task": TASK,
        "lock": lock(order.leg_id),
        "order": str(order.id),
        "worker": worker,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def deliver(*, order_id: UUID, leg_id: UUID) -> None:
    """Have a written order delivered; harmless for one that is settled."""
    app.configure_task(TASK, queue=QUEUE, lock=lock(leg_id)).defer(order_id=str(order_id))


def deliver_line(line_id: UUID) -> None:
    """Have the carrier asked to ring a standby leg, or to end it: whatever it needs by then."""
    task = app.configure_task(LINE_TASK, queue=QUEUE, lock=lock(line_id))
    task.defer(line_id=str(line_id))


def is_under_way(leg_id: UUID) -> bool:
    """Whether something of the leg, or of the line that is kept open, is asked or about to be."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, [lock(leg_id)])
        row = cursor.fetchone()
    return bool(row and row[0])


_UNDER_WAY = """
    select exists (select from procrastinate_jobs
                   where lock = %s and status in ('todo', 'doing'))
"""


def done_with(job_id: int, worker_id: int) -> None:
    """The job of an order that is settled, in the transaction that settles it. One that was put
    back meanwhile, because we were taken for dead, is left to whoever has it now."""
    with connection.cursor() as cursor:
        cursor.execute(_DONE_WITH, [job_id, worker_id])


_DONE_WITH = "delete from procrastinate_jobs where id = %s and worker_id = %s and status = 'doing'"


def lock(leg_id: UUID) -> str:
    """What the orders of one leg wait in line for."""
    return f"leg:{leg_id}"
