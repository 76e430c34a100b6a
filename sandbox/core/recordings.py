"""A recording: which stretches of a call or a room were kept, and the sound file they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from sandbox.core.accounts import Account
from sandbox.core.sounds import NOTHING, Hearing
from sandbox.core.waves import Part, wav


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


@dataclass(slots=True, frozen=True)
class OnTape:
    """A part of what the tape holds: for how long, and what its leg heard meanwhile."""

    seconds: float
    heard: tuple[Hearing, ...]
    silent: bool  # blanked out: neither what the leg heard nor what it said


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
    # What the recorded leg heard, from when on.
    hearing: list[tuple[float, tuple[Hearing, ...]]] = field(default_factory=list)
    # Of two channels, the first is what the leg itself says.
    own_voice_first: bool = True
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

    def hears(self, now: float, heard: tuple[Hearing, ...]) -> None:
        """The recorded leg hears this from now on."""
        self.hearing.append((now, heard))

    def on_tape(self, now: float) -> list[OnTape]:
        """Everything that the tape holds by now, one part after another."""
        if self.void:
            return []
        return [part for stretch in self.stretches for part in self._parts(stretch, now)]

    def _parts(self, stretch: Stretch, now: float) -> Iterator[OnTape]:
        end = now if stretch.end is None else stretch.end
        changes = [when for when, _ in self.hearing if stretch.start < when < end]
        moments = [stretch.start, *changes, end]
        for begin, then in pairwise(moments):
            if then > begin:
                yield OnTape(then - begin, self._heard_at(begin), stretch.silent)

    def _heard_at(self, moment: float) -> tuple[Hearing, ...]:
        return next((heard for when, heard in reversed(self.hearing) if when <= moment), NOTHING)

    def media(self) -> bytes:
        """The finished sound as a WAV file: a tone for each sort of sound, and its length."""
        if not self.kept_seconds:
            return wav([], self.channels)
        parts = [Part(p.seconds, () if p.silent else p.heard, p.silent) for p in self.on_tape(0.0)]
        return wav(parts, self.channels, own_voice_first=self.own_voice_first)
