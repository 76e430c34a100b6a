"""Gather with words: what was said, as text, with everything that surrounds it."""

from __future__ import annotations

import itertools

import pytest

from tests.sandbox.core.stage import Person, Stage


def asks(stage: Stage, attributes: str = "", prompt: str = "") -> Person:
    stage.pages["/voice"] = (
        f"<Gather input='speech' action='/said' speechTimeout='1' {attributes}>{prompt}</Gather>"
        "<Say>after</Say>"
    )
    return stage.dials_in()


def test_words_go_to_the_action_with_a_confidence(stage: Stage) -> None:
    dana = asks(stage)
    dana.call.speak("I want an agent", confidence=0.72)
    stage.advance(5)
    assert stage.last("/said")["SpeechResult"] == "I want an agent"
    assert stage.last("/said")["Confidence"] == "0.72"
    assert stage.last("/said").get("Digits") is None


def test_the_recogniser_waits_for_the_end_and_a_silence(stage: Stage) -> None:
    dana = asks(stage)
    dana.call.speak("x" * 30)
    stage.advance(2.9)
    assert stage.at("/said") == []
    stage.advance(0.2)
    assert len(stage.at("/said")) == 1


def test_going_on_in_time_makes_it_one_utterance(stage: Stage) -> None:
    dana = asks(stage)
    dana.call.speak("I want")
    stage.advance(1)
    dana.call.speak("an agent")
    stage.advance(5)
    assert stage.last("/said")["SpeechResult"] == "I want an agent"
    assert len(stage.at("/said")) == 1


def test_the_speech_timeout_is_the_timeout_unless_said(stage: Stage) -> None:
    stage.pages["/voice"] = "<Gather input='speech' action='/said' timeout='3'/>"
    dana = stage.dials_in()
    dana.call.speak("x" * 15)
    stage.advance(3.9)
    assert stage.at("/said") == []
    stage.advance(0.2)
    assert len(stage.at("/said")) == 1


def test_auto_is_quick(stage: Stage) -> None:
    dana = asks(stage, "speechTimeout='auto'".replace("speechTimeout", "hints"))
    stage.pages["/voice"] = "<Gather input='speech' action='/said' speechTimeout='auto'/>"
    dana = stage.dials_in()
    dana.call.speak("x" * 15)
    stage.advance(1.9)
    assert len(stage.at("/said")) == 1


def test_saying_nothing_goes_to_the_next_verb(stage: Stage) -> None:
    dana = asks(stage, "timeout='2'")
    stage.advance(4)
    assert stage.at("/said") == []
    assert dana.words() == ["after"]


def test_somebody_who_has_begun_to_speak_is_not_cut_off_by_the_timeout(stage: Stage) -> None:
    dana = asks(stage, "timeout='2'")
    stage.advance(1.5)
    dana.call.speak("x" * 60)
    stage.advance(4)
    assert stage.at("/said") == []
    stage.advance(2)
    assert len(stage.at("/said")) == 1


def test_a_long_speech_is_cut_at_its_limit(stage: Stage) -> None:
    dana = asks(stage, "maxSpeechTime='4'")
    dana.call.speak("x" * 300)
    stage.advance(4.1)
    assert len(stage.at("/said")) == 1


def test_no_speech_is_longer_than_a_minute(stage: Stage) -> None:
    dana = asks(stage, "maxSpeechTime='600'")
    dana.call.speak("x" * 3000)
    stage.advance(60.1)
    assert len(stage.at("/said")) == 1


def test_speaking_stops_the_prompt(stage: Stage) -> None:
    dana = asks(stage, "", f"<Say>{'x' * 300}</Say>")
    stage.advance(1)
    dana.call.speak("yes")
    stage.advance(3)
    assert stage.last("/said")["SpeechResult"] == "yes"
    assert stage.last("/said").at < 4


@pytest.mark.parametrize("attribute", ["bargeIn='false'", ""])
def test_without_barge_in_words_during_the_prompt_are_lost(stage: Stage, attribute: str) -> None:
    stage.carrier.choices.barge_in = False
    dana = asks(stage, f"timeout='2' {attribute}", f"<Say>{'x' * 45}</Say>")
    stage.advance(1)
    dana.call.speak("yes")
    stage.advance(6)
    assert stage.at("/said") == []


