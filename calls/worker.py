"""The worker: orders, timers, dispatch, inbox and repairs in one process, until told to stop.

What is due at a moment is a job (an order to deliver, a timer). What is true at any moment is a
loop: people who fit together, news to apply, things to repair. Loops were chosen over periodic
jobs because they coalesce by themselves: after an outage one look does the work of all that were
missed, and a look that takes long delays the next instead of piling up behind it.

Any number of workers may run on one database. Nothing here ends because the database or the
carrier went away: whatever fails is begun again.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db import connections
from django.utils import timezone
from django.utils.module_loading import import_string
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.utils import connector_params

from calls import outbox, timers, wake
from calls.at_once import GRACE, HEARTBEAT, QUIET, SILENCE, AtOnce
from calls.carrier import gateway
from calls.jobs import in_thread
from calls.models import WorkerBeat
from calls.services import news, reconcile, sweeping

logger = logging.getLogger(__name__)

ORDERS_AT_ONCE, TIMERS_AT_ONCE = 40, 8
THREADS = 24
LONGEST_SLEEP = 1.0  # of dispatch and inbox, where a wake-up was lost
TIMER_POLL = 0.5
SWEEP_EVERY, RECONCILE_EVERY, BEAT_EVERY, RESCUE_EVERY = 10.0, 30.0, 5.0, 10.0
NEWS_AT_ONCE = 200
PATIENCE = GRACE + 1.0  # with those who have GRACE seconds for what is under way
FORGET_WORKERS_AFTER = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
TURN_SECONDS = 0.0005  # Python's own is 0.005

Work = Callable[[], Awaitable[None]]


class Worker:
    """`run()` returns after `stop()`, when what was under way is done."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="worker")
        self._alarms = {wake.DISPATCH: asyncio.Event(), wake.INBOX: asyncio.Event()}
        # What must be quick stays on one connection, which knows its statements by then.
        self._own = {alarm: ThreadPoolExecutor(1, f"worker {alarm}") for alarm in self._alarms}

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(self._threads)
        # What was made at the start stays; collecting garbage need not stop a call to look at it.
        gc.freeze()
        # What was decided goes out while the thread that decided it looks for more.
        sys.setswitchinterval(TURN_SECONDS)
        for sign in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(sign, self.stop)
        tasks = [
            asyncio.create_task(self._keep_up(name, work), name=name)
            for name, work in self._duties().items()
        ]
        await self._stopping.wait()
        logger.info("stopping; what is under way is finished first")
        await ended(tasks, patience=2 * PATIENCE)
        await gateway.close_async_client()
        self._close_connections()

    def _close_connections(self) -> None:
        """Each thread has a database connection of its own, which only it can close."""
        everybody = threading.Barrier(THREADS)

        def close() -> None:
            with suppress(threading.BrokenBarrierError):
                everybody.wait(timeout=GRACE)
            connections.close_all()

        for _ in range(THREADS):
            self._threads.submit(close)
        self._threads.shutdown(wait=True)
        for thread in self._own.values():
            thread.submit(connections.close_all)
            thread.shutdown(wait=True)

    def _duties(self) -> dict[str, Work]:
        return {
            "jobs": self._jobs,
            "ear": self._ear,
            "dispatcher": lambda: self._level(wake.DISPATCH, _dispatch),
            "inbox": lambda: self._level(wake.INBOX, _inbox),
            "sweeper": lambda: self._every(SWEEP_EVERY, _sweep),
            "reconciler": lambda: self._every(RECONCILE_EVERY, _reconcile),
            "heart": lambda: self._every(BEAT_EVERY, self._beat),
        }

    async def _keep_up(self, name: str, work: Work) -> None:
        """Begin again whatever ended or failed, with a growing pause."""
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await work()
                logger.warning("%s ended, beginning again in %.1f s", name, pause)
            except Exception as error:  # noqa: BLE001 nothing may end a worker but stop()
                logger.warning("%s failed, beginning again in %.1f s: %s", name, pause, error)
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    # Loops --------------------------------------------------------------------------------------

    async def _level(self, alarm: str, look: Callable[[], None]) -> None:
        """Look when woken, and every second; wake-ups during a look make one more look."""
        loop, rang = asyncio.get_running_loop(), self._alarms[alarm]
        while True:
            rang.clear()
            await loop.run_in_executor(self._own[alarm], _looked, look)
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_SLEEP):
                    await rang.wait()

    async def _every(self, seconds: float, look: Callable[[], None]) -> None:
        while True:
            await in_thread(look)
            await asyncio.sleep(seconds)

    async def _ear(self) -> None:
        """One connection hears all wake-ups; what was missed while it was away is looked for."""
        async with await psycopg.AsyncConnection.connect(
            **connector_params(), autocommit=True
        ) as connection:
            await connection.execute(f"LISTEN {wake.CHANNEL}")
            for alarm in self._alarms.values():
                alarm.set()
            while True:
                async for heard in connection.notifies(timeout=QUIET):
                    if heard.payload in self._alarms:
                        self._alarms[heard.payload].set()
                await connection.execute("SELECT 1")

    def _beat(self) -> None:
        now = timezone.now()
        WorkerBeat.objects.update_or_create(name=self.name, defaults={"at": now})
        WorkerBeat.objects.filter(at__lt=now - FORGET_WORKERS_AFTER).delete()

    # Jobs ---------------------------------------------------------------------------------------

    async def _jobs(self) -> None:
        """Orders and timers have workers of their own, so that slow orders never delay a timer."""
        connector = PsycopgConnector(
            kwargs=connector_params(), min_size=2, max_size=12, timeout=QUIET
        )
        app = django_app.with_connector(connector)
        async with app.open_async():
            await self._rescue_once(app)
            duties = [
                asyncio.create_task(self._orders(app)),
                asyncio.create_task(self._timers(app)),
                asyncio.create_task(self._rescue(app)),
                asyncio.create_task(AtOnce(app).work(beat=HEARTBEAT, grace=GRACE)),
            ]
            try:
                self.ready.set()
                await asyncio.wait(duties, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await ended(duties, patience=PATIENCE)
        for duty in duties:
            if not duty.cancelled() and (error := duty.exception()):
                raise error

    async def _orders(self, app: App) -> None:
        # No task middleware: delivering an order looks after its own database connections.
        await app.run_worker_async(
            name="orders",
            queues=[outbox.QUEUE],
            concurrency=ORDERS_AT_ONCE,
            fetch_job_polling_interval=TIMER_POLL,
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=SILENCE,
            task_middleware=[],
        )

    async def _timers(self, app: App) -> None:
        await app.run_worker_async(
            name="timers",
            queues=[timers.QUEUE, "default"],
            concurrency=TIMERS_AT_ONCE,
            fetch_job_polling_interval=TIMER_POLL,
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=SILENCE,
        )

    async def _rescue(self, app: App) -> None:
        while True:
            await asyncio.sleep(RESCUE_EVERY)
            await self._rescue_once(app)

    async def _rescue_once(self, app: App) -> None:
        """Jobs of a worker that died in the middle of them are put back."""
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE)
        for job in stalled:
            logger.warning("a job of a dead worker is put back: %s", job.call_string)
            await app.job_manager.retry_job(job)
        await app.job_manager.prune_stalled_workers(SILENCE)


async def ended(tasks: Iterable[asyncio.Task[None]], *, patience: float) -> None:
    """Cancel them, and again those that still run after `patience` seconds: a cancellation is lost
    where it comes with a connection that the pool, or with an answer that `wait_for` waited for."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=patience)


def _looked(look: Callable[[], None]) -> None:
    """On a connection that is not asked first whether it lives: a look that fails is repeated."""
    try:
        look()
    except BaseException:
        connections.close_all()
        raise


def _dispatch() -> None:
    import_string(settings.DISPATCHER)(now=timezone.now())


def _inbox() -> None:
    while news.apply_pending(limit=NEWS_AT_ONCE, now=timezone.now()) == NEWS_AT_ONCE:
        pass


def _sweep() -> None:
    found = {kind: number for kind, number in sweeping.run(now=timezone.now()).items() if number}
    if found:
        logger.warning("swept up: %s", found)
    for sweep in settings.SWEEPS:
        import_string(sweep)(now=timezone.now())


def _reconcile() -> None:
    reconcile.run(now=timezone.now())
