"""The signalling socket: `ws://…/signal`. A browser listens with its token, registers, and calls.

What each message means is in `Tab`; nothing that a browser sends can do more than its token allows
or reach a call that is not its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import WSMsgType, web

from sandbox.browsers.clients import Clients
from sandbox.browsers.peers import NotReached
from sandbox.browsers.signals import (
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    Payload,
    asked_parameters,
    compose,
    connected,
    parse,
    refused,
    unheard,
)
from sandbox.browsers.talks import Exchange, PlacedLine, Talk, place
from sandbox.browsers.tokens import (
    AUTHENTICATION_FAILED,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    Permit,
    TokenRefused,
    read_token,
)
from sandbox.core.accounts import Account, Application
from sandbox.core.calls import Call

log = logging.getLogger("sandbox")
PATH = "/signal"
PLAIN_SOCKET = Path(__file__).parent / "static" / "plain_socket.js"
LONGEST_MESSAGE = 256 * 1024
TO_INTRODUCE_ONESELF = 15.0
NO_APPLICATION = 21218
DECLINED = 31002


class Tab:
    """One socket: one `Device` of one page."""

    def __init__(self, exchange: Exchange, clients: Clients) -> None:
        self.patience = 0.0
        self.permit: Permit | None = None
        self.outbox: asyncio.Queue[str] = asyncio.Queue()
        self._exchange = exchange
        self._clients = clients
        self._expired = False
        self._expiry: asyncio.TimerHandle | None = None
        self._takes: dict[str, Callable[[Payload], Awaitable[None]]] = {
            "listen": self._listen,
            "register": self._register,
            "invite": self._invite,
            "answer": self._answer,
            "reinvite": self._reinvite,
            "hangup": self._hang_up,
            "reject": self._reject,
            "dtmf": self._press,
            "message": self._message,
        }

    @property
    def account(self) -> Account:
        return self._permitted().account

    def tell(self, kind: str, payload: Payload) -> None:
        self.outbox.put_nowait(compose(kind, payload))

    async def take(self, text: str) -> None:
        """One message of the browser's; what this carrier does not know is passed over."""
        message = parse(text)
        if message is None:
            return
        kind, payload = message
        try:
            await self._takes.get(kind, _pass_over)(payload)
        except TokenRefused as refusal:
            self.tell("error", refused(refusal))

    def close(self) -> None:
        """The socket is gone: what rang here rings no more, what is talked waits for a while."""
        self._stop_expiry()
        if self.permit is not None:  # also one that has expired meanwhile
            self._clients.remove(self.permit.identity, self)
            self._clients.line(self.permit.identity).forget(self)
        for talk in set(self._exchange.talks.values()):
            if talk.tab is self:
                talk.lose_tab()

    # who somebody is

    async def _listen(self, payload: Payload) -> None:
        carrier = self._exchange.carrier
        self._exchange.engine.catch_up()
        permit = read_token(carrier.accounts, str(payload.get("token", "")), carrier.now)
        if self.permit is not None and self.permit.identity != permit.identity:
            self._clients.remove(self.permit.identity, self)
        self.permit, self._expired = permit, False
        self.patience = _seconds(payload.get("reconnectTimeout"))
        self._stop_expiry()
        self._expiry = asyncio.get_running_loop().call_later(
            permit.expires - carrier.now, self._expire
        )
        self.tell("connected", connected(permit, carrier.now))

    async def _register(self, payload: Payload) -> None:
        permit, media = self._permitted(), payload.get("media")
        self._check_expiry()
        if not (isinstance(media, dict) and media.get("audio")):
            self._clients.remove(permit.identity, self)
            self.tell("offline", {})
        elif permit.takes_calls:
            self._clients.add(permit.identity, self)
            self.tell("ready", {})
        else:
            raise TokenRefused(AUTHENTICATION_FAILED, "The token's grant allows no incoming calls")

    def _permitted(self) -> Permit:
        """Whoever has shown a token; raises TokenRefused."""
        if self.permit is None:
            raise TokenRefused(TOKEN_INVALID, "Listen with an access token first")
        return self.permit

    def _expire(self) -> None:
        """Calls go on, and what rings may be answered; new ones need another token."""
        permit = self._permitted()
        self._expired = True
        self._clients.remove(permit.identity, self)
        self.tell("error", refused(TokenRefused(TOKEN_EXPIRED, "The token has expired")))
        self.tell("offline", {})

    def _check_expiry(self) -> None:
        if self._expired:
            raise TokenRefused(TOKEN_EXPIRED, "The token has expired")

    def _stop_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    # calls

    async def _invite(self, payload: Payload) -> None:
        self._permitted()
        if payload.get("reconnect"):
            await self._come_back(payload)
            return
        try:
            self._check_expiry()
            application = self._application()
        except TokenRefused as refusal:
            self.tell("hangup", {"callsid": payload.get("callsid"), **refused(refusal)})
            return
        await self._dial(payload, application)

    async def _dial(self, payload: Payload, application: Application) -> None:
        permit, carrier = self._permitted(), self._exchange.carrier
        params = dict(permit.params) | asked_parameters(payload)

        def dial(line: PlacedLine) -> Call:
            return carrier.dial_application(
                line, identity=permit.identity, application=application, params=params
            )

        try:
            talk = await place(self._exchange, self, str(payload.get("sdp", "")), dial)
        except NotReached as problem:
            self._cannot_hear(payload, problem)
            return
        # Until it rings, a browser knows its call by a name of its own.
        self._exchange.talks[str(payload.get("callsid"))] = talk

    async def _come_back(self, payload: Payload) -> None:
        """A call goes on in a new socket, and in a new connection if the page is new too."""
        talk = self._exchange.talks.get(str(payload.get("callsid")))
        if talk is None or talk.token != payload["reconnect"]:
            self.tell("hangup", {"callsid": payload.get("callsid")})
            return
        talk.find_tab(self)
        told: Payload = {"callsid": talk.call.sid, "reconnect": talk.token}
        sdp = str(payload.get("sdp", ""))
        if not talk.is_with(sdp):
            try:
                told["sdp"] = await talk.renew(sdp)
            except NotReached as problem:
                self._cannot_hear(payload, problem)
                return
        talk.tell("answer", told)

    async def _answer(self, payload: Payload) -> None:
        line = self._clients.line(self._permitted().identity)
        talk = line.talk_of(self, str(payload.get("callsid")))
        if talk is None:
            self.tell("hangup", {"callsid": payload.get("callsid")})
            return
        await line.take(talk, str(payload.get("sdp", "")))

    async def _reinvite(self, payload: Payload) -> None:
        talk = self._own(payload)
        if talk is None:
            return
        try:
            sdp = await talk.renew(str(payload.get("sdp", "")))
        except NotReached as problem:
            self._cannot_hear(payload, problem)
            return
        told = {"callsid": talk.call.sid, "sdp": sdp, "reconnect": talk.token}
        talk.tell("answer", told)

    async def _hang_up(self, payload: Payload) -> None:
        talk = self._own(payload)
        if talk is not None:
            self._exchange.act(talk.call.hang_up)

    async def _reject(self, payload: Payload) -> None:
        line = self._clients.line(self._permitted().identity)
        talk = line.talk_of(self, str(payload.get("callsid")))
        if talk is not None and not talk.taken:
            line.reject(talk)

    async def _press(self, payload: Payload) -> None:
        talk, keys = self._own(payload), str(payload.get("dtmf", ""))
        if talk is not None:
            self._exchange.act(lambda: talk.call.press(keys))

    async def _message(self, payload: Payload) -> None:
        """Taken, and told to nobody: the carrier has no subscriptions to such messages."""
        told = {name: payload.get(name) for name in ("callsid", "voiceeventsid")}
        self.tell("ack", {"acktype": "message", **told})

    def _own(self, payload: Payload) -> Talk | None:
        """The talk that a message is about, if it is this tab's."""
        talk = self._exchange.talks.get(str(payload.get("callsid")))
        return talk if talk is not None and talk.tab is self else None

    def _application(self) -> Application:
        """What is asked when this browser calls; raises TokenRefused."""
        permit, carrier = self._permitted(), self._exchange.carrier
        application = carrier.applications.get(permit.application_sid)
        if application is not None and application.account is permit.account:
            return application
        carrier.notify(
            NO_APPLICATION,
            account=permit.account,
            text=f"{permit.identity}'s token names {permit.application_sid or 'none'}",
        )
        raise TokenRefused(DECLINED, "Connection declined: the token's TwiML App is not there")

    def _cannot_hear(self, payload: Payload, problem: NotReached) -> None:
        self.tell("hangup", unheard(payload.get("callsid"), problem))


