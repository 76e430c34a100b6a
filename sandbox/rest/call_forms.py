"""Orders for calls, read from a request: everything that can be wrong with one has its code."""

from __future__ import annotations

import re

from sandbox.core.accounts import Application
from sandbox.core.calls import Address
from sandbox.core.errors import (
    RestError,
    bad_application,
    bad_request,
    bad_send_digits,
    bad_time_limit,
    no_url,
)
from sandbox.core.orders import CallOrder, CallUpdate, MachineDetection
from sandbox.rest.asked import Asked
from sandbox.rest.documents import address, inline
from sandbox.rest.form import Form, may_be_called_back
from sandbox.rest.parties import callee, caller, shown_caller
from sandbox.rest.recording_forms import recording_order

SEND_DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")
DETECTIONS = ("Enable", "DetectMessageEnd")
LONGEST_RING = 600
DAY = 86400


def call_order(asked: Asked) -> CallOrder:
    """Ring somebody and run a document, from `POST /Calls.json`."""
    order = leg_order(asked)
    form = asked.form
    order.application = _application(asked)
    if order.application is None:
        order.document = address(form, "Url", "Method") or inline(form) or _nothing()
        order.fallback = address(form, "FallbackUrl", "FallbackMethod") or Address()
    order.machine_detection = machine_detection(asked, "AsyncAmdStatusCallback")
    if order.machine_detection is not None:
        order.machine_detection.asynchronous = form.flag("AsyncAmd")
    return order


def leg_order(asked: Asked) -> CallOrder:
    """What an outbound leg needs whatever it is for: whom, as whom, how long, what to report.

    A status callback that could not be sent is left out; the caller of this function warns.
    """
    form = asked.form
    to = callee(asked, form)
    return CallOrder(
        to=to,
        from_=caller(asked, form, to),
        caller_id=shown_caller(asked, form),
        status_callback=usable_callback(form),
        status_callback_method=form.method("StatusCallbackMethod"),
        status_callback_events=tuple(form.every("StatusCallbackEvent")),
        send_digits=_send_digits(form),
        timeout=form.whole("Timeout", 1, LONGEST_RING, 21208) or asked.carrier.config.ring_timeout,
        time_limit=_time_limit(form),
        recording=recording_order(form, "trim-silence") if form.flag("Record") else None,
    )


def usable_callback(form: Form) -> str:
    """`StatusCallback`, or nothing where no request could be sent there."""
    url = form.text("StatusCallback") or ""
    return url if may_be_called_back(url) else ""


def has_useless_callback(form: Form) -> bool:
    return form.text("StatusCallback") is not None and not usable_callback(form)


def call_update(asked: Asked) -> CallUpdate:
    """A change to a live call, from `POST /Calls/{CA}.json`.

    `StatusCallback` counts only together with `Url`. https://www.twilio.com/docs/voice/api/call-resource
    """
    form = asked.form
    url = address(form, "Url", "Method")
    twiml = inline(form)
    if url is not None and twiml is not None:
        raise bad_request("Url and Twiml are mutually exclusive")
    update = CallUpdate(
        document=url or twiml,
        fallback=address(form, "FallbackUrl", "FallbackMethod"),
        time_limit=_time_limit(form),
    )
    _read_status(form, update)
    if url is not None:
        update.status_callback = usable_callback(form) or None
        update.status_callback_method = form.method("StatusCallbackMethod")
    return update


def machine_detection(asked: Asked, callback: str) -> MachineDetection | None:
    """What to find out about who answers; nothing where digits are sent on answer."""
    form = asked.form
    if form.given("IfMachine"):
        raise bad_request("IfMachine is no longer supported; use MachineDetection", 21207)
    mode = form.choice("MachineDetection", DETECTIONS, 21234)
    if mode is None or form.text("SendDigits"):
        return None
    longest = asked.carrier.choices.amd_timeout_max
    plain = MachineDetection()
    return MachineDetection(
        mode="Enable" if mode == "Enable" else "DetectMessageEnd",
        timeout=_tuning(form, "Timeout", 3, longest) or plain.timeout,
        speech_threshold_ms=_tuning(form, "SpeechThreshold", 1000, 6000)
        or plain.speech_threshold_ms,
        speech_end_threshold_ms=_tuning(form, "SpeechEndThreshold", 500, 5000)
        or plain.speech_end_threshold_ms,
        silence_timeout_ms=_tuning(form, "SilenceTimeout", 2000, 10000) or plain.silence_timeout_ms,
        callback_url=form.url(callback) or "",
        callback_method=form.method(f"{callback}Method"),
    )


def _tuning(form: Form, name: str, low: int, high: int) -> int | None:
    return form.whole(f"MachineDetection{name}", low, high, 21234)


def _application(asked: Asked) -> Application | None:
    sid = asked.form.text("ApplicationSid")
    if sid is None:
        return None
    found = asked.carrier.applications.get(sid)
    if found is None or found.account is not asked.account:
        raise bad_application()
    if not found.urls.voice_url:
        raise no_url()
    return found


def _nothing() -> Address:
    raise no_url()


def _send_digits(form: Form) -> str:
    digits = form.text("SendDigits")
    if digits is not None and not SEND_DIGITS.fullmatch(digits):
        raise bad_send_digits()
    return digits or ""


def _time_limit(form: Form) -> int | None:
    try:
        return form.whole("TimeLimit", 1, DAY)
    except RestError as wrong:
        raise bad_time_limit() from wrong


def _read_status(form: Form, update: CallUpdate) -> None:
    status = form.choice("Status", ("canceled", "completed"))
    if status is not None:
        update.status = "canceled" if status == "canceled" else "completed"
