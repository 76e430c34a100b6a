"""Writes news in batches: whatever arrived while the last batch was on its way to disk is the next.

A request is answered only after its batch has committed. One connection of its own, asynchronous,
outside Django's; lost, it is made again. More waiting than MOST_WAITING is refused at once, so that
a database that hangs costs memory for no more than that.
"""

import asyncio
import logging
from collections import deque
from typing import Any

import psycopg
from django.db import connections

from calls.webhooks import metrics
from calls.webhooks.inbox import STORE, Row, packed

logger = logging.getLogger("callcenter.webhooks")

MOST_WAITING = 2000
LARGEST_BATCH = 200
CONNECT_SECONDS = 3
STATEMENT_SECONDS = 5
# The carrier waits for fifteen.
WRITE_SECONDS = 12


class NotWritten(Exception):
    """The news is not in the database; the carrier should bring it again."""


class Writer:
    """One event loop's pen."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Row, asyncio.Future[None]]] = deque()
        self._arrived = asyncio.Event()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def write(self, row: Row) -> None:
        """Return once the row is safe; raises NotWritten."""
        if self._closing or len(self._waiting) >= MOST_WAITING:
            raise NotWritten("too much is waiting to be written, or this process is ending")
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((row, written))
        metrics.WAITING_TO_BE_WRITTEN.set(len(self._waiting))
        self._arrived.set()
        if self._task is None:
            self._task = asyncio.create_task(self._write_for_ever(), name="news writer")
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await written
        except TimeoutError:
            raise NotWritten("the database does not answer") from None

    async def close(self) -> None:
        """Write what is waiting, then let go of the connection."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task
        await self._disconnect()

    async def _write_for_ever(self) -> None:
        while not self._closing or self._waiting:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write_batch(self._next_batch())

    def _next_batch(self) -> list[tuple[Row, asyncio.Future[None]]]:
        size = min(len(self._waiting), LARGEST_BATCH)
        batch = [self._waiting.popleft() for _ in range(size)]
        metrics.WAITING_TO_BE_WRITTEN.set(len(self._waiting))
        return batch

    async def _write_batch(self, batch: list[tuple[Row, asyncio.Future[None]]]) -> None:
        """All of it in one statement; where one row spoils that, each by itself."""
        error = await self._try(packed([row for row, _ in batch]))
        if isinstance(error, psycopg.DataError) and len(batch) > 1:
            for one in batch:
                await self._write_batch([one])
            return
        for _, written in batch:
            if written.done():  # the request was given up meanwhile
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(NotWritten(str(error)))

    async def _try(self, rows: str) -> Exception | None:
        """Twice, as the connection may have died since it was last used; the error, if any."""
        error: Exception | None = None
        for _ in range(2):
            try:
                connection = self._connection or await self._connect()
                async with asyncio.timeout(STATEMENT_SECONDS):
                    await connection.execute(STORE, [rows])
            except psycopg.DataError as spoilt:
                return spoilt
            except (psycopg.Error, OSError, TimeoutError) as failed:
                error = failed
                logger.warning("news could not be written: %s", failed or type(failed).__name__)
                await self._disconnect()
            else:
                return None
        return error

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        self._connection = await psycopg.AsyncConnection.connect(
            **_parameters(), autocommit=True, prepare_threshold=1
        )
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _parameters() -> dict[str, Any]:
    """Django's own, less what only Django understands."""
    parameters = connections["default"].get_connection_params()
    for ours_not in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours_not, None)
    return {"connect_timeout": CONNECT_SECONDS} | parameters
