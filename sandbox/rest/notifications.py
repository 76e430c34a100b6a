"""`/Notifications`: what the carrier found wrong, of one call or of the whole account."""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox.core.accounts import API_VERSION
from sandbox.core.dates import rfc2822
from sandbox.core.notifications import WARNING, Notification
from sandbox.rest.answers import Shape, answer
from sandbox.rest.asked import Asked
from sandbox.rest.dates import date_test
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page


def listed_of_call(asked: Asked) -> RestAnswer:
    call = asked.call()
    return _listed(asked, f"{asked.root}/Calls/{call.sid}", call.sid)


def fetch_of_call(asked: Asked) -> RestAnswer:
    call = asked.call()
    return _fetch(asked, f"{asked.root}/Calls/{call.sid}", call.sid)


def listed_of_account(asked: Asked) -> RestAnswer:
    return _listed(asked, asked.root, None)


def fetch_of_account(asked: Asked) -> RestAnswer:
    return _fetch(asked, asked.root, None)


def _listed(asked: Asked, base: str, call_sid: str | None) -> RestAnswer:
    """Filtered by level (`Log`: 0 error, 1 warning) and date."""
    level = asked.query.whole("Log", 0, 1)
    dated = date_test(asked.query, "MessageDate")

    def wanted(each: Notification) -> bool:
        return level in (None, each.log) and dated(each.message_date)

    found = _of(asked, call_sid)
    found.reverse()
    return page(
        asked,
        Listing("notifications", found, lambda n: n.sid, lambda n: shape(base, n), wanted),
    )


def _fetch(asked: Asked, base: str, call_sid: str | None) -> RestAnswer:
    sid = asked.names["notification"]
    found = next((each for each in _of(asked, call_sid) if each.sid == sid), None)
    if found is None:
        raise asked.missing()
    whole: Shape = {
        "request_variables": "",
        "response_headers": "",
        "response_body": found.response_body,
    }
    return answer(200, shape(base, found) | whole)


def _of(asked: Asked, call_sid: str | None) -> list[Notification]:
    return [
        each
        for each in asked.carrier.notifications
        if each.account is asked.account and call_sid in (None, each.call_sid)
    ]


def shape(base: str, found: Notification) -> Shape:
    """`message_text` is a query string, as it is in the account's own debugger."""
    level = "WARN" if found.log == WARNING else "ERROR"
    text = {"Msg": found.message_text, "ErrorCode": found.error_code, "LogLevel": level}
    date = rfc2822(found.message_date)
    return {
        "sid": found.sid,
        "account_sid": found.account.sid,
        "call_sid": found.call_sid,
        "api_version": API_VERSION,
        "error_code": str(found.error_code),
        "log": str(found.log),
        "message_date": date,
        "message_text": urlencode(text),
        "more_info": found.more_info,
        "request_method": found.request_method if found.request_url else None,
        "request_url": found.request_url,
        "uri": f"{base}/Notifications/{found.sid}.json",
        "date_created": date,
        "date_updated": date,
    }
