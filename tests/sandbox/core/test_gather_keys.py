"""Gather with keys: how many, until when, and what the application is told."""

from __future__ import annotations

import pytest

from sandbox.core.effects import FetchAnswer
from tests.sandbox.core.stage import Asked, Person, Stage


def menu(
    stage: Stage, attributes: str = "", prompt: str = "", after: str = "<Say>after</Say>"
) -> Person:
    stage.pages["/voice"] = f"<Gather action='/menu' {attributes}>{prompt}</Gather>{after}"
    stage.pages["/menu"] = "<Say>thanks</Say>"
    return stage.dials_in()


def test_keys_go_to_the_action_and_what_follows_is_never_reached(stage: Stage) -> None:
    dana = menu(stage, "numDigits='1'")
    dana.call.press("5")
    stage.advance(10)
    assert stage.last("/menu")["Digits"] == "5"
    assert dana.words() == ["thanks"]


def test_as_many_keys_as_asked_for(stage: Stage) -> None:
    dana = menu(stage, "numDigits='4'")
    dana.call.press("123456")
    stage.advance(10)
    assert stage.last("/menu")["Digits"] == "1234"


def test_the_pound_key_finishes_and_is_not_part_of_the_digits(stage: Stage) -> None:
    dana = menu(stage)
    dana.call.press("42#")
    stage.advance(1)
    assert stage.last("/menu")["Digits"] == "42"
    assert stage.last("/menu")["FinishedOnKey"] == "#"


def test_whether_the_finishing_key_is_told_is_a_choice(stage: Stage) -> None:
    stage.carrier.choices.finished_on_key_sent = False
    dana = menu(stage)
    dana.call.press("42#")
    stage.advance(1)
    assert stage.last("/menu").get("FinishedOnKey") is None


def test_another_key_may_finish(stage: Stage) -> None:
    dana = menu(stage, "finishOnKey='*'")
    dana.call.press("4#2*")
    stage.advance(1)
    assert stage.last("/menu")["Digits"] == "4#2"


def test_no_key_may_finish(stage: Stage) -> None:
    dana = menu(stage, "finishOnKey=''")
    dana.call.press("4#")
    stage.advance(3)
    assert stage.at("/menu") == []
    stage.advance(5)
    assert stage.last("/menu")["Digits"] == "4#"


def test_the_finishing_key_alone_is_no_input(stage: Stage) -> None:
    dana = menu(stage)
    dana.call.press("#")
    stage.advance(10)
    assert stage.at("/menu") == []
    assert dana.words() == ["after"]


def test_nothing_pressed_goes_to_the_next_verb_after_five_seconds(stage: Stage) -> None:
    dana = menu(stage)
    stage.advance(4.9)
    assert dana.words() == []
    stage.advance(0.2)
    assert dana.words() == ["after"]
    assert stage.at("/menu") == []


def test_nothing_pressed_goes_to_the_action_if_asked_for(stage: Stage) -> None:
    dana = menu(stage, "actionOnEmptyResult='true' timeout='2'")
    stage.advance(3)
    assert stage.last("/menu")["Digits"] == ""
    assert dana.words() == ["thanks"]


def test_patience_starts_anew_with_each_key(stage: Stage) -> None:
    dana = menu(stage, "timeout='3'")
    for key in "123":
        stage.advance(2.5)
        dana.call.press(key)
    stage.advance(2.5)
    assert stage.at("/menu") == []
    stage.advance(1)
    assert stage.last("/menu")["Digits"] == "123"


def test_patience_starts_when_the_prompts_are_over(stage: Stage) -> None:
    menu(stage, "timeout='2' actionOnEmptyResult='true'", f"<Say>{'x' * 45}</Say>")
    stage.advance(4.9)
    assert stage.at("/menu") == []
    stage.advance(0.2)
    assert len(stage.at("/menu")) == 1


def test_a_key_stops_the_prompt(stage: Stage) -> None:
    dana = menu(stage, "numDigits='1'", f"<Say>{'x' * 150}</Say><Say>never</Say>")
    stage.advance(1)
    dana.call.press("1")
    stage.advance(1)
    assert dana.words() == ["x" * 150, "thanks"]


def test_prompts_are_heard_one_after_another(stage: Stage) -> None:
    dana = menu(stage, "timeout='1'", "<Say>one</Say><Pause/><Say>two</Say>")
    stage.advance(10)
    assert dana.words() == ["one", "two", "after"]


