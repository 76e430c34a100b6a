"""A carrier that is heard, on the real clock: fifty ticks a second while anybody listens.

When the machine is too slow for that, ticks are made up for; when it is far too slow, they are left
out. Sound has gaps then, and no call is lost.
"""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path

from aiohttp import web

from sandbox.audio.floor import NAMED_FOR, Floor
from sandbox.audio.library import Library
from sandbox.audio.sound import TICK_SECONDS
from sandbox.audio.studio import SoundStudio
from sandbox.audio.tapes import Shelf
from sandbox.audio.voices import installed
from sandbox.browsers.gateway import Gateway
from sandbox.browsers.peers import meet_browsers_of
from sandbox.browsers.phone import PhonePage
from sandbox.browsers.talks import Exchange
from sandbox.console.guard import Guard
from sandbox.drivers.realtime import RealTime
from sandbox.drivers.workshop import RealWorkshop
from sandbox.world import World

MOST_BEHIND = 0.5
AT_REST = 0.1


class Sounding:
    """Everything that makes one carrier heard."""

    def __init__(self, world: World, realtime: RealTime, guard: Guard) -> None:
        self.left_out = 0.0
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-tapes-")
        self.floor = Floor(world.carrier, Library(), Shelf(Path(self._folder.name)))
        self.workshop = RealWorkshop(realtime.turn)
        world.carrier.studio = SoundStudio(self.floor, self.workshop)
        self.exchange = Exchange(world.carrier, self.floor, realtime)
        self.gateway = Gateway(self.exchange)
        self.phone_page = PhonePage(world, self.exchange, guard)
        self._tasks: list[asyncio.Task[None]] = []
        meet_browsers_of(guard.host)

    @property
    def described(self) -> str:
        """For people who start it: what they will hear."""
        voice = installed()
        return f"read by {voice}" if voice else "no voice is installed: tones stand for words"

    def add_routes(self, application: web.Application) -> None:
        """Where browsers knock."""
        self.gateway.add_routes(application)
        self.phone_page.add_routes(application)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._tick()), loop.create_task(self.workshop.start())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.exchange.close()
        await self.workshop.stop()
        self._folder.cleanup()

    def _name_speakers(self) -> None:
        """Whoever speaks with a voice of their own leaves a message that is not all silence."""
        for call in self.floor.speakers():
            self.exchange.act(partial(call.sound, NAMED_FOR * TICK_SECONDS))

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.floor.busy:
                self.floor.tick()
                self._name_speakers()
                due += TICK_SECONDS
            else:
                due = loop.time() + AT_REST
            behind = loop.time() - due
            if behind > MOST_BEHIND:
                self.left_out += behind
                due += behind
            await asyncio.sleep(max(0.0, due - loop.time()))
