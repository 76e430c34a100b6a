"""Voices that read texts out: the packaged one, else a program of this machine, else nobody."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sandbox.audio.files import decode
from sandbox.audio.sound import LOUDEST, RATE, Sound, of_waves, resample

Reading = Callable[[str, float], Sound]
PACKAGED = "hibari"
LOUDNESS = 0.35  # of the loudest moment of a text
LONGEST_READING = 30.0
SEED = 7

# What each program is given: a file with the text, and where the sound is to go.
PROGRAMS: dict[str, Callable[[Path, Path], list[str]]] = {
    "flite": lambda text, sound: ["-voice", "rms", "-f", str(text), "-o", str(sound)],
    "espeak-ng": lambda text, sound: ["-f", str(text), "-w", str(sound)],
    "espeak": lambda text, sound: ["-f", str(text), "-w", str(sound)],
}


def installed() -> str:
    """The name of the best voice that there is; empty if there is none."""
    if find_spec(PACKAGED) is not None and find_spec("onnxruntime") is not None:
        return PACKAGED
    return next((name for name in PROGRAMS if shutil.which(name)), "")


def open_voice(name: str) -> Reading:
    """Ready to read; loading the packaged voice takes a second."""
    return _packaged() if name == PACKAGED else _program(name)


def _packaged() -> Reading:
    hibari = import_module(PACKAGED)
    voice = hibari.Hibari()

    def read(text: str, pitch: float) -> Sound:
        return _as_said(voice(text, seed=SEED), hibari.SAMPLE_RATE * pitch)

    return read


def _program(name: str) -> Reading:
    path = shutil.which(name) or name

    def read(text: str, pitch: float) -> Sound:
        with tempfile.TemporaryDirectory() as folder:
            written, spoken = Path(folder) / "text", Path(folder) / "sound.wav"
            written.write_text(text, encoding="utf-8")
            command = [path, *PROGRAMS[name](written, spoken)]
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_READING)  # noqa: S603
            sound = decode("audio/wav", spoken.read_bytes())
        return _as_said(sound.astype(np.float32) / LOUDEST, RATE * pitch)

    return read


def _as_said(waves: NDArray[np.floating], rate: float) -> Sound:
    """At a telephone's rate and one loudness, whatever the voice's own."""
    heard = resample(waves, rate)
    peak = float(np.abs(heard).max()) if heard.size else 0.0
    return of_waves(heard * (LOUDNESS / peak)) if peak else of_waves(heard)
