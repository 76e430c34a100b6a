"""Asking the application: one request with its retries, redirects, cookies and time limit.

`ask()` never raises for what the application does wrong; the `Reply` says what happened, with the
debugger's code where it was a failure. Source: https://www.twilio.com/docs/usage/webhooks
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from sandbox.core.accounts import Account
from sandbox.core.authorization import answer_challenge, split_login
from sandbox.core.calls import Call
from sandbox.core.cookies import Jar, cookie_header, keep_cookies
from sandbox.core.effects import FORM_TYPE, Fetch, FetchAnswer, FetchError, FetchResult
from sandbox.core.faults import WebhookFault
from sandbox.core.overrides import Overrides, split_overrides
from sandbox.core.parameters import Params
from sandbox.core.signature import signature_headers
from sandbox.core.switch import LogEntry, Switch

Kind = Literal["webhook", "callback", "media"]

USER_AGENT = "TwilioProxy/1.1"
MAX_REDIRECTS = 10
MAX_CACHED = 1000
KEEPS_METHOD = (307, 308)
REDIRECTS = (301, 302, 303, *KEEPS_METHOD)
FAILURE_CODES = {"connect": 11205, "bad_host": 11210, "bad_url": 11100, "read": 11200}


@dataclass(slots=True)
class Question:
    """A request to make. `standard` parameters survive a redirect, `extra` ones do not."""

    url: str
    account: Account
    method: str = "POST"
    standard: Params = field(default_factory=list)
    extra: Params = field(default_factory=list)
    kind: Kind = "webhook"
    purpose: str = ""
    call: Call | None = None
    token: str = ""


@dataclass(slots=True, frozen=True)
class Reply:
    """How it went. `error_code` is 0 for a 2xx answer; `url` is where it came from."""

    url: str
    status: int = 0
    content_type: str = ""
    body: bytes = b""
    error_code: int = 0
    error_text: str = ""

    @property
    def ok(self) -> bool:
        return self.error_code == 0


async def ask(switch: Switch, question: Question) -> Reply:
    """Make the request, as often as its overrides allow, within the overall time limit."""
    if urlsplit(question.url).scheme not in ("http", "https"):
        return Reply(question.url, error_code=11100, error_text=f"Invalid URL {question.url!r}")
    url, overrides = split_overrides(question.url)
    trip = _Trip(switch, question, url, overrides)
    reply = await trip.attempt()
    for _ in range(overrides.retries):
        if not overrides.retries_after(trip.outcome) or switch.now >= trip.deadline:
            break
        reply = await trip.attempt()
    return reply


class _Trip:
    """All attempts at one question: they share the deadline and the idempotency token."""

    __slots__ = ("deadline", "jar", "outcome", "overrides", "question", "switch", "token", "url")

    def __init__(self, switch: Switch, question: Question, url: str, overrides: Overrides) -> None:
        self.switch = switch
        self.question = question
        self.url = url
        self.overrides = overrides
        cap = min(overrides.total_timeout, switch.timings.webhook_cap)
        self.deadline = switch.now + cap
        self.token = question.token or idempotency_token(switch)
        self.jar: Jar = question.call.cookies if question.call else {}
        self.outcome = ""

    async def attempt(self) -> Reply:
        """One try, redirects followed. Sets `outcome` to what the retry policy calls it."""
        hop = _Hop(self.url, self.question.method, self.question.standard, self.question.extra)
        for _ in range(MAX_REDIRECTS + 1):
            result = await self._hop(hop)
            moved = self._moved(hop, result)
            if moved is None:
                return self._judge(hop, result)
            hop = moved
        self.outcome = "redirects"
        return Reply(hop.url, error_code=11215, error_text="Too many redirects")

    async def _hop(self, hop: _Hop) -> FetchResult:
        bare, login = split_login(hop.url)
        result = await self._send(hop, bare, {})
        if not login or not isinstance(result, FetchAnswer) or result.status != 401:
            return result
        challenge = result.header("WWW-Authenticate")
        header = answer_challenge(
            challenge, login, method=hop.method, url=bare, dice=self.switch.dice
        )
        return await self._send(hop, bare, {"Authorization": header}) if header else result

    def _moved(self, hop: _Hop, result: FetchResult) -> _Hop | None:
        if isinstance(result, FetchError) or result.status not in REDIRECTS:
            return None
        target = result.header("Location")
        if not target:
            return None
        url = urldefrag(urljoin(hop.url, target)).url
        if result.status in KEEPS_METHOD:
            return replace(hop, url=url)
        keeps = self.switch.choices.redirected_fetch_keeps
        standard = [] if keeps == "nothing" else hop.standard
        return _Hop(url, "GET", standard, hop.extra if keeps == "everything" else [])

    def _judge(self, hop: _Hop, result: FetchResult) -> Reply:
        if isinstance(result, FetchError):
            self.outcome = {"connect": "ct", "bad_host": "ct", "read": "rt"}.get(result.kind, "")
            code = FAILURE_CODES[result.kind]
            return Reply(hop.url, error_code=code, error_text=result.message or result.kind)
        self.outcome = f"{result.status // 100}xx"
        good = self.outcome == "2xx"
        return Reply(
            hop.url,
            status=result.status,
            content_type=result.header("Content-Type").partition(";")[0].strip().lower(),
            body=result.body,
            error_code=0 if good else 11200,
            error_text="" if good else f"Got HTTP {result.status} response to {hop.url}",
        )

    async def _send(self, hop: _Hop, bare: str, headers: dict[str, str]) -> FetchResult:
        fetch = self._fetch(hop, bare, headers)
        entry = self._log(fetch)
        result = await self._perform(fetch)
        if isinstance(result, FetchAnswer):
            keep_cookies(self.jar, bare, result.cookies)
            result = self._cached(fetch, result)
        self._log_answer(entry, result)
        return result

    def _fetch(self, hop: _Hop, bare: str, headers: dict[str, str]) -> Fetch:
        params = tuple(hop.standard + hop.extra)
        is_get = hop.method == "GET"
        url = _with_query(bare, params) if is_get else bare
        signed = url
        if self.switch.choices.signature_covers_userinfo:
            signed = _with_query(hop.url, params) if is_get else hop.url
        headers |= {
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            **signature_headers(self.question.account, signed, () if is_get else params),
            "I-Twilio-Idempotency-Token": self.token,
        }
        if not is_get:
            headers["Content-Type"] = FORM_TYPE
        if cookies := cookie_header(self.jar, bare):
            headers["Cookie"] = cookies
        if is_get:
            headers |= self._validators(url)
        return Fetch(
            id=self.switch.next_number(),
            method=hop.method,
            url=url,
            params=() if is_get else params,
            headers=headers,
            connect_timeout=self.overrides.connect_timeout,
            read_timeout=self.overrides.read_timeout,
            sni=self.overrides.sni,
        )

    async def _perform(self, fetch: Fetch) -> FetchResult:
        """Wait for the driver, the read timeout or the deadline, whichever is first."""
        fault = self.switch.faults.webhook_fault() if self.question.kind == "webhook" else None
        if fault == "slow":
            return await self._too_slow(fetch)
        if fault is not None:
            return _spoilt(fault)
        seconds = min(self.overrides.read_timeout, self.deadline - self.switch.now)
        answer = self.switch.send(fetch)
        late = FetchError("read", "No answer in time")
        timer = self.switch.kernel.call_later(seconds, lambda: void(answer.try_set(late)))
        try:
            return await answer
        finally:
            timer.cancel()
            self.switch.give_up(fetch.id)

    async def _too_slow(self, fetch: Fetch) -> FetchResult:
        """The application is asked, but its answer takes `webhook_slow_seconds`."""
        answer = self.switch.send(fetch)
        seconds = self.switch.faults.webhook_slow_seconds
        allowed = min(self.overrides.read_timeout, self.deadline - self.switch.now)
        await self.switch.kernel.sleep(min(seconds, allowed))
        if seconds >= allowed or not answer.done:
            self.switch.give_up(fetch.id)
            return FetchError("read", "No answer in time")
        return answer.result()

    def _validators(self, url: str) -> dict[str, str]:
        kept = self.switch.http_cache.get(url)
        if kept is None:
            return {}
        headers = {
            "If-None-Match": kept.header("ETag"),
            "If-Modified-Since": kept.header("Last-Modified"),
        }
        return {name: value for name, value in headers.items() if value}

    def _cached(self, fetch: Fetch, answer: FetchAnswer) -> FetchAnswer:
        """GET answers with an ETag or Last-Modified are kept; a 304 brings the kept one back."""
        if fetch.method != "GET":
            return answer
        cache = self.switch.http_cache
        if answer.status == 304 and fetch.url in cache:
            return cache[fetch.url]
        if answer.status == 200 and (answer.header("ETag") or answer.header("Last-Modified")):
            cache[fetch.url] = answer
            if len(cache) > MAX_CACHED:
                del cache[next(iter(cache))]
        return answer

    def _log(self, fetch: Fetch) -> LogEntry:
        entry = LogEntry(
            number=fetch.id,
            kind=self.question.kind,
            at=self.switch.now,
            method=fetch.method,
            url=fetch.url,
            params=fetch.params,
            call_sid=self.question.call.sid if self.question.call else None,
            purpose=self.question.purpose,
        )
        self.switch.record_log(entry)
        return entry

    def _log_answer(self, entry: LogEntry, result: FetchResult) -> None:
        entry.answered_at = self.switch.now
        if isinstance(result, FetchError):
            entry.error = result.message or result.kind
        else:
            entry.answer_status = result.status
            entry.answer_type = result.header("Content-Type")
            media = self.question.kind == "media"
            entry.answer_body = f"{len(result.body)} bytes" if media else result.text
        self.switch.tell("log", entry)


@dataclass(slots=True, frozen=True)
class _Hop:
    url: str
    method: str
    standard: Params
    extra: Params


def idempotency_token(switch: Switch) -> str:
    """What marks all attempts at one request as the same."""
    return f"{switch.dice.getrandbits(128):032x}"


def void(_: object) -> None:
    """For callbacks whose result nobody wants."""


def _with_query(url: str, params: tuple[tuple[str, str], ...]) -> str:
    if not params:
        return url
    return url + ("&" if urlsplit(url).query else "?") + urlencode(params)


def _spoilt(fault: WebhookFault) -> FetchResult:
    if fault == "refused":
        return FetchError("connect", "Connection refused")
    if fault == "garbage":
        return FetchAnswer(200, {"Content-Type": "text/xml"}, b"<Response><Say>")
    return FetchAnswer(int(fault), {"Content-Type": "text/html"}, b"<h1>Server Error</h1>")
