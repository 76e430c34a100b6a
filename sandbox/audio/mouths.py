"""What one far end says: a microphone, and sentences that a voice reads for somebody in a script.

A microphone's sound comes in bursts, so a little of it is kept back; more than that would only be
delay, and is dropped.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from sandbox.audio.sound import SILENCE, TICK, Sound, in_whole_ticks

ENOUGH = 3  # ticks to have before a microphone is let through
MOST = 12


class Microphone:
    """Samples come in as they come, and go out a tick at a time."""

    def __init__(self) -> None:
        self._ticks: deque[Sound] = deque()
        self._rest: Sound = np.zeros(0, dtype=np.int16)
        self._flows = False

    def hear(self, sound: Sound) -> None:
        whole = np.concatenate((self._rest, sound)) if self._rest.size else sound
        end = whole.size - whole.size % TICK
        self._ticks.extend(whole[start : start + TICK] for start in range(0, end, TICK))
        self._rest = whole[end:]
        if len(self._ticks) > MOST:
            while len(self._ticks) > ENOUGH:
                self._ticks.popleft()

    def take(self) -> Sound | None:
        """The next tick; None while there is nothing."""
        if not self._flows and len(self._ticks) < ENOUGH:
            return None
        self._flows = bool(self._ticks)
        return self._ticks.popleft() if self._ticks else None


class Mouth:
    """Everything that comes from one far end."""

    def __init__(self) -> None:
        self.microphone: Microphone | None = None
        self._sentences: deque[Sound] = deque()
        self._place = 0

    @property
    def speaks(self) -> bool:
        """Whether there are sentences that have not been said to their end."""
        return bool(self._sentences)

    def say(self, sentence: Sound) -> None:
        """One sentence more, after those that are being said."""
        if sentence.size:
            self._sentences.append(in_whole_ticks(sentence))

    def take(self) -> Sound:
        """What is said during the next tick."""
        spoken = self.microphone.take() if self.microphone is not None else None
        if spoken is not None:
            return spoken
        return self._next_of_sentence() if self._sentences else SILENCE

    def _next_of_sentence(self) -> Sound:
        sentence = self._sentences[0]
        part = sentence[self._place : self._place + TICK]
        self._place += TICK
        if self._place >= sentence.size:
            self._sentences.popleft()
            self._place = 0
        return part
