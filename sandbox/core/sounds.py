"""What a party hears, as facts instead of audio.

State (`call.hearing`, a tuple) says what is heard right now. Moments are over as soon as they
have been told to the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, frozen=True)
class Silence:
    """Nothing."""


@dataclass(slots=True, frozen=True)
class Ringback:
    """It rings at the far end."""


@dataclass(slots=True, frozen=True)
class Says:
    """A voice reads `text`."""

    text: str
    voice: str = ""
    language: str = "en-US"


@dataclass(slots=True, frozen=True)
class Plays:
    """A recording or music is played."""

    url: str


@dataclass(slots=True, frozen=True)
class Talk:
    """Connected with one other call (`call_sid`), whose voice comes through."""

    call_sid: str


@dataclass(slots=True, frozen=True)
class Room:
    """In a conference that runs; `heard` are the call SIDs whose voices come through."""

    conference_sid: str
    friendly_name: str
    heard: frozenset[str]


@dataclass(slots=True, frozen=True)
class Spoken:
    """A moment: another person said `text` and this party could hear it.

    `via` are the legs that it has come through, so that no echo goes round for ever.
    """

    by: str
    text: str
    via: tuple[str, ...] = field(default=(), compare=False)


@dataclass(slots=True, frozen=True)
class Tones:
    """A moment: keys came through as sound; `via` as for words."""

    by: str
    keys: str
    via: tuple[str, ...] = field(default=(), compare=False)


@dataclass(slots=True, frozen=True)
class Beep:
    """A moment: the tone that tells of recording, of a person entering or leaving."""


Hearing = Silence | Ringback | Says | Plays | Talk | Room
Moment = Spoken | Tones | Beep
HOLD_MUSIC = Plays("http://com.twilio.music.classical.s3.amazonaws.com/")
NOTHING: tuple[Hearing, ...] = (Silence(),)
