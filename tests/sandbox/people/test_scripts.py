"""People scripted in YAML, numbers that behave by themselves, and callers who come by."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.core.calls import Call, CallStatus
from sandbox.core.orders import MachineDetection
from sandbox.people import Person, start, when_called
from sandbox.people.arrivals import Arrivals
from sandbox.people.script import Script
from sandbox.people.suffixes import BEHAVIOURS, rings_for
from sandbox.people.words import script
from sandbox.written.amounts import Amount, fixed
from tests.sandbox.people.town_square import DANA, HOLD_ON, MENU, OFFICE, OMAR, Square, written

ASKS = "<Response><Gather numDigits='1' action='/chosen'><Say>Press 1.</Say></Gather></Response>"


def acts(square: Square, text: str) -> Person:
    dana = square.person(DANA, "dana")
    start(script(written(text)), dana)
    square.driver.settle()
    return dana


def called(square: Square, text: str, **order: Any) -> tuple[Person, Call]:
    dana = square.person(DANA, "dana")
    when_called(script(written(text)), dana)
    return dana, square.rings(DANA, **order)


def diary(person: Person) -> list[str]:
    return [note.text for note in person.diary]


def test_a_caller_from_a_file_goes_through_the_menu(square: Square) -> None:
    square.documents |= {"/voice": MENU, "/chosen": HOLD_ON}
    dana = acts(
        square,
        """
        - dials: +15557000100
        - waits to hear: press 1
          within: 30
        - presses: 1
        - waits to hear: hold the line
        - waits: 5
        - hangs up
        """,
    )
    square.advance(60)
    assert dict(square.asked)["/chosen"]["Digits"] == "1"
    assert diary(dana)[-2:] == ["hangs up", "call over: completed"]


def test_who_hears_nothing_gives_up_and_hangs_up(square: Square) -> None:
    dana = acts(square, "- dials: +15557000100\n- {waits to hear: opera, within: 10}\n- says: hi")
    square.advance(30)
    assert "stops: dana did not hear “opera” within 10 s" in diary(dana)
    assert dana.call is None
    assert not any("says" in line for line in diary(dana))


def test_who_runs_out_of_steps_hangs_up(square: Square) -> None:
    dana = acts(square, "- dials: +15557000100\n- waits: 3")
    square.advance(10)
    assert dana.call is None


def test_being_hung_up_on_ends_the_script_without_noise(square: Square) -> None:
    square.documents["/voice"] = "<Response><Say>Closed.</Say></Response>"
    dana = acts(square, "- dials: +15557000100\n- waits: 60\n- says: hello")
    square.advance(90)
    assert diary(dana)[-1] == "stops: dana was hung up on while waiting"


def test_patience_and_talk(square: Square) -> None:
    omar = square.person(OMAR, "omar")
    when_called(script(written("[answers after: 3, waits for the end]")), omar)
    square.documents["/voice"] = f"<Response><Dial>{OMAR}</Dial></Response>"
    dana = acts(
        square,
        "[dials: +15557000100, patience: 30, {talks for: 40, about: [The invoice is wrong.]}]",
    )
    square.advance(35)
    assert dana.with_company
    assert omar.has_heard("the invoice is wrong")
    square.advance(20)
    assert dana.call is None


def test_answers_and_presses_when_asked(square: Square) -> None:
    square.documents["/chosen"] = HOLD_ON
    _, call = called(
        square,
        "[answers after: 2, {waits to hear: press 1}, presses: 1, waits for the end]",
        twiml=ASKS.replace("/chosen", "http://app.example/chosen"),
    )
    square.advance(20)
    assert call.status.value == "in-progress"
    assert "/chosen" in square.paths()


def test_every_ring_starts_the_script_again(square: Square) -> None:
    dana, first = called(square, "[answers after: 1, waits: 5, hangs up]")
    square.advance(20)
    second = square.rings(DANA)
    square.advance(20)
    assert [first.status, second.status] == [CallStatus.COMPLETED] * 2
    assert dana.calls == 2


def test_somebody_busy_never_rings(square: Square) -> None:
    _, call = called(square, "is busy")
    square.advance(5)
    assert call.status.value == "busy"
    assert CallStatus.RINGING not in [status for _, status in call.history]


def test_one_of_several_ways_is_drawn_from_the_persons_own_dice(square: Square) -> None:
    dana = square.person(DANA, "dana")
    ways = "one of: [{chance: 50, does: [answers, hangs up]}, {chance: 50, does: rejects}]"
    when_called(script(written(ways)), dana)
    seen = set()
    for _ in range(12):
        call = square.rings(DANA)
        square.advance(15)
        seen.add(call.status)
    assert seen == {CallStatus.COMPLETED, CallStatus.BUSY}


@pytest.mark.parametrize(
    ("text", "mode", "verdict"),
    [
        ("[answers after: 1, waits for the end]", "Enable", "human"),
        ("is a machine: {greeting: 6, beep: true}", "Enable", "machine_start"),
        ("is a machine: {greeting: 6, beep: true}", "DetectMessageEnd", "machine_end_beep"),
        ("is a machine: {greeting: 6, beep: false}", "DetectMessageEnd", "machine_end_silence"),
        ("is a fax", "Enable", "fax"),
        ("stays silent", "Enable", "unknown"),
    ],
)
def test_machine_detection_finds_what_the_script_says(
    square: Square, text: str, mode: str, verdict: str
) -> None:
    detection = MachineDetection(mode=mode)  # type: ignore[arg-type]  # parametrized literals
    _, call = called(square, text, machine_detection=detection)
    square.advance(30)
    assert call.answered_by == verdict


def test_a_machine_takes_a_message_and_hangs_up(square: Square) -> None:
    dana, call = called(square, "is a machine: {greeting: 3, answers after: 2, listens for: 20}")
    square.advance(6)
    assert call.status.value == "in-progress"
    square.advance(60)
    assert call.status.value == "completed"
    assert "beeps" in diary(dana)


# numbers whose last digits choose


def behaving(square: Square, digits: str) -> Call:
    call = square.rings(f"+155590000{digits}")
    square.advance(12)
    return call


@pytest.mark.parametrize(
    ("digits", "status"),
    [
        ("00", CallStatus.IN_PROGRESS),
        ("01", CallStatus.BUSY),
        ("02", CallStatus.RINGING),
        ("03", CallStatus.FAILED),
        ("04", CallStatus.IN_PROGRESS),
        ("05", CallStatus.BUSY),
        ("06", CallStatus.IN_PROGRESS),
        ("07", CallStatus.IN_PROGRESS),
        ("08", CallStatus.COMPLETED),
        ("09", CallStatus.IN_PROGRESS),
    ],
)
def test_the_last_digit_chooses_what_happens(
    square: Square, digits: str, status: CallStatus
) -> None:
    assert behaving(square, digits).status is status


def test_all_ten_digits_mean_something() -> None:
    assert sorted(BEHAVIOURS) == list("0123456789")


def test_the_digit_before_the_last_is_the_ringing() -> None:
    assert [rings_for(f"+15559000{n}0") for n in range(4)] == [2, 1, 2, 3]


def test_a_number_that_rings_for_nine_seconds(square: Square) -> None:
    call = square.rings("+15559000090")
    square.advance(8)
    assert call.status.value == "ringing"
    square.advance(3)
    assert call.status.value == "in-progress"


def test_one_behaving_number_takes_many_calls_at_once(square: Square) -> None:
    calls = [square.rings("+15559000000") for _ in range(20)]
    square.advance(10)
    assert {call.status for call in calls} == {CallStatus.IN_PROGRESS}


def test_numbers_outside_the_area_ring_until_somebody_answers_by_hand(square: Square) -> None:
    call = square.rings("+15551234500")
    square.advance(10)
    assert call.status.value == "ringing"
    call.answer()
    square.driver.settle()
    assert call.status.value == "in-progress"


def test_an_area_can_be_chosen(another_square: Callable[..., Square]) -> None:
    square = another_square(areas=("+1555444",))
    busy = square.rings("+15554440001")
    square.advance(5)
    assert busy.status is CallStatus.BUSY


# callers who come by themselves


def stream(square: Square, **changes: object) -> Arrivals:
    plan: dict[str, object] = {
        "name": "callers",
        "number": "+1555020####",
        "dials": OFFICE,
        "every": Amount("exponential", 10),
        "patience": fixed(30),
        "talks_for": fixed(20),
        "dice": square.town.dice("callers"),
    }
    arrivals = Arrivals(**(plan | changes))  # type: ignore[arg-type]  # a plan of named values
    square.town.arrivals.append(arrivals)
    square.town.begin()
    return arrivals


def froms(square: Square) -> list[str]:
    return [params["From"] for path, params in square.asked if path == "/voice"]


def test_callers_come_at_the_rate_that_was_asked_for(square: Square) -> None:
    arrivals = stream(square)
    square.advance(1000)
    assert 70 <= arrivals.arrived <= 130
    assert len(froms(square)) == arrivals.arrived


def test_callers_whom_nobody_answers_lose_patience(square: Square) -> None:
    arrivals = stream(square, times=3, every=fixed(1))
    square.advance(20)
    assert len(arrivals.on_the_phone) == 3
    square.advance(30)
    assert arrivals.on_the_phone == {}
    assert all(call.ended for call in square.carrier.calls.values())


def test_callers_come_from_numbers_of_their_pattern(square: Square) -> None:
    stream(square, times=5, every=fixed(2))
    square.advance(30)
    assert len(froms(square)) == 5
    assert all(number.startswith("+1555020") and len(number) == 12 for number in froms(square))


def test_no_more_than_so_many_are_on_the_telephone(square: Square) -> None:
    arrivals = stream(square, at_most=2, every=fixed(1))
    square.advance(15)
    assert arrivals.arrived == 2


def test_paused_arrivals_stay_at_home(square: Square) -> None:
    arrivals = stream(square, every=fixed(1))
    arrivals.paused = True
    square.advance(30)
    assert arrivals.arrived == 0


def test_a_caller_goes_through_the_menu_before_talking(square: Square) -> None:
    square.documents |= {"/voice": MENU, "/chosen": f"<Response><Dial>{OMAR}</Dial></Response>"}
    omar = square.person(OMAR, "omar")
    when_called(script(written("[answers after: 2, waits for the end]")), omar)
    steps = script(written("[{waits to hear: press 1}, presses: 1]"))
    stream(square, steps=steps, times=1, every=fixed(1), about=("It is about my car.",))
    square.advance(60)
    assert omar.has_heard("about my car")
    assert omar.call is None


def test_the_same_seed_brings_the_same_callers(another_square: Callable[..., Square]) -> None:
    def came(seed: int) -> list[str]:
        square = another_square(seed=seed)
        stream(square, times=10)
        square.advance(200)
        return froms(square)

    assert came(3) == came(3)
    assert came(3) != came(4)


def test_one_more_person_changes_nobody_else(another_square: Callable[..., Square]) -> None:
    alone, crowded = another_square(seed=3), another_square(seed=3)
    crowded.town.add("omar", OMAR, does=Script())
    assert alone.town.dice("callers").random() == crowded.town.dice("callers").random()


def test_somebody_with_plans_starts_in_time(square: Square) -> None:
    dana = square.town.add(
        "dana", DANA, does=script(written("[dials: +15557000100, waits: 100]")), after=5
    )
    square.town.begin()
    square.advance(4)
    assert dana.call is None
    square.advance(2)
    assert dana.call is not None
