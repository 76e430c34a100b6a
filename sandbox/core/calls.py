"""A call leg: everything that is known about one `CA…`, and what its far end can do.

`Call` is state; what moves it lives in the engines. The person or machine at the far end acts
through the methods `answer`, `refuse`, `press`, `speak`, `hang_up`, `refer`; each only leaves a
message, so they may be called from anywhere, also from inside a `Line`'s own callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from sandbox.core.accounts import API_VERSION, Account
from sandbox.core.kernel import Future, Task, Timer
from sandbox.core.recordings import Recording
from sandbox.core.sounds import NOTHING, Hearing, Moment

Refusal = Literal["busy", "no-answer", "failed"]


class CallStatus(StrEnum):
    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


TERMINAL = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.BUSY,
        CallStatus.FAILED,
        CallStatus.NO_ANSWER,
        CallStatus.CANCELED,
    }
)
EVENTS = ("initiated", "ringing", "answered", "completed")


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND_API = "outbound-api"
    OUTBOUND_DIAL = "outbound-dial"


@dataclass(slots=True)
class Address:
    """Where the application is asked: a URL with its method, or inline TwiML (`twiml`)."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


@dataclass(slots=True)
class StatusCallback:
    """Where progress of a call is told; `events` of initiated, ringing, answered, completed."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(slots=True, frozen=True)
class Callee:
    """Who or what picked up, for answering machine detection.

    `greeting` is how long it talks at once after picking up (seconds); `beep` whether a machine
    beeps after its greeting.
    """

    kind: Literal["person", "machine", "fax", "silence"] = "person"
    greeting: float = 1.0
    beep: bool = True


class Line(Protocol):
    """One far end. Methods must return at once; none may raise."""

    def offered(self, call: Call) -> None:
        """The carrier calls this line. Refusing before returning means that it never rang."""

    def connected(self, call: Call) -> None:
        """The leg is answered: whoever dialled in is through, or this line's answer was taken."""

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:
        """What is heard has changed (also readable as `call.hearing`)."""

    def heard(self, call: Call, moment: Moment) -> None:
        """Something short was heard: words, keys, a beep."""

    def hung_up(self, call: Call) -> None:
        """The leg is over, whoever ended it and at whatever stage."""

    def callee(self, call: Call) -> Callee:
        """Who picked up; asked once, when the leg is answered."""


class Interrupt(StrEnum):
    """Why whatever a call was doing is broken off."""

    HUNG_UP = "the call has ended"
    REPLACED = "another document takes over"


@dataclass(slots=True, frozen=True)
class Refused:
    """The far end did not take the call."""

    how: Refusal
    sip_code: int


@dataclass(slots=True, frozen=True)
class Key:
    """One key was pressed."""

    key: str


@dataclass(slots=True, frozen=True)
class Speech:
    """Somebody begins to say `text`, which takes `seconds`."""

    text: str
    seconds: float
    confidence: float


@dataclass(slots=True, frozen=True)
class Voice:
    """Somebody is heard for so long, in words that nobody has written down."""

    seconds: float


@dataclass(slots=True, frozen=True)
class Refer:
    """A SIP REFER to `target`."""

    target: str


Input = Key | Speech | Voice | Refer
Program = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Wires:
    """The engines' own state of a leg; nothing here is for the outside.

    `redirect` is the program that an update has ordered and that has not begun yet.
    """

    pickup: Future[Refused | None] = field(default_factory=Future)
    listeners: list[Callable[[Input], None]] = field(default_factory=list)
    at_ring: Callable[[], None] | None = None
    at_end: list[Callable[[], None]] = field(default_factory=list)
    redirect: Program | None = None
    redirected_at: float = 0.0
    peer: Call | None = None
    typed: list[Key] = field(default_factory=list)
    limit: Timer | None = None
    answered_by_in_callbacks: bool = False
    whole_recording: Recording | None = None


