"""People with telephones, scripted in Python, on a clock that is turned by hand."""

import re
from collections.abc import Callable

import pytest

from sandbox.core.calls import CallStatus
from sandbox.people import HungUp, NotHeard, OnThePhone, Person, WrongNumber
from tests.sandbox.people.town_square import DANA, HOLD_ON, MENU, OFFICE, OMAR, Square


@pytest.fixture
def dana(square: Square) -> Person:
    return square.person(DANA, "dana")


def diary(person: Person) -> list[str]:
    return [note.text for note in person.diary]


def test_dana_dials_in_and_hears_the_office(square: Square, dana: Person) -> None:
    async def calls() -> None:
        await dana.dials(OFFICE)
        await dana.waits_to_hear("please hold", within=10)

    task = square.acts(calls())
    square.advance(5)
    assert task.done
    assert square.asked[0][1]["From"] == DANA
    assert dana.through
    assert dana.has_heard("HOLD the line")


def test_dana_chooses_from_a_menu_and_speaks(square: Square, dana: Person) -> None:
    square.documents["/voice"] = MENU
    square.documents["/chosen"] = (
        "<Response><Gather input='speech' speechTimeout='1' action='/said'>"
        "<Say>What about?</Say></Gather></Response>"
    )

    square.documents["/said"] = HOLD_ON

    async def asks_for_billing() -> None:
        await dana.dials(OFFICE)
        await dana.waits_to_hear("press 1", within=30)
        await dana.presses("1")
        await dana.waits_to_hear("what about", within=30)
        await dana.says("my invoice")
        await dana.waits_to_hear("hold the line")
        await dana.hangs_up()

    square.acts(asks_for_billing())
    square.advance(60)
    said = dict(square.asked)
    assert said["/chosen"]["Digits"] == "1"
    assert said["/said"]["SpeechResult"] == "my invoice"
    assert dana.call is None


def test_saying_takes_as_long_as_saying_does(square: Square, dana: Person) -> None:
    async def talks() -> None:
        await dana.dials(OFFICE)
        await dana.waits_to_be_through()
        begun = square.carrier.now
        await dana.says("x" * 30)
        assert square.carrier.now - begun == pytest.approx(2.0)
        begun = square.carrier.now
        await dana.presses("12w3")
        assert square.carrier.now - begun >= 0.8

    task = square.acts(talks())
    square.advance(30)
    task.result()


def test_words_from_before_the_last_act_do_not_answer_it(square: Square, dana: Person) -> None:
    square.documents["/voice"] = MENU
    square.documents["/chosen"] = "<Response><Pause length='50'/></Response>"

    async def presses_and_expects_the_menu_again() -> None:
        await dana.dials(OFFICE)
        await dana.waits_to_hear("press 1")
        await dana.presses("1")
        await dana.waits_to_hear("press 1", within=5)

    square.acts(presses_and_expects_the_menu_again())
    with pytest.raises(NotHeard, match="dana did not hear “press 1” within 5 s"):
        square.advance(60)


def test_what_is_said_while_nobody_listens_is_not_missed(square: Square, dana: Person) -> None:
    square.documents["/voice"] = (
        "<Response><Say>Your number is seven.</Say><Pause length='60'/></Response>"
    )

    async def listens_late() -> None:
        await dana.dials(OFFICE)
        await dana.waits(20)
        await dana.waits_to_hear(re.compile("number is (seven|eight)"), within=1)

    task = square.acts(listens_late())
    square.advance(30)
    task.result()


def test_a_caller_who_is_cut_off_while_waiting_knows_it(square: Square, dana: Person) -> None:
    square.documents["/voice"] = "<Response><Say>Goodbye.</Say></Response>"

    async def waits_in_vain() -> None:
        await dana.dials(OFFICE)
        await dana.waits_to_hear("goodbye")
        await dana.waits_to_hear("hello again")

    square.acts(waits_in_vain())
    with pytest.raises(HungUp, match="hung up on before hearing “hello again”"):
        square.advance(60)


def test_the_last_words_before_the_end_count(square: Square, dana: Person) -> None:
    square.documents["/voice"] = "<Response><Say>Goodbye.</Say></Response>"

    async def hears_it_out() -> None:
        await dana.dials(OFFICE)
        await dana.waits_for_the_end()
        await dana.waits_to_hear("goodbye", within=1)

    task = square.acts(hears_it_out())
    square.advance(60)
    task.result()


def test_dana_answers_after_three_seconds(square: Square, dana: Person) -> None:
    call = square.rings(DANA)

    async def picks_up() -> None:
        await dana.answers(after=3)
        await dana.waits_to_hear("hold the line")
        await dana.hangs_up()

    square.acts(picks_up())
    square.advance(2)
    assert call.status.value == "ringing"
    square.advance(30)
    assert call.status.value == "completed"
    assert diary(dana)[0] == f"is called by {OFFICE}"
    assert "answers" in diary(dana)
    assert diary(dana)[-1] == "call over: completed"


def test_a_script_may_wait_for_a_call_that_has_not_come_yet(square: Square, dana: Person) -> None:
    task = square.acts(_answers_and_stays(dana))
    square.advance(100)
    call = square.rings(DANA)
    square.advance(10)
    assert call.status.value == "in-progress"
    assert not task.done


async def _answers_and_stays(person: Person) -> None:
    await person.answers(after=2)
    await person.waits_for_the_end()


