"""The carrier as a server: REST API, console and health on one port, webhooks over real HTTP.

server = Server(world, clock, host="127.0.0.1", port=8810)
await server.start()
…
await server.stop()
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from sandbox.console.guard import Guard
from sandbox.console.pages import Console
from sandbox.drivers.realtime import Clock, RealTime
from sandbox.rest.exchange import RestRequest
from sandbox.rest.service import handle
from sandbox.world import World

API = "/2010-04-01/{rest:.*}"
GOODBYE = 1.0


class Audio(Protocol):
    """What makes a carrier heard; the server starts and stops it."""

    @property
    def described(self) -> str: ...
    def add_routes(self, application: web.Application) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Server:
    """One carrier on one port. With port 0 the system chooses; `url` says which it was.

    Without `audio` everything is known as facts and nothing is heard.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        *,
        host: str,
        port: int,
        audio: Callable[[World, RealTime, Guard], Audio] | None = None,
    ) -> None:
        self.world = world
        self.host = host
        self.port = port
        self.realtime = RealTime(world.carrier, clock)
        self.console = Console(world, self.realtime, host=host, phone=audio is not None)
        guard = self.console.guard
        self.audio = audio(world, self.realtime, guard) if audio is not None else None
        self._busy: Counter[str] = Counter()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"

    async def start(self) -> None:
        """Listen, then let the people begin; OSError if the port cannot be had."""
        runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=GOODBYE, handle_signals=False
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.host, self.port)
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = runner.addresses[0][1]
        self.world.carrier.config.base_url = self.world.carrier.config.base_url or self.url
        if self.audio is not None:
            await self.audio.start()
        self.world.town.begin()
        await self.realtime.start()

    async def stop(self) -> None:
        """Close the door, then drop what is under way."""
        await self.console.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.realtime.stop()
        if self.audio is not None:
            await self.audio.stop()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", API, self._rest)
        application.router.add_get("/healthz", self._health)
        self.console.add_routes(application)
        if self.audio is not None:
            self.audio.add_routes(application)
        return application

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        """A request of the application to the REST API."""
        body = await request.read()
        account = request.match_info["rest"].split("/", 2)[1:2]
        who = account[0] if account else ""
        self._busy[who] += 1
        try:
            return await self._answered(request, body, self._busy[who])
        finally:
            self._busy[who] -= 1

    async def _answered(
        self, request: web.Request, body: bytes, concurrent: int
    ) -> web.StreamResponse:
        self.realtime.catch_up()
        asked = RestRequest.parse(
            request.method, request.raw_path, request.headers, body, concurrent
        )
        answer = handle(self.world.carrier, asked)
        self.realtime.turn()
        if answer.delay > 0:
            await asyncio.sleep(answer.delay)
        if answer.refuse:
            return _dropped(request)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    async def _health(self, _: web.Request) -> web.Response:
        carrier = self.world.carrier
        return web.json_response(
            {
                "status": "ok",
                "calls": sum(not call.ended for call in carrier.calls.values()),
                "failures": len(self.realtime.failures),
            }
        )


def _dropped(request: web.Request) -> web.Response:
    """The connection breaks without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)
