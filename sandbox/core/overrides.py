"""Connection overrides in a webhook URL's fragment: `https://app/voice#rc=2&rp=ct,rt`.

The fragment is never sent. Values out of range or unknown leave the default in place.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


@dataclass(slots=True, frozen=True)
class Overrides:
    """Times in seconds; `retry_on` of 4xx, 5xx, ct, rt, all; `edges` are only noted."""

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    sni: bool = True
    edges: tuple[str, ...] = ()

    def retries_after(self, outcome: str) -> bool:
        """`outcome` is 4xx, 5xx, ct, rt, or something that is never retried."""
        return outcome in POLICIES and bool(self.retry_on & {outcome, "all"})


def split_overrides(url: str) -> tuple[str, Overrides]:
    """The URL to request, and what its fragment asks for."""
    bare, fragment = urldefrag(url)
    if "=" not in fragment:
        return bare, Overrides()
    given = dict(parse_qsl(fragment))
    policies = frozenset(given.get("rp", "").split(",")) & POLICIES
    return bare, Overrides(
        connect_timeout=_seconds(given.get("ct"), 10000, 5.0),
        read_timeout=_seconds(given.get("rt"), 15000, 15.0),
        total_timeout=_seconds(given.get("tt"), 15000, 15.0),
        retries=_number(given.get("rc"), 0, 5, 1),
        retry_on=policies or frozenset({"ct"}),
        sni=given.get("sni", "y") != "n",
        edges=tuple(filter(None, given.get("e", "").split(","))),
    )


def _seconds(text: str | None, highest: int, default: float) -> float:
    return _number(text, 100, highest, round(default * 1000)) / 1000


def _number(text: str | None, lowest: int, highest: int, default: int) -> int:
    if text is None or not text.isdigit() or not lowest <= int(text) <= highest:
        return default
    return int(text)
