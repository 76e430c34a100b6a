"""What is heard of facts: texts that are read, files and music from their beginning, voices."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from sandbox.audio.library import Library
from sandbox.audio.sound import SILENCE, TICK, Sound, in_whole_ticks, mix
from sandbox.audio.tones import beep, key_sound, ringback
from sandbox.core.sounds import Beep, Hearing, Moment, Plays, Ringback, Room, Says, Talk, Tones


@cache
def _ringing() -> Sound:
    return ringback()


class Ear:
    """One listener: where in each sound they are, and what short sounds are still to come."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._places: dict[Hearing, int] = {}
        self._moments: deque[Sound] = deque()

    def hear(self, facts: Sequence[Hearing], voices: Mapping[str, Sound]) -> Sound:
        """The next tick of all that is heard; `voices` are the same tick of who speaks, by SID."""
        self._places = {fact: place for fact, place in self._places.items() if fact in facts}
        parts = [part for fact in facts for part in self._parts(fact, voices)]
        if self._moments:
            parts.append(self._moments.popleft())
        return mix(parts)

    def notice(self, moment: Moment) -> None:
        """A beep or keys, after those that are still sounding. Words come as a voice."""
        for sound in _short_sounds(moment):
            whole = in_whole_ticks(sound)
            self._moments.extend(whole[at : at + TICK] for at in range(0, whole.size, TICK))

    def _parts(self, fact: Hearing, voices: Mapping[str, Sound]) -> Iterator[Sound]:
        if isinstance(fact, Talk):
            yield voices.get(fact.call_sid, SILENCE)
        elif isinstance(fact, Room):
            yield from (voices[sid] for sid in sorted(fact.heard) if sid in voices)
        else:
            sound = self._sound(fact)
            if sound is not None and sound.size:
                yield self._next(fact, sound)

    def _sound(self, fact: Hearing) -> Sound | None:
        match fact:
            case Says(text=text):
                return self._library.reading(text)
            case Plays(url=url):
                return self._library.file(url)
            case Ringback():
                return _ringing()
            case _:
                return None

    def _next(self, fact: Hearing, sound: Sound) -> Sound:
        """What lasts longer than its sound begins anew."""
        place = self._places.get(fact, 0)
        self._places[fact] = (place + TICK) % max(sound.size, TICK)
        if place + TICK <= sound.size:
            return sound[place : place + TICK]
        return sound.take(range(place, place + TICK), mode="wrap")


def _short_sounds(moment: Moment) -> Iterable[Sound]:
    if isinstance(moment, Beep):
        return (beep(),)
    # What has come through another leg already comes with that leg's sound.
    if isinstance(moment, Tones) and len(moment.via) <= 1:
        return tuple(key_sound(key) for key in moment.keys)
    return ()
