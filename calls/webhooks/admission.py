"""Is this request one of ours to answer? Address, size, form and signature, in one place.

Needs no database: the answering service that stands in for us has the same door.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings

from calls.carrier.numbers import masked
from calls.carrier.signature import is_genuine
from calls.webhooks import metrics
from calls.webhooks.kinds import Kind, Place, find

logger = logging.getLogger("callcenter.webhooks")

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 300
FORM = "application/x-www-form-urlencoded"
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_LARGEST_SEQUENCE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarrierRequest:
    """One genuine request of the carrier."""

    kind: Kind
    leg_id: UUID | None
    call_id: UUID | None
    order_id: UUID | None
    params: dict[str, str]
    dedupe_key: str

    @property
    def call_sid(self) -> str:
        return self.params.get("CallSid", "")

    @property
    def sequence(self) -> int | None:
        return _sequence(self.params)


class _Refusal(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def xml(document: str) -> Response:
    return Response(200, document.encode(), {"content-type": "text/xml; charset=utf-8"})


def refusal(status: int, why: str) -> Response:
    headers = {"content-type": "text/plain; charset=utf-8"}
    if status == 405:
        headers["allow"] = "POST"
    return Response(status, f"{why}\n".encode(), headers)


def admit(
    *,
    method: str,
    url: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> CarrierRequest | Response:
    """The request, if it is genuine and makes sense; else the answer that says why not.

    The signature is checked against the address that we are configured to have. `url` is what the
    request itself claims to have called: it proves nothing and is named in the log.
    """
    try:
        return _admitted(method, url, path, query, headers, body)
    except _Refusal as refused:
        metrics.REFUSED.labels(status=str(refused.status)).inc()
        return refusal(refused.status, str(refused))


def _admitted(
    method: str, url: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> CarrierRequest:
    place = find(path)
    if place is None:
        raise _Refusal(404, "There is no such address.")
    form = _form(place.kind, method, headers, body)
    asked = _fields(query)
    given = headers.get("x-twilio-signature", "")
    if not _signed(place.kind, path=path, query=query, given=given, form=form):
        _log_forgery(place, url=url, given=given, form=form)
        raise _Refusal(403, "The signature is missing or wrong.")
    params = dict(asked) | dict(form)
    if not _SID.fullmatch(params.get(place.kind.about, "")):
        raise _Refusal(400, f"{place.kind.about} is missing or is not an id.")
    token = headers.get("i-twilio-idempotency-token", "")
    key = _dedupe_key(place, params=params, token=token, raw=query.encode() + b"?" + body)
    return CarrierRequest(place.kind, place.leg_id, place.call_id, place.order_id, params, key)


def _form(
    kind: Kind, method: str, headers: Mapping[str, str], body: bytes
) -> list[tuple[str, str]]:
    if method == "GET" and kind.may_get:
        return []
    if method != "POST":
        raise _Refusal(405, "Ask by POST.")
    if len(body) > LARGEST_BODY:
        raise _Refusal(413, "The form is too large.")
    if headers.get("content-type", "").split(";", 1)[0].strip().lower() != FORM:
        raise _Refusal(415, f"Send a form: {FORM}.")
    return _fields(_text(body))


def _text(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise _Refusal(400, "The form is not encoded as a form.") from None


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        fields = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise _Refusal(400, "The form is not UTF-8, or has too many fields.") from None
    if "%00" in text or "\0" in text:
        # PostgreSQL keeps no NUL in text.
        raise _Refusal(400, "The form has a NUL character in it.")
    return fields


def _signed(kind: Kind, *, path: str, query: str, given: str, form: list[tuple[str, str]]) -> bool:
    target = f"{path}?{query}" if query else path
    # The fallback may be served under its own address, or by the web process under ours.
    bases = {settings.PUBLIC_URL}
    if kind.name == "fallback":
        bases.add(settings.FALLBACK_URL)
    return bool(given) and any(
        is_genuine(token=settings.TWILIO_AUTH_TOKEN, url=base + target, given=given, form=form)
        for base in bases
    )


def _log_forgery(place: Place, *, url: str, given: str, form: list[tuple[str, str]]) -> None:
    caller = dict(form).get("From", "")
    logger.warning(
        "%s signature at %s: the request calls itself %s, and we are %s",
        "wrong" if given else "no",
        place.kind.name,
        url.split("?", 1)[0],
        settings.PUBLIC_URL,
        extra={"leg_id": str(place.leg_id or ""), "caller": masked(caller)},
    )


def _dedupe_key(place: Place, *, params: Mapping[str, str], token: str, raw: bytes) -> str:
    """The carrier's own token where it sends one, else what tells two pieces of news apart."""
    kind, sequence = place.kind, _sequence(params)
    if token:
        return f"{kind.name}:{_short(token)}"
    if kind.about != "RecordingSid" and sequence is not None:
        return f"{kind.name}:{params[kind.about]}:{sequence}"
    return f"{kind.name}:{params[kind.about]}:{hashlib.sha256(raw).hexdigest()[:32]}"


def _short(token: str) -> str:
    return token if len(token) <= 64 else hashlib.sha256(token.encode()).hexdigest()


def _sequence(params: Mapping[str, str]) -> int | None:
    text = params.get("SequenceNumber", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
    return number if number is not None and number <= _LARGEST_SEQUENCE else None