async def _pass_over(_: Payload) -> None:
    """Nothing that this carrier knows."""


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class Gateway:
    """Every open socket."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._clients = Clients(exchange)
        self.sockets: set[web.WebSocketResponse] = set()

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get(PATH, self._serve)
        application.router.add_get(f"/softphone/{PLAIN_SOCKET.name}", _plain_socket)
        application.on_shutdown.append(self._shut_down)

    async def _shut_down(self, _: web.Application) -> None:
        for socket in tuple(self.sockets):
            await socket.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """A token admits, so the page may be anybody's; who shows none soon is sent away."""
        socket = web.WebSocketResponse(max_msg_size=LONGEST_MESSAGE)
        await socket.prepare(request)
        self.sockets.add(socket)
        tab = Tab(self.exchange, self._clients)
        writer = asyncio.create_task(_write(socket, tab))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await tab.take(message.data)
        finally:
            self.sockets.discard(socket)
            tab.close()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket


async def _plain_socket(_: web.Request) -> web.Response:
    text = PLAIN_SOCKET.read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/javascript")


async def _write(socket: web.WebSocketResponse, tab: Tab) -> None:
    """Messages in their order; a heartbeat whenever there were none for a while."""
    stranger_until = asyncio.get_running_loop().time() + TO_INTRODUCE_ONESELF
    with suppress(ConnectionResetError):
        while not socket.closed:
            try:
                text = await asyncio.wait_for(tab.outbox.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                text = HEARTBEAT
            await socket.send_str(text)
            if tab.permit is None and asyncio.get_running_loop().time() > stranger_until:
                await socket.close()
