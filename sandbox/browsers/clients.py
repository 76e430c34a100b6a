"""Everybody who has registered: a line of the carrier's for each identity, with its tabs.

All tabs of an identity ring together, and the first to answer has the call. Who declines in one tab
declines in all. A tab that is busy says nothing, so the carrier's own time-out ends the ringing.
"""

from __future__ import annotations

from typing import Protocol

from sandbox.browsers.peers import NotReached, Peer
from sandbox.browsers.signals import Payload, unheard
from sandbox.browsers.talks import Exchange, Talk
from sandbox.core.accounts import Account
from sandbox.core.calls import Call, Callee, Line
from sandbox.core.endpoints import SilentLine

DECLINED = 603
NOT_FOUND = 404


class RegisteredTab(Protocol):
    """A tab that takes calls."""

    patience: float

    @property
    def account(self) -> Account: ...
    def tell(self, kind: str, payload: Payload) -> None: ...


class ClientLine(SilentLine):
    """One identity, in as many tabs as there are."""

    def __init__(self, exchange: Exchange) -> None:
        self.tabs: list[RegisteredTab] = []
        self._exchange = exchange
        self._rung: dict[str, list[Talk]] = {}

    def offered(self, call: Call) -> None:
        tabs = [tab for tab in self.tabs if tab.account is call.account]
        if not tabs and self._exchange.carrier.choices.offline_client == "fails":
            call.refuse("failed", NOT_FOUND)
        talks = [Talk(self._exchange, call, tab, Peer()) for tab in tabs]
        self._rung[call.sid] = talks
        for talk in talks:
            self._exchange.begin(talk.ring())

    def hung_up(self, call: Call) -> None:
        for talk in self._rung.pop(call.sid, []):
            if talk.taken:
                talk.say_goodbye()
            else:
                talk.give_way()

    def callee(self, call: Call) -> Callee:  # noqa: ARG002
        return Callee()

    def talk_of(self, tab: RegisteredTab, sid: str) -> Talk | None:
        """This tab's part in a call that rings or is talked."""
        return next((talk for talk in self._rung.get(sid, []) if talk.tab is tab), None)

    async def take(self, talk: Talk, sdp: str) -> None:
        """A tab answers: the others stop to ring; too late is hung up on."""
        try:
            await talk.accept(sdp)
        except NotReached as problem:
            talk.tell("hangup", unheard(talk.call.sid, problem))
            return
        rung = self._rung.get(talk.call.sid, [])
        if talk.ended or any(other.taken for other in rung):
            talk.tell("hangup", {"callsid": talk.call.sid})
            return
        talk.plug()
        for other in rung:
            if other is not talk:
                other.give_way()
        self._rung[talk.call.sid] = [talk]
        self._exchange.talks[talk.call.sid] = talk
        self._exchange.act(talk.call.answer)

    def reject(self, talk: Talk) -> None:
        self._exchange.act(lambda: talk.call.refuse("busy", DECLINED))

    def forget(self, tab: RegisteredTab) -> None:
        """A tab is gone: what rang in it rings there no more."""
        for sid, talks in self._rung.items():
            for talk in talks:
                if talk.tab is tab and not talk.taken:
                    talk.over()
            self._rung[sid] = [talk for talk in talks if not talk.ended]


class Clients:
    """Registers and forgets tabs; the carrier's phone book says who is to be had."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._lines: dict[str, ClientLine] = {}
        self._before: dict[str, Line | None] = {}

    def add(self, identity: str, tab: RegisteredTab) -> None:
        """This tab takes calls from now on. Somebody in a script with that name stands back."""
        line = self.line(identity)
        if tab in line.tabs:
            return
        phones, address = self._exchange.carrier.phones, f"client:{identity}"
        if not line.tabs:
            self._before[identity] = phones.entries.get(address)
            phones.connect(address, line)
        line.tabs.append(tab)

    def remove(self, identity: str, tab: RegisteredTab) -> None:
        """Calls that it has go on."""
        line = self.line(identity)
        if tab not in line.tabs:
            return
        line.tabs.remove(tab)
        if line.tabs:
            return
        phones, address = self._exchange.carrier.phones, f"client:{identity}"
        before = self._before.pop(identity, None)
        phones.disconnect(address)
        if before is not None:
            phones.connect(address, before)

    def line(self, identity: str) -> ClientLine:
        if identity not in self._lines:
            self._lines[identity] = ClientLine(self._exchange)
        return self._lines[identity]
