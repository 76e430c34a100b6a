"""What each agent is doing: the database's words for it and Python's are the same."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from agents.availability import STALE_AFTER, Intent, Status
from agents.models import Agent, BreakReason, LineState
from agents.readiness import is_free, is_unoccupied
from agents.roster import Standing, standings
from calls.models import Queue
from calls.states import OfferState
from tests.agents import floor
from tests.agents.floor import NOON, ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


def standing(agent: Agent, now: datetime = NOON) -> Standing:
    [found] = standings(agent_ids=[agent.pk], now=now)
    return found


HOLDS = ["nothing", "ringing", "talking", "wrapping up"]
SEEN = [NOON, NOON - STALE_AFTER, NOON - STALE_AFTER - timedelta(microseconds=1), None]


@pytest.mark.parametrize(
    ("intent", "hold", "missed", "needs_desk"),
    list(product(Intent, HOLDS, [None, 59, 60, 61], [True, False])),
)
def test_free_in_the_database_is_available_in_python(
    sales: Queue, intent: Intent, hold: str, missed: int | None, needs_desk: bool
) -> None:
    dana = floor.agent("Dana", sales, idle=60, intent=intent, needs_desk=needs_desk)
    if missed is not None:
        missed_at = ago(missed)
        floor.offer(floor.caller(sales), dana, OfferState.MISSED, settled_at=missed_at)
    _hold(dana, sales, hold)
    for seen_at in SEEN:
        Agent.objects.update(seen_at=seen_at)
        available = standing(dana).status is Status.AVAILABLE
        assert is_free(agent_id=dana.pk, now=NOON) == available
    assert is_unoccupied(agent_id=dana.pk) == (hold == "nothing")


@pytest.mark.parametrize(
    ("said", "needs_desk"), list(product(["", *LineState.values], [True, False]))
)
def test_a_browser_that_is_not_ready_is_asked_by_neither(
    sales: Queue, said: str, needs_desk: bool
) -> None:
    dana = floor.agent(
        "Dana", sales, line_kind="browser", line_address="", line_state=said, needs_desk=needs_desk
    )
    for seen_at in SEEN:
        Agent.objects.update(seen_at=seen_at)
        there = seen_at is not None and seen_at >= NOON - STALE_AFTER
        assert is_free(agent_id=dana.pk, now=NOON) == (there and said == "ready")
        assert (standing(dana).status is Status.AVAILABLE) == (there and said == "ready")


def test_why_no_call_comes_is_said_in_words(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, line_kind="browser", line_state="no_microphone")
    Agent.objects.update(line_state_at=ago(20))
    told = standing(dana)
    assert (told.status, told.why) == (Status.AWAY, "the browser may not use the microphone")
    assert told.since == ago(20)
    Agent.objects.update(seen_at=ago(60), line_state="ready")
    told = standing(dana)
    assert (told.why, told.line_state) == ("the desk is closed or frozen", LineState.ASLEEP)


@pytest.mark.parametrize("missed", [119, 120, 121])
def test_without_a_desk_a_miss_is_forgiven_after_two_minutes(sales: Queue, missed: int) -> None:
    dana = floor.agent("Dana", sales, idle=600, needs_desk=False)
    caller = floor.caller(sales)
    floor.offer(caller, dana, OfferState.MISSED, settled_at=ago(missed))
    assert is_free(agent_id=dana.pk, now=NOON) == (missed >= 120)
    assert (standing(dana).status is Status.AVAILABLE) == (missed >= 120)


def _hold(agent: Agent, queue: Queue, hold: str) -> None:
    if hold == "ringing":
        floor.ringing(floor.caller(queue), agent)
    if hold in ("talking", "wrapping up"):
        line = floor.talk(agent, queue)
        if hold == "wrapping up":
            floor.hang_up(line)
            floor.wrap_up(line)


def test_available_since_the_last_talk(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, idle=600)
    assert standing(dana).since == ago(600)
    floor.hang_up(floor.talk(dana, sales), ago_seconds=40)
    assert standing(dana).since == ago(40)


def test_ringing_says_for_whom_and_since_when(sales: Queue) -> None:
    dana, waiting = floor.agent("Dana", sales), floor.caller(sales, number="+15551230001")
    floor.ringing(waiting, dana)
    found = standing(dana)
    assert (found.status, found.since) == (Status.RINGING, ago(10))
    assert (found.call_id, found.customer_number) == (waiting.call_id, "+15551230001")
    assert found.queue_name == "Sales"


def test_talking_says_with_whom_and_since_when(sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    line = floor.talk(dana, sales, since=20)
    found = standing(dana)
    assert (found.status, found.since) == (Status.BUSY, ago(20))
    assert (found.call_id, found.customer_name) == (line.call_id, "Ines")


def test_wrapping_up_says_what_and_since_when(sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    line = floor.talk(dana, sales)
    floor.hang_up(line)
    floor.wrap_up(line, started_at=ago(5))
    found = standing(dana)
    assert (found.status, found.since, found.call_id) == (
        Status.WRAPPING_UP,
        ago(5),
        line.call_id,
    )


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (OfferState.MISSED, "missed a call"),
        (OfferState.BUSY, "the line was busy"),
        (OfferState.FAILED, "the line could not be reached"),
    ],
)
def test_missed_busy_and_failed_are_told_apart(sales: Queue, state: OfferState, why: str) -> None:
    dana = floor.agent("Dana", sales)
    floor.offer(floor.caller(sales), dana, state, settled_at=ago(3))
    found = standing(dana)
    assert (found.status, found.why, found.since) == (Status.SET_ASIDE, why, ago(3))


@pytest.mark.parametrize("state", [OfferState.DECLINED, OfferState.WITHDRAWN])
def test_declined_and_withdrawn_set_nobody_aside(sales: Queue, state: OfferState) -> None:
    dana = floor.agent("Dana", sales)
    floor.offer(floor.caller(sales), dana, state)
    assert standing(dana).status is Status.AVAILABLE


def test_away_since_the_desk_went_silent(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, idle=3600, seen_at=ago(600))
    assert (standing(dana).status, standing(dana).since) == (Status.AWAY, ago(570))
    Agent.objects.update(seen_at=None)
    assert standing(dana).since == ago(3600)


def test_a_break_without_a_limit_has_no_end(sales: Queue) -> None:
    reason = BreakReason.objects.create(name="Coaching")
    dana = floor.agent("Dana", sales, intent="break", break_reason=reason)
    assert (standing(dana).why, standing(dana).until) == ("Coaching", None)


def test_one_who_never_signed_in_is_offline_since_nothing(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, intent="offline", intent_since=None, idle_since=None)
    assert (standing(dana).status, standing(dana).since) == (Status.OFFLINE, None)


def test_a_hundred_agents_are_one_statement_in_order_of_name(
    sales: Queue, django_assert_num_queries: Any
) -> None:
    made = [floor.agent(name, sales) for name in ("Wen", "Dana", "Omar")]
    floor.talk(made[0], sales)
    with django_assert_num_queries(1):
        found = standings(agent_ids=[agent.pk for agent in made], now=NOON)
    assert [one.name for one in found] == ["Dana", "Omar", "Wen"]
