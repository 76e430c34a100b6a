"""The REST API in one function: a request in, an answer out, what happened in the log.

Order, as on the wire: the faults that are switched on, the path, the credentials, the operation.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.core.accounts import Account
from sandbox.core.carrier import Carrier
from sandbox.core.errors import RestError, not_found, too_many_requests
from sandbox.core.faults import RestFault
from sandbox.core.switch import LogEntry
from sandbox.rest.answers import refusal
from sandbox.rest.asked import Asked
from sandbox.rest.credentials import signed_in
from sandbox.rest.exchange import RestAnswer, RestRequest
from sandbox.rest.form import Form
from sandbox.rest.routes import Found, Router
from sandbox.rest.table import ROUTES

ROUTER = Router(ROUTES)
NEVER = 120.0
LONGEST_LOGGED = 8000
REFUSED = RestAnswer(0, refuse=True)
CALL_IN_PATH = re.compile(r"CA[0-9a-fA-F]{32}")


def handle(carrier: Carrier, request: RestRequest) -> RestAnswer:
    """Do what the request asks. State has changed when this returns; what follows from it
    (ringing, requests to the application) happens when the carrier's kernel runs."""
    at = carrier.now
    fault = carrier.faults.rest_fault()
    answered = _with_fault(carrier, request, fault) if fault else _answer(carrier, request)
    entry = _log(carrier, request, answered, at)
    delayed = replace(answered, delay=answered.delay + carrier.faults.rest_delay)
    return delayed if delayed.refuse else _with_headers(delayed, request, entry.number)


def _answer(carrier: Carrier, request: RestRequest) -> RestAnswer:
    try:
        return _operate(carrier, request)
    except RestError as error:
        return refusal(error)


def _operate(carrier: Carrier, request: RestRequest) -> RestAnswer:
    found = _route(carrier, request)
    account, with_api_key = _who(carrier, request, found)
    if account.sid != found.names["account"]:
        raise not_found(request.path)
    asked = Asked(
        carrier=carrier,
        account=account,
        with_api_key=with_api_key,
        request=request,
        names=found.names,
        query=Form(request.query),
        form=Form(request.form),
    )
    return found.route.operation(asked)


def _route(carrier: Carrier, request: RestRequest) -> Found:
    """Strangers learn nothing about which paths exist."""
    try:
        return ROUTER.find(request.method, request.path)
    except RestError:
        _signed_in(carrier, request)
        raise


def _who(carrier: Carrier, request: RestRequest, found: Found) -> tuple[Account, bool]:
    if not found.route.public:
        return _signed_in(carrier, request)
    account = carrier.accounts.get(found.names["account"])
    if account is None:
        raise not_found(request.path)
    return account, False


def _signed_in(carrier: Carrier, request: RestRequest) -> tuple[Account, bool]:
    return signed_in(carrier.accounts.values(), request.headers.get("authorization", ""))


def _with_fault(carrier: Carrier, request: RestRequest, fault: RestFault) -> RestAnswer:
    """What a request meets that arrives at a bad moment. Only a time-out may still be done."""
    if fault == "refused":
        return REFUSED
    if fault == "timeout":
        executes = carrier.choices.rest_timeout_executes
        answered = _answer(carrier, request) if executes else refusal(_unavailable())
        return replace(answered, delay=NEVER)
    if fault == "429":
        return refusal(too_many_requests())
    return refusal(_internal() if fault == "500" else _unavailable())


def _internal() -> RestError:
    return RestError(20500, 500, "Internal Server Error")


def _unavailable() -> RestError:
    return RestError(20503, 503, "Service Unavailable")


def _log(carrier: Carrier, request: RestRequest, answered: RestAnswer, at: float) -> LogEntry:
    content = answered.headers.get("Content-Type", "")
    lost = "connection refused" if answered.refuse else "timed out" if answered.delay else ""
    entry = LogEntry(
        number=carrier.next_number(),
        kind="rest",
        at=at,
        method=request.method,
        url=request.target,
        params=request.form,
        call_sid=answered.call_sid or _named_call(request.path),
        purpose="REST API",
        answer_status=answered.status,
        answer_type=content,
        answer_body=_readable(content, answered.body),
        error=lost,
        answered_at=None if lost else carrier.now,
    )
    carrier.record_log(entry)
    return entry


def _named_call(path: str) -> str | None:
    found = CALL_IN_PATH.search(path)
    return found[0] if found else None


def _readable(content_type: str, body: bytes) -> str:
    if "json" not in content_type:
        return ""
    return body[:LONGEST_LOGGED].decode("utf-8", "replace")


def _with_headers(answered: RestAnswer, request: RestRequest, number: int) -> RestAnswer:
    headers = {
        **answered.headers,
        "Twilio-Concurrent-Requests": str(request.concurrent),
        "Twilio-Request-Id": f"RQ{number:032x}",
    }
    return replace(answered, headers=headers)
