"""What a change of a live call comes to: a plan over its legs, made before anything is asked.

Plain values in, a plan or a refusal out. A scene is the call as it is known and locked now, with
what has been ordered of it and not happened yet, so that two people who act at one moment are not
both right. Nothing here asks the database or the carrier; a plan can be shown and thrown away.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from calls.states import CallState, LegRole, Verb

LONGEST_MESSAGE = 500
MOST_DIGITS = 32
# What a telephone keypad has, and `w` for half a second's wait.
DIGITS = frozenset("0123456789*#ABCDabcdwW")


class CannotNow(Exception):
    """The change makes no sense for the call as it is; the message is a sentence for people."""

    def __init__(self, why: str, code: str = "not-now") -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One live leg of the call: who it is, and what is true of them in the room."""

    leg_id: UUID
    role: LegRole
    name: str  # as people on the call are shown it
    user_id: int | None = None
    known: bool = True  # the carrier has a name for the leg
    in_room: bool = False
    on_hold: bool = False
    muted: bool = False
    whispers_to: UUID | None = None
    ordered: frozenset[Verb] = frozenset()  # and not carried out yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The call now."""

    state: CallState
    parties: tuple[Party, ...] = ()

    def party(self, leg_id: UUID) -> Party:
        """Raises CannotNow for a leg that is over, or of another call."""
        for party in self.parties:
            if party.leg_id == leg_id:
                return party
        raise CannotNow("That line is over, or not part of this call.", "line-is-over")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be done, in words and as orders, one after another."""

    kind: str
    text: str
    steps: tuple[Step, ...]


def hold(scene: Scene, leg_id: UUID) -> Plan:
    """Isolated from the room, both ways, with music."""
    party = _present(scene, leg_id)
    if party.role == LegRole.SUPERVISOR:
        raise CannotNow(f"{party.name} is listening in, and cannot be put on hold.", "supervisor")
    if party.on_hold or Verb.HOLD in party.ordered:
        raise CannotNow(f"{party.name} is on hold already.", "already-on-hold")
    return _one("hold", Verb.HOLD, party, f"Put {party.name} on hold")


def resume(scene: Scene, leg_id: UUID) -> Plan:
    """Back from hold, into the conversation."""
    party = _present(scene, leg_id)
    if Verb.RESUME in party.ordered:
        raise CannotNow(f"{party.name} is being brought back already.", "already-resumed")
    if not party.on_hold and Verb.HOLD not in party.ordered:
        raise CannotNow(f"{party.name} is not on hold.", "not-on-hold")
    return _one("resume", Verb.RESUME, party, f"Take {party.name} off hold")


def mute(scene: Scene, leg_id: UUID) -> Plan:
    """Hears everybody, and is heard by nobody."""
    party = _present(scene, leg_id)
    _no_supervisor(party)
    if party.muted or Verb.MUTE in party.ordered:
        raise CannotNow(f"{party.name} is muted already.", "already-muted")
    return _one("mute", Verb.MUTE, party, f"Mute {party.name}")


def unmute(scene: Scene, leg_id: UUID) -> Plan:
    party = _present(scene, leg_id)
    _no_supervisor(party)
    if not party.muted and Verb.MUTE not in party.ordered:
        raise CannotNow(f"{party.name} is not muted.", "not-muted")
    return _one("unmute", Verb.UNMUTE, party, f"Unmute {party.name}")


def announce(scene: Scene, leg_id: UUID | None, *, say: str = "", play: str = "") -> Plan:
    """A message to one leg; or, where `leg_id` is None, to the whole room.

    `say` is spoken text, `play` the absolute address of a sound; one of the two.
    """
    _something_to_hear(say, play)
    params = {"say": say} if say else {"play": play}
    what = f"“{say}”" if say else play
    if leg_id is not None:
        party = _present(scene, leg_id)
        return _one("announce", Verb.ANNOUNCE, party, f"Tell {party.name}: {what}", params)
    inside = [party for party in scene.parties if party.in_room]
    if not inside:
        raise CannotNow("Nobody is in the conversation yet.", "nobody-in-room")
    text = f"Tell everybody: {what}"
    step = Step(verb=Verb.ANNOUNCE_ALL, leg_id=inside[0].leg_id, why=text[:200], params=params)
    return Plan(kind="announce", text=text, steps=(step,))


def send_digits(scene: Scene, leg_id: UUID, digits: str) -> Plan:
    """Tones for the far end of one line; its person leaves the room for as long as they last."""
    party = _present(scene, leg_id)
    _check_digits(digits)
    if party.role == LegRole.SUPERVISOR or party.on_hold:
        raise CannotNow(f"Digits cannot be sent to {party.name} now.", "digits-not-now")
    if Verb.SEND_DIGITS in party.ordered:
        raise CannotNow("Digits are being sent on that line already.", "already-sending")
    # What was pressed may be a secret: the story tells only how much it was.
    text = f"Send {len(digits)} digits to {party.name}"
    return _one("digits", Verb.SEND_DIGITS, party, text, {"digits": digits})


def drop(scene: Scene, leg_id: UUID) -> Plan:
    """One party out; the others go on."""
    party = scene.party(leg_id)
    if Verb.HANG_UP in party.ordered:
        raise CannotNow(f"{party.name}'s line is being ended already.", "already-dropped")
    talking = [other for other in scene.parties if other.in_room and other.role in TALKERS]
    if party.role in TALKERS and party.in_room and len(talking) < 3:
        raise CannotNow(
            f"Without {party.name} nobody would be left to talk to. End the call instead.",
            "would-be-alone",
        )
    return _one("drop", Verb.HANG_UP, party, f"Take {party.name} out of the call")


# Those whose conversation the call is; supervisors and bots are with them.
TALKERS = frozenset({LegRole.CUSTOMER, LegRole.AGENT, LegRole.CONSULT, LegRole.EXTERNAL})

# What takes a step back, where something does: verb by verb, with the same leg.
_INVERSE = {
    Verb.HOLD: Verb.RESUME,
    Verb.RESUME: Verb.HOLD,
    Verb.MUTE: Verb.UNMUTE,
    Verb.UNMUTE: Verb.MUTE,
    Verb.DIAL: Verb.HANG_UP,
}


def inverse(verb: Verb, params: dict[str, Any]) -> tuple[Verb, dict[str, Any]] | None:
    """The order that takes this one back; None where it cannot be, or need not."""
    if verb == Verb.COACH:
        before = params.get("before")
        return (verb, dict(before)) if before else None
    back = _INVERSE.get(verb)
    return None if back is None else (back, {})


def _present(scene: Scene, leg_id: UUID) -> Party:
    party = scene.party(leg_id)
    if not party.in_room:
        raise CannotNow(f"{party.name} is not in the conversation now.", "not-in-room")
    if Verb.HANG_UP in party.ordered:
        raise CannotNow(f"{party.name}'s line is being ended.", "line-is-ending")
    return party


def _no_supervisor(party: Party) -> None:
    if party.role == LegRole.SUPERVISOR:
        raise CannotNow(f"{party.name} is here as a supervisor.", "supervisor")


def _one(
    kind: str, verb: Verb, party: Party, text: str, params: dict[str, Any] | None = None
) -> Plan:
    step = Step(verb=verb, leg_id=party.leg_id, why=text[:200], params=params or {})
    return Plan(kind=kind, text=text, steps=(step,))


def _something_to_hear(say: str, play: str) -> None:
    if bool(say.strip()) == bool(play.strip()):
        raise CannotNow("Give a text to say, or the address of a sound to play.", "what-to-hear")
    if len(say) > LONGEST_MESSAGE:
        raise CannotNow(f"A message has at most {LONGEST_MESSAGE} characters.", "too-long")


def _check_digits(digits: str) -> None:
    wrong: Iterable[str] = set(digits) - DIGITS
    if not digits or len(digits) > MOST_DIGITS or any(wrong):
        raise CannotNow(
            f"Give 1 to {MOST_DIGITS} of 0-9, *, #, A-D, and w for half a second's pause.",
            "wrong-digits",
        )
