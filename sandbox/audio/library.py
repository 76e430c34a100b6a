"""Sounds by name. Texts that were read make room for newer ones; sound files stay."""

from __future__ import annotations

from collections import OrderedDict

from sandbox.audio.music import hold_music
from sandbox.audio.sound import RATE, Sound
from sandbox.core.sounds import HOLD_MUSIC

MOST_READ = 60 * 60 * RATE


class Library:
    """`files` are by address; what was read is by text and pitch."""

    def __init__(self, most_read: int = MOST_READ) -> None:
        self._most_read = most_read
        self._files: dict[str, Sound] = {HOLD_MUSIC.url: hold_music()}
        self._read: OrderedDict[tuple[str, float], Sound] = OrderedDict()
        self._length = 0

    def keep_file(self, url: str, sound: Sound) -> None:
        self._files[url] = sound

    def file(self, url: str) -> Sound | None:
        return self._files.get(url)

    def keep_reading(self, text: str, pitch: float, sound: Sound) -> None:
        """Forget what has not been asked for the longest if it would be too much."""
        self._read[text, pitch] = sound
        self._length += sound.size
        while self._length > self._most_read and len(self._read) > 1:
            _, oldest = self._read.popitem(last=False)
            self._length -= oldest.size

    def reading(self, text: str, pitch: float = 1.0) -> Sound | None:
        sound = self._read.get((text, pitch))
        if sound is not None:
            self._read.move_to_end((text, pitch))
        return sound
