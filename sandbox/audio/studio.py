"""What the carrier asks of whoever makes it heard: texts read out, files decoded, tapes.

What takes time is done by a `Workshop`: in a server by other processes and threads, in a test at
once. Whoever speaks by script is read out too, each with a pitch of their own.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

from sandbox.audio.floor import Floor
from sandbox.audio.sound import Sound, in_whole_ticks, seconds
from sandbox.audio.tones import words_without_voice
from sandbox.core.calls import Call
from sandbox.core.kernel import Future
from sandbox.core.lines import LoopedEnd, LoopedLine
from sandbox.core.recordings import Recording
from sandbox.core.sounds import Says

NO_VOICE = 99002
PITCHES = (0.84, 0.92, 1.0, 1.1, 1.18)
ANNOUNCER = 1.0


class Workshop(Protocol):
    """`done` is called in the thread of the carrier, at once or later."""

    def read(self, text: str, pitch: float, done: Callable[[Sound | None], None]) -> None:
        """Have a voice read a text, so many times as high as usual; None: no voice can."""

    def decode(self, content_type: str, body: bytes, done: Callable[[Sound | None], None]) -> None:
        """Make a file heard; None: it is no sound."""


class SoundStudio:
    """The carrier's `Studio`. It sees to people's sentences by itself."""

    def __init__(self, floor: Floor, workshop: Workshop) -> None:
        self._floor = floor
        self._workshop = workshop
        self._told: set[str] = set()
        floor.carrier.watch(self._noticed)

    def read(self, call: Call, says: Says) -> Future[float]:
        """The sound is in the library before its length is told."""
        length: Future[float] = Future()
        self._have_read(call, says.text, ANNOUNCER, lambda sound: length.set(seconds(sound)))
        return length

    def take_in(self, url: str, content_type: str, body: bytes) -> Future[float | None]:
        length: Future[float | None] = Future()

        def done(sound: Sound | None) -> None:
            if sound is not None:
                self._floor.library.keep_file(url, sound)
            length.set(None if sound is None else seconds(sound))

        self._workshop.decode(content_type, body, done)
        return length

    def tape(self, recording: Recording) -> bytes | None:
        return self._floor.shelf.wav(recording.sid)

    def _have_read(
        self, call: Call, text: str, pitch: float, then: Callable[[Sound], None]
    ) -> None:
        library = self._floor.library
        known = library.reading(text, pitch)
        if known is not None:
            then(known)
            return

        def done(sound: Sound | None) -> None:
            if sound is None or (not sound.size and any(map(str.isalnum, text))):
                self._tell_of_no_voice(call)
                sound = words_without_voice(text)
            whole = in_whole_ticks(sound)
            library.keep_reading(text, pitch, whole)
            then(whole)

        self._workshop.read(text, pitch, done)

    def _noticed(self, kind: str, thing: object) -> None:
        """What a far end says that has no microphone, if there is anybody who could hear it.

        A looped leg's voice is the other leg's.
        """
        if kind != "speech" or not isinstance(thing, tuple) or not self._floor.attended:
            return
        call, text = thing
        if not isinstance(call.line, LoopedLine | LoopedEnd):
            self._have_read(call, text, _pitch(call), lambda sound: self._floor.say(call, sound))

    def _tell_of_no_voice(self, call: Call) -> None:
        """Once for each account: the rest would be the same line again."""
        if call.account.sid in self._told:
            return
        self._told.add(call.account.sid)
        self._floor.carrier.notify(
            NO_VOICE, account=call.account, call=call, text="tones stand for words", warning=True
        )


def _pitch(call: Call) -> float:
    """The same person always has the same voice."""
    who = call.from_ if call.direction == "inbound" else call.to
    return PITCHES[zlib.crc32(who.encode()) % len(PITCHES)]