def test_a_hinted_phrase_is_spelt_as_hinted_and_surer(stage: Stage) -> None:
    dana = asks(stage, "hints='WRAP-UP, Extension 12'")
    dana.call.speak("wrap up", confidence=0.5)
    stage.advance(5)
    assert stage.last("/said")["SpeechResult"] == "WRAP-UP"
    assert float(stage.last("/said")["Confidence"]) > 0.9


def test_other_words_are_left_alone_by_hints(stage: Stage) -> None:
    dana = asks(stage, "hints='sales, support'")
    dana.call.speak("billing", confidence=0.5)
    stage.advance(5)
    assert stage.last("/said")["SpeechResult"] == "billing"
    assert stage.last("/said")["Confidence"] == "0.5"


@pytest.mark.parametrize("hints", ["x" * 101, ",".join(["a"] * 501)])
def test_too_many_or_too_long_hints_are_warned_of(stage: Stage, hints: str) -> None:
    asks(stage, f"hints='{hints}'")
    assert stage.codes() == [12200]


def test_partial_results_come_while_somebody_speaks(stage: Stage) -> None:
    stage.pages["/partial"] = ""
    dana = asks(stage, "partialResultCallback='/partial'")
    dana.call.speak("I would like to speak with an agent")
    stage.advance(10)
    partials = [asked["UnstableSpeechResult"] for asked in stage.at("/partial")]
    assert partials[-1] == "I would like to speak with an agent"
    assert len(partials) > 2
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(partials))
    assert stage.at("/partial")[-1].at <= stage.last("/said").at


def test_partial_results_say_only_what_is_documented_unless_chosen(stage: Stage) -> None:
    dana = asks(stage, "partialResultCallback='/partial'")
    dana.call.speak("hello there")
    stage.advance(5)
    assert stage.last("/partial").get("SequenceNumber") is None
    stage.carrier.choices.partial_result_stable = True
    dana = stage.dials_in()
    dana.call.speak("hello there")
    stage.advance(5)
    assert stage.last("/partial").get("SequenceNumber") is not None


def test_partial_results_may_be_told_by_get(stage: Stage) -> None:
    dana = asks(stage, "partialResultCallback='/p' partialResultCallbackMethod='GET'")
    dana.call.speak("hello there")
    stage.advance(5)
    assert stage.last("/p").method == "GET"


def test_of_keys_and_words_the_words_win_if_first(stage: Stage) -> None:
    stage.pages["/voice"] = "<Gather input='dtmf speech' speechTimeout='1' action='/said'/>"
    dana = stage.dials_in()
    dana.call.speak("sales please")
    stage.advance(0.2)
    dana.call.press("1")
    stage.advance(5)
    assert stage.last("/said")["SpeechResult"] == "sales please"
    assert stage.last("/said").get("Digits") is None


def test_of_keys_and_words_the_keys_win_if_first(stage: Stage) -> None:
    stage.pages["/voice"] = "<Gather input='dtmf speech' numDigits='2' action='/said'/>"
    dana = stage.dials_in()
    dana.call.press("1")
    stage.advance(0.5)
    dana.call.speak("sales please")
    dana.call.press("2")
    stage.advance(1)
    assert stage.last("/said")["Digits"] == "12"
    assert stage.last("/said").get("SpeechResult") is None


def test_keys_are_not_heard_by_a_gather_for_words(stage: Stage) -> None:
    dana = asks(stage, "timeout='2'")
    dana.call.press("1")
    stage.advance(4)
    assert stage.at("/said") == []
    assert dana.words() == ["after"]


def test_hanging_up_in_mid_sentence_asks_nobody(stage: Stage) -> None:
    dana = asks(stage)
    dana.call.speak("x" * 60)
    stage.advance(1)
    dana.call.hang_up()
    stage.advance(20)
    assert stage.at("/said") == []
