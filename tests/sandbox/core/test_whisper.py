"""What a callee hears before the caller is connected."""

from __future__ import annotations

import pytest

from sandbox.core.sounds import Ringback, Says, Talk
from tests.sandbox.core.stage import LENA, OMAR, Person, Stage, broken


def screened(stage: Stage, whisper: str, numbers: tuple[str, ...] = (OMAR,)) -> Person:
    nouns = "".join(f"<Number url='/whisper' statusCallback='/leg'>{n}</Number>" for n in numbers)
    stage.pages["/voice"] = f"<Dial action='/done'>{nouns}</Dial>"
    stage.pages["/whisper"] = whisper
    stage.pages["/done"] = "<Say>done</Say>"
    return stage.dials_in()


PRESS_ONE = (
    "<Gather numDigits='1' action='/accept' timeout='5'><Say>press one</Say></Gather><Hangup/>"
)


def test_the_callee_hears_it_while_the_caller_hears_ringing(stage: Stage) -> None:
    omar = stage.person()
    dana = screened(stage, "<Say>a call for sales, please stand by</Say>")
    stage.advance(2)
    assert omar.hears_now == [Says("a call for sales, please stand by")]
    assert dana.hears_now == [Ringback()]
    stage.advance(3)
    assert dana.hears_now == [Talk(omar.call.sid)]


def test_it_is_asked_about_the_callees_leg(stage: Stage) -> None:
    omar = stage.person()
    dana = screened(stage, "<Say>hello</Say>")
    stage.advance(2)
    asked = stage.last("/whisper")
    assert asked["CallSid"] == omar.call.sid
    assert asked["ParentCallSid"] == dana.call.sid
    assert asked["CallStatus"] == "in-progress"


def test_pressing_one_accepts(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/accept"] = "<Response/>"
    dana = screened(stage, PRESS_ONE)
    stage.advance(2)
    omar.call.press("1")
    stage.advance(1)
    assert stage.last("/accept")["Digits"] == "1"
    assert dana.hears_now == [Talk(omar.call.sid)]


def test_hanging_up_in_the_whisper_lets_the_dial_go_on(stage: Stage) -> None:
    omar = stage.person()
    dana = screened(stage, PRESS_ONE)
    stage.advance(9)
    assert omar.call.status == "completed"
    assert stage.last("/done")["DialCallStatus"] == "no-answer"
    assert stage.last("/done")["DialBridged"] == "false"
    assert dana.words() == ["done"]


@pytest.mark.parametrize("status", ["completed", "busy"])
def test_what_that_is_called_is_a_choice(stage: Stage, status: str) -> None:
    stage.choose(whisper_hangup_status=status)
    stage.person()
    screened(stage, "<Hangup/>")
    stage.advance(3)
    assert stage.last("/done")["DialCallStatus"] == status


def test_the_callee_may_hang_up_during_the_whisper(stage: Stage) -> None:
    omar = stage.person()
    screened(stage, "<Say>a call for sales, please stand by</Say>")
    stage.advance(2)
    omar.call.hang_up()
    stage.advance(1)
    assert stage.last("/done")["DialCallStatus"] == "no-answer"


def test_the_caller_may_hang_up_during_the_whisper(stage: Stage) -> None:
    omar = stage.person()
    dana = screened(stage, "<Say>a call for sales, please stand by</Say>")
    stage.advance(2)
    dana.call.hang_up()
    stage.advance(1)
    assert omar.call.status == "completed"
    assert stage.last("/done")["DialCallStatus"] == "canceled"


def test_a_dial_in_a_whisper_is_refused(stage: Stage) -> None:
    omar = stage.person()
    dana = screened(stage, f"<Dial>{LENA}</Dial><Say>hello</Say>")
    stage.advance(4)
    assert stage.codes() == [13201]
    assert omar.words() == ["hello"]
    assert dana.hears_now == [Talk(omar.call.sid)]


def test_other_verbs_in_a_whisper_are_passed_over(stage: Stage) -> None:
    omar = stage.person()
    screened(stage, "<Enqueue>x</Enqueue><Say>hello</Say>")
    stage.advance(4)
    assert stage.codes() == [12200]
    assert omar.words() == ["hello"]


def test_a_whisper_that_fails_loses_the_callee(stage: Stage) -> None:
    omar = stage.person()
    screened(stage, "")
    stage.pages["/whisper"] = broken()
    stage.advance(3)
    assert omar.call.status == "completed"
    assert stage.codes() == [11200]
    assert stage.last("/done")["DialCallStatus"] == "no-answer"


def test_whoever_answers_first_stops_the_others_before_the_whisper(stage: Stage) -> None:
    omar, lena = stage.person(OMAR, after=1), stage.person(LENA, after=3)
    screened(stage, PRESS_ONE, (OMAR, LENA))
    stage.advance(2)
    assert omar.call.status == "in-progress"
    assert lena.call.status == "canceled"


def test_a_voicemail_that_answers_first_wins(stage: Stage) -> None:
    mailbox, lena = stage.person(OMAR, after=1), stage.person(LENA, after=3)
    stage.pages["/voice"] = f"<Dial><Number>{OMAR}</Number><Number>{LENA}</Number></Dial>"
    dana = stage.dials_in()
    stage.advance(5)
    assert dana.hears_now == [Talk(mailbox.call.sid)]
    assert lena.call.status == "canceled"


def test_the_others_may_ring_on_during_the_whisper_by_choice(stage: Stage) -> None:
    stage.carrier.choices.whispering_leg_cancels_others = False
    omar, lena = stage.person(OMAR, after=1), stage.person(LENA, after=3)
    stage.pages["/accept"] = "<Response/>"
    dana = screened(stage, PRESS_ONE, (OMAR, LENA))
    stage.advance(4.5)
    lena.call.press("1")
    stage.advance(1)
    assert dana.hears_now == [Talk(lena.call.sid)]
    assert omar.call.status == "completed"


def test_a_whispered_client_is_asked_too(stage: Stage) -> None:
    lena = stage.person("client:lena")
    stage.pages["/voice"] = "<Dial><Client url='/whisper' method='GET'>lena</Client></Dial>"
    stage.pages["/whisper"] = "<Say>hello lena</Say>"
    stage.dials_in()
    stage.advance(4)
    assert lena.words() == ["hello lena"]
    assert stage.last("/whisper").method == "GET"
