"""`<Number>`, `<Client>`, `<Sip>`: whom a Dial rings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from sandbox.core.calls import EVENTS, Address, StatusCallback
from sandbox.core.orders import MachineDetection
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import Run

LEG_NOUNS = ("Number", "Client", "Sip")
PHONE = re.compile(r"^\+?[0-9*#]{2,17}$")
PUNCTUATION = re.compile(r"[\s().-]")


@dataclass(slots=True)
class Destination:
    """One destination with everything that the noun asks for."""

    to: str
    whisper: Address
    status_callback: StatusCallback
    send_digits: str = ""
    detection: MachineDetection | None = None
    custom_parameters: dict[str, str] = field(default_factory=dict)


def read_noun(run: Run, noun: Element) -> Destination | None:
    """What a noun means; None, with a line in the debugger, if it leads nowhere."""
    to = _destination(noun)
    if not to:
        run.notify(13223, f"<{noun.name}>{noun.text}</{noun.name}>")
        return None
    return Destination(
        to=to,
        whisper=_optional(run, noun, "url", noun.method()),
        status_callback=_status_callback(run, noun),
        send_digits=noun.get("sendDigits"),
        detection=_detection(run, noun),
        custom_parameters=_told(noun, to),
    )


def _told(noun: Element, to: str) -> dict[str, str]:
    """What the callee is told beside the call: parameters of a client, headers of a SIP phone."""
    headers = [header for each in noun.nested("Headers") for header in each.nested("Header")]
    named = {p.get("name"): p.get("value") for p in (*noun.nested("Parameter"), *headers)}
    return named | (dict(parse_qsl(urlsplit(to).query)) if noun.name == "Sip" else {})


def _destination(noun: Element) -> str:
    if noun.name == "Number":
        plain = PUNCTUATION.sub("", noun.text)
        return plain if PHONE.match(plain) else ""
    inner = noun.nested("Identity" if noun.name == "Client" else "Uri")
    text = inner[0].text if inner else noun.text
    if noun.name == "Client":
        return f"client:{text}" if 0 < len(text) <= 256 else ""
    return text if text.startswith(("sip:", "sips:")) else ""


def _optional(run: Run, noun: Element, attribute: str, method: str) -> Address:
    given = noun.get(attribute)
    return Address(run.resolve(given), method) if given else Address()


def _status_callback(run: Run, noun: Element) -> StatusCallback:
    given = noun.get("statusCallback")
    if not given:
        return StatusCallback()
    words = noun.words("statusCallbackEvent", "completed")
    for word in words:
        if word not in EVENTS:
            run.notify(12200, f"statusCallbackEvent '{word}'", warning=True)
    method = noun.method("statusCallbackMethod")
    return StatusCallback(run.resolve(given), method, frozenset(words) & frozenset(EVENTS))


def _detection(run: Run, noun: Element) -> MachineDetection | None:
    mode = noun.get("machineDetection")
    if mode not in ("Enable", "DetectMessageEnd") or noun.get("sendDigits"):
        return None
    callback = _optional(run, noun, "amdStatusCallback", noun.method("amdStatusCallbackMethod"))
    return MachineDetection(
        mode="Enable" if mode == "Enable" else "DetectMessageEnd",
        timeout=noun.number("machineDetectionTimeout", 30),
        speech_threshold_ms=noun.number("machineDetectionSpeechThreshold", 2400),
        speech_end_threshold_ms=noun.number("machineDetectionSpeechEndThreshold", 1200),
        silence_timeout_ms=noun.number("machineDetectionSilenceTimeout", 5000),
        asynchronous=True,
        callback_url=callback.url,
        callback_method=callback.method,
    )
