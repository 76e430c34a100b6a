"""What a leg should be doing now, as plain values; the carrier layer turns them into TwiML."""

from dataclasses import dataclass
from uuid import UUID

from calls.states import Recourse


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Stand in line: `greeting` is said once (may be empty), then the wait document plays."""

    leg_id: UUID
    greeting: str
    queue_name: str  # the carrier's queue, which only plays the music


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """One round of the wait document: sentences, then music for a while; asked for again."""

    leg_id: UUID
    sentences: tuple[str, ...]
    music_url: str  # absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRoom:
    """Enter the call's room; `announcement` is said to this leg alone before it enters.

    A supervisor enters `muted`, or heard by the one leg alone that `coach_sid` names; or both,
    which is one step from being heard by it.
    """

    leg_id: UUID
    call_id: UUID
    room: str
    announcement: str = ""
    muted: bool = False
    coach_sid: str = ""  # the carrier's name for it; that leg has to be in the room
    sound_url: str = ""  # absolute; heard by this leg alone before it enters


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMusic:
    """What somebody on hold hears; asked for again when it ends."""

    music_url: str  # absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What an announcement in a room says: a sentence, or a sound."""

    say: str = ""
    play_url: str = ""  # absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDigits:
    """Tones for the leg's far end, then back into the call's room."""

    digits: str
    room: JoinRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A sentence, then music for a while; then the leg asks what it should be doing."""

    leg_id: UUID
    text: str
    music_url: str  # absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForKey:
    """Ask the person who answered to press a key, so that a mailbox cannot take the call."""

    leg_id: UUID
    text: str
    timeout_seconds: int = 8
    sound_url: str = ""  # absolute; heard before the text
    for_standby: bool = False  # whoever answered is to keep the line open; `leg_id` is that leg's


@dataclass(frozen=True, slots=True, kw_only=True)
class StandBy:
    """Stay on the line between calls, in silence; then ask what to do."""

    line_id: UUID  # of the standby leg
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOut:
    """Somebody tries out their microphone: what they say is recorded for a moment."""

    text: str
    nothing_heard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayBack:
    """They hear it again, and the line ends."""

    recording_url: str  # absolute
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayOut:
    """Say a message; then take a voicemail, or hang up."""

    leg_id: UUID
    message: str
    recourse: Recourse


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMoment:
    """Keep the caller on the line without knowing anything, then ask again."""

    resume_url: str
    seconds: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Come out of the carrier's queue: its next question is answered with what is true then.

    A wait document may play and leave, but not itself enter a room.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say a sentence and end the leg."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """End the leg without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """The answer does not control the leg (it was redirected or is over)."""


Step = (
    Wait
    | Announce
    | JoinRoom
    | HoldMusic
    | Message
    | SendDigits
    | Parked
    | AskForKey
    | StandBy
    | TryOut
    | PlayBack
    | PlayOut
    | OneMoment
    | Leave
    | Say
    | HangUp
    | Nothing
)
