"""What may stand where in a document. Breaking it is a warning (12200): the document still runs.

Source: https://www.twilio.com/docs/voice/twiml and the verbs' own pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.values import value_warnings


@dataclass(slots=True, frozen=True)
class Shape:
    """Attributes and children that an element may have."""

    attributes: frozenset[str]
    children: frozenset[str] = frozenset()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _shape(attributes: str, children: str = "") -> Shape:
    return Shape(_names(attributes), _names(children))


SSML = "break emphasis lang p phoneme prosody s say-as sub w"
CALLBACKS = "statusCallback statusCallbackEvent statusCallbackMethod"
AMD = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold "
    "machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout "
    "amdStatusCallback amdStatusCallbackMethod"
)
TAPE = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"
VERBS = _names(
    "Say Play Pause Gather Record Dial Enqueue Leave Redirect Reject Hangup Start Stop Connect"
    " Pay Refer Sms Echo Prompt"
)
NOT_YET = _names(
    "Connect Pay Refer Sms Echo Prompt Stream Siprec Transcription ConversationRelay Application"
    " Sim WhatsApp Room Conversation VirtualAgent Autopilot AiSession"
)
SHAPES: dict[str, Shape] = {
    "Say": _shape("voice language loop", SSML),
    "Play": _shape("loop digits"),
    "Pause": _shape("length"),
    "Redirect": _shape("method"),
    "Reject": _shape("reason", "Parameter"),
    "Hangup": _shape("", "Parameter"),
    "Leave": _shape(""),
    "Gather": _shape(
        "input action method timeout numDigits finishOnKey actionOnEmptyResult speechTimeout"
        " maxSpeechTime hints language profanityFilter speechModel enhanced partialResultCallback"
        " partialResultCallbackMethod bargeIn debug",
        "Say Play Pause",
    ),
    "Record": _shape(
        "action method timeout finishOnKey maxLength playBeep trim transcribe transcribeCallback"
        f" recordingConfigurationId {TAPE}"
    ),
    "Dial": _shape(
        "action method timeout timeLimit callerId answerOnBridge hangupOnStar record recordingTrack"
        " recordingConfigurationId trim ringTone sequential referUrl referMethod events passports"
        f" {TAPE}",
        "Number Client Sip Queue Conference Application Sim WhatsApp",
    ),
    "Number": _shape(
        f"url method sendDigits byoc phoneNumberSid {CALLBACKS} {AMD}",
    ),
    "Client": _shape(
        f"url method clientNotificationUrl {CALLBACKS}",
        "Identity Parameter",
    ),
    "Sip": _shape(f"url method username password {CALLBACKS} {AMD}", "Uri Headers Parameter"),
    "Queue": _shape("url method reservationSid postWorkActivitySid"),
    "Conference": _shape(
        "muted beep startConferenceOnEnter endConferenceOnExit participantLabel jitterBufferSize"
        " waitUrl waitMethod maxParticipants record trim coach region eventCallbackUrl"
        f" recordingConfigurationId {CALLBACKS} {TAPE}"
    ),
    "Enqueue": _shape(
        "action method waitUrl waitUrlMethod workflowSid maxQueueSize",
        "Task",
    ),
    "Start": _shape("action method", "Recording Stream Siprec Transcription"),
    "Stop": _shape("", "Recording Stream Siprec Transcription"),
    "Recording": _shape(f"trim track channels recordingConfigurationId {TAPE}"),
}

WITHOUT_EFFECT: dict[str, frozenset[str]] = {
    "Gather": _names("enhanced debug profanityFilter speechModel"),
    "Record": _names("transcribeCallback recordingConfigurationId"),
    "Dial": _names("ringTone events passports recordingConfigurationId"),
    "Number": _names("byoc phoneNumberSid"),
    "Client": _names("clientNotificationUrl"),
    "Sip": _names("username password"),
    "Queue": _names("reservationSid postWorkActivitySid"),
    "Conference": _names("region jitterBufferSize eventCallbackUrl recordingConfigurationId"),
    "Start": _names("action method"),
    "Recording": _names("recordingConfigurationId"),
}


def schema_warnings(verbs: tuple[Element, ...]) -> Iterator[str]:
    """What is wrong with the document's shape, in document order."""
    for verb in verbs:
        if verb.name not in VERBS:
            yield f"Element <{verb.name}> is not allowed in <Response>"
        else:
            yield from _within(verb)


ALONE = frozenset({"Conference", "Queue"})


def _mixed(element: Element) -> Iterator[str]:
    """A room or a queue is dialled alone."""
    lonely = next((child.name for child in element.children if child.name in ALONE), None)
    if lonely is not None and len(element.children) > 1:
        yield f"<{lonely}> has to be alone in <{element.name}>"


def _within(element: Element) -> Iterator[str]:
    shape = SHAPES.get(element.name)
    if shape is None:
        return
    for name in element.attributes:
        if name not in shape.attributes:
            yield f"Attribute '{name}' is not allowed in <{element.name}>"
    yield from value_warnings(element)
    if element.name == "Dial":
        yield from _mixed(element)
    for child in element.children:
        if child.name not in shape.children:
            yield f"Element <{child.name}> is not allowed in <{element.name}>"
        elif child.name not in SSML.split():
            yield from _within(child)
