"""A carrier with one customer, whose application is a dictionary, on a hand-cranked clock.

The client is the real SDK, unmodified, over the in-process driver's transport.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.rest import Client

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import Fetch, FetchAnswer
from sandbox.core.endpoints import SilentLine
from sandbox.drivers.inprocess import AsyncSdkTransport, InProcess, SdkTransport
from sandbox.rest import RestAnswer, RestRequest

NOW = 1_793_793_600.0  # Wed, 04 Nov 2026 12:00:00 +0000
ACCOUNT = "AC" + "a" * 32
TOKEN = "token-of-acme"
NUMBER = "+15550100"
DANA = "+15550177"
OMAR = "+15550178"
APP = "http://app.test"
CARRIER = "http://carrier.test"

TALK = "<Response><Pause length='600'/></Response>"
WAIT = "<Response><Enqueue waitUrl=''>support</Enqueue></Response>"


class Answering(SilentLine):
    """A person who picks up at once and stays on the line."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def offered(self, call: Call) -> None:
        self.calls.append(call)
        call.answer()


def room(name: str, attributes: str = "") -> str:
    return f"<Response><Dial><Conference {attributes}>{name}</Conference></Dial></Response>"


class House:
    """The carrier, its customer Acme, and Acme's application."""

    def __init__(self, config: Config | None = None) -> None:
        self.carrier = Carrier(config or Config(cps=0, base_url=CARRIER), now=NOW, seed=7)
        self.town = InProcess(self.carrier, self._page)
        self.account = self.carrier.add_account(sid=ACCOUNT, auth_token=TOKEN, name="Acme")
        self.number = self.carrier.add_number(
            self.account, NUMBER, VoiceUrls(voice_url=f"{APP}/voice")
        )
        self.pages: dict[str, str] = {"/voice": TALK}
        self.asked: list[Fetch] = []
        self.people: dict[str, Answering] = {}
        self.client = self.sign_in(ACCOUNT, TOKEN)
        self.api = self.client.api.v2010.account

    def sign_in(self, username: str, password: str, account: str | None = None) -> Client:
        client = Client(username, password, account, http_client=SdkTransport(self.town))
        client.api.base_url = CARRIER
        return client

    def async_client(self) -> Client:
        client = Client(ACCOUNT, TOKEN, http_client=AsyncSdkTransport(self.town))
        client.api.base_url = CARRIER
        return client

    def person(self, address: str) -> Answering:
        """Somebody who answers at this address."""
        self.people[address] = Answering()
        self.carrier.phones.connect(address, self.people[address])
        return self.people[address]

    def call(self, to: str = DANA, page: str = "/voice", **options: Any) -> str:
        """The SID of a call of Acme's to somebody who has picked up, unless nobody is there."""
        created = self.client.calls.create(to=to, from_=NUMBER, url=f"{APP}{page}", **options)
        self.advance(2)
        return str(created.sid)

    def dial_in(self, caller: str = DANA) -> Call:
        """Somebody calls Acme's number."""
        call = self.carrier.dial_in(SilentLine(), from_=caller, to=NUMBER)
        self.advance(2)
        return call

    def send(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, Any] | None = None,
        auth: tuple[str, str] | None = (ACCOUNT, TOKEN),
    ) -> RestAnswer:
        """A request as raw as the wire; `path` below the account unless it starts with a slash."""
        target = path if path.startswith("/") else f"/2010-04-01/Accounts/{ACCOUNT}/{path}"
        return self.ask(method, target, auth, urlencode(form or {}, doseq=True))

    def ask(self, method: str, target: str, auth: tuple[str, str] | None, form: str) -> RestAnswer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        if auth:
            word = base64.b64encode(":".join(auth).encode()).decode()
            headers["Authorization"] = f"Basic {word}"
        answered = self.town.rest(RestRequest.parse(method, target, headers, form.encode()))
        self.town.settle()
        return answered

    def advance(self, seconds: float) -> None:
        """Let time pass, answering what the carrier asks on the way."""
        self.town.advance(seconds)

    def _page(self, fetch: Fetch) -> FetchAnswer:
        self.asked.append(fetch)
        twiml = self.pages.get(urlsplit(fetch.url).path)
        if twiml is None:
            return FetchAnswer(204)
        return FetchAnswer(200, {"Content-Type": "text/xml"}, twiml.encode())
