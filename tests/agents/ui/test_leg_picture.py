"""A call's legs over time, drawn."""

from agents import leg_picture
from calls.models import Leg, Waiting
from calls.states import LegRole, LegState
from tests.people import NOON, at


def customer(**facts: object) -> Leg:
    usual = {"role": LegRole.CUSTOMER, "address": "+15551230000", "state": LegState.IN_PROGRESS}
    return Leg(**usual | {"planned_at": NOON, "answered_at": NOON} | facts)


def draw(*legs: Leg, waited: tuple[Waiting, ...] = (), seconds: float = 100) -> leg_picture.Picture:
    return leg_picture.draw(legs=legs, waitings=waited, begin=NOON, end=at(seconds))


def test_a_caller_who_waits_and_talks_has_three_bars() -> None:
    waited = Waiting(since=at(10), left_at=at(40))
    [row] = draw(customer(joined_at=at(40), in_room=True), waited=(waited,)).rows
    assert [bar.kind for bar in row.bars] == ["line", "wait", "room"]
    assert row.words == (
        "Customer, on the line 1:40 from 0:00, waited 0:30 from 0:10,"
        " in the room 1:00 from 0:40, now in-progress"
    )


def test_bars_are_as_long_as_what_they_show() -> None:
    ringing = Leg(role=LegRole.AGENT, planned_at=at(50), state=LegState.RINGING)
    [row] = draw(ringing).rows
    [bar] = row.bars
    whole = leg_picture.WIDTH - leg_picture.NAMES - 8
    assert bar.x == leg_picture.NAMES + whole / 2
    assert bar.width == whole / 2


def test_a_leg_that_has_only_just_begun_can_be_seen() -> None:
    [row] = draw(customer(), seconds=0.001).rows
    assert all(bar.width >= 2 for bar in row.bars)


def test_nothing_reaches_beyond_the_picture() -> None:
    early = customer(planned_at=at(-30), answered_at=at(-20), ended_at=at(300))
    [row] = draw(early).rows
    assert all(bar.x + bar.width <= leg_picture.WIDTH for bar in row.bars)


def test_ticks_are_few_whatever_the_length() -> None:
    for seconds in (1, 7, 59, 600, 7_000, 90_000):
        assert 1 <= len(draw(customer(), seconds=seconds).ticks) <= leg_picture.MOST_TICKS + 4


def test_spans_are_spelt_as_people_read_them() -> None:
    assert [leg_picture.spell(s) for s in (0, 75, 3_675, -4)] == ["0:00", "1:15", "1:01:15", "0:00"]
