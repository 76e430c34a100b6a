"""TwiML that somebody else wrote for a live caller: what it may contain.

It is allow-listed: verbs that speak, ask, record, dial out and hang up, with the attributes that
they have. A conference, the carrier's queue or a stream would lead into other people's calls, and
are not among them. Inline TwiML has no address of its own, so every address in it is absolute, and
whatever would ask "this document" again needs an action.
https://www.twilio.com/docs/voice/twiml · https://www.twilio.com/docs/api/errors/15004
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from calls.carrier.numbers import E164

MOST_CHARACTERS = 4000

_CALLBACK = {"statusCallback", "statusCallbackMethod", "statusCallbackEvent"}
_RECORDING = {
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
    "trim",
}
_ACTION = {"action", "method", "timeout"}
ADDRESSES = {
    "action",
    "url",
    "statusCallback",
    "recordingStatusCallback",
    "transcribeCallback",
    "partialResultCallback",
}
# What two programs could read differently: we allow one host, and the carrier asks another.
_PLAIN_ADDRESS = re.compile(r"[!-\[\]-~]*")
_SIP = re.compile(
    r"sips?:[A-Za-z0-9.!~*'()&=+$%_-]+@(?P<host>[A-Za-z0-9.-]+(:[0-9]+)?)"
    r"(;(transport|secure|edge|region)=[A-Za-z0-9-]+)*"
    r"(\?[Xx]-[\w.-]+=[^\s&<>]*(&[Xx]-[\w.-]+=[^\s&<>]*)*)?",
    re.ASCII,
)
_OTHER_ENCODING = re.compile(r"\s*<\?xml\b[^>]*\bencoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
SPEECH_MARKS = frozenset(
    {"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}
)


@dataclass(frozen=True)
class Rule:
    """What one verb or noun may have. `text`: what it says between its tags, if that is checked."""

    attributes: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    text: str = ""  # "address", "number", "sip"
    needs_action: bool = False


def _rule(
    attributes: set[str] = frozenset(),  # type: ignore[assignment] # an empty set that is nobody's
    inside: Collection[str] = (),
    text: str = "",
    *,
    needs_action: bool = False,
) -> Rule:
    return Rule(frozenset(attributes), frozenset(inside), text, needs_action)


VERBS = {
    "Say": _rule({"voice", "language", "loop"}, SPEECH_MARKS),
    "Play": _rule({"loop", "digits"}, text="address"),
    "Pause": _rule({"length"}),
    "Gather": _rule(
        {
            *_ACTION,
            *("input", "speechTimeout", "maxSpeechTime", "numDigits", "finishOnKey", "hints"),
            *("language", "profanityFilter", "speechModel", "enhanced", "actionOnEmptyResult"),
            *("bargeIn", "partialResultCallback", "partialResultCallbackMethod"),
        },
        ("Say", "Play", "Pause"),
        needs_action=True,
    ),
    "Record": _rule(
        {
            *_ACTION,
            *_RECORDING,
            *("finishOnKey", "maxLength", "playBeep", "transcribe", "transcribeCallback"),
        },
        needs_action=True,
    ),
    "Dial": _rule(
        {
            *_ACTION,
            *_RECORDING,
            *("answerOnBridge", "callerId", "hangupOnStar", "record", "ringTone", "timeLimit"),
            "sequential",
        },
        ("Number", "Sip"),
        text="number",
    ),
    "Redirect": _rule({"method"}, text="address"),
    "Hangup": _rule(),
}
NOUNS = {
    "Number": _rule({"sendDigits", "url", "method", *_CALLBACK}, text="number"),
    "Sip": _rule({"url", "method", *_CALLBACK}, text="sip"),
}
_RULES = VERBS | NOUNS


def mistakes(twiml: str, *, hosts: Collection[str]) -> list[str]:
    """What is wrong with the document, a sentence each; empty where the carrier may be given it.

    `hosts`: those that its addresses may name, with the port where that is not the usual one.
    """
    if len(twiml) > MOST_CHARACTERS:
        return [f"TwiML given for a live call is at most {MOST_CHARACTERS} characters long."]
    if _OTHER_ENCODING.match(twiml):
        return ["TwiML given for a live call is UTF-8: leave the encoding out."]
    try:
        document = fromstring(twiml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        return [f"This is not XML that could be read: {error}."]
    if document.tag != "Response":
        return ["The document's element is <Response>."]
    if not len(document):
        return ["Say what the call is to do: <Response> is empty."]
    return list(dict.fromkeys(_inside(document, frozenset(VERBS), frozenset(hosts))))


def numbers_dialled(twiml: str) -> list[str]:
    """The telephone numbers that the document dials; it is one without mistakes."""
    dialled = (each for each in fromstring(twiml).iter() if each.tag in ("Dial", "Number"))
    found = ((element.text or "").strip() for element in dialled)
    return [number for number in found if number]


def dials(twiml: str) -> bool:
    """Whether the document dials anybody, a number or an address; it is one without mistakes."""
    return any(element.tag == "Dial" for element in fromstring(twiml).iter())


def mistakes_in_address(text: str, *, hosts: Collection[str], where: str = "play") -> list[str]:
    """The same for one address: absolute, and of a host that is allowed."""
    return list(_address(text, where, frozenset(hosts)))


def _inside(parent: Element, allowed: frozenset[str], hosts: frozenset[str]) -> Iterator[str]:
    for element in parent:
        if element.tag not in allowed:
            yield f"<{element.tag}> is not allowed in <{parent.tag}>."
        elif parent.tag == "Dial" and (element.tail or "").strip():
            yield f"There is text after <{element.tag}> in <Dial>."
        elif element.tag in _RULES:
            yield from _checked(element, _RULES[element.tag], hosts)
        else:
            yield from _inside(element, SPEECH_MARKS, hosts)


def _checked(element: Element, rule: Rule, hosts: frozenset[str]) -> Iterator[str]:
    for name, value in element.items():
        if name not in rule.attributes:
            yield f"<{element.tag}> takes no {name} here."
        elif name in ADDRESSES:
            yield from _address(value, f"{name} of <{element.tag}>", hosts)
    if rule.needs_action and "action" not in element.attrib:
        yield f"<{element.tag}> needs an action: there is no document to ask again."
    yield from _caller_id(element)
    yield from _text(element, rule, hosts)
    yield from _inside(element, rule.inside, hosts)


def _caller_id(element: Element) -> Iterator[str]:
    shown = element.get("callerId")
    if shown is not None and not E164.fullmatch(shown):
        yield "callerId is a number of the form +, country code, number."


def _text(element: Element, rule: Rule, hosts: frozenset[str]) -> Iterator[str]:
    text = (element.text or "").strip()
    if rule.text == "address" and (text or not element.get("digits")):
        yield from _address(text, f"<{element.tag}>", hosts)
    elif rule.text == "number" and not (element.tag == "Dial" and not text and len(element)):
        if not E164.fullmatch(text):
            yield f"<{element.tag}> dials a number of the form +, country code, number."
    elif rule.text == "sip":
        yield from _sip(text, hosts)


def _address(text: str, where: str, hosts: frozenset[str]) -> Iterator[str]:
    if not _PLAIN_ADDRESS.fullmatch(text):
        yield f"The address in {where} has characters that are to be encoded."
        return
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        yield f"The address in {where} cannot be read."
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield f"The address in {where} is not absolute: write https://host/path."
    elif parts.username is not None or parts.password is not None:
        yield f"The address in {where} must not hold a name or password."
    elif _host(parts.hostname, port) not in hosts:
        yield f"The address in {where} names {_host(parts.hostname, port)}, which is not allowed."


def _sip(text: str, hosts: frozenset[str]) -> Iterator[str]:
    read = _SIP.fullmatch(text)
    if read is None:
        yield (
            "<Sip> dials an address of the form sip:name@host, with no parameters but transport, "
            "secure, edge and region, and no headers but X-…."
        )
    elif read["host"].lower() not in hosts:
        yield f"<Sip> names {read['host']}, which is not allowed."


def _host(hostname: str, port: int | None) -> str:
    return hostname if port is None else f"{hostname}:{port}"
