"""What a party hears, in words: for scripts that wait for them, and for the console."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.core.sounds import (
    Beep,
    Hearing,
    Moment,
    Plays,
    Ringback,
    Room,
    Says,
    Spoken,
    Talk,
    Tones,
)

Heard = Hearing | Moment


def in_words(heard: Heard) -> str:
    """The words that a script can wait for: spoken text, an address that plays, or a name."""
    match heard:
        case Says(text=text) | Spoken(text=text):
            return text
        case Plays(url=url):
            return url
        case Tones(keys=keys):
            return keys
        case Beep():
            return "beep"
        case Ringback():
            return "ringing"
        case Room(friendly_name=name):
            return name
        case _:
            return ""


def is_company(hearing: Iterable[Hearing]) -> bool:
    """Whether somebody else's voice comes through: a conversation, not an announcement."""
    return any(
        isinstance(each, Talk) or (isinstance(each, Room) and bool(each.heard)) for each in hearing
    )


class Words:
    """Words to listen for: part of a sentence in any case and spacing, or a pattern."""

    def __init__(self, wanted: str | re.Pattern[str]) -> None:
        self.wanted = wanted

    def are_in(self, heard: str) -> bool:
        if isinstance(self.wanted, str):
            return _plain(self.wanted) in _plain(heard)
        return self.wanted.search(heard) is not None

    def __str__(self) -> str:
        return self.wanted if isinstance(self.wanted, str) else f"/{self.wanted.pattern}/"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


class Memory:
    """What somebody has heard in this call, and of that, what came since they last did something.

    After one has pressed or spoken, only what follows is the answer to it.
    """

    __slots__ = ("_since", "transcript")

    def __init__(self) -> None:
        self.transcript: list[str] = []
        self._since = 0

    def take(self, heard: Heard) -> None:
        words = in_words(heard)
        if words:
            self.transcript.append(words)

    def act(self) -> None:
        self._since = len(self.transcript)

    def has(self, words: Words) -> bool:
        """Heard at any time in this call."""
        return any(words.are_in(each) for each in self.transcript)

    def has_since(self, words: Words) -> bool:
        """Heard since the last act."""
        return any(words.are_in(each) for each in self.transcript[self._since :])
