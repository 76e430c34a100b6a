"""One process's ear on the live bus, and who in the process wants to hear what."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable

from django.conf import settings

from calls.live import over_postgres, over_redis

logger = logging.getLogger(__name__)

# Told the topic without its value, and the value ("" where there is none).
Hear = Callable[[str, str], None]
LONGEST_PAUSE = 5.0


class Bus:
    """Announcements from any process reach those who asked for their topic, in this process.

    `on_listening` is called whenever listening begins: at first, and after a lost connection,
    when anything may have been missed.
    """

    def __init__(self, on_listening: Callable[[], None]) -> None:
        self._wanted: defaultdict[str, set[Hear]] = defaultdict(set)
        self._on_listening = on_listening
        self._ear: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    def want(self, topic: str, hear: Hear) -> None:
        self._wanted[topic].add(hear)
        if self._ear is None or self._ear.done():
            self._ear = asyncio.create_task(self._listen_for_ever(), name="live bus")

    def unwant(self, topic: str, hear: Hear) -> None:
        self._wanted[topic].discard(hear)
        if not self._wanted[topic]:
            del self._wanted[topic]

    def spread(self, topic: str) -> None:
        name, _, value = topic.partition("=")
        for hear in tuple(self._wanted.get(name, ())):
            hear(name, value)

    async def close(self) -> None:
        if self._ear is not None:
            self._ear.cancel()
            await asyncio.gather(self._ear, return_exceptions=True)

    async def _listen_for_ever(self) -> None:
        pause = 0.1
        while True:
            try:
                async for topics in _source():
                    pause = 0.1
                    self._heard(topics)
            except Exception as error:  # noqa: BLE001 whatever broke it, the desks need it back
                logger.warning("the live bus is lost, listening again in %.1f s: %s", pause, error)
            self.listening.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _heard(self, topics: list[str]) -> None:
        if not topics:
            self.listening.set()
            self._on_listening()
        for topic in topics:
            self.spread(topic)


def _source() -> AsyncIterator[list[str]]:
    return over_redis.listen() if settings.REDIS_URL else over_postgres.listen()