@pytest.mark.parametrize(
    ("verb", "status", "code"),
    [
        ("rejects", CallStatus.BUSY, 603),
        ("is_busy", CallStatus.BUSY, 486),
        ("is_unreachable", CallStatus.FAILED, 404),
    ],
)
def test_dana_does_not_take_the_call(
    square: Square, dana: Person, verb: str, status: CallStatus, code: int
) -> None:
    call = square.rings(DANA)
    square.acts(getattr(dana, verb)(after=1))
    square.advance(10)
    assert (call.status, call.sip_response_code) == (status, code)
    assert dana.call is None


def test_dana_lets_it_ring(square: Square, dana: Person) -> None:
    call = square.rings(DANA, timeout=20)
    task = square.acts(dana.never_answers())
    square.advance(30)
    assert call.status.value == "no-answer"
    assert task.done


def test_nobody_calls_dana(square: Square, dana: Person) -> None:
    async def waits() -> None:
        await dana.is_called(within=5)

    square.acts(waits())
    with pytest.raises(NotHeard, match="nobody called dana within 5 s"):
        square.advance(10)


def test_the_caller_gives_up_before_dana_picks_up(square: Square, dana: Person) -> None:
    square.rings(DANA, timeout=5)

    async def is_slow() -> None:
        await dana.answers(after=30)

    square.acts(is_slow())
    with pytest.raises(HungUp, match="dana was hung up on before answering"):
        square.advance(20)


def test_a_second_caller_finds_dana_busy(square: Square, dana: Person) -> None:
    first = square.rings(DANA)
    square.acts(_answers_and_stays(dana))
    square.advance(10)
    second = square.rings(DANA)
    square.advance(5)
    assert first.status is CallStatus.IN_PROGRESS
    assert second.status is CallStatus.BUSY
    assert dana.call is first


def test_nobody_can_dial_while_on_the_phone(square: Square, dana: Person) -> None:
    async def dials_twice() -> None:
        await dana.dials(OFFICE)
        await dana.dials(OFFICE)

    with pytest.raises(OnThePhone, match="dana is in a call"):
        square.acts(dials_twice())


def test_a_wrong_number_is_told(square: Square, dana: Person) -> None:
    async def misdials() -> None:
        await dana.dials("+15558888888")

    with pytest.raises(WrongNumber, match="dana dialled \\+15558888888, which no account owns"):
        square.acts(misdials())


def test_who_is_in_no_call_cannot_speak(square: Square, dana: Person) -> None:
    async def talks_to_herself() -> None:
        await dana.says("hello")

    with pytest.raises(HungUp, match="dana wanted to say something, but is in no call"):
        square.acts(talks_to_herself())


def test_hanging_up_without_a_call_is_nothing(square: Square, dana: Person) -> None:
    square.acts(dana.hangs_up()).result()


def test_two_people_hear_each_other_through_a_bridge(square: Square, dana: Person) -> None:
    omar = square.person(OMAR, "omar")
    square.documents["/voice"] = f"<Response><Dial>{OMAR}</Dial></Response>"

    async def dana_talks() -> None:
        await dana.dials(OFFICE)
        await dana.waits_for_somebody(within=30)
        await dana.says("Good morning, Omar")
        await dana.waits_to_hear("good morning, dana", within=20)
        await dana.waits(3)
        await dana.hangs_up()

    async def omar_talks() -> None:
        await omar.answers(after=2)
        await omar.waits_to_hear("good morning", within=30)
        await omar.says("Good morning, Dana")
        await omar.waits_for_the_end(within=30)

    both = square.acts(dana_talks()), square.acts(omar_talks())
    square.advance(60)
    assert all(task.done for task in both)
    assert omar.has_heard("Good morning, Omar")
    assert not dana.with_company


def test_patience_ends_only_for_those_whom_nobody_has_answered(square: Square) -> None:
    dana, nina = square.person(DANA, "dana"), square.person("+15550100009", "nina")
    omar = square.person(OMAR, "omar")
    square.documents["/voice"] = HOLD_ON

    async def waits_impatiently(person: Person) -> None:
        await person.dials(OFFICE)
        person.loses_patience_in(30)
        await person.waits_for_the_end()

    square.acts(waits_impatiently(dana))
    square.documents["/voice"] = f"<Response><Dial>{OMAR}</Dial></Response>"
    square.acts(waits_impatiently(nina))
    square.acts(_answers_and_stays(omar))
    square.advance(40)
    assert dana.call is None
    assert "loses patience after 30 s and hangs up" in diary(dana)
    assert nina.with_company


def test_waiting_for_somebody_ends_in_time(square: Square, dana: Person) -> None:
    async def waits() -> None:
        await dana.dials(OFFICE)
        await dana.waits_for_somebody(within=20)

    square.acts(waits())
    with pytest.raises(NotHeard, match="dana reached nobody within 20 s"):
        square.advance(60)


def test_the_same_seed_makes_the_same_call(another_square: Callable[..., Square]) -> None:
    def sid_of(seed: int) -> str:
        place = another_square(seed=seed)
        person = place.person()

        async def calls() -> None:
            await person.dials(OFFICE)

        place.acts(calls())
        assert person.call is not None
        return person.call.sid

    assert sid_of(3) == sid_of(3)
    assert sid_of(3) != sid_of(4)
