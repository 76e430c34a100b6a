"""One call in one tab: it rings or is placed, is talked, survives a lost socket, and ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.audio.floor import Floor
from sandbox.browsers.peers import NotReached, Peer
from sandbox.browsers.signals import Payload, goodbye, invitation
from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from sandbox.core.endpoints import Callee, SilentLine
from sandbox.core.sounds import Hearing, Ringback

log = logging.getLogger("sandbox")
# How long a call waits for a browser whose socket or sound was lost, if it did not ask for longer.
PATIENCE = 15.0


class Engine(Protocol):
    """What turns the carrier's clock and sends what it wants sent."""

    def catch_up(self) -> None: ...
    def turn(self) -> None: ...


class Teller(Protocol):
    """The way to one tab."""

    patience: float

    def tell(self, kind: str, payload: Payload) -> None: ...


@dataclass(slots=True)
class Exchange:
    """What every talk needs: the carrier, its floor, its clock, and who waits for tasks."""

    carrier: Carrier
    floor: Floor
    engine: Engine
    # By the names that browsers know their calls by; of those that ring in several tabs, one.
    talks: dict[str, Talk] = field(default_factory=dict)
    unfinished: set[Talk] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def act(self, action: Callable[[], object]) -> None:
        """A browser does something to the carrier, now."""
        self.engine.catch_up()
        action()
        self.engine.turn()

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Every connection is given up; the calls end with the carrier."""
        for talk in tuple(self.unfinished):
            talk.over()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Talk:
    """`tab` is None while the way to it is lost; `taken` once its sound is in the call."""

    def __init__(self, exchange: Exchange, call: Call, tab: Teller, peer: Peer) -> None:
        self.exchange = exchange
        self.call = call
        self.tab: Teller | None = tab
        self.token = secrets.token_urlsafe(16)
        self.taken = False
        self.ended = False
        self.connections = 1
        self._peer = peer
        peer.lost = lambda: self._unheard(peer)
        exchange.talks[call.sid] = self
        exchange.unfinished.add(self)

    # rung

    async def ring(self) -> None:
        """The tab is asked to answer."""
        sdp = await self._peer.offer()
        if not self.ended:
            self.tell("invite", invitation(self.call, sdp, self.token))

    async def accept(self, sdp: str) -> None:
        """The tab has answered, perhaps too late; raises NotReached."""
        await self._peer.accept(sdp)

    def give_way(self) -> None:
        """Another tab was faster, or the caller has given up."""
        self.tell("hangup" if self.taken else "cancel", {"callsid": self.call.sid})
        self.over()

    # talked

    def plug(self) -> None:
        """From now on the browser is the call's far end."""
        self.taken = True
        peer = self._peer
        self.exchange.floor.plug(self.call, listener=peer.play, microphone=peer.microphone)

    def say_goodbye(self) -> None:
        """The call is over, whoever ended it."""
        self.tell("hangup", goodbye(self.call))
        self.over()

    async def renew(self, offer: str) -> str:
        """Another connection for the same call: aiortc cannot restart ICE. Raises NotReached."""
        before, peer = self._peer, Peer()
        sdp = await answered(peer, offer)
        self._peer, peer.lost = peer, lambda: self._unheard(peer)
        self.connections += 1
        if self.ended:
            await peer.close()
        else:
            self.plug()
        await before.close()
        return sdp

    def is_with(self, sdp: str) -> bool:
        return self._peer.is_with(sdp)

    # lost and found

    def lose_tab(self) -> None:
        """The socket is gone. Sound may go on; the call waits for the tab to come back."""
        patience = self.tab.patience if self.tab is not None else 0.0
        self.tab = None
        self._wait(max(patience, PATIENCE), lambda: self.tab is None)

    def find_tab(self, tab: Teller) -> None:
        self.tab = tab

    def tell(self, kind: str, payload: Payload) -> None:
        if self.tab is not None:
            self.tab.tell(kind, payload)

    def over(self) -> None:
        """Nothing more comes of it; the connection is closed."""
        if self.ended:
            return
        self.ended = True
        self.exchange.unfinished.discard(self)
        for name in [name for name, talk in self.exchange.talks.items() if talk is self]:
            del self.exchange.talks[name]
        self.exchange.floor.unplug(self.call, self._peer.play)
        self.exchange.begin(self._peer.close())

    def _unheard(self, peer: Peer) -> None:
        """No packet has come for long: a browser that is still there makes a new connection."""
        self._wait(PATIENCE, lambda: self._peer is peer)

    def _wait(self, seconds: float, still: Callable[[], bool]) -> None:
        def give_up() -> None:
            if still() and not self.ended:
                log.info("the browser of %s did not come back", self.call.sid)
                self.exchange.act(self.call.hang_up)

        asyncio.get_running_loop().call_later(seconds, give_up)


async def answered(peer: Peer, offer: str) -> str:
    """The answer to a browser's offer; a connection that cannot be is closed. Raises NotReached."""
    try:
        return await peer.answer(offer)
    except NotReached:
        await peer.close()
        raise


class PlacedLine(SilentLine):
    """The far end of a call that a browser has placed."""

    def __init__(self) -> None:
        self.talk: Talk | None = None
        self.sdp = ""

    def begins(self, talk: Talk, sdp: str) -> None:
        """It rings; `sdp` is how the browser's sound is reached once there is something to hear."""
        self.talk, self.sdp = talk, sdp
        talk.tell("ringing", {"callsid": talk.call.sid})

    def connected(self, call: Call) -> None:
        if self.talk is not None:
            told = {"callsid": call.sid, "reconnect": self.talk.token}
            self.talk.tell("answer", told | self._once())

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:
        """What is heard before an answer is early media: ringing, as a rule."""
        early = not call.answered and Ringback() in hearing
        if self.talk is not None and early and self.sdp:
            self.talk.tell("ringing", {"callsid": call.sid} | self._once())

    def hung_up(self, call: Call) -> None:  # noqa: ARG002
        if self.talk is not None:
            self.talk.say_goodbye()

    def callee(self, call: Call) -> Callee:  # noqa: ARG002
        return Callee()

    def _once(self) -> Payload:
        """A browser takes one description for a call."""
        sdp, self.sdp = self.sdp, ""
        return {"sdp": sdp} if sdp else {}


async def place(
    exchange: Exchange, tab: Teller, offer: str, dial: Callable[[PlacedLine], Call]
) -> Talk:
    """A browser calls: `dial` tells the carrier so; raises NotReached."""
    line, peer = PlacedLine(), Peer()
    sdp = await answered(peer, offer)
    exchange.engine.catch_up()
    talk = Talk(exchange, dial(line), tab, peer)
    talk.plug()
    line.begins(talk, sdp)
    exchange.engine.turn()
    return talk
