"""`manage.py make_desk_sounds`: what a browser's telephone plays, written to static/audio/desk.

ring     somebody calls; it is played over and over
accept   a call begins, also where it is answered by itself
end      a call is over
lost     the line is gone in the middle of a call
key-…    the twelve keys, as every telephone sounds
"""

import math
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

RATE = 8000
FADE = 0.012  # seconds: a tone that begins at once clicks
LOUDEST = 32767

# (when it begins, how long it lasts, how loud it is, whether it fades away like a bell, hertz…)
Tone = tuple[float, float, float, bool, tuple[float, ...]]

C5, E5, G5, A4, E4, A3 = 523.25, 659.26, 783.99, 440.0, 329.63, 220.0
CHIMES: dict[str, tuple[float, list[Tone]]] = {
    "ring": (
        3.0,
        [
            (0.0, 0.9, 0.5, True, (E5, 2 * E5)),
            (0.18, 0.9, 0.5, True, (G5, 2 * G5)),
            (0.9, 1.1, 0.4, True, (C5, 2 * C5)),
        ],
    ),
    "accept": (0.3, [(0.0, 0.12, 0.3, False, (A4,)), (0.13, 0.16, 0.3, False, (E5,))]),
    "end": (0.34, [(0.0, 0.14, 0.3, False, (E5,)), (0.15, 0.18, 0.3, False, (A4,))]),
    "lost": (0.9, [(0.3 * n, 0.2, 0.4, False, (E4, A3)) for n in range(3)]),
}
# Of a telephone's keypad, by row and column: ITU-T Q.23.
ROWS, COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0)
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "0", "hash")


def sounds() -> dict[str, list[int]]:
    """Every file's name and its samples."""
    made = {name: _mixed(length, tones) for name, (length, tones) in CHIMES.items()}
    for number, key in enumerate(KEYS):
        pair = (ROWS[number // 3], COLUMNS[number % 3])
        made[f"key-{key}"] = _mixed(0.12, [(0.0, 0.11, 0.3, False, pair)])
    return made


def _mixed(length: float, tones: list[Tone]) -> list[int]:
    mixed = [0.0] * round(length * RATE)
    for begins, lasts, loud, bell, pitches in tones:
        played = _played(lasts, loud, bell, pitches)
        for place, height in enumerate(played, start=round(begins * RATE)):
            mixed[place] += height
    return [round(LOUDEST * max(-1.0, min(1.0, each))) for each in mixed]


def _played(length: float, loud: float, bell: bool, pitches: tuple[float, ...]) -> Iterator[float]:
    for sample in range(round(length * RATE)):
        at = sample / RATE
        fade = min(1.0, at / FADE, (length - at) / FADE)
        away = math.exp(-4 * at / length) if bell else 1.0
        # A bell's overtones are fainter than its tone; a key's two tones are as loud as each other.
        yield sum(
            loud * fade * away / (3**rank if bell else 1) * math.sin(2 * math.pi * pitch * at)
            for rank, pitch in enumerate(pitches)
        )


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in sounds().items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(b"".join(each.to_bytes(2, "little", signed=True) for each in samples))


class Command(BaseCommand):
    help = "Write the sounds of the desk's telephone anew, to static/audio/desk."

    def handle(self, *_: Any, **__: Any) -> None:
        write(Path(settings.BASE_DIR) / "static" / "audio" / "desk")
