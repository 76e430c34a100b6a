"""What is on a recording, as whoever may hear it downloads it from its call's page."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from calls.models import Call, Recording
from calls.states import RecordingState
from tests.journeys.programs import PATIENCE, wait_until
from tests.voices.people import Desk

WINDOW = 0.25  # seconds
THERE, ABSENT = 800.0, 80.0  # of 32768: how strong a tone is


@dataclass(frozen=True)
class Channel:
    """What one side said."""

    samples: NDArray[np.int16]
    rate: int

    def __contains__(self, tone: float) -> bool:
        """Whether it is anywhere here, however short."""
        return any(self._strength(window, tone) > ABSENT for window in self._windows())

    def pieces(self, tone: float) -> list[str]:
        """One after the other: the tone, silence, or something else; what is shorter than half a
        second is the edge of its neighbours. Silence before and after is left out."""
        heard = (self._named(window, tone) for window in self._windows())
        lengths = [(name, len(list(run))) for name, run in groupby(heard)]
        long = [name for name, length in lengths if length >= 2]
        return [name for name, _ in groupby(_without_edges(long))]

    def _named(self, window: NDArray[np.int16], tone: float) -> str:
        if self._strength(window, tone) > THERE:
            return "tone"
        return "something else" if window.any() else "silence"

    def _strength(self, window: NDArray[np.int16], tone: float) -> float:
        times = np.arange(window.size) / self.rate
        return float(abs(np.mean(window * np.exp(-2j * np.pi * tone * times)))) * 2

    def _windows(self) -> Iterator[NDArray[np.int16]]:
        length = round(self.rate * WINDOW)
        for start in range(0, self.samples.size - length + 1, length):
            yield self.samples[start : start + length]


def _without_edges(names: list[str]) -> list[str]:
    sounding = [place for place, name in enumerate(names) if name != "silence"]
    return names[sounding[0] : sounding[-1] + 1] if sounding else []


def tape_of_the_last_call(supervisor: Desk) -> tuple[Channel, Channel]:
    """What the caller said, and what the others said."""
    call = Call.objects.latest("arrived_at")
    ready = Recording.objects.filter(call=call, state=RecordingState.COMPLETED)
    wait_until(ready.exists, within=PATIENCE)
    address = f"{supervisor.place.web_url}/calls/{call.pk}/recordings/{ready.get().pk}"
    answer = supervisor.page.request.get(address)
    assert answer.ok, answer.text()
    with wave.open(io.BytesIO(answer.body())) as file:
        assert file.getnchannels() == 2
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    return Channel(sound[::2], rate), Channel(sound[1::2], rate)
