"""Whether somebody sits at the desk, and who is told when that changes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from agents import presence
from agents.availability import STALE_AFTER
from agents.models import Agent
from agents.services import dispatch
from calls import wake
from calls.live import over_postgres
from calls.models import Queue
from tests.agents import floor
from tests.agents.floor import NOON, SECOND, ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


def seen(agent: Agent) -> datetime | None:
    return Agent.objects.values_list("seen_at", flat=True).get(pk=agent.pk)


# Offered or not -----------------------------------------------------------------------------------


def test_a_frozen_desk_is_offered_no_calls_until_it_beats_again(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, seen_at=ago(600))
    floor.caller(sales)
    assert dispatch.run(now=NOON) == 0
    presence.heartbeat(user_id=dana.user_id, now=NOON)
    assert dispatch.run(now=NOON) == 1


def test_a_browser_is_asked_when_it_says_that_its_line_is_ready(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, line_kind="browser")
    floor.caller(sales)
    presence.heartbeat(user_id=dana.user_id, line="starting", now=NOON)
    assert dispatch.run(now=NOON) == 0
    presence.heartbeat(user_id=dana.user_id, line="ready", now=NOON + SECOND)
    assert dispatch.run(now=NOON + SECOND) == 1


def test_a_microphone_that_is_taken_away_is_told_with_its_moment(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, line_kind="browser")
    for seconds, line in ((-30, "ready"), (-20, "no_device"), (-10, "no_device")):
        presence.heartbeat(user_id=dana.user_id, line=line, now=NOON + seconds * SECOND)
    known = Agent.objects.get(pk=dana.pk)
    assert (known.line_state, known.line_state_at) == ("no_device", ago(20))


def test_a_closed_desk_is_offered_no_calls(sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    floor.caller(sales)
    presence.closed(user_id=dana.user_id, now=NOON)
    assert dispatch.run(now=NOON) == 0


def test_a_reloaded_desk_is_offered_calls_again(sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    floor.caller(sales)
    presence.closed(user_id=dana.user_id, now=NOON)
    presence.heartbeat(user_id=dana.user_id, now=NOON + SECOND)
    assert dispatch.run(now=NOON + SECOND) == 1


def test_closing_a_desk_that_was_silent_does_not_bring_it_back(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, seen_at=ago(600))
    presence.closed(user_id=dana.user_id, now=NOON)
    assert seen(dana) == ago(600)


def test_a_late_heartbeat_does_not_turn_the_clock_back(sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    presence.heartbeat(user_id=dana.user_id, now=ago(20))
    assert seen(dana) == NOON


def test_a_visitor_who_is_no_agent_has_no_desk() -> None:
    presence.heartbeat(user_id=floor.person("Sam").pk, now=NOON)
    presence.closed(user_id=floor.person("Ada").pk, now=NOON)


def test_an_ordinary_heartbeat_is_one_statement(
    sales: Queue, django_assert_num_queries: Any
) -> None:
    dana = floor.agent("Dana", sales)
    with django_assert_num_queries(1):
        presence.heartbeat(user_id=dana.user_id, now=NOON)


# Who is told --------------------------------------------------------------------------------------


@pytest.fixture
def ear(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """Hears what browsers and the worker are told."""
    settings = connection.get_connection_params()
    wanted = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    with psycopg.connect(**wanted, autocommit=True) as heard:
        heard.execute(f"listen {over_postgres.CHANNEL}")
        heard.execute(f"listen {wake.CHANNEL}")
        yield heard


def told(ear: psycopg.Connection[Any]) -> set[str]:
    return {
        word
        for notice in ear.notifies(timeout=0.3, stop_after=10)
        for word in notice.payload.replace(",", " ").split()
    }


def test_the_board_is_told_of_a_desk_gone_silent(ear: Any, sales: Queue) -> None:
    dana = floor.agent("Dana", sales, seen_at=ago(31))
    assert presence.sweep(now=NOON) == 1
    assert told(ear) == {"board", f"desk:{dana.user_id}", f"queue:{sales.pk}"}


@pytest.mark.parametrize(
    "facts",
    [
        {"seen_at": NOON - STALE_AFTER},
        {"seen_at": ago(31), "intent": "offline"},
        {"seen_at": ago(31), "needs_desk": False},
        {"seen_at": ago(3600)},
        {"seen_at": None},
    ],
)
def test_nobody_is_told_of_a_desk_that_did_not_go_silent_just_now(
    sales: Queue, facts: dict[str, Any]
) -> None:
    floor.agent("Dana", sales, **facts)
    assert presence.sweep(now=NOON) == 0


def test_the_board_is_told_of_a_closed_desk_at_once(ear: Any, sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    presence.closed(user_id=dana.user_id, now=NOON)
    assert told(ear) == {"board", f"desk:{dana.user_id}", f"queue:{sales.pk}"}


def test_a_desk_that_comes_back_is_told_and_wakes_the_worker(ear: Any, sales: Queue) -> None:
    dana = floor.agent("Dana", sales, seen_at=ago(31))
    presence.heartbeat(user_id=dana.user_id, now=NOON)
    topics = {"board", f"desk:{dana.user_id}", f"queue:{sales.pk}"}
    assert told(ear) == topics | {wake.DISPATCH}


def test_an_ordinary_heartbeat_tells_nobody(ear: Any, sales: Queue) -> None:
    dana = floor.agent("Dana", sales)
    presence.heartbeat(user_id=dana.user_id, now=NOON + 10 * SECOND)
    assert told(ear) == set()
