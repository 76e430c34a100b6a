"""Sounds that a telephone company makes by itself: keys, beeps, ringing, and a stand-in for words.

Keys: ITU-T Q.23. Ringing: the North American one, 2 s in 6, 440 and 480 Hz.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sandbox.audio.sound import RATE, Sound, of_waves, silence

ROWS = (697, 770, 852, 941)
COLUMNS = (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")
KEY_SECONDS = 0.1
BEEP_SECONDS = 0.25
BEEP_HERTZ = 1000
EDGE = 40  # samples that a tone takes to swell and to fade, so that it does not click
PIP_SECONDS = 0.08
PAUSE_SECONDS = 0.12
ANNOUNCING = (523.0, 659.0, 784.0)
PIPS = (350.0, 392.0, 440.0, 494.0)


def tone(hertz: float, seconds: float, loudness: float = 0.3) -> NDArray[np.float64]:
    """One pitch as waves from -1 to 1, swelling and fading."""
    count = round(seconds * RATE)
    waves = np.sin(2 * np.pi * hertz * np.arange(count) / RATE) * loudness
    edge = np.linspace(0.0, 1.0, min(EDGE, count // 2))
    waves[: edge.size] *= edge
    waves[count - edge.size :] *= edge[::-1]
    return waves


def beep() -> Sound:
    return of_waves(tone(BEEP_HERTZ, BEEP_SECONDS))


def key_pitches(key: str) -> tuple[int, int]:
    """The two pitches of a key; KeyError if no telephone has it."""
    for row, keys in zip(ROWS, PAD, strict=True):
        if key in keys:
            return row, COLUMNS[keys.index(key)]
    raise KeyError(key)


def key_sound(key: str) -> Sound:
    low, high = key_pitches(key)
    return of_waves(tone(low, KEY_SECONDS) + tone(high, KEY_SECONDS))


def ringback() -> Sound:
    """One ring and the pause after it."""
    ring = of_waves(tone(440, 2.0, 0.12) + tone(480, 2.0, 0.12))
    return np.concatenate((ring, silence(4 * RATE)))


def words_without_voice(text: str) -> Sound:
    """Three rising tones, then a pip for each word: nobody takes that for silence or for speech."""
    parts = [of_waves(tone(hertz, PIP_SECONDS * 2)) for hertz in ANNOUNCING]
    for number, word in enumerate(text.split()):
        parts.append(silence(round(PAUSE_SECONDS * RATE)))
        long = PIP_SECONDS * (1 + min(len(word), 9) / 3)
        parts.append(of_waves(tone(PIPS[number % len(PIPS)], long, 0.15)))
    return np.concatenate(parts)


def strength(sound: Sound, hertz: float) -> float:
    """How much of this pitch there is, in parts of the loudest possible tone (Goertzel)."""
    if not sound.size:
        return 0.0
    turns = np.exp(-2j * np.pi * hertz * np.arange(sound.size) / RATE)
    return float(abs(np.dot(sound.astype(np.float64), turns)) * 2 / sound.size / 32767)


def keys_in(sound: Sound) -> str:
    """The keys that can be heard in a sound, in order; each once for as long as it lasts."""
    step, found, last = RATE // 40, "", ""
    for start in range(0, sound.size - step + 1, step):
        key = _key_in(sound[start : start + step])
        if key and key != last:
            found += key
        last = key
    return found


def _key_in(sound: Sound) -> str:
    low, high = (_loudest(sound, pitches) for pitches in (ROWS, COLUMNS))
    if low is None or high is None:
        return ""
    return PAD[ROWS.index(low)][COLUMNS.index(high)]


def _loudest(sound: Sound, pitches: tuple[int, ...]) -> int | None:
    """The one pitch that stands out; None if none does."""
    strengths = sorted(((strength(sound, pitch), pitch) for pitch in pitches), reverse=True)
    (first, pitch), (second, _) = strengths[:2]
    return pitch if first > 0.05 and first > 2.5 * second else None
