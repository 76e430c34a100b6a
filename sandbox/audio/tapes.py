"""What recordings keep: two channels or one, cut as the carrier's stretches say when they end.

While a recording is paused nothing of what is said is kept, not even until it ends. Finished tapes
lie in a folder; when there are too many, the oldest is thrown away.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.audio import mulaw
from sandbox.audio.ears import Ear
from sandbox.audio.files import wav
from sandbox.audio.sound import RATE, SILENCE, TICK, Sound, mix
from sandbox.core.recordings import Recording, RecordingStatus, Stretch

MOST_BYTES = 512 * 1024 * 1024
LATE = 5 * TICK  # samples that a tape may be behind before it is filled up with silence


@dataclass(slots=True)
class Tape:
    """A recording while it runs, as mu-law. `ear` is what a tape of a room listens with."""

    recording: Recording
    since: float
    ear: Ear
    channels: list[bytearray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.channels = [bytearray() for _ in range(self.recording.channels)]

    def add(self, now: float, own: Sound, heard: Sound) -> None:
        """One tick of what the leg says and of what it hears."""
        late = round((now - self.since) * RATE) - len(self.channels[0])
        paused = self.recording.status is not RecordingStatus.IN_PROGRESS
        sounds = [SILENCE] * 2 if paused else self._kept(own, heard)
        for channel, sound in zip(self.channels, sounds, strict=False):
            if late > LATE:
                channel.extend(_silent(late))
            channel.extend(mulaw.encode(sound))

    def _kept(self, own: Sound, heard: Sound) -> list[Sound]:
        track = self.recording.track
        own, heard = (
            SILENCE if track == "outbound" else own,
            SILENCE if track == "inbound" else heard,
        )
        if self.recording.channels == 1:
            return [mix((own, heard))]
        return [own, heard] if self.recording.own_voice_first else [heard, own]

    def cut(self) -> list[bytes]:
        """The channels as they are to be kept."""
        return [
            b"".join(self._piece(channel, stretch) for stretch in self.recording.stretches)
            for channel in self.channels
        ]

    def _piece(self, channel: bytearray, stretch: Stretch) -> bytes:
        first, last = (
            round((moment - self.since) * RATE)
            for moment in (stretch.start, stretch.end or stretch.start)
        )
        if stretch.silent:
            return _silent(last - first)
        kept = bytes(channel[max(first, 0) : max(last, 0)])
        return (_silent(min(last, 0) - first) + kept).ljust(last - first, _silent(1))


def _silent(samples: int) -> bytes:
    return bytes((mulaw.QUIET,)) * max(samples, 0)


class Shelf:
    """Finished tapes, by SID."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._tapes: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def put(self, sid: str, channels: Sequence[bytes]) -> None:
        sound = b"".join(channels)
        self._tapes[sid] = (len(channels), len(sound))
        (self._folder / sid).write_bytes(sound)
        while sum(size for _, size in self._tapes.values()) > self._most_bytes:
            self.throw_away(next(iter(self._tapes)))

    def throw_away(self, sid: str) -> None:
        if self._tapes.pop(sid, None) is not None:
            (self._folder / sid).unlink()

    def wav(self, sid: str) -> bytes | None:
        if sid not in self._tapes:
            return None
        count, size = self._tapes[sid]
        sound, each = (self._folder / sid).read_bytes(), size // count
        parts = (sound[start : start + each] for start in range(0, each * count, each or 1))
        return wav([mulaw.decode(part) for part in parts]) if each else None