class CallControl(Protocol):
    """What the carrier does when the far end of a leg acts."""

    def far_end_answered(self, call: Call) -> None: ...
    def far_end_refused(self, call: Call, how: Refusal, sip_code: int | None) -> None: ...
    def far_end_hung_up(self, call: Call) -> None: ...
    def far_end_pressed(self, call: Call, keys: str, via: tuple[str, ...]) -> None: ...
    def far_end_spoke(
        self, call: Call, text: str, confidence: float, via: tuple[str, ...]
    ) -> None: ...
    def far_end_sounded(self, call: Call, seconds: float) -> None: ...
    def far_end_referred(self, call: Call, target: str) -> None: ...


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """One leg. Times are epoch seconds, None until known; addresses are as dialled."""

    sid: str
    account: Account
    to: str
    from_: str
    direction: Direction
    status: CallStatus
    line: Line
    control: CallControl
    created_at: float
    updated_at: float
    parent: Call | None = None
    phone_number_sid: str = ""
    application_sid: str = ""
    caller_name: str | None = None
    forwarded_from: str | None = None
    group_sid: str | None = None
    trunk_sid: str | None = None
    queue_ms: int = 0
    dialled_at: float | None = None
    started_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    sip_response_code: int | None = None
    document: Address = field(default_factory=Address)
    fallback: Address = field(default_factory=Address)
    status_callback: StatusCallback = field(default_factory=StatusCallback)
    extra_params: dict[str, str] = field(default_factory=dict)
    custom_parameters: dict[str, str] = field(default_factory=dict)
    hearing: tuple[Hearing, ...] = NOTHING
    activity: str = ""
    conference_sid: str | None = None
    queue_sid: str | None = None
    children: list[Call] = field(default_factory=list)
    recording_sids: list[str] = field(default_factory=list)
    history: list[tuple[float, CallStatus]] = field(default_factory=list)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    next_sequence: int = 0
    deleted: bool = False
    program: Task[None] | None = None
    wires: Wires = field(default_factory=Wires)

    def __repr__(self) -> str:
        return f"<Call {self.sid[:8]} {self.from_} → {self.to} {self.status} {self.activity}>"

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    @property
    def answered(self) -> bool:
        return self.answered_at is not None

    @property
    def parent_sid(self) -> str | None:
        return self.parent.sid if self.parent else None

    @property
    def api_version(self) -> str:
        return API_VERSION

    @property
    def duration(self) -> int | None:
        """Seconds of connection; None while the call lives, 0 if it never connected."""
        if self.ended_at is None:
            return None
        return 0 if self.answered_at is None else round(self.ended_at - self.answered_at)

    def status_seen(self, moment: float) -> CallStatus:
        """The status as it was at `moment`, for a REST API whose reads lag behind."""
        seen = self.history[0][1] if self.history else self.status
        for when, status in self.history:
            if when <= moment:
                seen = status
        return seen

    def answer(self) -> None:
        """The far end picks up."""
        self.control.far_end_answered(self)

    def refuse(self, how: Refusal = "busy", sip_code: int | None = None) -> None:
        """The far end declines: busy, does not answer, or cannot be reached."""
        self.control.far_end_refused(self, how, sip_code)

    def hang_up(self) -> None:
        """The far end puts the phone down."""
        self.control.far_end_hung_up(self)

    def press(self, keys: str, *, via: tuple[str, ...] = ()) -> None:
        """The far end presses keys, one after another: `0-9 * # A-D`, `w` waits half a second.

        `via` is for far ends that only pass on what they hear from other legs.
        """
        self.control.far_end_pressed(self, keys, via)

    def speak(self, text: str, confidence: float = 0.9, *, via: tuple[str, ...] = ()) -> None:
        """The far end says something; how long it takes follows from the text's length."""
        self.control.far_end_spoke(self, text, confidence, via)

    def sound(self, seconds: float) -> None:
        """The far end's own microphone is heard."""
        self.control.far_end_sounded(self, seconds)

    def refer(self, target: str) -> None:
        """The far end asks by SIP REFER to be sent to `target`."""
        self.control.far_end_referred(self, target)
