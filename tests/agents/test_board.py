"""What a supervisor's board shows, and how a day is counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.availability import Status
from agents.desk import Board, board_of, queue_line
from agents.lines import Today, today
from agents.models import Supervisor
from calls.models import Queue, Waiting
from calls.states import WaitingExit
from tests.agents import floor
from tests.agents.floor import NOON, ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales", service_level_seconds=20)


@pytest.fixture
def billing() -> Queue:
    return floor.queue("Billing")


@pytest.fixture
def sam(sales: Queue) -> User:
    """Supervises sales."""
    user = floor.person("Sam")
    Supervisor.objects.create(user=user).queues.add(sales)
    return user


def left(queue: Queue, exit: WaitingExit, *, waited: float, at: datetime = NOON) -> Waiting:
    since = at - timedelta(seconds=waited)
    return floor.caller(queue, since=since, place=since, left_at=at, exit=exit)


def names(board: Board) -> tuple[list[str], list[str], list[str]]:
    return (
        [queue.line.name for queue in board.queues],
        [agent.name for agent in board.agents],
        [call.queue_name for call in board.calls],
    )


# Whose --------------------------------------------------------------------------------------------


def test_a_supervisor_sees_their_queues_and_nothing_else(
    sam: User, sales: Queue, billing: Queue
) -> None:
    for name, queue in (("Dana", sales), ("Omar", billing)):
        floor.agent(name, queue)
        floor.caller(queue)
    assert names(board_of(sam, NOON)) == (["Sales"], ["Dana"], ["Sales"])


def test_an_administrator_sees_all(sales: Queue, billing: Queue) -> None:
    for name, queue in (("Dana", sales), ("Omar", billing)):
        floor.agent(name, queue)
    board = board_of(User.objects.create_superuser("ada"), NOON)
    assert names(board) == (["Billing", "Sales"], ["Dana", "Omar"], [])


def test_an_agent_sees_nothing_on_the_board(sales: Queue) -> None:
    assert board_of(floor.agent("Dana", sales).user, NOON) == Board(queues=(), agents=(), calls=())


# Now ----------------------------------------------------------------------------------------------


def test_a_queue_shows_its_agents_by_what_they_do(sam: User, sales: Queue) -> None:
    floor.agent("Dana", sales)
    floor.talk(floor.agent("Omar", sales), sales)
    floor.agent("Wen", sales, intent="break")
    [queue] = board_of(sam, NOON).queues
    assert {status: n for status, n in queue.agents.items() if n} == {
        Status.AVAILABLE: 1,
        Status.BUSY: 1,
        Status.BREAK: 1,
    }


def test_a_live_call_shows_who_is_on_it(sam: User, sales: Queue) -> None:
    line = floor.talk(floor.agent("Dana", sales), sales, number="+15551230001")
    [call] = board_of(sam, NOON).calls
    assert (call.call_id, call.since) == (line.call_id, ago(20))
    assert sorted(leg.who for leg in call.legs) == ["+15551230001", "Dana"]


def test_a_line_counts_those_for_whom_nobody_is_coming(sales: Queue) -> None:
    floor.caller(sales, waited=40)
    floor.caller(sales, waited=90, claimed_at=NOON)
    floor.caller(sales, waited=99, left_at=NOON, exit="abandoned")
    line = queue_line(sales, NOON)
    assert (line.waiting, line.longest_since) == (1, ago(40))


def test_a_line_counts_the_agents_who_could_take_a_call(sales: Queue, billing: Queue) -> None:
    floor.needs(sales, Danish=3)
    floor.skilled(floor.agent("Dana", sales), Danish=3)
    floor.skilled(floor.agent("Omar", sales), Danish=2)
    floor.skilled(floor.agent("Wen", sales, intent="break"), Danish=9)
    floor.agent("Kim", billing)
    assert queue_line(sales, NOON).available == 1


def test_the_board_is_read_in_few_statements_however_much_there_is(
    sam: User, sales: Queue, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        floor.talk(floor.agent(f"Agent{number}", sales), sales)
        floor.caller(sales)
        sam.supervisor.queues.add(floor.queue(f"Queue{number}"))
    with django_assert_max_num_queries(9):
        board = board_of(sam, NOON)
    assert (len(board.queues), len(board.agents), len(board.calls)) == (7, 6, 12)


# Today --------------------------------------------------------------------------------------------


def test_a_day_without_callers_has_no_service_level(sales: Queue) -> None:
    assert today(queues=[sales], now=NOON) == {sales.pk: Today()}
    assert Today().service_level is None


def test_the_service_level_is_of_those_answered_or_kept_waiting_too_long(sales: Queue) -> None:
    for waited in (5, 20, 21):
        left(sales, WaitingExit.CONNECTED, waited=waited)
    for waited in (3, 20, 90):
        left(sales, WaitingExit.ABANDONED, waited=waited)
    for exit in (WaitingExit.VOICEMAIL, WaitingExit.MOVED, WaitingExit.ENDED_BY_US):
        left(sales, exit, waited=500)
    floor.caller(sales, waited=600)
    day = today(queues=[sales], now=NOON)[sales.pk]
    assert (day.answered, day.answered_in_time, day.abandoned, day.abandoned_late) == (3, 2, 3, 1)
    assert day.service_level == 2 / 4
    assert day.average_wait_seconds == 15


def test_a_day_begins_at_midnight_where_the_queue_is() -> None:
    """At noon UTC it is one in the morning in Auckland, and three in the morning in Honolulu..."""
    auckland = floor.queue("Auckland", time_zone="Pacific/Auckland")
    lisbon = floor.queue("Lisbon", time_zone="Europe/Lisbon")
    one_hour_ago, two_hours_ago = datetime(2026, 3, 2, 11, tzinfo=UTC), NOON - timedelta(hours=2)
    for queue in (auckland, lisbon):
        left(queue, WaitingExit.CONNECTED, waited=5, at=one_hour_ago)
        left(queue, WaitingExit.CONNECTED, waited=5, at=two_hours_ago)
    days = today(queues=[auckland, lisbon], now=NOON)
    assert (days[auckland.pk].answered, days[lisbon.pk].answered) == (1, 2)


def test_yesterday_does_not_count(sales: Queue) -> None:
    left(sales, WaitingExit.CONNECTED, waited=5, at=NOON - timedelta(hours=13))
    assert today(queues=[sales], now=NOON)[sales.pk].answered == 0
