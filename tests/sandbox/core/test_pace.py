"""Calls a second: the rest waits its turn, visibly queued."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.core.calls import CallStatus
from sandbox.core.config import Config
from sandbox.core.orders import CallOrder, CallUpdate, ParticipantOrder
from tests.sandbox.core.stage import OMAR, OURS, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage(Config(cps=1))
    yield stage
    stage.carrier.kernel.close()


def test_one_call_starts_each_second(stage: Stage) -> None:
    omar = stage.person(after=None)
    for _ in range(4):
        stage.calls_out()
    counts = []
    for _ in range(5):
        counts.append(len(omar.calls))
        stage.advance(1)
    assert counts == [0, 1, 2, 3, 4]


def test_those_who_wait_are_queued(stage: Stage) -> None:
    calls = [stage.calls_out() for _ in range(3)]
    stage.advance(0.9)
    assert [call.status for call in calls] == [
        CallStatus.RINGING,
        CallStatus.QUEUED,
        CallStatus.QUEUED,
    ]


def test_the_answer_says_how_long_it_will_wait(stage: Stage) -> None:
    waits = [stage.calls_out().queue_ms for _ in range(3)]
    assert waits == [0, 1000, 2000]


def test_a_cancelled_call_gives_up_its_turn(stage: Stage) -> None:
    omar = stage.person(after=None)
    calls = [stage.calls_out() for _ in range(3)]
    stage.carrier.update_call(calls[1], CallUpdate(status="canceled"))
    stage.advance(1.6)
    assert [call.sid for call in omar.calls] == [calls[0].sid, calls[2].sid]


def test_a_pause_is_not_saved_up(stage: Stage) -> None:
    omar = stage.person(after=None)
    stage.advance(100)
    for _ in range(3):
        stage.calls_out()
    stage.advance(0.9)
    assert len(omar.calls) == 1


def test_fast_accounts_start_many(stage: Stage) -> None:
    stage.carrier.config.cps = 10
    omar = stage.person(after=None)
    for _ in range(20):
        stage.calls_out()
    stage.advance(1.55)
    assert len(omar.calls) == 11


def test_without_a_limit_all_start_at_once() -> None:
    stage = Stage(Config(cps=0))
    omar = stage.person(after=None)
    for _ in range(20):
        stage.calls_out()
    stage.advance(0.6)
    assert len(omar.calls) == 20


def test_each_account_has_its_own_pace(stage: Stage) -> None:
    other = stage.carrier.add_account()
    omar = stage.person(after=None)
    for account in (stage.account, other):
        stage.carrier.create_call(account, CallOrder(to=OMAR, from_=OURS))
    stage.advance(0.6)
    assert len(omar.calls) == 2


def test_invited_participants_take_their_turn_too(stage: Stage) -> None:
    omar = stage.person(after=None)
    stage.calls_out()
    order = ParticipantOrder(CallOrder(to=OMAR, from_=OURS))
    invited = stage.carrier.create_participant(stage.account, "room", order)
    stage.advance(0.9)
    assert invited.status == "queued"
    stage.advance(1)
    assert len(omar.calls) == 2


def test_dialled_legs_do_not_wait(stage: Stage) -> None:
    omar = stage.person(after=None)
    stage.calls_out("+15550199")
    stage.pages["/voice"] = f"<Dial>{OMAR}</Dial>"
    stage.dials_in()
    stage.advance(0.6)
    assert len(omar.calls) == 1


def test_after_a_day_in_the_queue_a_call_is_dropped(stage: Stage) -> None:
    stage.carrier.config.cps = 1 / 100_000
    stage.calls_out()
    second = stage.calls_out()
    stage.advance(86_400)
    assert second.status == "canceled"
    assert second.dialled_at is None
