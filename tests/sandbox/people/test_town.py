"""Who is at which number, and what a telephone does before anybody picks it up."""

import pytest

from sandbox.core.endpoints import Callee
from sandbox.core.sounds import Says
from sandbox.people import Person, Town, when_called
from sandbox.people.machines import BEEP
from sandbox.people.words import script
from tests.sandbox.people.town_square import DANA, HOLD_ON, NINA, OFFICE, OMAR, Square, written


def test_somebody_who_moves_in_is_reached_at_their_number(square: Square) -> None:
    dana = square.town.add("dana", DANA)
    assert square.carrier.phones.find(DANA) is dana
    assert square.town.person_at(DANA) is dana


def test_whoever_is_asked_for_first_moves_in(square: Square) -> None:
    stranger = square.town.person_at(NINA)
    assert square.town.person_at(NINA) is stranger
    assert stranger.name == NINA


def test_a_behaving_number_can_dial_and_still_behaves_when_called(square: Square) -> None:
    caller = square.town.person_at("+15559000001")
    assert "+15559000001" not in square.town.people
    caller.lifts(OFFICE)
    square.advance(5)
    assert square.rings("+15559000001").status.value in {"queued", "ringing"}
    square.advance(5)
    assert list(square.carrier.calls.values())[-1].status.value == "busy"


@pytest.mark.parametrize(
    ("number", "behaves"),
    [("+15559000012", True), ("+1555900", True), ("+15558000012", False), ("+1555900x", False)],
)
def test_an_area_is_the_beginning_of_a_number(square: Square, number: str, behaves: bool) -> None:
    assert square.town.behaves(number) is behaves


def test_addresses_that_are_no_numbers_reach_nobody_unless_listed(square: Square) -> None:
    assert square.town.at("client:nobody") is None
    assert square.town.at("sip:nobody@example.com") is None
    omar = square.town.add("omar", "client:omar")
    assert square.carrier.phones.find("client:omar") is omar


def test_a_client_is_called_and_answers(square: Square) -> None:
    omar = square.town.add("omar", "client:omar", called=script(written("[answers, waits: 60]")))
    call = square.rings("client:omar")
    square.advance(10)
    assert call.status.value == "in-progress"
    assert omar.through


def test_each_call_to_a_behaving_number_has_somebody_of_its_own(square: Square) -> None:
    assert square.town.at("+15559000000") is not square.town.at("+15559000000")


def test_without_areas_no_number_behaves(square: Square) -> None:
    town = Town(square.carrier, seed=1)
    assert not town.behaves("+15559000001")


def test_dice_are_the_same_for_the_same_seed_and_name(square: Square) -> None:
    assert square.town.dice("dana").random() == square.town.dice("dana").random()
    assert square.town.dice("dana").random() != square.town.dice("omar").random()


def test_a_telephone_hears_nothing_without_a_call(square: Square) -> None:
    dana = square.person()
    assert dana.hearing == ()
    assert not dana.with_company
    assert not dana.has_heard("anything")


def test_the_diary_is_kept_short(square: Square) -> None:
    dana = square.person()
    for n in range(200):
        dana.writes(f"thought {n}")
    assert len(dana.diary) == 60
    assert dana.diary[-1].text == "thought 199"


def test_watchers_hear_of_each_line_in_a_diary(square: Square) -> None:
    told: list[object] = []
    square.carrier.watch(lambda kind, thing: told.append((kind, thing)))
    dana = square.person()
    dana.writes("thinks")
    assert told == [("person", dana)]


def test_news_of_another_call_does_not_reach_a_telephone(square: Square) -> None:
    dana = square.person()
    mine = dana.lifts(OFFICE)
    other = square.rings(OMAR)
    dana.hears(other, (Says("not for dana"),))
    assert not dana.has_heard("not for dana")
    dana.hung_up(other)
    assert dana.call is mine
    assert dana.callee(other) == Callee("silence")
    assert dana.callee(mine) == Callee("person")


def test_a_new_call_begins_with_an_empty_memory(square: Square) -> None:
    dana = square.person()
    dana.lifts(OFFICE)
    square.advance(3)
    assert dana.has_heard("hold the line")
    assert dana.call is not None
    dana.call.hang_up()
    square.advance(1)
    square.documents["/voice"] = "<Response><Pause length='9'/></Response>"
    dana.lifts(OFFICE)
    square.advance(1)
    assert not dana.has_heard("hold the line")
    assert dana.calls == 2


def machine_and_listener(square: Square, text: str) -> tuple[Person, Person]:
    """Dana dials in and is put through to a machine."""
    square.documents["/voice"] = f"<Response><Dial>{OMAR}</Dial></Response>"
    machine = square.town.add("omar", OMAR, called=script(written(text)))
    dana = square.person()
    dana.lifts(OFFICE)
    return machine, dana


def test_the_caller_hears_greeting_and_beep(square: Square) -> None:
    _, dana = machine_and_listener(square, "is a machine: {greeting: 6, answers after: 2}")
    square.advance(6)
    assert dana.has_heard("mailbox of omar")
    assert not dana.has_heard(BEEP)
    square.advance(5)
    assert dana.has_heard(BEEP)


def test_a_machine_without_beep_has_none(square: Square) -> None:
    _, dana = machine_and_listener(square, "is a machine: {greeting: 3, beep: false}")
    square.advance(20)
    assert not dana.has_heard(BEEP)


def test_a_machine_says_what_it_was_told_to(square: Square) -> None:
    _, dana = machine_and_listener(square, "is a machine: {says: We are on holiday.}")
    square.advance(15)
    assert dana.has_heard("on holiday")


def test_a_greeting_is_cut_to_its_length(square: Square) -> None:
    _, dana = machine_and_listener(square, "is a machine: {greeting: 1}")
    square.advance(10)
    assert dana.has_heard("You have")
    assert not dana.has_heard("after the tone")


def test_a_fax_whistles_and_gives_up(square: Square) -> None:
    fax = square.town.add("fax", OMAR, called=script(written("is a fax")))
    call = square.rings(OMAR)
    square.advance(40)
    assert call.status.value == "completed"
    assert "whistles" in [note.text for note in fax.diary]


def test_the_silent_stay_until_the_other_side_hangs_up(square: Square) -> None:
    silent = square.town.add("omar", OMAR, called=script(written("stays silent")))
    call = square.rings(OMAR, twiml=HOLD_ON)
    square.advance(300)
    assert call.status.value == "in-progress"
    assert not any("says" in note.text for note in silent.diary)


def test_a_person_can_be_given_another_script(square: Square) -> None:
    dana = square.town.add("dana", DANA, called=script(written("is busy")))
    first = square.rings(DANA)
    square.advance(5)
    when_called(script(written("[answers, waits: 60]")), dana)
    second = square.rings(DANA)
    square.advance(5)
    assert (first.status.value, second.status.value) == ("busy", "in-progress")


def test_a_pick_up_of_an_earlier_script_does_not_stick(square: Square) -> None:
    dana = square.town.add("dana", DANA, called=script(written("is a fax")))
    when_called(script(written("[answers, waits: 60]")), dana)
    assert dana.pick_up == Callee("person")
