"""What an attribute may say. A value that Twilio does not know is a warning (12200) and changes
nothing: whoever wrote it should hear of it here, not on the real service.

Source: https://www.twilio.com/docs/voice/twiml and the verbs' own pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.core.twiml.parse import Element

WHOLE = r"\d+"
POSITIVE = r"0*[1-9]\d*"
YES_OR_NO = r"(?i:true|false)"
KEYS = r"[0-9A-D#*wW]*"
TRACK = "inbound|outbound|both"
TAPE_EVENTS = "in-progress|completed|absent"
ROOM_EVENTS = "start|end|join|leave|mute|hold|modify|speaker|announcement"


def _each(names: str, pattern: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), pattern)


def _several(words: str) -> str:
    return rf"({words})(\s+({words}))*"


VALUES: dict[str, str] = {
    **_each(
        "length loop maxLength maxParticipants maxQueueSize maxSpeechTime numDigits timeLimit"
        " timeout machineDetectionTimeout machineDetectionSpeechThreshold"
        " machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout",
        WHOLE,
    ),
    **_each(
        "actionOnEmptyResult answerOnBridge bargeIn endConferenceOnExit hangupOnStar muted"
        " playBeep profanityFilter sequential startConferenceOnEnter transcribe",
        YES_OR_NO,
    ),
    "beep": f"{YES_OR_NO}|onEnter|onExit",
    "channels": "mono|dual",
    "digits": KEYS,
    "finishOnKey": r"[0-9#*]*",
    "input": r"dtmf|speech|dtmf\s+speech|speech\s+dtmf",
    "machineDetection": "Enable|DetectMessageEnd",
    "reason": "rejected|busy",
    "recordingStatusCallbackEvent": _several(TAPE_EVENTS),
    "recordingTrack": TRACK,
    "sendDigits": KEYS,
    "speechTimeout": f"auto|{WHOLE}",
    "track": TRACK,
    "trim": "trim-silence|do-not-trim",
}
OF_ELEMENT = {
    ("Dial", "record"): rf"{YES_OR_NO}|do-not-record|record-from-(answer|ringing)(-dual)?",
    ("Conference", "record"): "do-not-record|record-from-start",
    ("Conference", "statusCallbackEvent"): _several(ROOM_EVENTS),
}
METHOD = r"(?i:GET|POST)"
LONGEST_NAME = {"Enqueue": 64, "Queue": 64, "Conference": 128}
LONGEST_LABEL = 128


def value_warnings(element: Element) -> Iterator[str]:
    """What is wrong with the values of one element's attributes, and with its name."""
    for name, value in element.attributes.items():
        pattern = _pattern(element.name, name)
        if pattern is not None and not re.fullmatch(pattern, value.strip()):
            yield f"Attribute '{name}' of <{element.name}> is not allowed to be '{value}'"
    if element.get("speechModel") and not re.fullmatch(POSITIVE, element.get("speechTimeout")):
        yield "speechModel needs a speechTimeout that is a positive number of seconds"
    if len(element.get("participantLabel")) > LONGEST_LABEL:
        yield f"participantLabel is longer than {LONGEST_LABEL} characters"
    yield from _name_warnings(element)


def _pattern(element: str, attribute: str) -> str | None:
    if attribute == "method" or attribute.endswith("Method"):
        return METHOD
    return OF_ELEMENT.get((element, attribute)) or VALUES.get(attribute)


def _name_warnings(element: Element) -> Iterator[str]:
    longest = LONGEST_NAME.get(element.name)
    if longest is None or element.get("workflowSid"):
        return
    if not element.text:
        yield f"<{element.name}> has no name"
    elif len(element.text) > longest:
        yield f"The name in <{element.name}> is longer than {longest} characters"
