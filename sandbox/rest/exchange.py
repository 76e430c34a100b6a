"""One REST request to the carrier and its answer, as values: no socket in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json; charset=utf-8"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RestRequest:
    """What a client sends to the carrier's REST API.

    `path` is still percent-encoded, because a conference may be addressed by a friendly
    name that holds a slash. Header names are lower case. `concurrent` is how many requests
    of this account the driver is answering at this moment, this one included.
    """

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    concurrent: int = 1

    @classmethod
    def parse(
        cls,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        concurrent: int = 1,
    ) -> RestRequest:
        """Read a request as it came off the wire; `target` is the path with its query."""
        path, _, query = target.partition("?")
        lowered = {name.lower(): value for name, value in headers.items()}
        return cls(
            method=method.upper(),
            path=path,
            query=_pairs(query),
            form=_form(lowered.get("content-type", ""), body),
            headers=lowered,
            concurrent=concurrent,
        )

    @property
    def target(self) -> str:
        """The path with its query, as it came."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What the carrier answers. The driver waits `delay` seconds before sending it; with
    `refuse` it sends nothing and drops the connection. `call_sid` is that of a call which the
    request created, for the log."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    refuse: bool = False
    call_sid: str = ""


def _form(content_type: str, body: bytes) -> Pairs:
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        return ()
    return _pairs(body.decode("utf-8", "replace"))


def _pairs(encoded: str) -> Pairs:
    return tuple(parse_qsl(encoded, keep_blank_values=True))
