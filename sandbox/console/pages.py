"""The console's routes: the page, its two files, what visitors do, the socket that keeps it live.

GET  /                    the page          GET  /console/state.json   the same for programs
GET  /console/live        websocket: {"panels": {id: html}, "now": seconds}
GET  /console/log/{n}     one line in full  POST /console/do           an action
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from sandbox.console import panels, views, wall
from sandbox.console.actions import Impossible, act
from sandbox.console.guard import TOKEN_HEADER, Guard
from sandbox.console.html import Markup, el
from sandbox.console.page import page
from sandbox.world import World

STATIC = Path(__file__).parent / "static"
FILES = {"console.css": "text/css", "console.js": "text/javascript"}
BREATH = 0.15
LONGEST_ACTION = 20_000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Engine(Protocol):
    """What turns the carrier; the console tells it when a visitor has done something."""

    @property
    def failing(self) -> list[str]: ...
    def catch_up(self) -> None: ...
    def turn(self) -> None: ...


@dataclass(slots=True, eq=False)
class Visitor:
    """One open page. `sent` is what it shows; `stirred` is set when there may be news."""

    socket: web.WebSocketResponse
    wanted: wall.Filter = field(default_factory=wall.Filter)
    sent: dict[str, str] = field(default_factory=dict)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)


class Console:
    """Looks at one world and lets visitors act in it."""

    def __init__(self, world: World, engine: Engine, *, host: str, phone: bool = False) -> None:
        self.world = world
        self.engine = engine
        self.guard = Guard(host)
        self._phone = phone
        self.floor = views.Floor(world.carrier)
        self._visitors: set[Visitor] = set()
        self.floor.start()
        world.carrier.watch(self._stir)

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/", self._watched(self._page))
        application.router.add_get("/console/state.json", self._watched(self._state))
        application.router.add_get("/console/live", self._watched(self._live))
        application.router.add_get(r"/console/log/{number:\d+}", self._watched(self._entry))
        application.router.add_post("/console/do", self._do)
        application.router.add_get(r"/console/{file:console\.(?:css|js)}", self._file)

    async def close(self) -> None:
        """Say goodbye to every open page."""
        for visitor in tuple(self._visitors):
            await visitor.socket.close(message=b"the carrier stops")

    def parts(self, wanted: wall.Filter) -> dict[str, Markup]:
        """Every changing part of the page, by id."""
        carrier, town = self.world.carrier, self.world.town
        legs = [views.leg(carrier, call) for call in self.floor.live.values()]
        return {
            "bar": self._bar(len(legs)),
            "calls": panels.calls(legs),
            "phones": panels.phones(views.phones(town), views.streams(town), town.areas),
            "rooms": panels.rooms(views.rooms(carrier.conferences.values())),
            "queues": panels.queues(views.queues(carrier)),
            "log": wall.log(reversed(carrier.log), wanted),
            "notifications": wall.notifications(carrier.notifications),
            "faults": wall.faults(carrier.faults),
        }

    def _bar(self, live: int) -> Markup:
        carrier = self.world.carrier
        waiting = sum(queue.current_size for queue in carrier.queues.values())
        rooms = sum(not each.ended for each in carrier.conferences.values())
        faults, failures = wall.faults_on(carrier.faults), self.engine.failing
        counts = ((live, "live"), (waiting, "waiting"), (rooms, "room" if rooms == 1 else "rooms"))
        return el(
            "ul",
            [el("li", el("b", str(count)), f" {word}") for count, word in counts],
            el("li", el("b", str(faults)), " faults on", class_="warn") if faults else None,
            el("li", f"Carrier error: {failures[-1]}", class_="bad") if failures else None,
            class_="counts",
        )

    def _watched(self, show: Page) -> Page:
        """Only for hosts that the console answers to, and never kept by the browser."""

        async def shown(request: web.Request) -> web.StreamResponse:
            refused = self.guard.refuses_page(request.headers)
            if refused:
                return web.Response(status=403, text=refused, headers=HEADERS)
            return await show(request)

        return shown

    async def _page(self, _: web.Request) -> web.Response:
        self.engine.catch_up()
        text = page(
            token=self.guard.token,
            parts=self.parts(wall.Filter()),
            accounts=list(self.world.carrier.accounts.values()),
            numbers=[each.phone_number for each in self.world.carrier.numbers.values()],
            now=self.world.carrier.now,
            phone=self._phone,
        )
        return web.Response(text=text, content_type="text/html", headers=HEADERS)

    async def _state(self, _: web.Request) -> web.Response:
        self.engine.catch_up()
        carrier, town = self.world.carrier, self.world.town
        state: dict[str, Any] = {
            "now": carrier.now,
            "calls": [asdict(views.leg(carrier, call)) for call in self.floor.live.values()],
            "phones": [asdict(each) for each in views.phones(town)],
            "rooms": [asdict(each) for each in views.rooms(carrier.conferences.values())],
            "queues": [asdict(each) for each in views.queues(carrier)],
        }
        return web.json_response(state, headers=HEADERS)

    async def _entry(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        entry = next((each for each in self.world.carrier.log if each.number == number), None)
        if entry is None:
            return web.Response(status=404, text="That line is no longer kept.", headers=HEADERS)
        return web.Response(text=wall.entry_page(entry), content_type="text/html", headers=HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        text = (STATIC / name).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=FILES[name], headers=HEADERS)

    async def _do(self, request: web.Request) -> web.Response:
        refused = self.guard.refuses_change(request.headers, request.headers.get(TOKEN_HEADER, ""))
        if refused:
            return _problem(403, refused)
        if (request.content_length or 0) > LONGEST_ACTION:
            return _problem(413, "That is too long.")
        asked = _texts(await request.read())
        if asked is None:
            return _problem(400, "An action is JSON: names with texts.")
        self.engine.catch_up()
        try:
            said = act(self.world, asked)
        except Impossible as error:
            return _problem(409, str(error))
        self.engine.turn()
        self._stir()
        return web.json_response({"said": said}, headers=HEADERS)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        refused = self.guard.refuses_change(request.headers, request.query.get("token", ""))
        if refused:
            return web.Response(status=403, text=refused, headers=HEADERS)
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        visitor = Visitor(socket)
        visitor.stirred.set()
        self._visitors.add(visitor)
        teller = asyncio.create_task(self._tell(visitor))
        try:
            await self._listen(visitor)
        finally:
            self._visitors.discard(visitor)
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)
        return socket

    async def _listen(self, visitor: Visitor) -> None:
        """A page says only which lines of the log it wants to see."""
        async for message in visitor.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            said = _texts(message.data.encode())
            if said is not None:
                visitor.wanted = _filter(said)
                visitor.stirred.set()

    async def _tell(self, visitor: Visitor) -> None:
        """Send what has changed, at most every `BREATH` seconds."""
        while not visitor.socket.closed:
            await visitor.stirred.wait()
            visitor.stirred.clear()
            parts = self.parts(visitor.wanted)
            changed = {id_: html for id_, html in parts.items() if visitor.sent.get(id_) != html}
            if changed:
                visitor.sent.update(changed)
                news = {"panels": changed, "now": self.world.carrier.now}
                try:
                    await visitor.socket.send_json(news)
                except ConnectionResetError:
                    return
            await asyncio.sleep(BREATH)

    def _stir(self, _kind: str = "", _thing: object = None) -> None:
        for visitor in self._visitors:
            visitor.stirred.set()


def _texts(body: bytes) -> dict[str, str] | None:
    """A JSON object of texts; None for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return {str(name): str(value) for name, value in found.items()}


def _filter(said: dict[str, str]) -> wall.Filter:
    rows = said.get("rows", "")
    return wall.Filter(
        text=said.get("text", "")[:200],
        kind=said.get("kind", "") if said.get("kind") in wall.KINDS else "",
        rows=min(int(rows), wall.MOST_ROWS) if rows.isdecimal() else wall.FIRST_ROWS,
    )


def _problem(status: int, text: str) -> web.Response:
    return web.json_response({"problem": text}, status=status, headers=HEADERS)
