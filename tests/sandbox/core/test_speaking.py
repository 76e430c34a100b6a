"""Say, Play, Pause: what a caller hears and for how long."""

from __future__ import annotations

import pytest

from sandbox.core.effects import FetchAnswer
from sandbox.core.media import wav_seconds
from sandbox.core.sounds import Plays, Says, Silence, Tones
from sandbox.core.waves import silent_wav
from tests.sandbox.core.stage import APP, Stage, broken, twiml


def wav(seconds: float, channels: int = 1) -> FetchAnswer:
    return FetchAnswer(200, {"Content-Type": "audio/wav"}, silent_wav(seconds, channels))


def ends_at(stage: Stage, page: str) -> float:
    """When the caller's line goes dead."""
    stage.pages["/voice"] = page
    dana = stage.dials_in()
    stage.advance(3000)
    assert dana.call.ended_at is not None
    return dana.call.ended_at - dana.call.created_at


def test_a_voice_takes_a_second_for_fifteen_letters(stage: Stage) -> None:
    assert ends_at(stage, f"<Say>{'x' * 45}</Say>") == pytest.approx(3)


def test_a_voice_can_be_made_slower(stage: Stage) -> None:
    stage.carrier.timings.speech_chars_per_second = 5
    assert ends_at(stage, f"<Say>{'x' * 45}</Say>") == pytest.approx(9)


def test_a_text_is_said_again_and_again(stage: Stage) -> None:
    assert ends_at(stage, f"<Say loop='3'>{'x' * 15}</Say>") == pytest.approx(3)


def test_a_loop_of_zero_is_a_thousand(stage: Stage) -> None:
    assert ends_at(stage, f"<Say loop='0'>{'x' * 15}</Say>") == pytest.approx(1000)


def test_more_than_a_thousand_loops_are_a_thousand(stage: Stage) -> None:
    assert ends_at(stage, f"<Say loop='5000'>{'x' * 15}</Say>") == pytest.approx(1000)


def test_voice_and_language_are_part_of_what_is_heard(stage: Stage) -> None:
    stage.pages["/voice"] = "<Say voice='Polly.Vicki' language='de-DE'>Guten Tag</Say>"
    dana = stage.dials_in()
    assert dana.hears_now == [Says("Guten Tag", "Polly.Vicki", "de-DE")]


def test_markup_inside_a_text_is_not_read(stage: Stage) -> None:
    stage.pages["/voice"] = (
        "<Say>Your code is <say-as interpret-as='digits'>1 2</say-as>,\n  <break/>bye</Say>"
    )
    dana = stage.dials_in()
    stage.advance(10)
    assert dana.words() == ["Your code is 1 2, bye"]
    assert stage.codes() == []


def test_after_the_words_it_is_silent(stage: Stage) -> None:
    stage.pages["/voice"] = "<Say>hello</Say><Pause length='5'/>"
    dana = stage.dials_in()
    stage.advance(2)
    assert dana.hears_now == [Silence()]


@pytest.mark.parametrize(("length", "seconds"), [("", 1), ("length='4'", 4), ("length='x'", 1)])
def test_a_pause_lasts(stage: Stage, length: str, seconds: float) -> None:
    assert ends_at(stage, f"<Pause {length}/>") == pytest.approx(seconds)


def test_a_sound_lasts_as_long_as_its_file(stage: Stage) -> None:
    stage.pages["/song.wav"] = wav(7.5)
    assert ends_at(stage, "<Play>/song.wav</Play>") == pytest.approx(7.5)


def test_stereo_counts_once(stage: Stage) -> None:
    stage.pages["/song.wav"] = wav(7.5, channels=2)
    assert ends_at(stage, "<Play>/song.wav</Play>") == pytest.approx(7.5)


def test_a_sound_is_played_again_and_again(stage: Stage) -> None:
    stage.pages["/song.wav"] = wav(2)
    assert ends_at(stage, "<Play loop='3'>/song.wav</Play>") == pytest.approx(6)


def test_mulaw_counts_eight_thousand_bytes_a_second(stage: Stage) -> None:
    stage.pages["/song"] = FetchAnswer(200, {"Content-Type": "audio/basic"}, bytes(16000))
    assert ends_at(stage, "<Play>/song</Play>") == pytest.approx(2)


def test_a_sound_of_unknown_length_takes_what_is_set(stage: Stage) -> None:
    stage.carrier.timings.unknown_media = 11
    stage.pages["/song"] = twiml("xxxx", "audio/mpeg")
    assert ends_at(stage, "<Play>/song</Play>") == pytest.approx(11)


def test_who_listens_hears_the_sounds_address(stage: Stage) -> None:
    stage.pages["/song.wav"] = wav(7.5)
    stage.pages["/voice"] = "<Play>/song.wav</Play>"
    dana = stage.dials_in()
    assert dana.hears_now == [Plays(f"{APP}/song.wav")]


def test_a_sound_is_fetched_once_and_says_nothing_of_the_call(stage: Stage) -> None:
    stage.pages["/song.wav"] = wav(1)
    ends_at(stage, "<Play>/song.wav</Play><Play>/song.wav</Play>")
    ends_at(stage, "<Play>/song.wav</Play>")
    fetched = stage.at("/song.wav")
    assert len(fetched) == 1
    assert (fetched[0].method, fetched[0].params) == ("GET", {})


@pytest.mark.parametrize(
    ("answer", "code"), [(broken(404), 11200), (twiml("<p>", "text/html"), 12300)]
)
def test_a_sound_that_fails_is_passed_over(stage: Stage, answer: FetchAnswer, code: int) -> None:
    stage.pages["/song.wav"] = answer
    stage.pages["/voice"] = "<Play>/song.wav</Play><Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(5)
    assert dana.words() == ["hello"]
    assert stage.codes() == [code]
    assert dana.call.status == "completed"


def test_keys_can_be_played(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/voice"] = "<Play digits='1w2W#'/>"
    stage.calls_out()
    stage.advance(10)
    assert [m.keys for m in omar.moments if isinstance(m, Tones)] == ["1", "2", "#"]


def test_keys_take_time(stage: Stage) -> None:
    assert ends_at(stage, "<Play digits='1wW'/>") == pytest.approx(1.6)


def test_wav_length_survives_other_chunks() -> None:
    body = silent_wav(2, 1)
    with_list = body[:12] + b"LIST" + (5).to_bytes(4, "little") + b"abcde\0" + body[12:]
    assert wav_seconds(with_list, default=0) == pytest.approx(2)


@pytest.mark.parametrize("body", [b"RIFF", b"RIFFxxxxWAVE", b"RIFFxxxxWAVEdata\x01\0\0\0x"])
def test_a_wav_without_its_parts_has_the_default_length(body: bytes) -> None:
    assert wav_seconds(body, default=9) == 9


def test_a_wav_that_was_cut_off_is_as_long_as_what_is_there() -> None:
    assert wav_seconds(silent_wav(10, 1)[: 44 + 16000], default=0) == pytest.approx(1)
