"""A REST API that answers as it is told, over real sockets: for what a working carrier never says.

Whole calls are tested against the sandbox carrier; here the unmodified SDK meets refusals, silence
and nonsense.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

Answer = tuple[int, dict[str, Any] | str]
SID = "CA" + "1" * 32


@dataclass
class Asked:
    method: str
    path: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    headers: dict[str, str]
    connection: int

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.form if key == name]


@dataclass
class ScriptedCarrier:
    """Answers in order; the last answer stays. `hang` keeps it silent, for as long as it is set."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    hang: bool = False
    _stop: Callable[[], object] = lambda: None

    def will_say(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def start(self) -> None:
        ready = threading.Event()
        thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        thread.start()
        ready.wait(5)

    def stop(self) -> None:
        self._stop()

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(done.set)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await done.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        transport = request.transport
        peer = transport.get_extra_info("peername")[1] if transport else 0
        self.asked.append(
            Asked(
                request.method,
                request.path,
                parse_qsl(request.query_string),
                parse_qsl(body, keep_blank_values=True),
                dict(request.headers),
                peer,
            )
        )
        until = asyncio.get_running_loop().time() + 30
        while self.hang and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)
        status, said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        text = said if isinstance(said, str) else json.dumps(said)
        return web.Response(status=status, text=text, content_type="application/json")


def call(status: str, sid: str = SID, **more: Any) -> Answer:
    """What the carrier says of a call."""
    said = {"sid": sid, "status": status, "direction": "outbound-api", "to": "", "from": ""}
    return 200, said | more


def problem(http_status: int, code: int, message: str = "no") -> Answer:
    return http_status, {"code": code, "message": message, "more_info": "", "status": http_status}


def page(key: str, *items: dict[str, Any]) -> Answer:
    return 200, {
        key: list(items),
        "page": 0,
        "page_size": 50,
        "uri": "",
        "next_page_uri": None,
        "first_page_uri": "",
        "previous_page_uri": None,
        "start": 0,
        "end": 0,
    }
