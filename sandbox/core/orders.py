"""What a REST client asks for, already checked for form and turned into types.

The REST layer parses and validates text (required fields, enumerations, URLs, numbers owned) and
raises the 21xxx refusals for it; the core judges state (21220, 16028, 20009, …).
`status_callback_events` is passed as the client sent it: an invalid list is the core's matter,
because the call is made all the same and only the debugger hears of it (21626).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sandbox.core.accounts import Application
from sandbox.core.calls import Address
from sandbox.core.conferences import Entrance
from sandbox.core.recordings import RecordingCallback


@dataclass(slots=True)
class MachineDetection:
    """What to find out about who answers. Times in the units of the API."""

    mode: Literal["Enable", "DetectMessageEnd"] = "Enable"
    timeout: int = 30
    speech_threshold_ms: int = 2400
    speech_end_threshold_ms: int = 1200
    silence_timeout_ms: int = 5000
    asynchronous: bool = False
    callback_url: str = ""
    callback_method: str = "POST"


@dataclass(slots=True)
class RecordingOrder:
    """`channels` 1 or 2; `track` inbound, outbound or both."""

    channels: int = 1
    track: str = "both"
    trim: str = "do-not-trim"
    callback: RecordingCallback = field(default_factory=RecordingCallback)


@dataclass(slots=True)
class CallOrder:
    """Ring `to` and run a document when somebody answers.

    With `application` its addresses replace `document`, `fallback` and the status callback. A
    `recording` means Record=true.
    """

    to: str
    from_: str
    document: Address = field(default_factory=Address)
    fallback: Address = field(default_factory=Address)
    application: Application | None = None
    status_callback: str = ""
    status_callback_method: str = "POST"
    status_callback_events: tuple[str, ...] = ()
    send_digits: str = ""
    timeout: int = 60
    time_limit: int | None = None
    recording: RecordingOrder | None = None
    machine_detection: MachineDetection | None = None
    caller_id: str = ""
    caller_name: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class CallUpdate:
    """Change a live call: a new `document` (URL or TwiML), or an end, or its limits."""

    document: Address | None = None
    fallback: Address | None = None
    status: Literal["canceled", "completed"] | None = None
    status_callback: str | None = None
    status_callback_method: str = "POST"
    time_limit: int | None = None


@dataclass(slots=True)
class ParticipantOrder:
    """Ring somebody into a room; `call.document` is unused."""

    call: CallOrder
    entrance: Entrance = field(default_factory=Entrance)


@dataclass(slots=True)
class ParticipantUpdate:
    """Only what is not None changes."""

    muted: bool | None = None
    hold: bool | None = None
    hold_document: Address | None = None
    announce: Address | None = None
    wait: Address | None = None
    beep_on_exit: bool | None = None
    end_conference_on_exit: bool | None = None
    coaching: bool | None = None
    call_sid_to_coach: str | None = None


@dataclass(slots=True)
class ConferenceUpdate:
    """End the room for everybody, or play a document to everybody."""

    status: Literal["completed"] | None = None
    announce: Address | None = None


@dataclass(slots=True)
class RecordingUpdate:
    """`pause_behavior`: skip leaves the pause out, silence keeps its length."""

    status: Literal["paused", "in-progress", "stopped"]
    pause_behavior: Literal["skip", "silence"] = "silence"
