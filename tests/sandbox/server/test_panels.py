"""Parts of the console made from plain values, and the guard at its door."""

import re
from typing import Any

import pytest

from sandbox.console import panels
from sandbox.console.guard import Guard
from sandbox.console.views import LegView, QueueView, RoomView, SeatView, Sound, WaitingView
from sandbox.console.wall import Filter, faults, faults_on, log
from sandbox.core.faults import Faults
from sandbox.core.switch import LogEntry


def leg(sid: str, parent: str | None = None, **changes: object) -> LegView:
    plan: dict[str, object] = {
        "sid": sid,
        "who": "dana",
        "number": "+15550100001",
        "other": "+15557000100",
        "direction": "inbound",
        "status": "in-progress",
        "since": 0.0,
        "activity": "Gather",
        "hears": (Sound("voice", "“Press 1”"),),
        "rings_here": False,
        "answered": True,
        "parent_sid": parent,
    }
    return LegView(**(plan | changes))  # type: ignore[arg-type]  # a plan of named values


def order(legs: list[LegView]) -> list[str]:
    return [each.sid for each in panels.in_families(legs)]


def test_children_stand_below_the_call_that_dialled_them() -> None:
    assert order([leg("a"), leg("b"), leg("a1", "a"), leg("a2", "a"), leg("a1x", "a1")]) == [
        "b",
        "a",
        "a1",
        "a1x",
        "a2",
    ]


def test_a_child_that_outlived_its_parent_stands_alone() -> None:
    assert order([leg("a1", "gone")]) == ["a1"]


def test_a_thousand_calls_do_not_make_a_thousand_cards() -> None:
    shown = panels.calls([leg(f"CA{n}") for n in range(1000)])
    assert shown.count("<article") == panels.MOST_CALLS
    assert f"and {1000 - panels.MOST_CALLS} more" in shown


def test_no_calls_is_said() -> None:
    assert "No calls" in panels.calls([])


def buttons(view: LegView) -> set[str]:
    return set(re.findall(r'data-do="(\w+)"', panels.calls([view])))


def test_a_ringing_telephone_can_be_answered_a_dialling_one_only_put_down() -> None:
    ringing = leg("a", rings_here=True, answered=False, status="ringing")
    assert buttons(ringing) == {"answer", "reject", "busy"}
    assert buttons(leg("a", answered=False, status="ringing")) == {"hang_up"}
    assert buttons(leg("a")) == {"say", "press", "hang_up"}


def test_a_seat_says_what_is_special_about_it() -> None:
    seat = SeatView(
        "CA1", "sofia", "", "connected", muted=True, hold=True, coaches="dana", hears=("dana",)
    )
    shown = panels.rooms([RoomView("CF1", "room", "in-progress", 0.0, (seat,))])
    for expected in ("muted", "on hold", "coaches dana", "hears dana"):
        assert expected in shown


def test_a_long_queue_is_cut() -> None:
    waiting = tuple(WaitingView(f"CA{n}", f"caller {n}", n + 1, 0.0) for n in range(30))
    shown = panels.queues([QueueView("QU1", "claims", 30, 1000, 12, 2, waiting)])
    assert "caller 19" in shown
    assert "caller 20" not in shown
    assert "and 10 more" in shown
    assert "2 ready to take" in shown


def entry(number: int, kind: str = "rest", **changes: object) -> LogEntry:
    plan: dict[str, object] = {"at": 0.0, "method": "POST", "url": "http://app.example/voice"}
    return LogEntry(number=number, kind=kind, **(plan | changes))  # type: ignore[arg-type]


def test_a_filter_looks_into_everything() -> None:
    line = entry(1, params=(("From", "+15550100001"),), answer_body="<Say>Hello</Say>")
    for text in ("VOICE", "from=+1555", "hello", "post"):
        assert Filter(text=text).passes(line)
    assert not Filter(text="goodbye").passes(line)
    assert not Filter(kind="webhook").passes(line)


@pytest.mark.parametrize(
    ("changes", "mood"),
    [
        ({"answer_status": 200}, "good"),
        ({"answer_status": 404}, "warn"),
        ({"answer_status": 503}, "bad"),
        ({"error": "Connection refused"}, "bad"),
        ({}, "waiting"),
    ],
)
def test_a_line_shows_how_it_went(changes: dict[str, Any], mood: str) -> None:
    assert f'data-mood="{mood}"' in log([entry(1, **changes)], Filter())


def test_only_so_many_lines_until_more_are_asked_for() -> None:
    lines = [entry(n) for n in range(10)]
    assert "Show more" in log(lines, Filter(rows=5))
    assert "Show more" not in log(lines, Filter(rows=10))


def test_switches_that_were_turned_are_counted() -> None:
    switches = Faults()
    assert faults_on(switches) == 0
    switches.callback_lost, switches.rest_next = 0.5, ["429"]
    assert faults_on(switches) == 2
    assert "to come: 429" in faults(switches)


# the guard


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8810", "localhost:8810", "[::1]:8810", "192.0.2.7", "LOCALHOST", "box:1"]
)
def test_the_machine_itself_may_look(host: str) -> None:
    assert Guard("box").refuses_page({"Host": host}) == ""


@pytest.mark.parametrize("host", ["evil.example:8810", "127.0.0.1.evil.example", "", "::::"])
def test_other_names_may_not(host: str) -> None:
    assert "does not answer to the name" in Guard("127.0.0.1").refuses_page({"Host": host})


def test_the_right_page_may_change_things() -> None:
    guard = Guard("127.0.0.1")
    headers = {"Host": "127.0.0.1:8810", "Origin": "http://127.0.0.1:8810"}
    assert guard.refuses_change(headers, guard.token) == ""
    assert "load it again" in guard.refuses_change(headers, "é")
    assert "another page" in guard.refuses_change({"Host": "127.0.0.1:8810"}, guard.token)


def test_every_start_has_another_token() -> None:
    assert Guard("x").token != Guard("x").token
