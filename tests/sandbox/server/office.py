"""A carrier that really listens and an application that really answers, on loopback."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from sandbox.core.accounts import Account, VoiceUrls
from sandbox.core.calls import Call, CallStatus
from sandbox.drivers.heard import AUDIO
from sandbox.drivers.realtime import Clock
from sandbox.drivers.server import Server
from sandbox.drivers.sounding import Sounding
from sandbox.world import Wishes, from_text

T = TypeVar("T")
OFFICE = "+15557000100"
DANA = "+15550100001"
FAST = """
timings: {post dial delay: 0.02, redirect fetch: 0.01, redirect child ends: 0.02,
          redirect action: 0.04, redirect target: 0.06, speech chars per second: 300}
people:
  dana: {number: +15550100001, when called: [answers after: 0.05, waits for the end]}
  omar: {number: +15550100002, when called: is busy}
  nina: {number: +15550100003}
"""
HOLD_ON = "<Response><Say>Please hold the line.</Say><Pause length='60'/></Response>"


@dataclass
class Request:
    """What the application was asked."""

    method: str
    path: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass
class Application:
    """Answers with `documents` by path, unless `doors` has a handler for it."""

    documents: dict[str, str] = field(default_factory=lambda: {"/voice": HOLD_ON})
    doors: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        params = {name: str(value) for name, value in form.items()}
        url = f"http://{request.headers['Host']}{request.raw_path}"
        self.asked.append(Request(request.method, request.path, url, params, dict(request.headers)))
        door = self.doors.get(request.path)
        if door is not None:
            return await door(request)
        if request.path not in self.documents:
            return web.Response(status=204)
        return web.Response(text=self.documents[request.path], content_type="text/xml")

    def at(self, path: str) -> list[Request]:
        return [each for each in self.asked if each.path == path]


class Office:
    """Both of them in a thread of their own, so that a test can use the blocking SDK."""

    def __init__(self, text: str = FAST, *, heard: bool = False) -> None:
        self.app = Application()
        self._audio = AUDIO if heard else None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._clock = Clock()
        self._world = from_text(text, now=self._clock(), wishes=Wishes(seed=7, cps=0, base_url=""))
        self.run(self._open())

    async def _open(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.app.answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.app_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.server = Server(self._world, self._clock, host="127.0.0.1", port=0, audio=self._audio)
        self.number = self.carrier.add_number(
            self.account, OFFICE, VoiceUrls(voice_url=f"{self.app_url}/voice")
        )
        await self.server.start()

    @property
    def carrier(self) -> Any:
        return self._world.carrier

    @property
    def sounding(self) -> Sounding:
        assert isinstance(self.server.audio, Sounding)
        return self.server.audio

    @property
    def account(self) -> Account:
        return next(iter(self._world.carrier.accounts.values()))

    @property
    def url(self) -> str:
        return self.server.url

    def client(self, timeout: float = 5.0) -> Client:
        client = Client(
            self.account.sid,
            self.account.auth_token,
            http_client=TwilioHttpClient(timeout=timeout, pool_connections=False),
        )
        client.api.base_url = self.url
        return client

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    def do(self, action: Callable[[], T]) -> T:
        """Do something to the carrier where it lives, and let it have its consequences."""

        async def there() -> T:
            self.server.realtime.catch_up()
            done = action()
            self.server.realtime.turn()
            return done

        return self.run(there())

    def dana_dials(self, to: str = OFFICE) -> Call:
        return self.do(lambda: self._world.town.person_at("+15550100003").lifts(to))

    def call(self, sid: str | None) -> Call:
        found: Call = self._world.carrier.calls[str(sid)]
        return found

    def until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                raise AssertionError(f"did not happen within {seconds:g} s")
            time.sleep(0.01)

    def until_status(self, sid: str | None, status: CallStatus) -> None:
        self.until(lambda: self.call(sid).status is status)

    def codes(self) -> list[int]:
        return [each.error_code for each in self._world.carrier.notifications]

    def close(self) -> None:
        self.run(self.server.stop())
        self.run(self._runner.cleanup())
        self.run(_end_the_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()


async def _end_the_rest() -> None:
    """What libraries leave running behind a connection that broke while it was being made."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
