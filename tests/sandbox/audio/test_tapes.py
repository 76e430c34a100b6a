"""What recordings keep: each party on its own channel, and nothing of what was said in a pause."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from sandbox.audio.sound import RATE, Sound, of_waves
from sandbox.audio.tapes import Shelf
from sandbox.audio.tones import strength, tone
from sandbox.core.calls import Call
from sandbox.core.orders import (
    ConferenceUpdate,
    ParticipantUpdate,
    RecordingOrder,
    RecordingUpdate,
)
from sandbox.core.recordings import Recording
from tests.sandbox.audio.hall import READING, Hall, Somebody
from tests.sandbox.core.stage import APP, DANA, OMAR

HERS, HIS = 500.0, 700.0
SILENT = RecordingUpdate("paused", "silence")
SKIPPED = RecordingUpdate("paused", "skip")
ON = RecordingUpdate("in-progress")
TALK = f"<Dial><Number>{OMAR}</Number></Dial>"


def talk(hall: Hall, twiml: str = TALK) -> tuple[Somebody, Somebody]:
    hall.stage.pages["/voice"] = twiml
    omar = hall.stage.person(OMAR)
    dana = hall.somebody(hall.stage.dials_in(DANA).call, HERS)
    hall.passes(1.8)
    there = hall.somebody(omar.call, HIS)
    hall.passes(0.2)
    return dana, there


def record(hall: Hall, call: Call, channels: int = 2, track: str = "both") -> Recording:
    order = RecordingOrder(channels=channels, track=track)
    return hall.stage.carrier.record_call(call, order)


def change(hall: Hall, tape: Recording, update: RecordingUpdate) -> None:
    hall.stage.carrier.update_recording(tape, update)


def finished(hall: Hall, tape: Recording) -> list[Sound]:
    """Stop it, and read the file that the carrier serves; one array for each channel."""
    if tape.live:
        hall.stage.carrier.update_recording(tape, RecordingUpdate("stopped"))
    hall.passes(1.0)
    with wave.open(io.BytesIO(hall.stage.carrier.sound_of(tape))) as file:
        assert file.getframerate() == RATE
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return [samples[number :: file.getnchannels()] for number in range(file.getnchannels())]


def part(channel: Sound, start: float, end: float) -> Sound:
    """A stretch in seconds, less its edges."""
    return channel[round((start + 0.1) * RATE) : round((end - 0.1) * RATE)]


def loud(sound: Sound, hertz: float) -> bool:
    return strength(sound, hertz) > 0.05


def test_each_party_is_on_its_own_channel(hall: Hall) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(2.0)
    own, other = finished(hall, tape)
    assert loud(own, HERS)
    assert not loud(own, HIS)
    assert loud(other, HIS)
    assert not loud(other, HERS)


def test_the_other_order_of_channels_by_choice(hall: Hall) -> None:
    hall.stage.choose(dual_parent_first=False)
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(1.0)
    other, own = finished(hall, tape)
    assert loud(own, HERS)
    assert loud(other, HIS)


def test_one_channel_has_both_unless_a_track_is_wanted(hall: Hall) -> None:
    dana, _ = talk(hall)
    both = record(hall, dana.call, channels=1)
    hall.passes(1.0)
    (sound,) = finished(hall, both)
    assert loud(sound, HERS)
    assert loud(sound, HIS)
    inbound = record(hall, dana.call, channels=1, track="inbound")
    hall.passes(1.0)
    (sound,) = finished(hall, inbound)
    assert loud(sound, HERS)
    assert not loud(sound, HIS)


def test_the_length_is_what_the_carrier_says(hall: Hall) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(2.5)
    own, other = finished(hall, tape)
    assert own.size == other.size == pytest.approx(2.5 * RATE, abs=RATE / 20)
    assert own.size == pytest.approx(tape.kept_seconds * RATE, abs=2)


def test_a_pause_is_silent_on_both_channels_and_keeps_its_length(hall: Hall) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(1.0)
    change(hall, tape, SILENT)
    hall.passes(1.0)
    change(hall, tape, ON)
    hall.passes(1.0)
    for channel, hertz in zip(finished(hall, tape), (HERS, HIS), strict=True):
        assert loud(part(channel, 0, 1), hertz)
        assert not part(channel, 1, 2).any()
        assert loud(part(channel, 2, 3), hertz)


def test_a_skipped_pause_is_not_there_at_all(hall: Hall) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(1.0)
    change(hall, tape, SKIPPED)
    hall.passes(5.0)
    change(hall, tape, ON)
    hall.passes(1.0)
    own, _ = finished(hall, tape)
    assert own.size == pytest.approx(2.0 * RATE, abs=RATE / 20)
    assert loud(part(own, 0, 1), HERS)
    assert loud(part(own, 1, 2), HERS)


def test_what_is_said_in_a_pause_is_never_kept_even_until_the_end(hall: Hall) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    change(hall, tape, SILENT)
    hall.passes(1.0)
    kept = hall.floor._tapes[tape.sid].channels
    assert all(set(channel) <= {0xFF} for channel in kept)


def test_prompts_and_music_are_on_the_channel_of_what_is_heard(hall: Hall) -> None:
    hall.stage.pages["/voice"] = "<Say>welcome to us all</Say><Pause length='30'/>"
    dana = hall.stage.dials_in()
    tape = record(hall, dana.call)
    hall.passes(1.0)
    own, other = finished(hall, tape)
    assert loud(other, READING)
    assert not own.any()


def test_a_room_is_on_tape_without_who_is_muted_held_or_coaching(hall: Hall) -> None:
    twiml = "<Dial><Conference beep='false' record='record-from-start'>tea</Conference></Dial>"
    hall.stage.pages["/voice"] = twiml
    dana = hall.somebody(hall.stage.dials_in(DANA).call, HERS)
    hall.somebody(hall.stage.dials_in(OMAR).call, HIS)
    hall.passes(2.0)
    room = hall.stage.carrier.open_conference(hall.stage.account, "tea")
    assert room is not None
    hall.stage.carrier.update_participant(
        room.participants[dana.call.sid], ParticipantUpdate(muted=True)
    )
    hall.passes(2.0)
    hall.stage.carrier.update_conference(room, ConferenceUpdate(status="completed"))
    (sound,) = finished(hall, hall.stage.carrier.recordings[room.recording_sids[0]])
    assert loud(part(sound, 0, 2), HERS)
    assert loud(part(sound, 0, 2), HIS)
    assert not loud(part(sound, 2, 4), HERS)
    assert loud(part(sound, 2, 4), HIS)


def test_a_message_has_what_the_caller_said_and_no_more(hall: Hall) -> None:
    hall.stage.pages["/voice"] = f"<Record action='{APP}/done' timeout='1' playBeep='false'/>"
    hall.stage.pages["/done"] = "<Pause length='60'/>"
    dana = hall.somebody(hall.stage.dials_in(DANA).call, HERS)
    hall.passes(0.4)
    dana.call.speak("please call me back as soon as you can")
    hall.passes(6.0)
    (sid,) = dana.call.recording_sids
    (sound,) = finished(hall, hall.stage.carrier.recordings[sid])
    assert loud(sound, HERS)
    assert 1.5 * RATE < sound.size < 5 * RATE


def test_who_follows_a_script_is_on_tape_with_a_voice(hall: Hall) -> None:
    hall.voice.pitches["my parcel is late"] = 1900
    hall.stage.pages["/voice"] = "<Say>one moment</Say><Pause length='30'/>"
    dana = hall.stage.dials_in()
    hall.passes(1.5)
    tape = record(hall, dana.call)
    dana.call.speak("my parcel is late")
    hall.passes(2.0)
    own, other = finished(hall, tape)
    assert loud(own[:RATE], 1900)
    assert not loud(other, 1900)


def test_a_deleted_recording_leaves_nothing(hall: Hall, tmp_path: Path) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(1.0)
    finished(hall, tape)
    assert list(tmp_path.iterdir())
    hall.stage.carrier.delete_recording(tape)
    assert not list(tmp_path.iterdir())


def test_a_recording_that_turned_out_empty_is_none(hall: Hall, tmp_path: Path) -> None:
    dana, _ = talk(hall)
    record(hall, dana.call)
    second = record(hall, dana.call)
    hall.passes(1.0)
    dana.call.hang_up()
    hall.passes(1.0)
    assert second.status == "absent"
    assert len(list(tmp_path.iterdir())) == 1


def test_when_there_are_too_many_the_oldest_goes(tmp_path: Path) -> None:
    shelf, minute = Shelf(tmp_path, most_bytes=1000), bytes(400)
    for sid in ("RE1", "RE2", "RE3"):
        shelf.put(sid, [minute])
    assert shelf.wav("RE1") is None
    assert shelf.wav("RE3") is not None
    assert {path.name for path in tmp_path.iterdir()} == {"RE2", "RE3"}


def test_ticks_that_never_came_are_silence_not_a_shorter_tape(hall: Hall) -> None:
    dana, _ = talk(hall)
    tape = record(hall, dana.call)
    hall.passes(1.0)
    hall.stage.advance(1.0)
    hall.passes(1.0)
    own, _ = finished(hall, tape)
    assert own.size == pytest.approx(3.0 * RATE, abs=RATE / 20)
    assert not part(own, 1, 2).any()
    assert loud(part(own, 2, 3), HERS)


def test_a_tone_is_what_it_says() -> None:
    assert loud(of_waves(tone(HERS, 1.0)), HERS)
