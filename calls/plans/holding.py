"""Plans for one party of a room: hold, mute, messages, tones, and out."""

from collections.abc import Iterable
from uuid import UUID

from calls.plans.scene import (
    TALKERS,
    CannotNow,
    Party,
    Plan,
    Scene,
    Step,
    one_step,
    present,
    talking,
)
from calls.plans.watching import quieten
from calls.states import CallState, LegRole, Verb

LONGEST_MESSAGE = 500
MOST_DIGITS = 32
# What the change is called, where that is looked up again.
DROP = "drop"
# What a telephone keypad has, and `w` for half a second's wait.
DIGITS = frozenset("0123456789*#ABCDabcdw")


def hold(scene: Scene, leg_id: UUID) -> Plan:
    """Isolated from the room, both ways, with music."""
    _is_answered(scene)
    party = present(scene, leg_id)
    if party.role == LegRole.SUPERVISOR:
        raise CannotNow(f"{party.name} is listening in, and cannot be put on hold.", "supervisor")
    if party.on_hold or Verb.HOLD in party.ordered:
        raise CannotNow(f"{party.name} is on hold already.", "already-on-hold")
    return one_step("hold", Verb.HOLD, party, f"Put {party.name} on hold")


def resume(scene: Scene, leg_id: UUID) -> Plan:
    """Back from hold, into the conversation."""
    party = present(scene, leg_id)
    if Verb.RESUME in party.ordered:
        raise CannotNow(f"{party.name} is being brought back already.", "already-resumed")
    if not party.on_hold and Verb.HOLD not in party.ordered:
        raise CannotNow(f"{party.name} is not on hold.", "not-on-hold")
    if all(other.leg_id == leg_id for other in talking(scene)):
        text = f"{party.name} would hear silence: nobody else is in the conversation now."
        raise CannotNow(text, "would-be-alone")
    return one_step("resume", Verb.RESUME, party, f"Take {party.name} off hold")


def mute(scene: Scene, leg_id: UUID) -> Plan:
    """Hears everybody, and is heard by nobody."""
    party = present(scene, leg_id)
    _no_supervisor(party)
    if party.muted or Verb.MUTE in party.ordered:
        raise CannotNow(f"{party.name} is muted already.", "already-muted")
    return one_step("mute", Verb.MUTE, party, f"Mute {party.name}")


def unmute(scene: Scene, leg_id: UUID) -> Plan:
    party = present(scene, leg_id)
    _no_supervisor(party)
    if Verb.UNMUTE in party.ordered:
        raise CannotNow(f"{party.name} is being unmuted already.", "already-unmuted")
    if not party.muted and Verb.MUTE not in party.ordered:
        raise CannotNow(f"{party.name} is not muted.", "not-muted")
    return one_step("unmute", Verb.UNMUTE, party, f"Unmute {party.name}")


def announce(scene: Scene, leg_id: UUID | None, *, say: str = "", play: str = "") -> Plan:
    """A message to one leg; or, where `leg_id` is None, to the whole room.

    `say` is spoken text, `play` the absolute address of a sound; one of the two.
    """
    _something_to_hear(say, play)
    params = {"say": say} if say else {"play": play}
    what = f"“{say}”" if say else play
    if leg_id is not None:
        party = present(scene, leg_id)
        return one_step("announce", Verb.ANNOUNCE, party, f"Tell {party.name}: {what}", params)
    inside = [party for party in scene.parties if party.in_room and party.role in TALKERS]
    if not inside:
        raise CannotNow("Nobody is in the conversation yet.", "nobody-in-room")
    text = f"Tell everybody: {what}"
    step = Step(verb=Verb.ANNOUNCE_ALL, leg_id=inside[0].leg_id, why=text[:200], params=params)
    return Plan(kind="announce", text=text, steps=(step,))


def send_digits(scene: Scene, leg_id: UUID, digits: str) -> Plan:
    """Tones for the far end of one line; its person leaves the room for as long as they last."""
    _is_answered(scene)
    party = present(scene, leg_id)
    _check_digits(digits)
    if party.role == LegRole.SUPERVISOR or party.on_hold or Verb.HOLD in party.ordered:
        raise CannotNow(f"Digits cannot be sent to {party.name} now.", "digits-not-now")
    if Verb.SEND_DIGITS in party.ordered:
        raise CannotNow("Digits are being sent on that line already.", "already-sending")
    # What was pressed may be a secret: the story tells only how much it was.
    text = f"Send {len(digits)} digits to {party.name}"
    return one_step("digits", Verb.SEND_DIGITS, party, text, {"digits": digits})


def drop(scene: Scene, leg_id: UUID) -> Plan:
    """One party out; the others go on."""
    if scene.state == CallState.DIALLING:
        raise CannotNow("Nobody has answered yet. End the call instead.", "not-answered")
    party = scene.party(leg_id)
    _no_supervisor(party)
    if Verb.HANG_UP in party.ordered:
        raise CannotNow(f"{party.name}'s line is being ended already.", "already-dropped")
    if party.role in TALKERS and party.in_room and len(talking(scene)) < 3:
        raise CannotNow(
            f"Without {party.name} nobody would be left to talk to. End the call instead.",
            "would-be-alone",
        )
    text = f"Take {party.name} out of the call"
    ended = Step(verb=Verb.HANG_UP, leg_id=leg_id, why=text[:200])
    return Plan(kind=DROP, text=text, steps=(*quieten(scene, leg_id), ended))


def _is_answered(scene: Scene) -> None:
    if scene.state == CallState.DIALLING:
        raise CannotNow("Nobody has answered yet.", "not-answered")


def _no_supervisor(party: Party) -> None:
    if party.role == LegRole.SUPERVISOR:
        raise CannotNow(f"{party.name} is here as a supervisor.", "supervisor")


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
