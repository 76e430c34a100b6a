"""How long people take, written down and drawn."""

from random import Random
from statistics import mean

import pytest

from sandbox.written.amounts import amount, fixed
from sandbox.written.parts import Part, WrittenWrong, read


def written(text: str) -> Part:
    whole = read(f"patience: {text}", "town.yaml")
    assert whole is not None
    return whole.names()["patience"]


def drawn(text: str, count: int = 2000) -> list[float]:
    how_long, dice = amount(written(text)), Random(7)
    return [how_long.draw(dice) for _ in range(count)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2", 2), ("2.5", 2.5), (".5", 0.5), ("90s", 90), ("3m", 180), ("1h", 3600), ("250 ms", 0.25)],
)
def test_a_fixed_time(text: str, seconds: float) -> None:
    assert drawn(text, 3) == [seconds] * 3


def test_exponential_gaps_have_the_mean_that_was_asked_for() -> None:
    assert mean(drawn("{exponential: 20}")) == pytest.approx(20, rel=0.1)


def test_normal_times_are_never_negative() -> None:
    times = drawn("{normal: [10, 30]}")
    assert min(times) == 0
    assert mean(drawn("{normal: [180, 20]}")) == pytest.approx(180, rel=0.05)


def test_uniform_times_stay_between_their_ends() -> None:
    times = drawn("{uniform: [5, 15]}")
    assert 5 <= min(times) < 6
    assert 14 < max(times) <= 15


def test_limits_cut_the_extremes_off() -> None:
    times = drawn("{exponential: 20, at least: 5, at most: 1m}")
    assert min(times) == 5
    assert max(times) == 60


def test_units_work_inside_distributions() -> None:
    assert mean(drawn("{normal: [3m, 10s]}")) == pytest.approx(180, rel=0.05)


def test_the_same_dice_draw_the_same_times() -> None:
    assert drawn("{normal: [180, 60]}") == drawn("{normal: [180, 60]}")


def test_a_time_reads_well() -> None:
    assert str(fixed(2.5)) == "2.5 s"
    assert str(amount(written("{normal: [180, 60]}"))) == "normal(180, 60) s"
    assert str(amount(written("{exponential: 20}"))) == "exponential(20) s"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("soon", "patience is to be a time, not 'soon'. Write 2.5, 90s or 3m"),
        ("-3", "patience is to be a time, not '-3'"),
        ("[1, 2]", "patience is to be a time. Write seconds"),
        ("{gamma: 3}", "patience does not know the word 'gamma'"),
        ("{normal: 180}", r"normal needs two numbers.*\{normal: \[180, 60\]\}"),
        ("{normal: [1, 2, 3]}", "normal needs two numbers"),
        ("{uniform: [15, 5]}", r"uniform goes from less to more. Write \[5, 15\]"),
        ("{exponential: 0}", "exponential needs a mean above 0"),
        ("{at least: 5}", "patience is to name one distribution"),
        ("{fixed: 5, exponential: 3}", "patience is to name one distribution"),
        ("{fixed: 5, at least: 9, at most: 3}", "at least 9 and at most 3. Swap them"),
    ],
)
def test_nonsense_is_answered_with_what_to_write(text: str, complaint: str) -> None:
    with pytest.raises(WrittenWrong, match=f"town.yaml, line 1: .*{complaint}"):
        amount(written(text))
