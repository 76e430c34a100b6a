"""Hold music, made here: a slow round of four chords with a line above, 16 s that begin anew.

Nothing of it is anybody's: it is computed from the notes below.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sandbox.audio.sound import RATE, Sound, of_waves

BEAT = 0.5
CHORDS = ("C3 G3 E4", "A2 E3 C4", "F2 C3 A3", "G2 D3 B3")
MELODY = (
    "G4 . E4 . G4 A4 G4 .",
    "E4 . C4 . E4 G4 E4 .",
    "A4 . G4 . F4 A4 G4 .",
    "D4 . G4 . B4 A4 G4 .",
)
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
PARTIALS = ((1, 1.0), (2, 0.35), (3, 0.12))


def pitch(note: str) -> float:
    """`A4` is 440 Hz."""
    name, octave = note[:-1], int(note[-1])
    return float(440.0 * 2 ** ((NAMES.index(name) - 9) / 12 + octave - 4))


@cache
def hold_music() -> Sound:
    bar = round(8 * BEAT * RATE)
    waves = np.zeros(bar * len(CHORDS))
    for number, (chord, line) in enumerate(zip(CHORDS, MELODY, strict=True)):
        for note in chord.split():
            _add(waves, number * bar, _string(pitch(note), 8 * BEAT, 0.07))
        for beat, note in enumerate(line.split()):
            if note != ".":
                start = number * bar + round(beat * BEAT * RATE)
                _add(waves, start, _string(pitch(note), 3 * BEAT, 0.12))
    return of_waves(waves)


def _string(hertz: float, seconds: float, loudness: float) -> NDArray[np.float64]:
    """A plucked string: loud at once, then fading."""
    times = np.arange(round(seconds * RATE)) / RATE
    waves = sum(part * np.sin(2 * np.pi * hertz * n * times) for n, part in PARTIALS)
    swell = np.minimum(times / 0.02, 1.0)
    return np.asarray(waves * swell * np.exp(-2.2 * times) * loudness)


def _add(waves: NDArray[np.float64], start: int, note: NDArray[np.float64]) -> None:
    """What goes beyond the end sounds at the beginning, where the round goes on."""
    places = (start + np.arange(note.size)) % waves.size
    np.add.at(waves, places, note)
