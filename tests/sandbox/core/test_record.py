"""Record: a caller leaves a message."""

from __future__ import annotations

import pytest

from sandbox.core.recordings import Recording
from sandbox.core.sounds import Beep
from tests.sandbox.core.stage import Person, Stage


def voicemail(stage: Stage, attributes: str = "") -> Person:
    stage.pages["/voice"] = (
        f"<Record action='/kept' recordingStatusCallback='/tape' {attributes}/><Say>nothing</Say>"
    )
    stage.pages["/kept"] = "<Say>thank you</Say>"
    return stage.dials_in()


def tape(stage: Stage) -> Recording:
    return list(stage.carrier.recordings.values())[-1]


def test_a_message_ends_with_five_seconds_of_silence(stage: Stage) -> None:
    dana = voicemail(stage)
    stage.advance(1)
    dana.call.speak("x" * 60)
    stage.advance(8.9)
    assert stage.at("/kept") == []
    stage.advance(0.3)
    assert len(stage.at("/kept")) == 1


def test_the_action_is_told_where_the_message_is(stage: Stage) -> None:
    dana = voicemail(stage)
    stage.advance(0.5)
    dana.call.speak("x" * 60)
    stage.advance(20)
    told = stage.last("/kept")
    assert told["RecordingSid"] == tape(stage).sid
    assert told["RecordingUrl"].endswith(f"/Recordings/{tape(stage).sid}")
    assert told["RecordingDuration"] == "4"
    assert told.get("Digits") is None
    assert dana.words() == ["thank you"]


def test_a_beep_comes_first(stage: Stage) -> None:
    dana = voicemail(stage)
    assert dana.moments == [Beep()]
    assert not stage.carrier.recordings
    stage.advance(0.6)
    assert len(stage.carrier.recordings) == 1


def test_the_beep_can_be_left_out(stage: Stage) -> None:
    dana = voicemail(stage, "playBeep='false'")
    assert dana.moments == []
    assert len(stage.carrier.recordings) == 1


@pytest.mark.parametrize("key", list("1234567890*#"))
def test_any_key_ends_the_message(stage: Stage, key: str) -> None:
    dana = voicemail(stage)
    stage.advance(1)
    dana.call.speak("x" * 30)
    stage.advance(2)
    dana.call.press(key)
    stage.advance(0.1)
    assert stage.last("/kept")["Digits"] == key


def test_only_the_named_key_ends_it(stage: Stage) -> None:
    dana = voicemail(stage, "finishOnKey='#'")
    stage.advance(1)
    dana.call.speak("x" * 30)
    dana.call.press("1")
    stage.advance(2)
    assert stage.at("/kept") == []
    dana.call.press("#")
    stage.advance(0.1)
    assert stage.last("/kept")["Digits"] == "#"


def test_a_message_is_cut_at_its_longest(stage: Stage) -> None:
    dana = voicemail(stage, "maxLength='10'")
    stage.advance(0.5)
    dana.call.speak("x" * 600)
    stage.advance(11)
    assert stage.last("/kept")["RecordingDuration"] == "10"


def test_a_timeout_of_zero_waits_for_ever(stage: Stage) -> None:
    dana = voicemail(stage, "timeout='0'")
    stage.advance(1)
    dana.call.speak("hello")
    stage.advance(600)
    assert stage.at("/kept") == []
    assert dana.call.status == "in-progress"


def test_silence_at_the_end_is_kept_if_not_to_be_trimmed(stage: Stage) -> None:
    dana = voicemail(stage, "trim='do-not-trim'")
    stage.advance(0.5)
    dana.call.speak("x" * 60)
    stage.advance(20)
    assert stage.last("/kept")["RecordingDuration"] == "9"


def test_a_message_of_silence_falls_through(stage: Stage) -> None:
    dana = voicemail(stage)
    stage.advance(10)
    assert stage.at("/kept") == []
    assert dana.words() == ["nothing"]
    assert tape(stage).status == "absent"


def test_a_message_of_silence_may_go_to_the_action_by_choice(stage: Stage) -> None:
    stage.carrier.choices.record_without_sound = "action"
    voicemail(stage)
    stage.advance(10)
    assert len(stage.at("/kept")) == 1


def test_hanging_up_still_tells_the_action_and_its_answer_moves_nobody(stage: Stage) -> None:
    dana = voicemail(stage)
    stage.advance(1)
    dana.call.speak("x" * 60)
    stage.advance(10 - 5)
    dana.call.hang_up()
    stage.advance(1)
    told = stage.last("/kept")
    assert told["CallStatus"] == "completed"
    assert told["Digits"] == "hangup"
    assert dana.words() == []


def test_hanging_up_cuts_off_the_last_silence_too(stage: Stage) -> None:
    dana = voicemail(stage)
    stage.advance(0.5)
    dana.call.speak("x" * 30)
    stage.advance(5)
    dana.call.hang_up()
    stage.advance(1)
    assert stage.last("/kept")["RecordingDuration"] == "2"


def test_news_of_the_tape_comes_when_it_is_ready(stage: Stage) -> None:
    dana = voicemail(stage)
    stage.advance(0.5)
    dana.call.speak("x" * 60)
    stage.advance(20)
    told = stage.last("/tape")
    assert told["RecordingStatus"] == "completed"
    assert told["RecordingSource"] == "RecordVerb"
    assert told["RecordingChannels"] == "1"
    assert told["RecordingDuration"] == "4"
    assert told["CallSid"] == dana.call.sid
    assert told.at == pytest.approx(stage.last("/kept").at + 0.5)


def test_absence_is_news_for_those_who_asked(stage: Stage) -> None:
    voicemail(stage, "recordingStatusCallbackEvent='in-progress absent'")
    stage.advance(10)
    assert [a["RecordingStatus"] for a in stage.at("/tape")] == ["in-progress", "absent"]


def test_without_an_action_the_document_is_asked_again(stage: Stage) -> None:
    stage.pages["/voice"] = lambda asked: (
        "<Hangup/>" if "RecordingUrl" in asked.params else "<Record timeout='1'/>"
    )
    dana = stage.dials_in()
    stage.advance(1)
    dana.call.speak("hello")
    stage.advance(5)
    assert len(stage.at("/voice")) == 2


def test_without_an_action_inline_twiml_cannot_record(stage: Stage) -> None:
    stage.person()
    stage.client.calls.create(
        to="+15550123", from_="+15550100", twiml="<Response><Record/></Response>"
    )
    stage.advance(10)
    assert stage.codes() == [11100]


def test_transcribing_is_not_done_yet_and_says_so(stage: Stage) -> None:
    voicemail(stage, "transcribe='true'")
    assert stage.codes() == [99001, 12200]


def test_a_transcribed_message_is_at_most_two_minutes(stage: Stage) -> None:
    dana = voicemail(stage, "transcribe='true'")
    stage.advance(1)
    dana.call.speak("x" * 6000)
    stage.advance(121)
    assert stage.last("/kept")["RecordingDuration"] == "120"
