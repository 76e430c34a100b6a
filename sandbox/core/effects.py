"""What the carrier wants done outside: requests to the application and to media servers.

A driver takes `Fetch` objects from `carrier.take_fetches()`, performs each one *without*
following redirects, and reports `carrier.fetch_done(fetch.id, FetchAnswer(...) | FetchError(...))`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

FailureKind = Literal["connect", "read", "bad_host", "bad_url"]
FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(slots=True, frozen=True)
class Fetch:
    """One HTTP request. `url` has no fragment and, for GET, already has the parameters."""

    id: int
    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    sni: bool = True

    @property
    def body(self) -> bytes:
        """The form body; empty for GET."""
        return b"" if self.method == "GET" else urlencode(self.params).encode("ascii")


@dataclass(slots=True, frozen=True)
class FetchAnswer:
    """An HTTP response. Header names in any case; `cookies` are raw Set-Cookie values.

    `delay` is how long the application took, for drivers without a real clock.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: tuple[str, ...] = ()
    delay: float = 0.0

    def header(self, name: str, default: str = "") -> str:
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), default)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True, frozen=True)
class FetchError:
    """There was no HTTP response."""

    kind: FailureKind
    message: str = ""
    delay: float = 0.0


FetchResult = FetchAnswer | FetchError
