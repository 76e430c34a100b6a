"""Sound files: read whatever a caller can be played (WAV, MP3, …), write WAV."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator, Sequence

import av
import numpy as np
from av.error import FFmpegError

from sandbox.audio import mulaw
from sandbox.audio.sound import RATE, Sound, silence

BARE_MULAW = ("audio/basic", "audio/ulaw", "audio/x-mulaw")
LONGEST = 60 * 60 * RATE


class NotSound(Exception):
    """These bytes are nothing that can be heard."""


def decode(content_type: str, body: bytes) -> Sound:
    """A file as a telephone plays it; raises NotSound. What is beyond an hour is cut off."""
    if content_type in BARE_MULAW and body[:4] not in (b"RIFF", b".snd"):
        return mulaw.decode(body)
    try:
        parts = [np.frombuffer(part, dtype=np.int16) for part in _decoded(body)]
    except (FFmpegError, ValueError, IndexError) as error:
        raise NotSound(str(error)) from error
    return np.concatenate(parts) if parts else silence(0)


def _decoded(body: bytes) -> Iterator[bytes]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    length = 0
    with av.open(io.BytesIO(body), "r") as container:
        stream = container.streams.audio[0]
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                yield _samples(part)
                length += part.samples
            if length > LONGEST:
                return
        for part in resampler.resample(None):
            yield _samples(part)


def _samples(frame: av.AudioFrame) -> bytes:
    """A plane may be longer than what is in it."""
    return bytes(frame.planes[0])[: frame.samples * 2]


def wav(channels: Sequence[Sound]) -> bytes:
    """A WAV file of channels of one length."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(len(channels))
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return file.getvalue()
