"""A carrier that is heard: everybody has a tone of their own, and hears what the carrier lets them.

Time goes by in ticks of 20 ms, the carrier's clock and the floor's together. What somebody heard
is judged by which tones are in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sandbox.audio.files import NotSound, decode
from sandbox.audio.floor import Floor
from sandbox.audio.library import Library
from sandbox.audio.mouths import Microphone
from sandbox.audio.sound import RATE, TICK, TICK_SECONDS, Sound, of_waves
from sandbox.audio.studio import SoundStudio
from sandbox.audio.tapes import Shelf
from sandbox.audio.tones import strength, tone
from sandbox.core.calls import Call
from tests.sandbox.core.stage import Stage

CLEAR = 0.05
GONE = 0.005
READING = 1500
SECONDS_A_WORD = 0.25


@dataclass
class Hummer:
    """Reads every text as a tone of 1500 Hz, unless told another or that it has no voice."""

    pitches: dict[str, float] = field(default_factory=dict)
    has_voice: bool = True
    at_once: bool = True
    read_out: list[str] = field(default_factory=list)
    unread: list[Callable[[Sound | None], None]] = field(default_factory=list)

    def read(self, text: str, pitch: float, done: Callable[[Sound | None], None]) -> None:
        self.read_out.append(text)
        if not self.at_once:
            self.unread.append(done)
            return
        hertz, seconds = self.pitches.get(text, READING), SECONDS_A_WORD * len(text.split())
        done(of_waves(tone(hertz, seconds)) if self.has_voice else None)

    def decode(self, content_type: str, body: bytes, done: Callable[[Sound | None], None]) -> None:
        try:
            done(decode(content_type, body))
        except NotSound:
            done(None)


@dataclass(eq=False)
class Somebody:
    """One end of one leg: hums at one pitch all the time, and keeps what it hears."""

    call: Call
    hertz: float
    microphone: Microphone = field(default_factory=Microphone)
    heard: list[Sound] = field(default_factory=list)
    hummed: int = 0
    hums: bool = True

    def hum(self) -> None:
        times = (np.arange(TICK) + self.hummed) / RATE
        self.hummed += TICK
        if self.hums:
            self.microphone.hear(of_waves(np.sin(2 * np.pi * self.hertz * times) * 0.2))

    def hears(self, hertz: float) -> bool:
        """Whether this pitch was in what came since the last `listen`."""
        found = strength(np.concatenate(self.heard), hertz)
        assert found > CLEAR or found < GONE, f"{hertz} Hz is half there: {found:.4f}"
        return found > CLEAR

    def hears_anything(self) -> bool:
        return bool(np.abs(np.concatenate(self.heard)).max() > 50)


class Hall:
    """A stage with a floor."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.voice = Hummer()
        self.floor = Floor(stage.carrier, Library(), Shelf(folder))
        stage.carrier.studio = SoundStudio(self.floor, self.voice)
        self.people: list[Somebody] = []

    def somebody(self, call: Call, hertz: float) -> Somebody:
        """From now on there is a real far end, with this voice."""
        each = Somebody(call, hertz)
        self.people.append(each)
        self.floor.plug(call, listener=each.heard.append, microphone=each.microphone)
        return each

    def passes(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_SECONDS)):
            for each in self.people:
                each.hum()
            self.stage.advance(TICK_SECONDS)
            self.floor.tick()

    def listen(self, seconds: float = 0.5, settling: float = 0.2) -> None:
        """Let what has changed arrive, then let everybody listen for so long."""
        self.passes(settling)
        for each in self.people:
            each.heard.clear()
        self.passes(seconds)
