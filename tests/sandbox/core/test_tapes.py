"""Recordings: of calls, of dialled talks, started over REST; pauses, media, news."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from typing import Any, Literal

import pytest

from sandbox.core.calls import Address, Call
from sandbox.core.effects import FetchAnswer
from sandbox.core.errors import RestError
from sandbox.core.orders import CallOrder, RecordingOrder, RecordingUpdate
from sandbox.core.recordings import Recording, RecordingCallback, RecordingStatus
from sandbox.core.waves import silent_wav
from tests.sandbox.core.stage import APP, OMAR, OURS, Stage

Status = Literal["paused", "in-progress", "stopped"]
Behavior = Literal["skip", "silence"]
TAPE = RecordingCallback(f"{APP}/tape", "POST", ("in-progress", "completed", "absent"))


def talking(stage: Stage) -> Call:
    stage.pages["/voice"] = "<Say>hello</Say><Pause length='600'/>"
    dana = stage.dials_in()
    stage.advance(1)
    return dana.call


def taping(stage: Stage, call: Call, **order: Any) -> Recording:
    return stage.carrier.record_call(call, RecordingOrder(callback=TAPE, **order))


def change(stage: Stage, tape: Recording, status: Status, behavior: Behavior = "silence") -> None:
    stage.carrier.update_recording(tape, RecordingUpdate(status, behavior))


def test_a_call_is_taped_over_rest_until_it_ends(stage: Stage) -> None:
    call = talking(stage)
    tape = taping(stage, call)
    assert tape.status == "in-progress"
    stage.advance(20)
    call.hang_up()
    stage.advance(0.1)
    assert tape.status == "processing"
    stage.advance(1)
    assert tape.status == "completed"
    assert tape.duration == 20


def test_its_news(stage: Stage) -> None:
    call = talking(stage)
    tape = taping(stage, call, channels=2, track="inbound")
    stage.advance(20)
    change(stage, tape, "stopped")
    stage.advance(1)
    begun, done = stage.at("/tape")
    assert begun["RecordingStatus"] == "in-progress"
    assert begun.get("RecordingDuration") is None
    assert done.params == {
        "AccountSid": stage.account.sid,
        "CallSid": call.sid,
        "RecordingSid": tape.sid,
        "RecordingUrl": f"{stage.carrier.config.base_url}/2010-04-01/Accounts/{stage.account.sid}"
        f"/Recordings/{tape.sid}",
        "RecordingStatus": "completed",
        "RecordingDuration": "20",
        "RecordingChannels": "2",
        "RecordingStartTime": begun["RecordingStartTime"],
        "RecordingSource": "StartCallRecordingAPI",
        "RecordingTrack": "inbound",
    }


def test_only_completion_is_told_unless_asked(stage: Stage) -> None:
    call = talking(stage)
    order = RecordingOrder(callback=RecordingCallback(f"{APP}/tape"))
    tape = stage.carrier.record_call(call, order)
    stage.advance(5)
    change(stage, tape, "stopped")
    stage.advance(1)
    assert [a["RecordingStatus"] for a in stage.at("/tape")] == ["completed"]


def test_a_call_that_is_not_in_progress_cannot_be_taped(stage: Stage) -> None:
    stage.person(after=None)
    call = stage.calls_out()
    stage.advance(2)
    with pytest.raises(RestError) as caught:
        taping(stage, call)
    assert caught.value.code == 21220
    assert "eligible" in caught.value.message


def test_nor_can_one_that_is_over(stage: Stage) -> None:
    call = talking(stage)
    call.hang_up()
    stage.advance(1)
    with pytest.raises(RestError):
        taping(stage, call)


def test_nor_one_just_answered_when_there_is_a_window(stage: Stage) -> None:
    stage.carrier.faults.not_in_progress_window_ms = 5000
    call = talking(stage)
    with pytest.raises(RestError):
        taping(stage, call)
    stage.advance(5)
    assert taping(stage, call).live


def test_a_second_tape_looks_alive_and_turns_out_empty(stage: Stage) -> None:
    call = talking(stage)
    first, second = taping(stage, call), taping(stage, call)
    assert second.status == "in-progress"
    stage.advance(10)
    call.hang_up()
    stage.advance(1)
    assert first.status == "completed"
    assert second.status == "absent"
    assert second.duration == 0


def test_different_mechanisms_make_several_tapes(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = (
        f"<Start><Recording/></Start><Dial record='record-from-answer'>{OMAR}</Dial>"
    )
    dana = stage.dials_in()
    stage.advance(5)
    taping(stage, dana.call)
    stage.advance(5)
    dana.call.hang_up()
    stage.advance(2)
    tapes = list(stage.carrier.recordings.values())
    assert [tape.source for tape in tapes] == [
        "StartCallRecordingTWiML",
        "DialVerb",
        "StartCallRecordingAPI",
    ]
    assert {tape.status for tape in tapes} == {RecordingStatus.COMPLETED}


@pytest.mark.parametrize(("behavior", "seconds"), [("silence", 30), ("skip", 20)])
def test_a_pause_is_left_out_or_left_silent(stage: Stage, behavior: Behavior, seconds: int) -> None:
    call = talking(stage)
    tape = taping(stage, call)
    stage.advance(10)
    change(stage, tape, "paused", behavior)
    assert tape.status == "paused"
    stage.advance(10)
    change(stage, tape, "in-progress")
    assert tape.status == "in-progress"
    stage.advance(10)
    change(stage, tape, "stopped")
    stage.advance(1)
    assert tape.duration == seconds


def test_pausing_twice_changes_nothing(stage: Stage) -> None:
    call = talking(stage)
    tape = taping(stage, call)
    stage.advance(10)
    change(stage, tape, "paused", "skip")
    change(stage, tape, "paused", "skip")
    change(stage, tape, "in-progress")
    change(stage, tape, "in-progress")
    stage.advance(10)
    change(stage, tape, "stopped")
    assert tape.duration == 20


def test_a_paused_tape_ends_with_its_call(stage: Stage) -> None:
    call = talking(stage)
    tape = taping(stage, call)
    stage.advance(10)
    change(stage, tape, "paused", "skip")
    stage.advance(10)
    call.hang_up()
    stage.advance(1)
    assert tape.status == "completed"
    assert tape.duration == 10


def test_a_stopped_tape_cannot_be_changed(stage: Stage) -> None:
    tape = taping(stage, talking(stage))
    change(stage, tape, "stopped")
    with pytest.raises(RestError) as caught:
        change(stage, tape, "paused")
    assert caught.value.code == 21220


def test_the_current_tape_is_the_last_that_lives(stage: Stage) -> None:
    call = talking(stage)
    first, second = taping(stage, call), taping(stage, call)
    assert stage.carrier.current_recording(call) is second
    change(stage, second, "stopped")
    assert stage.carrier.current_recording(call) is first
    change(stage, first, "stopped")
    assert stage.carrier.current_recording(call) is None


def test_a_tape_is_deleted_when_it_is_done(stage: Stage) -> None:
    tape = taping(stage, talking(stage))
    stage.advance(5)
    with pytest.raises(RestError) as caught:
        stage.carrier.delete_recording(tape)
    assert caught.value.code == 20009
    change(stage, tape, "stopped")
    stage.advance(1)
    stage.carrier.delete_recording(tape)
    assert tape.status == "deleted"
    assert stage.carrier.recordings[tape.sid] is tape


def test_stop_ends_the_tape_that_the_verb_began(stage: Stage) -> None:
    stage.pages["/voice"] = (
        f"<Start><Recording recordingStatusCallback='{APP}/tape' channels='dual' track='both'/>"
        "</Start>"
        "<Say>hello</Say><Pause length='9'/><Stop><Recording/></Stop><Pause length='60'/>"
    )
    stage.dials_in()
    stage.advance(30)
    assert stage.last("/tape")["RecordingDuration"] == "9"
    assert stage.last("/tape")["RecordingChannels"] == "2"
    assert stage.last("/tape")["RecordingSource"] == "StartCallRecordingTWiML"


def test_stop_without_a_tape_does_nothing(stage: Stage) -> None:
    stage.pages["/voice"] = "<Stop><Recording/></Stop><Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(2)
    assert dana.words() == ["hello"]


def test_stop_leaves_the_tapes_of_others_alone(stage: Stage) -> None:
    stage.pages["/voice"] = (
        "<Pause length='1'/><Say>hi</Say><Pause length='9'/><Stop><Recording/></Stop>"
        "<Pause length='60'/>"
    )
    dana = stage.dials_in()
    stage.advance(5)
    tape = taping(stage, dana.call)
    stage.advance(10)
    assert tape.status == "in-progress"


def test_a_relative_address_for_news_of_a_started_tape_is_refused(stage: Stage) -> None:
    stage.pages["/voice"] = (
        "<Start><Recording recordingStatusCallback='/tape'/></Start><Say>hello</Say>"
    )
    dana = stage.dials_in()
    stage.advance(5)
    assert stage.codes() == [11100]
    assert stage.at("/tape") == []
    assert dana.words() == ["hello"]


def test_a_call_placed_with_record_is_taped_from_its_answer(stage: Stage) -> None:
    stage.person(after=3)
    stage.pages["/voice"] = "<Pause length='12'/>"
    order = CallOrder(
        to=OMAR,
        from_=OURS,
        document=Address(f"{APP}/voice"),
        recording=RecordingOrder(callback=TAPE),
        status_callback=f"{APP}/status",
    )
    call = stage.calls_out(order=order)
    stage.advance(30)
    last = stage.last("/status")
    assert last["RecordingDuration"] == "12"
    assert last["RecordingSid"] == call.recording_sids[0]
    assert last["RecordingUrl"].endswith(last["RecordingSid"])
    assert stage.last("/tape")["RecordingSource"] == "OutboundAPI"


@pytest.mark.parametrize(
    ("record", "channels", "seconds"),
    [
        ("record-from-answer", "1", "10"),
        ("true", "1", "10"),
        ("record-from-answer-dual", "2", "10"),
        ("record-from-ringing", "1", "14"),
        ("record-from-ringing-dual", "2", "14"),
    ],
)
def test_a_dial_is_taped_from_answer_or_ringing(
    stage: Stage, record: str, channels: str, seconds: str
) -> None:
    stage.carrier.timings.post_dial_delay = 1
    omar = stage.person(after=3)
    stage.pages["/voice"] = (
        f"<Dial record='{record}' recordingStatusCallback='/tape' action='/done'>{OMAR}</Dial>"
    )
    stage.pages["/done"] = "<Pause length='60'/>"
    dana = stage.dials_in()
    stage.advance(14)
    omar.call.hang_up()
    stage.advance(1)
    told = stage.last("/tape")
    assert told["RecordingChannels"] == channels
    assert told["RecordingDuration"] == seconds
    assert told["CallSid"] == dana.call.sid
    assert told["RecordingSource"] == "DialVerb"
    assert stage.last("/done")["RecordingSid"] == told["RecordingSid"]
    assert stage.last("/done")["RecordingDuration"] == seconds


@pytest.mark.parametrize("record", ["do-not-record", "false", ""])
def test_a_dial_is_not_taped_unless_asked(stage: Stage, record: str) -> None:
    stage.person()
    stage.pages["/voice"] = f"<Dial record='{record}'>{OMAR}</Dial>"
    stage.dials_in()
    stage.advance(5)
    assert stage.carrier.recordings == {}


def test_a_dial_that_nobody_answers_makes_no_tape_from_answer(stage: Stage) -> None:
    stage.person(refuses="busy")
    stage.pages["/voice"] = f"<Dial record='record-from-answer' action='/done'>{OMAR}</Dial>"
    stage.dials_in()
    stage.advance(5)
    assert stage.carrier.recordings == {}
    assert stage.last("/done").get("RecordingUrl") is None


def test_the_tape_of_a_dial_ends_when_the_caller_goes(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = f"<Dial record='record-from-answer'>{OMAR}</Dial>"
    dana = stage.dials_in()
    stage.advance(11.5)
    dana.call.hang_up()
    stage.advance(1)
    (tape,) = stage.carrier.recordings.values()
    assert tape.duration == 10


@pytest.mark.parametrize("channels", [1, 2])
def test_the_media_is_a_real_sound_file(stage: Stage, channels: int) -> None:
    call = talking(stage)
    tape = taping(stage, call, channels=channels)
    stage.advance(3)
    change(stage, tape, "stopped")
    with wave.open(io.BytesIO(tape.media())) as sound:
        assert sound.getnchannels() == channels
        assert sound.getframerate() == 8000
        assert sound.getsampwidth() == 2
        assert sound.getnframes() == 24000


def test_silence_of_no_length_is_a_file_too() -> None:
    with wave.open(io.BytesIO(silent_wav(0, 1))) as sound:
        assert sound.getnframes() == 0


def tones(tape: Recording, channel: int) -> list[int]:
    """The pitch of each second of a channel: how often the wave rises in it."""
    with wave.open(io.BytesIO(tape.media())) as sound:
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h").tolist()
    samples = samples[channel - 1 :: tape.channels]
    waves = [samples[second : second + 8000] for second in range(0, len(samples) - 7999, 8000)]
    return [sum(1 for a, b in pairwise(each) if a <= 0 < b) for each in waves]


def test_two_channels_tell_what_is_said_from_what_is_heard(stage: Stage) -> None:
    call = talking(stage)
    stage.advance(20)
    tape = taping(stage, call, channels=2)
    stage.advance(3)
    change(stage, tape, "stopped")
    own, heard = tones(tape, 1), tones(tape, 2)
    assert all(own)
    assert not any(heard)


def test_a_blanked_out_pause_is_silent_on_both_channels(stage: Stage) -> None:
    call = talking(stage)
    tape = taping(stage, call, channels=2)
    stage.advance(2)
    change(stage, tape, "paused")
    stage.advance(3)
    change(stage, tape, "in-progress")
    stage.advance(2)
    change(stage, tape, "stopped")
    assert [bool(pitch) for pitch in tones(tape, 1)] == [
        True,
        True,
        False,
        False,
        False,
        True,
        True,
    ]


def test_what_the_leg_hears_is_on_the_tape_while_it_hears_it(stage: Stage) -> None:
    stage.pages["/voice"] = (
        f"<Say>hi</Say><Pause length='5'/><Play>{APP}/music</Play><Pause length='60'/>"
    )
    stage.pages["/music"] = FetchAnswer(200, {"Content-Type": "audio/wav"}, silent_wav(4, 1))
    dana = stage.dials_in()
    stage.advance(1)
    tape = taping(stage, dana.call)
    stage.advance(20)
    parts = tape.on_tape(stage.carrier.now)
    heard = [type(sound).__name__ for part in parts for sound in part.heard]
    assert heard == ["Silence", "Plays", "Silence"]
