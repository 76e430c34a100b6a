"""A town without a network: the carrier, an application of a few lines, and a clock by hand."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.core.accounts import Account, VoiceUrls
from sandbox.core.calls import Address, Call
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import Fetch, FetchAnswer, FetchError
from sandbox.core.kernel import Task
from sandbox.core.orders import CallOrder
from sandbox.drivers.inprocess import InProcess
from sandbox.people import Person, Town
from sandbox.written.parts import Part, read

OFFICE = "+15557000100"
APP = "http://app.example"
DANA, OMAR, NINA = "+15550100001", "+15550100002", "+15550100003"
MENU = (
    '<Response><Gather numDigits="1" action="/chosen" timeout="20">'
    "<Say>Welcome. Press 1 for billing.</Say></Gather></Response>"
)
HOLD_ON = "<Response><Say>Please hold the line.</Say><Pause length='600'/></Response>"


class Square:
    """Everybody meets here. `documents` are the application's answers by path."""

    def __init__(self, *, seed: int = 7, areas: tuple[str, ...] = ("+1555900",)) -> None:
        self.carrier = Carrier(Config(cps=0), now=1_700_000_000.0, seed=seed)
        self.account: Account = self.carrier.add_account()
        self.town = Town(self.carrier, seed=seed, areas=areas)
        self.driver = InProcess(self.carrier, self._deliver)
        self.documents = {"/voice": HOLD_ON}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.carrier.add_number(self.account, OFFICE, VoiceUrls(voice_url=f"{APP}/voice"))

    def _deliver(self, fetch: Fetch) -> FetchAnswer | FetchError:
        parts = urlsplit(fetch.url)
        pairs = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, pairs | dict(fetch.params)))
        body = self.documents.get(parts.path, "<Response/>")
        return FetchAnswer(200, {"Content-Type": "text/xml"}, body.encode())

    def person(self, number: str = DANA, name: str = "dana") -> Person:
        return Person(self.carrier, number, name=name)

    def acts(self, script: Coroutine[Any, Any, None]) -> Task[None]:
        task = self.carrier.kernel.spawn(script, "script")
        self.driver.settle()
        return task

    def advance(self, seconds: float) -> None:
        self.driver.advance(seconds)

    def rings(self, to: str, twiml: str = HOLD_ON, **order: Any) -> Call:
        """The application calls somebody."""
        call = self.carrier.create_call(
            self.account,
            CallOrder(to=to, from_=OFFICE, document=Address(twiml=twiml), **order),
        )
        self.driver.settle()
        return call

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


def written(text: str) -> Part:
    whole = read(text, "town.yaml")
    assert whole is not None
    return whole
