"""The carrier on the real clock, inside one asyncio loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

import aiohttp

from sandbox.core.carrier import Carrier
from sandbox.core.effects import Fetch
from sandbox.drivers.web_client import open_session, perform

log = logging.getLogger("sandbox")


class Clock:
    """Epoch seconds that never go back, whatever happens to the machine's wall clock."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._offset + time.monotonic()


class RealTime:
    """Turns the carrier's kernel: at its timers, after each request in, after each answer out.

    Whoever acts on the carrier from outside calls `turn()` afterwards. A fault in the carrier's
    own code is written to the log and kept in `failures`; the other calls go on.
    """

    def __init__(self, carrier: Carrier, clock: Clock) -> None:
        self.carrier = carrier
        self.failures: deque[str] = deque(maxlen=20)
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._requests: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def failing(self) -> list[str]:
        """What went wrong in the carrier itself, oldest first."""
        return list(self.failures)

    async def start(self) -> None:
        self._session = open_session()
        self.turn()

    async def stop(self) -> None:
        """Drop what is under way; nothing moves afterwards."""
        session, self._session = self._session, None
        self._silence()
        for request in tuple(self._requests):
            request.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)
        if session is not None:
            await session.close()
        self.carrier.kernel.close()

    def turn(self) -> None:
        """Bring the carrier to this moment, send what it wants sent, set the next alarm."""
        if self._session is None:
            return
        self.catch_up()
        for fetch in self.carrier.take_fetches():
            self._send(self._session, fetch)
        self._set_alarm()

    def catch_up(self) -> None:
        """Bring the carrier to this moment, before something from outside is told to it."""
        while not self._advanced():
            pass

    def _advanced(self) -> bool:
        try:
            self.carrier.kernel.advance_to(self._clock())
        except Exception as error:  # one broken call must not end all the others
            log.exception("the carrier failed at something")
            self.failures.append(f"{type(error).__name__}: {error}")
            self.carrier.tell("failure", error)
            return False
        return True

    def _send(self, session: aiohttp.ClientSession, fetch: Fetch) -> None:
        request = asyncio.get_running_loop().create_task(self._perform(session, fetch))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)

    async def _perform(self, session: aiohttp.ClientSession, fetch: Fetch) -> None:
        result = await perform(session, fetch)
        self.catch_up()
        self.carrier.fetch_done(fetch.id, result)
        self.turn()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self) -> None:
        self._silence()
        due = self.carrier.kernel.next_timer()
        if due is not None:
            delay = max(0.0, due - self._clock())
            self._alarm = asyncio.get_running_loop().call_later(delay, self.turn)
