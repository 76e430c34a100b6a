"""A room: who is in it, who hears whom, and where its news goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.core.accounts import Account
from sandbox.core.calls import Address, Call, CallStatus, Input
from sandbox.core.kernel import Future, Task
from sandbox.core.recordings import RecordingCallback
from sandbox.core.sounds import Hearing


class ConferenceStatus(StrEnum):
    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class ParticipantStatus(StrEnum):
    QUEUED = "queued"
    CONNECTING = "connecting"
    RINGING = "ringing"
    CONNECTED = "connected"
    COMPLETE = "complete"
    FAILED = "failed"


ON_THE_WAY = {
    CallStatus.QUEUED: ParticipantStatus.QUEUED,
    CallStatus.RINGING: ParticipantStatus.RINGING,
    CallStatus.IN_PROGRESS: ParticipantStatus.CONNECTING,
    CallStatus.COMPLETED: ParticipantStatus.COMPLETE,
}


class LeaveReason(StrEnum):
    """`ReasonParticipantLeft`; underscores here, hyphens in the room's own reasons."""

    API_ENDED = "conference_ended_via_api"
    MODERATOR_ENDED = "moderator_ended_conference"
    UPDATED = "participant_updated_via_api"
    HUNG_UP = "participant_hung_up"
    ADD_FAILED = "participant_add_failed"


@dataclass(slots=True)
class ConferenceCallback:
    """Where a room's news goes; events of start end join leave mute hold modify speaker …"""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset()


@dataclass(slots=True)
class Entrance:
    """How somebody enters a room: what `<Conference>` or a Participants POST asked for."""

    muted: bool = False
    beep: str = "true"
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    label: str = ""
    wait: Address | None = None
    max_participants: int = 250
    record: str = "do-not-record"
    trim: str = "trim-silence"
    coaching: bool = False
    call_sid_to_coach: str | None = None
    early_media: bool = False
    callback: ConferenceCallback = field(default_factory=ConferenceCallback)
    recording_callback: RecordingCallback = field(default_factory=RecordingCallback)


@dataclass(slots=True, eq=False)
class Participant:
    """One leg's place in a room. `layer` is what a hold or announcement makes it hear."""

    call: Call
    conference: Conference
    created_at: float
    updated_at: float
    label: str = ""
    joined: bool = False
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    call_sid_to_coach: str | None = None
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    beep: str = "true"
    early_media: bool = False
    wait: Address | None = None
    hold_document: Address | None = None
    left: Future[LeaveReason] = field(default_factory=Future)
    waiting_sound: tuple[Hearing, ...] = ()
    holding_sound: tuple[Hearing, ...] = ()
    announced_sound: tuple[Hearing, ...] = ()
    background: dict[str, Task[None]] = field(default_factory=dict)
    listener: Callable[[Input], None] | None = None

    @property
    def status(self) -> ParticipantStatus:
        if self.connected:
            return ParticipantStatus.CONNECTED
        if self.joined:
            return ParticipantStatus.COMPLETE
        return ON_THE_WAY.get(self.call.status, ParticipantStatus.FAILED)

    @property
    def connected(self) -> bool:
        return self.joined and not self.left.done

    @property
    def beeps_on_enter(self) -> bool:
        return self.beep in ("true", "onEnter")

    @property
    def beeps_on_exit(self) -> bool:
        return self.beep in ("true", "onExit")


@dataclass(slots=True, eq=False)
class Conference:
    """One room. `participants` are those who are in it or on their way, by call SID."""

    sid: str
    account: Account
    friendly_name: str
    created_at: float
    updated_at: float
    status: ConferenceStatus = ConferenceStatus.INIT
    region: str = "us1"
    participants: dict[str, Participant] = field(default_factory=dict)
    callback: ConferenceCallback = field(default_factory=ConferenceCallback)
    callback_fixed: bool = False
    record: bool = False
    trim: str = "trim-silence"
    recording_callback: RecordingCallback = field(default_factory=RecordingCallback)
    max_participants: int = 250
    started_at: float | None = None
    ended_at: float | None = None
    reason_conference_ended: str | None = None
    call_sid_ending_conference: str | None = None
    recording_sids: list[str] = field(default_factory=list)
    next_sequence: int = 1
    announced_sound: tuple[Hearing, ...] = ()
    announcement: Task[None] | None = None

    @property
    def ended(self) -> bool:
        return self.status is ConferenceStatus.COMPLETED

    @property
    def started(self) -> bool:
        return self.status is ConferenceStatus.IN_PROGRESS

    def present(self) -> list[Participant]:
        """Those who are connected, in the order they came."""
        return [p for p in self.participants.values() if p.connected]

    def find(self, sid_or_label: str) -> Participant | None:
        """By call SID or by label."""
        found = self.participants.get(sid_or_label)
        if found is not None:
            return found
        labelled = (p for p in self.participants.values() if p.label == sid_or_label)
        return next((p for p in labelled if sid_or_label), None)

    def hears_whom(self) -> dict[str, set[str]]:
        """For each connected call SID, the call SIDs whose voices reach it.

        Nobody hears anybody before the room starts; the muted and the held are not heard, the held
        hear nobody, and a coach is heard by the coached participant alone.
        """
        people = self.present()
        return {
            ear.call.sid: {
                mouth.call.sid for mouth in people if self.started and _reaches(mouth, ear)
            }
            for ear in people
        }

    def on_tape(self) -> set[str]:
        """The call SIDs whose voices a tape of the room has: what who only listens would hear."""
        people = self.present() if self.started else []
        return {each.call.sid for each in people if not (each.muted or each.hold or each.coaching)}


def _reaches(mouth: Participant, ear: Participant) -> bool:
    if mouth is ear or mouth.muted or mouth.hold or ear.hold:
        return False
    return not mouth.coaching or mouth.call_sid_to_coach == ear.call.sid
