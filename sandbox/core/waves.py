"""What is on a tape as a sound file: nobody's real voice, but a tone of its own for each sort.

So a program can tell a conversation from music, and both from silence: a deep tone is what the
recorded leg itself says, the others are what it hears.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sandbox.core.sounds import Hearing, Plays, Ringback, Room, Says, Talk

SAMPLE_RATE = 8000
SAMPLE_BYTES = 2
LOUDNESS = 3000
# A whole number of periods of every tone.
PATTERN = 320


class Tone(IntEnum):
    """Hertz of a square wave."""

    SILENCE = 0
    OWN = 100  # what the recorded leg says
    MUSIC = 250
    PROMPT = 400  # a reading voice
    VOICE = 500  # other people
    RINGING = 1000


@dataclass(slots=True, frozen=True)
class Part:
    seconds: float
    heard: tuple[Hearing, ...]
    silent: bool = False


def tone_of(heard: Sequence[Hearing]) -> Tone:
    """The first of what is heard at once that makes a sound."""
    return next((tone for each in heard if (tone := _tone(each))), Tone.SILENCE)


def _tone(heard: Hearing) -> Tone:
    if isinstance(heard, Talk) or (isinstance(heard, Room) and heard.heard):
        return Tone.VOICE
    if isinstance(heard, Plays):
        return Tone.MUSIC
    if isinstance(heard, Says):
        return Tone.PROMPT
    return Tone.RINGING if isinstance(heard, Ringback) else Tone.SILENCE


def wav(parts: Sequence[Part], channels: int, *, own_voice_first: bool = True) -> bytes:
    """A RIFF/WAVE file: 16-bit PCM at 8 kHz. With one channel, what is heard goes before."""
    body, end = bytearray(), 0.0
    for part in parts:
        end += part.seconds
        frames = round(end * SAMPLE_RATE) - len(body) // (channels * SAMPLE_BYTES)
        body += _sound(_tones(part, channels, own_voice_first), frames)
    return _header(len(body), channels) + bytes(body)


def silent_wav(seconds: float, channels: int) -> bytes:
    return wav([Part(seconds, (), silent=True)], channels)


def _tones(part: Part, channels: int, own_voice_first: bool) -> list[Tone]:
    own = Tone.SILENCE if part.silent else Tone.OWN
    heard = Tone.SILENCE if part.silent else tone_of(part.heard)
    if channels == 1:
        return [heard or own]
    return [own, heard] if own_voice_first else [heard, own]


def _sound(tones: list[Tone], frames: int) -> bytes:
    pattern = b"".join(
        struct.pack("<h", _sample(tone, number)) for number in range(PATTERN) for tone in tones
    )
    times = frames // PATTERN + 1
    return (pattern * times)[: frames * len(tones) * SAMPLE_BYTES]


def _sample(tone: Tone, number: int) -> int:
    if not tone:
        return 0
    half = SAMPLE_RATE // tone // 2
    return LOUDNESS if number // half % 2 == 0 else -LOUDNESS


def _header(size: int, channels: int) -> bytes:
    frame = channels * SAMPLE_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        SAMPLE_RATE,
        SAMPLE_RATE * frame,
        frame,
        SAMPLE_BYTES * 8,
        b"data",
        size,
    )
