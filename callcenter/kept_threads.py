"""Pages and the API are answered in threads that are used again, each with its connection.

Django gives each asynchronous request a thread of its own, which ends with it. The thread's
connection to the database ended with it too: each request made a new one, and the database
planned each statement anew. Here a thread that is done waits for the next request. There are as
many as requests at the same time: somebody who listens to a recording for minutes keeps nobody
waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager

from asgiref.sync import ThreadSensitiveContext
from django.db import connections


class KeptThreads:
    """Threads of one event loop, at most `idle` of which wait for work."""

    def __init__(self, idle: int) -> None:
        self._most_idle = idle
        self._idle: list[ThreadPoolExecutor] = []

    def idle(self) -> int:
        """How many wait for work."""
        return len(self._idle)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """What is synchronous within runs in one thread, and in no other's."""
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "pages")
        try:
            async with ThreadSensitiveContext(executor=thread):
                yield
        finally:
            self._give_back(thread)

    def _give_back(self, thread: ThreadPoolExecutor) -> None:
        """It is free when what was begun in it is done, which outlives a browser that went away."""
        loop = asyncio.get_running_loop()

        def is_free(_: Future[None]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._is_free, thread)

        thread.submit(_nothing).add_done_callback(is_free)

    def _is_free(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < self._most_idle:
            self._idle.append(thread)
        else:
            _end(thread)

    def close(self) -> None:
        while self._idle:
            _end(self._idle.pop())


def _end(thread: ThreadPoolExecutor) -> None:
    thread.submit(connections.close_all)
    thread.shutdown(wait=False)


def _nothing() -> None:
    pass
