"""The worker's job queue on a clock that is turned by hand.

The jobs are run by procrastinate's own worker; only *when* a job is due is decided here, because
its scheduling asks the database's clock.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.db import connection, connections
from procrastinate import App
from procrastinate.contrib.django import app as django_app

# What "due" becomes for a job whose moment on the turned clock has come.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# One behind another of the same lock has to wait for that one, whenever its own moment is.
_FREE = """
    j.status = 'todo' and not exists (
        select from procrastinate_jobs earlier
        where earlier.lock = j.lock and earlier.id < j.id and earlier.status in ('todo', 'doing'))
"""
_NEXT = f"select min(coalesce(j.scheduled_at, %s)) from procrastinate_jobs j where {_FREE}"
_MAKE_DUE = f"""
    update procrastinate_jobs j set scheduled_at = %s
    where coalesce(j.scheduled_at, %s) <= %s and {_FREE}
"""


class Jobs:
    """One worker that runs what is due and then returns."""

    def __init__(self) -> None:
        self._due: datetime | None = None
        self.look_again = True
        self._loop = asyncio.new_event_loop()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journey")
        self._loop.set_default_executor(self._threads)
        self._app: App = django_app.with_connector(
            django_app.connector.get_worker_connector()  # type: ignore[attr-defined]
        )
        self._loop.run_until_complete(self._app.open_async())

    def close(self) -> None:
        self._loop.run_until_complete(self._app.close_async())
        self._threads.submit(connections.close_all).result()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def next_due(self) -> datetime | None:
        """When the next scheduled job is due; LONG_AGO for one that is due at once.

        Looked up again only after `look_again` was set: when a job was deferred, or jobs have run.
        """
        if self.look_again:
            self._due, self.look_again = self._look(), False
        return self._due

    def _look(self) -> datetime | None:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [LONG_AGO])
            row = cursor.fetchone()
        return row[0] if row else None

    def run_due(self, now: datetime) -> int:
        """Run every job whose moment has come; returns how many there were."""
        with connection.cursor() as cursor:
            cursor.execute(_MAKE_DUE, [LONG_AGO, LONG_AGO, now])
            due: int = cursor.rowcount
        if due:
            self._loop.run_until_complete(self._work())
        self.look_again = True
        return due

    async def _work(self) -> None:
        await self._app.run_worker_async(
            wait=False,
            concurrency=1,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="successful",
        )
