"""The coding of telephone lines, ITU-T G.711 mu-law: 8 bits for each sample, by table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sandbox.audio.sound import Sound

BIAS = 0x84
CLIP = 32635
QUIET = 0xFF  # a sample of silence


def _decoded() -> NDArray[np.int16]:
    codes = ~np.arange(256, dtype=np.uint8)
    steps = ((codes & 0x0F).astype(np.int32) << 3) + BIAS
    sizes = (steps << ((codes & 0x70) >> 4)) - BIAS
    return np.where(codes & 0x80, -sizes, sizes).astype(np.int16)


def _encoded() -> NDArray[np.uint8]:
    """The code of every 16-bit sample, at the place of the sample seen as unsigned."""
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    sizes = np.minimum(np.abs(samples), CLIP) + BIAS
    exponents = np.floor(np.log2(sizes)).astype(np.int32) - 7
    mantissas = (sizes >> (exponents + 3)) & 0x0F
    signs = np.where(samples < 0, 0x80, 0)
    codes: NDArray[np.uint8] = (~(signs | (exponents << 4) | mantissas) & 0xFF).astype(np.uint8)
    return codes


_DECODED = _decoded()
_ENCODED = _encoded()


def encode(sound: Sound) -> bytes:
    return _ENCODED[sound.view(np.uint16)].tobytes()


def decode(coded: bytes) -> Sound:
    return _DECODED[np.frombuffer(coded, dtype=np.uint8)]
