"""`/Calls`: start, look at, change, end and forget calls."""

from __future__ import annotations

from dataclasses import replace

from sandbox.core.accounts import API_VERSION
from sandbox.core.calls import TERMINAL, Call, CallStatus
from sandbox.core.dates import rfc2822_or_none
from sandbox.rest.addresses import as_address, formatted
from sandbox.rest.answers import Shape, answer, no_content
from sandbox.rest.asked import Asked
from sandbox.rest.call_forms import call_order, call_update, has_useless_callback
from sandbox.rest.dates import date_test
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page
from sandbox.rest.shapes import dates, subresources

SUBRESOURCES = {
    "notifications": "Notifications",
    "recordings": "Recordings",
    "payments": "Payments",
    "events": "Events",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}


def create(asked: Asked) -> RestAnswer:
    """Ring somebody. The answer says `queued`: nothing has been dialled yet."""
    order = call_order(asked)
    call = asked.carrier.create_call(asked.account, order)
    warn_of_useless_callback(asked, call)
    detection = order.machine_detection
    if detection is not None and detection.asynchronous and not detection.callback_url:
        asked.carrier.notify(21262, account=asked.account, call=call, warning=True)
    return replace(answer(201, shape(asked, call)), call_sid=call.sid)


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, asked.call()))


def listed(asked: Asked) -> RestAnswer:
    """The account's calls, newest first, filtered by party, parent, status and times."""
    query = asked.query
    to, caller = (_as_dialled(query.text(name)) for name in ("To", "From"))
    parent = query.text("ParentCallSid")
    status = query.choice("Status", tuple(CallStatus))
    started, ended = date_test(query, "StartTime"), date_test(query, "EndTime")

    def wanted(call: Call) -> bool:
        return (
            to in (None, call.to)
            and caller in (None, call.from_)
            and parent in (None, call.parent_sid)
            and status in (None, _status(asked, call))
            and started(call.started_at)
            and ended(call.ended_at)
        )

    calls = [call for call in asked.newest(asked.carrier.calls) if not call.deleted]
    return page(
        asked, Listing("calls", calls, lambda call: call.sid, lambda c: shape(asked, c), wanted)
    )


def update(asked: Asked) -> RestAnswer:
    """Change a live call or end it; what it was doing is interrupted after this answer."""
    call = asked.call()
    asked.carrier.update_call(call, call_update(asked))
    return answer(200, shape(asked, call))


def delete(asked: Asked) -> RestAnswer:
    """Forget a call that is over; 20009 for one that is not."""
    asked.carrier.delete_call(asked.call())
    return no_content()


def warn_of_useless_callback(asked: Asked, call: Call) -> None:
    """The call is made all the same; only the debugger hears of the bad StatusCallback."""
    if has_useless_callback(asked.form):
        url = asked.form.text("StatusCallback") or ""
        asked.carrier.notify(21609, account=asked.account, call=call, text=url, warning=True)


def shape(asked: Asked, call: Call) -> Shape:
    """The call object. Numbers that look numeric are strings, and unknown times are null."""
    uri = f"{asked.root}/Calls/{call.sid}.json"
    status = _status(asked, call)
    over = status in TERMINAL
    return {
        "sid": call.sid,
        "account_sid": call.account.sid,
        "api_version": API_VERSION,
        "parent_call_sid": call.parent_sid,
        "phone_number_sid": call.phone_number_sid or None,
        "to": call.to,
        "to_formatted": formatted(call.to),
        "from": call.from_,
        "from_formatted": formatted(call.from_),
        "status": status,
        "direction": call.direction,
        "start_time": rfc2822_or_none(call.started_at),
        "end_time": rfc2822_or_none(call.ended_at) if over else None,
        "duration": str(call.duration) if over and call.duration is not None else None,
        "price": None,
        "price_unit": "USD",
        "answered_by": call.answered_by,
        "forwarded_from": call.forwarded_from,
        "group_sid": call.group_sid,
        "caller_name": call.caller_name,
        "queue_time": str(call.queue_ms),
        "trunk_sid": call.trunk_sid,
        "uri": uri,
        "subresource_uris": subresources(uri, **SUBRESOURCES),
        **dates(call),
    }


def _status(asked: Asked, call: Call) -> CallStatus:
    """As REST shows it, which may lag behind what callbacks have told."""
    behind = asked.carrier.faults.stale_read_ms / 1000
    return call.status_seen(asked.carrier.now - behind) if behind else call.status


def _as_dialled(text: str | None) -> str | None:
    return text and (as_address(text) or text)
