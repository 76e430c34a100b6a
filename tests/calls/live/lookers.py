"""Whoever looks at panes in tests, and a gallery that is closed again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from calls.live.panes import Gallery, Pane, gallery


class Looker:
    """Somebody who remembers everything that they were shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.troubles = 0

    def show(self, key: str, html: str) -> None:
        self.shown.append(html)

    def trouble(self) -> None:
        self.troubles += 1


class Easel:
    """A pane whose picture is whatever `subject` is, and which counts its drawings."""

    def __init__(self, subject: str = "nothing", topic: str = "queue:1") -> None:
        self.subject = subject
        self.drawings = 0
        self.pane = Pane(f"easel of {topic}", frozenset({topic}), self._draw)

    def _draw(self) -> str:
        self.drawings += 1
        return self.subject


@asynccontextmanager
async def open_gallery() -> AsyncIterator[Gallery]:
    """Of this event loop; its threads and connections are gone afterwards."""
    opened = gallery()
    try:
        yield opened
    finally:
        await opened.close()


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)
