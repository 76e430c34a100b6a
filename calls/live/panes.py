"""Panes: pieces of pages that are drawn anew when what they show has changed.

1. a viewer (one socket) looks at a pane; all who see the same share one
2. an announcement of one of its topics makes the pane stale
3. a stale pane is drawn: once, in a thread, from the database as it is now
4. each viewer that has not got exactly this drawing is given it
5. changes that come within a moment of a drawing are drawn together, after it
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from django.db import close_old_connections, connections

from calls.live.bus import Bus

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# Seconds in which further changes of one pane are gathered, where it says nothing else.
MOMENT = 0.05
# Threads, and so database connections, that one web process draws with.
ARTISTS = 4
PAUSE_AFTER_FAILURE = 1.0


@dataclass(frozen=True, slots=True)
class Pane:
    """What is shown. Panes with the same key are the same to whoever sees them."""

    key: str
    topics: frozenset[str]
    draw: Callable[[], str] = field(compare=False)
    # Drawn at least so often, in seconds, for what changes by time alone (the day's figures).
    floor: float | None = None
    # Changes that come within so many seconds of a drawing are drawn together.
    moment: float = MOMENT


class Viewer(Protocol):
    def show(self, key: str, html: str) -> None:
        """Take the newest drawing of a pane; an older one that was not sent yet is forgotten."""

    def trouble(self) -> None:
        """A pane could not be drawn; it will be tried again."""


@dataclass(eq=False, slots=True)
class _Hung:
    """One pane that somebody in this process looks at."""

    pane: Pane
    seen: dict[Viewer, str | None] = field(default_factory=dict)
    stale: bool = False
    painter: "asyncio.Task[None] | None" = None
    clock: asyncio.TimerHandle | None = None


class Gallery:
    """All panes that are looked at in one process (one event loop)."""

    def __init__(self) -> None:
        self._hung: dict[str, _Hung] = {}
        self._by_topic: dict[str, set[str]] = {}
        self._closing = False
        self._threads = ThreadPoolExecutor(ARTISTS, thread_name_prefix="live")
        self.bus = Bus(self.redraw_everything)

    def look(self, pane: Pane, viewer: Viewer) -> None:
        """Show the pane to the viewer from now on; a second time changes nothing."""
        hung = self._hung.get(pane.key) or self._hang(pane)
        if viewer not in hung.seen:
            hung.seen[viewer] = None
            self._spoil(hung)

    def look_away(self, key: str, viewer: Viewer) -> None:
        hung = self._hung.get(key)
        if hung is None or hung.seen.pop(viewer, "nothing") == "nothing" or hung.seen:
            return
        self._take_down(hung)

    def redraw_everything(self) -> None:
        for hung in self._hung.values():
            self._spoil(hung)

    async def in_thread(self, ask: Callable[[], Answer]) -> Answer:
        """Ask the database something without stopping the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._asked, ask)

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        close_old_connections()
        try:
            return ask()
        finally:
            if self._closing:  # nobody else closes what is opened now
                connections.close_all()

    async def close(self) -> None:
        self._closing = True
        await self.bus.close()
        for hung in tuple(self._hung.values()):
            self._take_down(hung)
        await asyncio.to_thread(_close_connections, self._threads)

    def _hang(self, pane: Pane) -> _Hung:
        hung = self._hung[pane.key] = _Hung(pane)
        for topic in pane.topics:
            self._by_topic.setdefault(topic, set()).add(pane.key)
            self.bus.want(topic, self._heard)
        return hung

    def _take_down(self, hung: _Hung) -> None:
        del self._hung[hung.pane.key]
        if hung.clock is not None:
            hung.clock.cancel()
        for topic in hung.pane.topics:
            self._by_topic[topic].discard(hung.pane.key)
            if not self._by_topic[topic]:
                del self._by_topic[topic]
                self.bus.unwant(topic, self._heard)

    def _heard(self, topic: str, _value: str) -> None:
        for key in self._by_topic.get(topic, ()):
            self._spoil(self._hung[key])

    def _spoil(self, hung: _Hung) -> None:
        hung.stale = True
        if hung.painter is None:
            hung.painter = asyncio.create_task(self._paint(hung), name=hung.pane.key)

    async def _paint(self, hung: _Hung) -> None:
        if hung.clock is not None:
            hung.clock.cancel()
        while hung.stale and hung.seen:
            hung.stale = False
            await asyncio.sleep(await self._draw(hung))
        hung.painter = None
        if hung.pane.floor is not None and hung.seen:
            hung.clock = asyncio.get_running_loop().call_later(hung.pane.floor, self._spoil, hung)

    async def _draw(self, hung: _Hung) -> float:
        """Draw once and show it; returns the seconds to wait before drawing again."""
        try:
            html = await self.in_thread(hung.pane.draw)
        except Exception:
            logger.exception("%s cannot be drawn", hung.pane.key)
            hung.stale = True
            for viewer in hung.seen:
                hung.seen[viewer] = None  # the next drawing also takes the bad news away
                viewer.trouble()
            return PAUSE_AFTER_FAILURE
        for viewer, last in hung.seen.items():
            if last != html:
                hung.seen[viewer] = html
                viewer.show(hung.pane.key, html)
        return hung.pane.moment


def _close_connections(threads: ThreadPoolExecutor) -> None:
    together = threading.Barrier(ARTISTS)

    def close() -> None:
        together.wait(timeout=5)
        connections.close_all()

    for done in [threads.submit(close) for _ in range(ARTISTS)]:
        done.result()
    threads.shutdown()


_galleries: "WeakKeyDictionary[asyncio.AbstractEventLoop, Gallery]" = WeakKeyDictionary()


def gallery() -> Gallery:
    """The gallery of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _galleries:
        _galleries[loop] = Gallery()
    return _galleries[loop]
