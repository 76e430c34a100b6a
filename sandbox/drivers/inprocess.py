"""The carrier on a hand-cranked clock, in the process of a test: an hour of waiting takes no time.

    carrier = Carrier(Config(cps=0), now=1_800_000_000.0)
    town = InProcess(carrier, deliver)
    client = Client(account.sid, account.auth_token, http_client=SdkTransport(town))
    carrier.dial_in(line, from_="+15550177", to="+15550100")
    town.advance(30)

`deliver` performs a request of the carrier to the application: it gets a `Fetch` and returns a
`FetchAnswer` (whose `delay` seconds pass on the carrier's clock) or a `FetchError`.
"""

from __future__ import annotations

import errno
import io
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import aiohttp
import requests
from aiohttp.client_reqrep import ConnectionKey
from requests.adapters import BaseAdapter
from twilio.http.response import Response

from sandbox.core.carrier import Carrier
from sandbox.core.effects import Fetch, FetchResult
from sandbox.rest import RestAnswer, RestRequest, handle

Deliver = Callable[[Fetch], FetchResult]
# Which connection failed, as the asynchronous client's errors say it.
_KEY = ConnectionKey(
    "sandbox", 80, is_ssl=False, ssl=False, proxy=None, proxy_auth=None, proxy_headers_hash=None
)


class InProcess:
    """Turns the carrier's clock and carries its requests, all in the caller's thread."""

    def __init__(self, carrier: Carrier, deliver: Deliver) -> None:
        self.carrier = carrier
        self._deliver = deliver
        self._busy = False

    def settle(self) -> None:
        """Do everything that is due now, requests to the application included.

        Called while a request is being delivered it does nothing: the outer one goes on.
        """
        if self._busy:
            return
        self._busy = True
        try:
            self._work_off()
        finally:
            self._busy = False

    def advance(self, seconds: float) -> None:
        """Let time pass, from event to event."""
        until = self.carrier.now + seconds
        self.settle()
        while (due := self.carrier.kernel.next_timer()) is not None and due <= until:
            self.carrier.kernel.advance_to(due)
            self.settle()
        self.carrier.kernel.advance_to(until)
        self.settle()

    def advance_until(self, reached: Callable[[], bool], *, within: float = 600.0) -> None:
        """Let time pass until `reached()` holds; TimeoutError if it does not within `within`."""
        until = self.carrier.now + within
        self.settle()
        while not reached():
            due = self.carrier.kernel.next_timer()
            if due is None or due > until:
                raise TimeoutError(f"not reached within {within} s of carrier time")
            self.carrier.kernel.advance_to(due)
            self.settle()

    def rest(self, request: RestRequest) -> RestAnswer:
        """One REST request; what follows from it happens when the clock is turned or settled."""
        return handle(self.carrier, request)

    def _work_off(self) -> None:
        while True:
            self.carrier.kernel.advance_to(self.carrier.now)
            fetches = self.carrier.take_fetches()
            if not fetches:
                return
            for fetch in fetches:
                self._perform(fetch)

    def _perform(self, fetch: Fetch) -> None:
        result = self._deliver(fetch)
        report = partial(self.carrier.fetch_done, fetch.id, result)
        if result.delay > 0:
            self.carrier.kernel.call_later(result.delay, report)
        else:
            report()


class SdkTransport:
    """An HTTP client for the unmodified SDK that ends in the carrier instead of in a socket.

    `timeout` is in seconds, as for the SDK's own client; an answer that takes longer raises what
    `requests` would. After each request the carrier settles, unless it is just delivering one, or
    `settles` is false: then what follows waits for the clock.
    """

    is_async = False

    def __init__(
        self, town: InProcess, timeout: float | None = 10.0, *, settles: bool = True
    ) -> None:
        self._town = town
        self._settles = settles
        self.timeout = timeout

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: ARG002 - the API never redirects
    ) -> Response:
        """What the SDK calls for every request."""
        prepared = requests.Request(method, url, params=params, data=data).prepare()
        body = (prepared.body or "").encode() if isinstance(prepared.body, str) else b""
        sent = {**(headers or {}), **_authorization(auth)}
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        request = RestRequest.parse(method, prepared.path_url, sent, body)
        answer = self._town.rest(request)
        if self._settles:
            self._town.settle()
        return _received(answer, timeout or self.timeout)


class AsyncSdkTransport(SdkTransport):
    """The same for the SDK's `…_async` methods."""

    is_async = True

    async def request(self, *args: Any, **options: Any) -> Response:
        """Failures are those of the SDK's asynchronous client."""
        try:
            return super().request(*args, **options)
        except requests.exceptions.ConnectionError as error:
            refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
            raise aiohttp.ClientConnectorError(_KEY, refused) from error
        except requests.exceptions.ReadTimeout as error:
            raise TimeoutError(str(error)) from error


class MediaTransport(BaseAdapter):
    """The same for a program that fetches sound by `requests`: mount it on a session."""

    def __init__(self, town: InProcess) -> None:
        super().__init__()
        self._town = town

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """What a session calls for every request."""
        method, path = request.method or "", request.path_url
        answer = self._town.rest(RestRequest.parse(method, path, request.headers, b""))
        if answer.refuse:
            raise requests.exceptions.ConnectionError("connection refused")
        if answer.delay:
            raise requests.exceptions.ReadTimeout("no answer in time")
        response = requests.Response()
        response.status_code, response.request = answer.status, request
        response.headers.update({**answer.headers, "Content-Length": str(len(answer.body))})
        response.raw = io.BytesIO(answer.body)
        return response

    def close(self) -> None:
        """There is nothing to close."""


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": "Basic " + b64encode(":".join(auth).encode()).decode("ascii")}


def _received(answer: RestAnswer, timeout: float | None) -> Response:
    if answer.refuse:
        raise requests.exceptions.ConnectionError("connection refused")
    if timeout is not None and answer.delay > timeout:
        raise requests.exceptions.ReadTimeout(f"no answer within {timeout} s")
    return Response(answer.status, answer.body.decode(), dict(answer.headers))
