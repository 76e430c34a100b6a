"""Changing a call while it is live: another document, an end, a limit.

Source: https://www.twilio.com/docs/voice/api/call-resource (updating a call)
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.core.calls import Address, Call, CallStatus, Direction, StatusCallback
from sandbox.core.errors import (
    bad_request,
    bad_time_limit,
    not_in_progress,
    record_without_action,
    relative_action,
)
from sandbox.core.legs import end_leg, limit_leg, replace_program
from sandbox.core.orders import CallUpdate
from sandbox.core.switch import Switch
from sandbox.core.twiml.parse import Element, TwimlError, parse_twiml
from sandbox.core.twiml.run import document_program

HAS_ACTION = frozenset({"Gather", "Dial", "Enqueue", "Record", "Connect", "Pay"})


def change_call(switch: Switch, call: Call, update: CallUpdate) -> None:
    """Judge the request by the call's state, then carry it out; raises RestError."""
    document, status = _agree(switch, update)
    _check_state(switch, call)
    if document is not None:
        _check_document(switch, call, document)
    if update.time_limit is not None:
        if update.time_limit < 1:
            raise bad_time_limit()
        limit_leg(switch, call, update.time_limit)
    if update.fallback is not None:
        call.fallback = update.fallback
    if document is not None:
        _redirect(switch, call, document, update)
    elif status is not None:
        _end(switch, call, status)
    call.updated_at = switch.now


def redirect_call(switch: Switch, call: Call, document: Address) -> None:
    """Whatever the call does is broken off, and the document takes over."""
    call.document = document
    replace_program(switch, call, document_program(switch, call, document))


def in_answer_window(switch: Switch, call: Call) -> bool:
    """Whether the call was answered so recently that it does not count as in-progress yet."""
    window = switch.faults.not_in_progress_window_ms / 1000
    return call.answered_at is not None and switch.now - call.answered_at < window


def _agree(switch: Switch, update: CallUpdate) -> tuple[Address | None, str | None]:
    document, status = update.document, update.status
    if document is None or status is None:
        return document, status
    choice = switch.choices.status_with_url
    if choice == "refuse":
        raise bad_request("Status cannot be combined with Url or Twiml")
    return (None, status) if choice == "status-wins" else (document, None)


def _check_state(switch: Switch, call: Call) -> None:
    if call.ended or in_answer_window(switch, call):
        raise not_in_progress()


def _check_document(switch: Switch, call: Call, document: Address) -> None:
    if not call.answered and not switch.choices.redirect_while_ringing:
        raise not_in_progress()
    if document.twiml:
        _check_inline(document.twiml)


def _check_inline(twiml: str) -> None:
    """Inline TwiML has no address that a relative action could belong to."""
    try:
        verbs = parse_twiml(twiml)
    except TwimlError:
        return
    for verb in verbs:
        _check_action(verb)


def _check_action(verb: Element) -> None:
    action = verb.get("action")
    if verb.name in HAS_ACTION and action and not urlsplit(action).scheme:
        raise relative_action()
    if verb.name == "Record" and not action:
        raise record_without_action()


def _redirect(switch: Switch, call: Call, document: Address, update: CallUpdate) -> None:
    if update.status_callback:
        old = call.status_callback
        method = update.status_callback_method
        call.status_callback = StatusCallback(update.status_callback, method, old.events)
    if call.answered or call.direction is Direction.INBOUND:
        redirect_call(switch, call, document)
    else:
        call.document = document


def _end(switch: Switch, call: Call, status: str) -> None:
    if call.answered:
        if status == "completed":
            end_leg(switch, call, CallStatus.COMPLETED)
        return
    silently = call.dialled_at is None and call.direction is Direction.OUTBOUND_API
    final = switch.choices.completed_while_ringing if status == "completed" else "canceled"
    end_leg(switch, call, CallStatus(final), silently=silently)
