"""Samples of a telephone: 8000 a second, 16 bits, one channel, 160 to a tick of 20 ms."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

RATE = 8000
TICK = 160
TICK_SECONDS = TICK / RATE
LOUDEST = 32767
Sound = NDArray[np.int16]
SILENCE: Sound = np.zeros(TICK, dtype=np.int16)
SILENCE.setflags(write=False)


def silence(samples: int) -> Sound:
    return np.zeros(max(samples, 0), dtype=np.int16)


def mix(sounds: Iterable[Sound]) -> Sound:
    """All at once, of one length each; what would be too loud is as loud as can be."""
    heard = list(sounds)
    if len(heard) <= 1:
        return heard[0] if heard else SILENCE
    total = np.sum(heard, axis=0, dtype=np.int32)
    loud: Sound = np.clip(total, -LOUDEST, LOUDEST).astype(np.int16)
    return loud


def of_waves(waves: NDArray[np.floating]) -> Sound:
    """Samples from -1 to 1 as a sound."""
    sound: Sound = (np.clip(waves, -1.0, 1.0) * LOUDEST).astype(np.int16)
    return sound


def resample(waves: NDArray[np.floating], rate: float) -> NDArray[np.float32]:
    """From `rate` samples a second to a telephone's, without what a telephone cannot carry."""
    if not waves.size:
        return np.zeros(0, dtype=np.float32)
    wanted = max(1, round(waves.size * RATE / rate))
    spectrum = np.fft.rfft(waves)
    kept = spectrum[: wanted // 2 + 1]
    return (np.fft.irfft(kept, wanted) * (wanted / waves.size)).astype(np.float32)


def in_whole_ticks(sound: Sound) -> Sound:
    """With silence at the end, so that the last tick is whole."""
    return np.concatenate((sound, silence(-sound.size % TICK)))


def seconds(sound: Sound) -> float:
    return float(sound.size / RATE)
