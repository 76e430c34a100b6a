"""Settings that are turned by name, as the file and the console do it."""

import pytest

from sandbox.core.config import Choices, Timings
from sandbox.core.faults import Faults
from sandbox.written.knobs import knobs, turn


def test_every_choice_can_be_turned() -> None:
    choices = Choices()
    assert [knob.name for knob in knobs(choices)] == [row.name for row in choices.table()]


def test_every_fault_but_the_dice_can_be_turned() -> None:
    names = {knob.name for knob in knobs(Faults())}
    assert "dice" not in names
    assert {"callback_late", "rest_next", "callback_delay", "not_in_progress_window_ms"} <= names


def test_each_kind_of_setting_takes_its_kind_of_text() -> None:
    faults, choices, timings = Faults(), Choices(), Timings()
    turn(faults, "rest_429", "0.25")
    turn(faults, "not_in_progress_window_ms", "300")
    turn(faults, "callback_delay", "1, 2.5")
    turn(faults, "rest_next", "429, timeout")
    turn(choices, "redirect_while_ringing", "yes")
    turn(choices, "status_with_url", "url-wins")
    turn(timings, "beep", " 0.2 ")
    assert (faults.rest_429, faults.not_in_progress_window_ms) == (0.25, 300)
    assert faults.callback_delay == (1, 2.5)
    assert faults.rest_next == ["429", "timeout"]
    assert choices.redirect_while_ringing is True
    assert choices.status_with_url == "url-wins"
    assert timings.beep == 0.2


def test_what_is_shown_can_be_written_back() -> None:
    for target in (Faults(), Choices(), Timings()):
        for knob in knobs(target):
            turn(target, knob.name, knob.text)
            assert getattr(target, knob.name) == knob.value


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("rest_430", "1", "there is no setting 'rest_430'. Write 'rest_429' instead"),
        ("rest_429", "often", "rest_429 is 'often'. Write a number from 0 up"),
        ("rest_429", "-1", "Write a number from 0 up"),
        ("rest_429", "nan", "Write a number from 0 up"),
        ("not_in_progress_window_ms", "1.5", "Write a whole number"),
        ("callback_delay", "5", "Write two numbers, less first"),
        ("callback_delay", "5, 1", "Write two numbers, less first"),
        ("rest_next", "429, 430", "rest_next is '430'. Write one of: 429, 500"),
    ],
)
def test_nonsense_is_refused_with_what_to_write(name: str, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        turn(Faults(), name, text)


def test_a_refused_setting_stays_as_it_was() -> None:
    choices = Choices()
    with pytest.raises(ValueError, match=r"Write one of|instead"):
        turn(choices, "status_with_url", "maybe")
    with pytest.raises(ValueError, match="Write true or false"):
        turn(choices, "barge_in", "maybe")
    assert choices == Choices()
