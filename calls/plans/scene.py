"""What a plan is made over, and what it is: plain values.

A scene is the call as it is known and locked now, with what has been ordered of it and not happened
yet, so that two people who act at one moment are not both right.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from calls.states import RECORDING_VERBS, CallState, LegRole, RecordingState, Verb

LINE_IS_OVER = "That line is over, or not part of this call."
# Those whose conversation the call is; supervisors and bots are with them.
TALKERS = frozenset({LegRole.CUSTOMER, LegRole.AGENT, LegRole.CONSULT, LegRole.EXTERNAL})


class CannotNow(Exception):
    """The change makes no sense for the call as it is; the message is a sentence for people."""

    def __init__(self, why: str, code: str = "not-now") -> None:
        # It may begin with "the caller"; an address stays as it is written.
        is_address = ":" in why.partition(" ")[0]
        super().__init__(why if is_address else f"{why[:1].upper()}{why[1:]}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One live leg of the call: who it is, and what is true of them in the room."""

    leg_id: UUID
    role: LegRole
    name: str  # as people on the call are shown it
    user_id: int | None = None
    known: bool = True  # the carrier has a name for the leg
    sid: str = ""  # that name
    in_room: bool = False
    on_hold: bool = False  # as far as we know
    resumed: bool = False  # though they are off it already: the news is still on its way
    muted: bool = False
    whispers_to: UUID | None = None
    ordered: frozenset[Verb] = frozenset()  # and not carried out yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What is recorded of the customer's leg, and what may be."""

    allowed: bool = False  # by the queue
    consent: str = ""  # what has to be said before anything is recorded
    recording_id: UUID | None = None
    state: RecordingState | None = None
    paused_by_itself: bool = False  # on hold, in line: it goes on when that is over
    paused_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The call now."""

    state: CallState
    parties: tuple[Party, ...] = ()
    tape: Tape = Tape()

    def party(self, leg_id: UUID) -> Party:
        """Raises CannotNow for a leg that is over, or of another call."""
        for party in self.parties:
            if party.leg_id == leg_id:
                return party
        raise CannotNow(LINE_IS_OVER, "line-is-over")

    def customer(self) -> Party | None:
        return self._first(LegRole.CUSTOMER)

    def _first(self, role: LegRole) -> Party | None:
        return next((party for party in self.parties if party.role == role), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One order."""

    verb: Verb
    leg_id: UUID
    why: str
    params: dict[str, Any] = field(default_factory=dict)
    patience: float | None = None  # seconds until it is given up, where not as usual


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeg:
    """A line that the plan rings: its first step is a dial of this leg."""

    role: LegRole
    address: str  # number, sip:, client:
    our_number: str  # what the far end is shown
    is_private: bool = False  # a supervisor's: not shown to the agents
    user_id: int | None = None
    confirm_by_key: bool = False  # whoever answers has to press a key before they take part
    leg_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecording:
    """A recording that the plan begins: one of its steps is a record of this leg."""

    leg_id: UUID
    because: str = ""  # empty: whoever asked
    recording_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be done, in words and as orders: each is asked when the one before it is done."""

    kind: str
    text: str
    steps: tuple[Step, ...]
    new_legs: tuple[NewLeg, ...] = ()
    new_recordings: tuple[NewRecording, ...] = ()


# Marks, among a step's parameters, one without which the steps after it are done all the same.
OPTIONAL = "optional"

# What takes a step back, where something does: verb by verb, with the same leg.
_INVERSE = {
    Verb.HOLD: Verb.RESUME,
    Verb.RESUME: Verb.HOLD,
    Verb.MUTE: Verb.UNMUTE,
    Verb.UNMUTE: Verb.MUTE,
    Verb.DIAL: Verb.HANG_UP,
    Verb.RECORD: Verb.STOP_RECORDING,
    Verb.PAUSE_RECORDING: Verb.RESUME_RECORDING,
}


def inverse(verb: Verb, params: dict[str, Any]) -> tuple[Verb, dict[str, Any]] | None:
    """The order that takes this one back; None where it cannot be, or need not."""
    if verb == Verb.COACH:
        before = params.get("before")
        return (verb, dict(before)) if before else None
    back = _INVERSE.get(verb)
    if back is None:
        return None
    return back, ({"recording": params["recording"]} if verb in RECORDING_VERBS else {})


def present(scene: Scene, leg_id: UUID) -> Party:
    """The party, who is in the room and stays there. Raises CannotNow."""
    party = scene.party(leg_id)
    if not party.in_room:
        raise CannotNow(f"{party.name} is not in the conversation now.", "not-in-room")
    if Verb.HANG_UP in party.ordered:
        raise CannotNow(f"{party.name}'s line is being ended.", "line-is-ending")
    return party


def talking(scene: Scene) -> list[Party]:
    """Those in the room whose conversation the call is, on hold or not, and who stay."""
    return [
        party
        for party in scene.parties
        if party.in_room and party.role in TALKERS and Verb.HANG_UP not in party.ordered
    ]


def one_step(
    kind: str, verb: Verb, party: Party, text: str, params: dict[str, Any] | None = None
) -> Plan:
    step = Step(verb=verb, leg_id=party.leg_id, why=text[:200], params=params or {})
    return Plan(kind=kind, text=text, steps=(step,))
