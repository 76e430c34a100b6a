"""Requests as the carrier sends them, signed by Twilio's own validator."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from twilio.request_validator import RequestValidator

from calls.webhooks import door
from calls.webhooks.admission import FORM, Response

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DANA, OMAR, BILLING = "+15550100001", "+15550100002", "+15550100000"
CALL_SID, AGENT_SID = "CA" + "1" * 32, "CA" + "2" * 32
ROOM_SID, RECORDING_SID = "CF" + "3" * 32, "RE" + "4" * 32


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    url: str = ""

    def but(self, **changes: Any) -> "Request":
        return replace(self, **changes)

    def with_header(self, name: str, value: str) -> "Request":
        return replace(self, headers=self.headers | {name: value})


@dataclass
class DanaRings:
    """What the carrier says with every request about Dana's call."""

    params: dict[str, str] = field(
        default_factory=lambda: {
            "CallSid": CALL_SID,
            "AccountSid": settings.TWILIO_ACCOUNT_SID,
            "From": DANA,
            "To": BILLING,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
            "FromCity": "",
            "CallerName": "Dana Ø",
        }
    )


def asked(url: str, *, token: str = "", method: str = "POST", **params: str) -> Request:
    """A request to one of our addresses (its fragment is the carrier's own business)."""
    address = url.split("#", 1)[0]
    form = DanaRings().params | params
    if method == "GET":
        address = f"{address}{'&' if '?' in address else '?'}{urlencode(form)}"
    parts = urlsplit(address)
    signed = form if method == "POST" else {}
    given = RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(address, signed)
    headers = {"X-Twilio-Signature": given, "Host": parts.netloc}
    if method == "POST":
        headers["Content-Type"] = f"{FORM}; charset=utf-8"
    if token:
        headers["I-Twilio-Idempotency-Token"] = token
    body = urlencode(form).encode() if method == "POST" else b""
    return Request(method, parts.path, parts.query, headers, body, address)


def answer(request: Request, now: datetime = NOW) -> Response:
    return door.answer(
        method=request.method,
        url=request.url,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
        now=now,
    )
