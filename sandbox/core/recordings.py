"""A recording: which stretches of a call or a room were kept, and the sound file they make."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.core.accounts import Account

SAMPLE_RATE = 8000
SAMPLE_BYTES = 2


class RecordingStatus(StrEnum):
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    STOPPED = "stopped"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ABSENT = "absent"
    DELETED = "deleted"


LIVE = frozenset({RecordingStatus.IN_PROGRESS, RecordingStatus.PAUSED})


class RecordingSource(StrEnum):
    DIAL_VERB = "DialVerb"
    CONFERENCE = "Conference"
    OUTBOUND_API = "OutboundAPI"
    RECORD_VERB = "RecordVerb"
    START_CALL_API = "StartCallRecordingAPI"
    START_CONFERENCE_API = "StartConferenceRecordingAPI"
    START_CALL_TWIML = "StartCallRecordingTWiML"


@dataclass(slots=True)
class RecordingCallback:
    """Where news of a recording goes; `events` of in-progress, completed, absent."""

    url: str = ""
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)


@dataclass(slots=True)
class Stretch:
    """From when to when the tape ran; silent stretches stand for what was blanked out."""

    start: float
    end: float | None = None
    silent: bool = False


@dataclass(slots=True, eq=False)
class Recording:
    """One recording of a call (`call_sid`) or of a room (`conference_sid`).

    A `void` one looks like any other while it runs and turns out to be empty.
    """

    sid: str
    account: Account
    source: RecordingSource
    call_sid: str | None
    conference_sid: str | None
    created_at: float
    updated_at: float
    status: RecordingStatus = RecordingStatus.IN_PROGRESS
    channels: int = 1
    track: str = "both"
    trim: str = "do-not-trim"
    callback: RecordingCallback = field(default_factory=RecordingCallback)
    started_at: float | None = None
    duration: int | None = None
    error_code: int | None = None
    stretches: list[Stretch] = field(default_factory=list)
    kept_seconds: float = 0.0
    void: bool = False

    @property
    def live(self) -> bool:
        return self.status in LIVE

    def url(self, base_url: str) -> str:
        """`RecordingUrl` as callbacks have it: without an ending."""
        return f"{base_url}/2010-04-01/Accounts/{self.account.sid}/Recordings/{self.sid}"

    def seconds(self, now: float) -> float:
        """How long the sound is so far."""
        return sum((s.end if s.end is not None else now) - s.start for s in self.stretches)

    def media(self) -> bytes:
        """The finished sound as a WAV file: silence of the right length and channels."""
        return silent_wav(self.kept_seconds, self.channels)


def silent_wav(seconds: float, channels: int) -> bytes:
    """A RIFF/WAVE file: 16-bit PCM at 8 kHz."""
    frame = channels * SAMPLE_BYTES
    size = round(seconds * SAMPLE_RATE) * frame
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        SAMPLE_RATE,
        SAMPLE_RATE * frame,
        frame,
        SAMPLE_BYTES * 8,
        b"data",
        size,
    )
    return header + bytes(size)
