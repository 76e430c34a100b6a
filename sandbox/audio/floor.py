"""Every live leg, one tick at a time: what its far end says, and what its far end hears.

    floor = Floor(carrier, Library(), Shelf(folder))
    floor.plug(call, listener=sink, microphone=microphone)
    floor.tick()

Who hears whom is the carrier's word alone: `call.hearing`, and for tapes of rooms `on_tape()`. So
nobody hears themselves, and hold, mute, coaching and whispers need nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.audio.ears import Ear
from sandbox.audio.library import Library
from sandbox.audio.mouths import Microphone, Mouth
from sandbox.audio.sound import SILENCE, Sound
from sandbox.audio.tapes import Shelf, Tape
from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from sandbox.core.lines import LoopedEnd, LoopedLine
from sandbox.core.recordings import Recording, RecordingStatus
from sandbox.core.sounds import Beep, Room, Tones

Listener = Callable[[Sound], None]


LOUD = 600  # of 32767
NAMED_FOR = 25  # ticks


@dataclass(slots=True)
class Seat:
    """One leg on the floor. `said` and `heard` are its last tick."""

    call: Call
    ear: Ear
    mouth: Mouth = field(default_factory=Mouth)
    listener: Listener | None = None
    said: Sound = field(default_factory=lambda: SILENCE)
    heard: Sound = field(default_factory=lambda: SILENCE)
    named_for: int = 0  # ticks to come

    def begins_to_speak(self) -> bool:
        """Once in a while: the far end's own microphone has somebody's voice, not only a room's."""
        self.named_for = max(0, self.named_for - 1)
        is_loud = self.mouth.microphone is not None and int(self.said.max(initial=0)) > LOUD
        if self.named_for or not is_loud:
            return False
        self.named_for = NAMED_FOR
        return True

    @property
    def far_leg(self) -> Call | None:
        """The leg whose network side is this leg's far end."""
        line = self.call.line
        return line.far_leg if isinstance(line, LoopedLine | LoopedEnd) else None


class Floor:
    """All legs of a carrier that are not over."""

    def __init__(self, carrier: Carrier, library: Library, shelf: Shelf) -> None:
        self.carrier = carrier
        self.library = library
        self.shelf = shelf
        self._seats: dict[str, Seat] = {}
        self._tapes: dict[str, Tape] = {}
        carrier.watch(self._noticed)

    @property
    def busy(self) -> bool:
        """Whether anybody listens, or anything is being said that a later listener must miss."""
        return self.attended or any(seat.mouth.speaks for seat in self._seats.values())

    @property
    def attended(self) -> bool:
        """Whether anybody or any tape listens."""
        return bool(self._tapes) or any(seat.listener for seat in self._seats.values())

    def plug(self, call: Call, *, listener: Listener, microphone: Microphone) -> None:
        """A far end that really hears and speaks; with several in turn, the last one does."""
        seat = self.seat(call)
        seat.listener, seat.mouth.microphone = listener, microphone

    def unplug(self, call: Call, listener: Listener) -> None:
        """Whoever has been replaced already is left alone."""
        seat = self._seats.get(call.sid)
        if seat is not None and seat.listener == listener:
            seat.listener = seat.mouth.microphone = None

    def say(self, call: Call, sentence: Sound) -> None:
        """The far end says this as soon as it has said what comes before."""
        if not call.ended:
            self.seat(call).mouth.say(sentence)

    def seat(self, call: Call) -> Seat:
        """A leg's place, which it keeps until it ends."""
        seat = self._seats.get(call.sid)
        if seat is None:
            seat = Seat(call, Ear(self.library))
            if not call.ended:
                self._seats[call.sid] = seat
        return seat

    def tick(self) -> None:
        """Twenty milliseconds for everybody."""
        seats = list(self._seats.values())
        for seat in seats:
            seat.said = self._said(seat)
        voices = {seat.call.sid: seat.said for seat in seats}
        for seat in seats:
            seat.heard = seat.ear.hear(seat.call.hearing, voices)
        for seat in seats:
            if seat.listener is not None:
                seat.listener(seat.heard)
        for tape in self._tapes.values():
            self._run(tape, voices)

    def speakers(self) -> list[Call]:
        """Whose own microphones were heard in the last tick and have not been named for a while."""
        return [seat.call for seat in self._seats.values() if seat.begins_to_speak()]

    def _said(self, seat: Seat) -> Sound:
        far = seat.far_leg
        if far is None:
            return seat.mouth.take()
        return self._seats[far.sid].heard if far.sid in self._seats else SILENCE

    def _run(self, tape: Tape, voices: dict[str, Sound]) -> None:
        recording, now = tape.recording, self.carrier.now
        seat = self._seats.get(recording.call_sid or "")
        room = self.carrier.conferences.get(recording.conference_sid or "")
        if seat is not None:
            tape.add(now, seat.said, seat.heard)
        elif room is not None:
            everybody = Room(room.sid, room.friendly_name, frozenset(room.on_tape()))
            heard = tape.ear.hear((everybody, *room.announced_sound), voices)
            tape.add(now, SILENCE, heard)

    def _noticed(self, kind: str, thing: object) -> None:
        if isinstance(thing, Call) and kind == "call":
            self._look_at(thing)
        elif isinstance(thing, Recording):
            self._look_at_tape(thing)
        elif kind == "moment" and isinstance(thing, tuple):
            call, moment = thing
            if isinstance(moment, Beep | Tones):
                self.seat(call).ear.notice(moment)

    def _look_at(self, call: Call) -> None:
        if call.ended:
            self._seats.pop(call.sid, None)
        else:
            self.seat(call)

    def _look_at_tape(self, recording: Recording) -> None:
        if recording.live:
            if recording.sid not in self._tapes:
                since = recording.started_at or self.carrier.now
                self._tapes[recording.sid] = Tape(recording, since, Ear(self.library))
        elif recording.status is RecordingStatus.COMPLETED:
            tape = self._tapes.pop(recording.sid, None)
            if tape is not None:
                self.shelf.put(recording.sid, tape.cut())
        elif recording.status is not RecordingStatus.PROCESSING:
            self._tapes.pop(recording.sid, None)
            self.shelf.throw_away(recording.sid)
