"""A line is rung, or a caller moved, by the process that has just decided so: nothing is fetched.

Every order has a job, which is the promise that it is delivered, one after another for each leg,
whoever dies. A process that writes an order writes its job with the marks that fetching it would
have made (outbox.send): no worker has it, the later orders of the leg wait, and a worker puts it
back if this process dies. An order that has another of its leg before it is taken over when that
one is done; where that does not succeed (somebody fetched it first) nothing has to be done.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from calls import outbox
from calls.jobs import PAUSE, ask, in_thread
from calls.models import Command
from calls.services import orders

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 40
# How often it is tried to give a job back to a database that is away.
GIVEN_BACK = 30
# A process that was silent for so long is dead, and its jobs are put back (calls.worker).
HEARTBEAT, SILENCE = 3.0, 15.0
GRACE = 10.0  # for what is under way when we are told to stop
QUIET = 5.0  # how long a connection is waited for

# The first of the leg's jobs, if that one is due and nobody has it. The inner statement waits for
# whoever is taking it this moment, so that a later one is never taken in its stead.
_TAKE = """
    update procrastinate_jobs as job set status = 'doing', worker_id = ours.id
    from (select id from procrastinate_workers where id = %(worker)s for key share) as ours
    where job.id = (select id from procrastinate_jobs
                    where lock = %(lock)s and status in ('todo', 'doing')
                    order by priority desc, id limit 1 for update)
    and job.status = 'todo' and job.queue_name = %(queue)s
    and (job.scheduled_at is null or job.scheduled_at <= %(now)s)
    returning job.id, job.args ->> 'order_id'
"""
_IS_ENTERED = (
    "select exists (select from procrastinate_workers where id = %(worker)s) as is_entered"
)


async def keep_delivering() -> None:
    """A process that fetches nothing delivers what it orders, until cancelled."""
    while True:
        connector = PsycopgConnector(
            kwargs=connector_params(), min_size=1, max_size=4, timeout=QUIET
        )
        try:
            async with django_app.with_connector(connector).open_async() as app:
                await AtOnce(app).work(beat=HEARTBEAT, grace=GRACE)
        except Exception as error:  # noqa: BLE001 meanwhile the workers deliver
            logger.warning("orders are left to the workers for a moment: %s", error)
        await asyncio.sleep(PAUSE.total_seconds())


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that is ours now, and what its order asks of the carrier, if it still makes sense."""

    job_id: int
    order_id: UUID
    question: orders.Question | None


class AtOnce:
    """The deliverer of one process, on its event loop."""

    def __init__(self, app: App) -> None:
        self._jobs = app.job_manager
        self._loop = asyncio.get_running_loop()
        self._under_way: set[asyncio.Task[None]] = set()
        self._worker_id = 0

    async def work(self, *, beat: float, grace: float) -> None:
        """Deliver until cancelled; what is under way then has `grace` seconds to be done."""
        self._worker_id = await self._jobs.register_worker()
        outbox.deliver_at_once(self)
        try:
            while True:
                await asyncio.sleep(beat)
                await self._beat()
        finally:
            outbox.deliver_at_once(None)
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=grace)
            await self._jobs.unregister_worker(self._worker_id)

    async def _beat(self) -> None:
        """Who was silent for long, because the machine slept or the database was away, has been
        struck off, and is entered anew."""
        await self._jobs.update_heartbeat(self._worker_id)
        row = await self._jobs.connector.execute_query_one_async(
            _IS_ENTERED, worker=self._worker_id
        )
        if not row["is_entered"]:
            self._worker_id = await self._jobs.register_worker()

    def taker(self) -> int | None:
        return self._worker_id if len(self._under_way) < MOST_AT_ONCE else None

    def taken(self, order: Command, job_id: int) -> None:
        taken = Taken(job_id, order.id, orders.question(order, order.leg))
        self._loop.call_soon_threadsafe(self._begin, order.leg_id, taken)

    def _next(self, leg_id: UUID) -> Taken | None:
        """What waited for the order that is done with; nearly always nothing."""
        return self._take(leg_id) if outbox.is_under_way(leg_id) else None

    @transaction.atomic
    def _take(self, leg_id: UUID) -> Taken | None:
        now = timezone.now()
        values: dict[str, Any] = {
            "worker": self._worker_id,
            "lock": outbox.lock(leg_id),
            "queue": outbox.QUEUE,
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            row = cursor.fetchone()
        if row is None:
            return None
        order_id = UUID(row[1])
        return Taken(row[0], order_id, orders.prepare(order_id=order_id, now=now))

    def _begin(self, leg_id: UUID, taken: Taken) -> None:
        task = self._loop.create_task(self._deliver(leg_id, taken), name=f"orders of {leg_id}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, leg_id: UUID, taken: Taken) -> None:
        """This order, and then those of the same leg that have waited for it."""
        following: Taken | None = taken
        while following is not None:
            await self._carry_out(following)
            following = await in_thread(partial(self._next, leg_id))

    async def _carry_out(self, taken: Taken) -> None:
        again_at = None
        if taken.question is not None:
            done = partial(outbox.done_with, taken.job_id, self._worker_id)
            try:
                asked = await ask(taken.order_id, taken.question, done)
                if asked.is_done:
                    return
                again_at = asked.again_at
            except Exception:
                # As with a job that fails: once more, and by then it is fetched like any other.
                logger.exception("order %s could not be delivered", taken.order_id)
                again_at = timezone.now() + PAUSE
        await self._give_back(taken.job_id, again_at)

    async def _give_back(self, job_id: int, again_at: datetime | None) -> None:
        """The job is done with, or has its place in line again."""
        for _ in range(GIVEN_BACK):
            try:
                if again_at is not None:
                    await self._jobs.retry_job_by_id_async(job_id, again_at)
                else:
                    await self._jobs.finish_job_by_id_async(
                        job_id, Status.SUCCEEDED, delete_job=True
                    )
            except ConnectorException as error:
                logger.warning("a delivered order's job waits for the database: %s", error)
                await asyncio.sleep(1)
            else:
                return
