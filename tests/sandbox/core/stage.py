"""A carrier, an application made of pages, and people with telephones, on a hand-cranked clock.

The application is a dictionary from path to page: TwiML, a whole answer, or a function of the
request. People are lines that do what the test says and remember what they heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import (
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from twilio.rest import Client

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Address, Call, Refusal
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import FailureKind, Fetch, FetchAnswer, FetchError, FetchResult
from sandbox.core.endpoints import Callee, SilentLine
from sandbox.core.orders import CallOrder, CallUpdate
from sandbox.core.sounds import Hearing, Moment, Plays, Says
from sandbox.drivers.inprocess import InProcess, SdkTransport

NOW = 1_800_000_000.0
APP = "http://app.test"
OURS = "+15550100"
DANA = "+15550177"
OMAR = "+15550123"
LENA = "+15550124"
TOKEN = "12345"

Page = str | FetchResult | Callable[["Asked"], "str | FetchResult"]


@dataclass(slots=True)
class Asked:
    """One request that reached the application."""

    at: float
    method: str
    path: str
    params: dict[str, str]
    fetch: Fetch

    def __getitem__(self, name: str) -> str:
        return self.params[name]

    def get(self, name: str) -> str | None:
        return self.params.get(name)


@dataclass
class Person(SilentLine):
    """Somebody with a telephone. Picks up `after` seconds, or refuses, or never does."""

    carrier: Carrier
    after: float | None = 1.0
    refuses: Refusal | None = None
    is_a: Callee = field(default_factory=Callee)
    calls: list[Call] = field(default_factory=list)
    hearings: list[tuple[float, tuple[Hearing, ...]]] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    through: int = 0
    ended: int = 0

    @property
    def call(self) -> Call:
        return self.calls[-1]

    @property
    def hears_now(self) -> list[Hearing]:
        return list(self.call.hearing)

    def offered(self, call: Call) -> None:
        self.calls.append(call)
        if self.refuses:
            call.refuse(self.refuses)
        elif self.after is not None:
            self.carrier.kernel.call_later(self.after, call.answer)

    def connected(self, call: Call) -> None:
        self.through += 1

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:
        self.hearings.append((self.carrier.now - NOW, hearing))

    def heard(self, call: Call, moment: Moment) -> None:
        self.moments.append(moment)

    def hung_up(self, call: Call) -> None:
        self.ended += 1

    def callee(self, call: Call) -> Callee:
        return self.is_a

    def words(self) -> list[str]:
        """The texts that were read to this person."""
        return [f.text for _, facts in self.hearings for f in facts if isinstance(f, Says)]

    def music(self) -> list[str]:
        return [f.url for _, facts in self.hearings for f in facts if isinstance(f, Plays)]


class Stage:
    """Everything that a test needs; times in `Asked.at` and hearings count from the start."""

    def __init__(self, config: Config | None = None, seed: int = 7) -> None:
        self.carrier = Carrier(config or Config(cps=0), now=NOW, seed=seed)
        self.account = self.carrier.add_account(auth_token=TOKEN)
        self.number = self.carrier.add_number(
            self.account, OURS, VoiceUrls(voice_url=f"{APP}/voice")
        )
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.town = InProcess(self.carrier, self._deliver)
        self.client = Client(
            self.account.sid, self.account.auth_token, http_client=SdkTransport(self.town)
        )

    @property
    def now(self) -> float:
        return self.carrier.now - NOW

    def person(
        self,
        address: str = OMAR,
        *,
        after: float | None = 1.0,
        refuses: Refusal | None = None,
        is_a: Callee | None = None,
    ) -> Person:
        person = Person(self.carrier, after=after, refuses=refuses, is_a=is_a or Callee())
        self.carrier.phones.connect(address, person)
        return person

    def dials_in(self, from_: str = DANA, **told: Any) -> Person:
        """Dana dials our number; what the carrier asks at once has been answered."""
        dana = Person(self.carrier)
        dana.calls.append(self.carrier.dial_in(dana, from_=from_, to=OURS, **told))
        self.town.settle()
        return dana

    def calls_out(
        self, to: str = OMAR, *, url: str = "/voice", order: CallOrder | None = None
    ) -> Call:
        """The application rings somebody over REST."""
        order = order or CallOrder(to=to, from_=OURS, document=Address(APP + url))
        call = self.carrier.create_call(self.account, order)
        self.town.settle()
        return call

    def redirect(self, call: Call, url: str = "", twiml: str = "") -> None:
        document = Address(APP + url) if url else Address(twiml=twiml)
        self.carrier.update_call(call, CallUpdate(document=document))
        self.town.settle()

    def hang_up(self, call: Call) -> None:
        """The carrier is told over REST to end the call."""
        self.carrier.update_call(call, CallUpdate(status="completed"))
        self.town.settle()

    def choose(self, **choices: object) -> None:
        """Set choices by name."""
        for name, value in choices.items():
            assert hasattr(self.carrier.choices, name)
            setattr(self.carrier.choices, name, value)

    def advance(self, seconds: float) -> None:
        self.town.advance(seconds)

    def at(self, path: str) -> list[Asked]:
        """The requests that reached this path, in order."""
        return [asked for asked in self.asked if asked.path == path]

    def last(self, path: str) -> Asked:
        return self.at(path)[-1]

    def story(self, *paths: str) -> list[str]:
        """The paths asked, in order; only those named if any are."""
        return [asked.path for asked in self.asked if not paths or asked.path in paths]

    def codes(self) -> list[int]:
        """The debugger's codes so far."""
        return [notification.error_code for notification in self.carrier.notifications]

    def _deliver(self, fetch: Fetch) -> FetchResult:
        parts = urlsplit(fetch.url)
        pairs = fetch.params or parse_qsl(parts.query, keep_blank_values=True)
        asked = Asked(self.now, fetch.method, parts.path, dict(pairs), fetch)
        self.asked.append(asked)
        self._check_signature(fetch)
        return self._answer(asked)

    def _check_signature(self, fetch: Fetch) -> None:
        """Every request on this stage must satisfy the SDK's own validator."""
        secret = self.account.shared_key[1] if self.account.shared_key else TOKEN
        algorithm = get_signature_algorithm(fetch.headers.get(SIGNATURE_SETTINGS_HEADER))
        signature = fetch.headers["X-Twilio-Signature"]
        validator, params = RequestValidator(secret), dict(fetch.params)
        assert validator.validate(fetch.url, params, signature, algorithm), fetch.url

    def _answer(self, asked: Asked) -> FetchResult:
        page = self.pages.get(asked.path)
        if callable(page):
            page = page(asked)
        if page is None:
            return FetchAnswer(204)
        return twiml(page) if isinstance(page, str) else page


def twiml(body: str, content_type: str = "text/xml", **more: Any) -> FetchAnswer:
    """An answer of the application."""
    text = body if body.startswith("<?") or content_type != "text/xml" else _wrapped(body)
    return FetchAnswer(200, {"Content-Type": content_type}, text.encode(), **more)


def _wrapped(body: str) -> str:
    return body if body.startswith("<Response") else f"<Response>{body}</Response>"


def broken(status: int = 500) -> FetchAnswer:
    return FetchAnswer(status, {"Content-Type": "text/html"}, b"<h1>Sorry</h1>")


def unreachable(kind: FailureKind = "connect") -> FetchError:
    return FetchError(kind)