def test_only_prompts_may_be_nested(stage: Stage) -> None:
    dana = menu(stage, "timeout='1'", "<Say>one</Say><Redirect>/x</Redirect>")
    stage.advance(5)
    assert set(stage.codes()) == {12200}
    assert dana.words() == ["one", "after"]


def test_without_an_action_the_document_itself_is_asked_again(stage: Stage) -> None:
    stage.pages["/voice"] = lambda asked: (
        "<Say>thanks</Say>" if "Digits" in asked.params else "<Gather numDigits='1'/>"
    )
    dana = stage.dials_in()
    dana.call.press("9")
    stage.advance(2)
    assert stage.last("/voice")["Digits"] == "9"
    assert dana.words() == ["thanks"]


def test_the_action_may_be_asked_by_get(stage: Stage) -> None:
    dana = menu(stage, "numDigits='1' method='GET'")
    dana.call.press("9")
    stage.advance(1)
    assert stage.last("/menu").method == "GET"
    assert stage.last("/menu")["Digits"] == "9"


def test_a_redirecting_action_loses_the_digits(stage: Stage) -> None:
    stage.pages["/voice"] = "<Gather action='/menu' numDigits='1'/>"
    stage.pages["/menu"] = FetchAnswer(302, {"Location": "/elsewhere"})
    dana = stage.dials_in()
    dana.call.press("9")
    stage.advance(1)
    assert stage.last("/elsewhere").get("Digits") is None
    assert stage.last("/elsewhere")["CallSid"] == dana.call.sid


def test_keys_pressed_too_early_are_lost(stage: Stage) -> None:
    dana = menu(stage, "numDigits='1'")
    stage.pages["/voice"] = "<Say>one moment please</Say><Gather action='/menu' numDigits='1'/>"
    dana = stage.dials_in()
    dana.call.press("5")
    stage.advance(10)
    assert stage.at("/menu") == []


def test_keys_pressed_too_early_may_count_by_choice(stage: Stage) -> None:
    stage.carrier.choices.typeahead = True
    stage.pages["/voice"] = "<Say>one moment please</Say><Gather action='/menu' numDigits='1'/>"
    dana = stage.dials_in()
    dana.call.press("5")
    stage.advance(3)
    assert stage.last("/menu")["Digits"] == "5"


def test_words_are_not_heard_by_a_gather_for_keys(stage: Stage) -> None:
    dana = menu(stage, "timeout='2'")
    dana.call.speak("hello?")
    stage.advance(5)
    assert stage.at("/menu") == []


def test_a_pause_between_keys_is_heard_as_one(stage: Stage) -> None:
    dana = menu(stage, "timeout='5' numDigits='2'")
    dana.call.press("1w2")
    stage.advance(0.4)
    assert stage.at("/menu") == []
    stage.advance(0.5)
    assert stage.last("/menu")["Digits"] == "12"


def test_hanging_up_in_mid_input_asks_nobody(stage: Stage) -> None:
    dana = menu(stage)
    dana.call.press("12")
    stage.advance(1)
    dana.call.hang_up()
    stage.advance(10)
    assert stage.at("/menu") == []
    assert dana.call.status == "completed"


@pytest.mark.parametrize("key", list("0123456789*ABCD"))
def test_every_key_is_a_key(stage: Stage, key: str) -> None:
    dana = menu(stage, "numDigits='1'")
    dana.call.press(key)
    stage.advance(1)
    assert stage.last("/menu")["Digits"] == key


def test_what_is_no_key_is_not_pressed(stage: Stage) -> None:
    dana = menu(stage, "numDigits='1'")
    dana.call.press("x ")
    stage.advance(1)
    assert stage.at("/menu") == []


def test_a_menu_in_a_menu(stage: Stage) -> None:
    def second(asked: Asked) -> str:
        return (
            f"<Gather action='/third' numDigits='1'><Say>you chose {asked['Digits']}</Say></Gather>"
        )

    dana = menu(stage, "numDigits='1'")
    stage.pages["/menu"] = second
    stage.pages["/third"] = "<Hangup/>"
    dana.call.press("1")
    stage.advance(1)
    dana.call.press("2")
    stage.advance(1)
    assert dana.words() == ["you chose 1"]
    assert stage.last("/third")["Digits"] == "2"
