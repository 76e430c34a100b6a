"""The phone page: a visitor's own microphone and ears at the telephone of anybody in town.

GET /phone             the page, and its two files below it
GET /phone/line        websocket: {"do": "be" | "dial" | "answer" | "press" | "hang_up", …} goes in,
                       {"is": "idle" | "rings" | "calls" | "talks" | "problem", …} comes out

The telephone is the same as the console's: who is called there rings here, and the diary is theirs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import WSMsgType, web

from sandbox.browsers.peers import NotReached, Peer
from sandbox.browsers.talks import Exchange, answered
from sandbox.console.guard import Guard
from sandbox.console.html import Markup, el
from sandbox.console.page import ICON, pad
from sandbox.console.views import far_end, sound
from sandbox.core.calls import Call, Direction
from sandbox.people.person import Person
from sandbox.people.words import ADDRESS, KEYS
from sandbox.world import World

STATIC = Path(__file__).parent / "static"
FILES = {"phone.css": "text/css", "phone.js": "text/javascript"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "microphone=(self)",
}
LONGEST_MESSAGE = 256 * 1024
Asked = dict[str, str]


class CannotBe(Exception):
    """What the visitor wants is not possible; the text says why."""


class PhoneLine:
    """One open page: at whose telephone it is, and the call that its sound is in."""

    def __init__(self, world: World, exchange: Exchange) -> None:
        self.news: asyncio.Queue[str] = asyncio.Queue()
        self._world = world
        self._exchange = exchange
        self._person: Person | None = None
        self._call: Call | None = None
        self._peer: Peer | None = None
        self._end_watch = world.carrier.watch(self._noticed)
        self._does: dict[str, Callable[[Asked], Awaitable[None]]] = {
            "be": self._be,
            "dial": self._dial,
            "answer": self._answer,
            "press": self._press,
            "hang_up": self._hang_up,
        }

    async def take(self, asked: Asked) -> None:
        """One wish of the visitor's."""
        wish = self._does.get(asked.get("do", ""))
        try:
            if wish is not None:
                await wish(asked)
        except (CannotBe, NotReached) as problem:
            self._tell({"is": "problem", "text": str(problem)})

    def close(self) -> None:
        """Whoever closes the page puts the receiver down."""
        self._end_watch()
        if self._call is not None and not self._call.ended:
            self._exchange.act(self._call.hang_up)
        self._unplug()

    async def _be(self, asked: Asked) -> None:
        number = _address(asked.get("number", ""))
        if self._call is not None:
            raise CannotBe("Hang up first")
        self._person = self._world.town.person_at(number)
        self._show()

    async def _dial(self, asked: Asked) -> None:
        person, to = self._at(), _address(asked.get("to", ""))
        if person.call is not None:
            raise CannotBe(f"{person.name} is in a call already")
        peer = Peer()
        sdp = await answered(peer, asked.get("sdp", ""))
        try:
            self._exchange.engine.catch_up()
            call = person.lifts(to)
        except LookupError:
            await peer.close()
            raise CannotBe(f"Nobody owns {to}") from None
        self._plug(call, peer, sdp)
        self._exchange.engine.turn()

    async def _answer(self, asked: Asked) -> None:
        """Pick up what rings, or take a call over that somebody in a script has begun."""
        call = self._at().call
        if call is None:
            raise CannotBe("Nobody calls any more")
        peer = Peer()
        sdp = await answered(peer, asked.get("sdp", ""))
        self._plug(call, peer, sdp)
        if call.direction is not Direction.INBOUND and not call.answered:
            self._exchange.act(call.answer)

    async def _press(self, asked: Asked) -> None:
        call, keys = self._at().call, asked.get("keys", "")
        if call is not None and call.answered and KEYS.match(keys):
            self._exchange.act(lambda: call.press(keys))

    async def _hang_up(self, _: Asked) -> None:
        call = self._at().call
        if call is not None:
            self._exchange.act(call.hang_up)

    def _at(self) -> Person:
        if self._person is None:
            raise CannotBe("Say whose telephone this is")
        return self._person

    def _plug(self, call: Call, peer: Peer, sdp: str) -> None:
        self._call, self._peer = call, peer
        peer.lost = lambda: self._exchange.act(call.hang_up)
        self._exchange.floor.plug(call, listener=peer.play, microphone=peer.microphone)
        self._tell({"is": "sound", "sdp": sdp})
        self._show()

    def _unplug(self) -> None:
        call, peer = self._call, self._peer
        self._call = self._peer = None
        if call is not None and peer is not None:
            self._exchange.floor.unplug(call, peer.play)
            self._exchange.begin(peer.close())

    def _noticed(self, _kind: str, thing: object) -> None:
        """A call that this person does not have yet, or no longer, says nothing of them."""
        if self._call is not None and self._call.ended:
            self._unplug()
        person = self._person
        if person is not None and (thing is person or thing is person.call):
            self._show()

    def _show(self) -> None:
        person = self._at()
        call = person.call
        if call is None or call.ended:
            self._tell({"is": "idle", "name": person.name})
            return
        rings = call.direction is not Direction.INBOUND and not call.answered
        heard = [sound(self._world.carrier, each).text for each in call.hearing]
        self._tell(
            {
                "is": "rings" if rings else "talks" if call.answered else "calls",
                "name": person.name,
                "other": call.from_ if far_end(call) == call.to else call.to,
                "hears": ", ".join(heard),
            }
        )

    def _tell(self, news: dict[str, str]) -> None:
        self.news.put_nowait(json.dumps(news))


class PhonePage:
    """The page's routes. The console's guard says who may come in."""

    def __init__(self, world: World, exchange: Exchange, guard: Guard) -> None:
        self._world = world
        self._exchange = exchange
        self._guard = guard
        self._sockets: set[web.WebSocketResponse] = set()

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/phone", self._page)
        application.router.add_get("/phone/line", self._line)
        application.router.add_get(r"/phone/{file:phone\.(?:css|js)}", self._file)
        application.on_shutdown.append(self._shut_down)

    async def _shut_down(self, _: web.Application) -> None:
        for socket in tuple(self._sockets):
            await socket.close()

    async def _page(self, request: web.Request) -> web.Response:
        refused = self._guard.refuses_page(request.headers)
        if refused:
            return web.Response(status=403, text=refused, headers=HEADERS)
        numbers = [each.phone_number for each in self._world.carrier.numbers.values()]
        text = page(self._guard.token, numbers)
        return web.Response(text=text, content_type="text/html", headers=HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        text = (STATIC / name).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=FILES[name], headers=HEADERS)

    async def _line(self, request: web.Request) -> web.StreamResponse:
        refused = self._guard.refuses_change(request.headers, request.query.get("token", ""))
        if refused:
            return web.Response(status=403, text=refused, headers=HEADERS)
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=LONGEST_MESSAGE)
        await socket.prepare(request)
        self._sockets.add(socket)
        line = PhoneLine(self._world, self._exchange)
        teller = asyncio.create_task(_tell(socket, line))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await line.take(_texts(message.data))
        finally:
            self._sockets.discard(socket)
            line.close()
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)
        return socket


async def _tell(socket: web.WebSocketResponse, line: PhoneLine) -> None:
    while not socket.closed:
        await socket.send_str(await line.news.get())


def _texts(text: str) -> Asked:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _address(text: str) -> str:
    address = text.replace(" ", "")
    if not ADDRESS.match(address):
        raise CannotBe(f"{text or 'Nothing'} is no number: write +15550100001")
    return address


def page(token: str, numbers: list[str]) -> str:
    """A telephone: whose it is, whom to call, keys, and what is heard."""
    return "<!doctype html>" + el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("meta", name="console-token", content=token),
            el("title", "Phone · Sandbox carrier"),
            el("link", rel="icon", href=ICON),
            el("link", rel="stylesheet", href="/console/console.css"),
            el("link", rel="stylesheet", href="/phone/phone.css"),
            el("script", src="/phone/phone.js", defer=True),
        ),
        el("body", el("main", _telephone(numbers), id="phone", data_state="idle")),
        lang="en",
    )


def _telephone(numbers: list[str]) -> Markup:
    return el(
        "section",
        el("h1", "Phone"),
        _field("number", "Your number", "+15550199999"),
        _field("to", "Call", numbers[0] if numbers else "", numbers),
        el("p", "Nobody on the line.", id="state", role="status", aria_live="polite"),
        el("p", id="hears", class_="quiet"),
        el("meter", id="level", min="0", max="1", value="0", aria_label="How loud it is"),
        el(
            "div",
            el("button", "Call", type="button", id="call", class_="good"),
            el("button", "Answer", type="button", id="answer", class_="good"),
            el("button", "Mute", type="button", id="mute", aria_pressed="false"),
            el("button", "Hang up", type="button", id="hang-up", class_="bad"),
            class_="acts",
        ),
        pad("123456789*0#", "Press"),
        el("p", id="problem", role="alert"),
        el("audio", id="ear", autoplay=True),
        el("p", el("a", "Console", href="/"), class_="quiet"),
        class_="panel",
    )


def _field(name: str, label: str, value: str, offers: list[str] | None = None) -> Markup:
    return el(
        "label",
        el("span", label),
        el(
            "input",
            id=name,
            value=value,
            inputmode="tel",
            autocomplete="off",
            list=f"{name}-known" if offers else None,
        ),
        el("datalist", [el("option", value=each) for each in offers], id=f"{name}-known")
        if offers
        else None,
    )
