"""Several workers, one database: whoever looks at the same time, each caller has one agent."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection, transaction

from agents.models import Agent
from agents.services import dispatch, shifts
from calls.models import Call, Command, Leg, Offer, Queue, Waiting
from calls.services import offers
from calls.states import LegRole, OfferState, Verb
from tests.agents import floor
from tests.agents.floor import NOON

pytestmark = pytest.mark.django_db(transaction=True)

Result = TypeVar("Result")


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


@contextmanager
def workers(number: int) -> Iterator[Callable[[Callable[[], Result]], Future[Result]]]:
    """Threads with a database connection each; `start(work)` begins when all have work."""
    gate = threading.Barrier(number)

    def run(work: Callable[[], Result]) -> Result:
        gate.wait(timeout=10)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        yield lambda work: pool.submit(run, work)


def look() -> int:
    return dispatch.run(now=NOON)


@contextmanager
def dealing_with(waiting: Waiting) -> Iterator[None]:
    """Somebody else has the caller's call in hand, as a webhook's request does."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Call.objects.select_for_update().get(pk=waiting.call_id)
            held.set()
            assert done.wait(timeout=20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(timeout=10)
        try:
            yield
        finally:
            done.set()
            holding.result(timeout=10)


def offered() -> dict[int, str]:
    rows = Offer.objects.open().values_list("waiting_id", "user__agent__name")
    assert len(rows) == len(dict(rows))
    return dict(rows)


@pytest.mark.parametrize("_again", range(3))
def test_one_caller_and_one_agent_are_matched_once_by_many_workers(
    sales: Queue, _again: int
) -> None:
    floor.agent("Dana", sales)
    waiting = floor.caller(sales)
    with workers(6) as start:
        looks = [start(look) for _ in range(6)]
    assert sum(one.result() for one in looks) == 1
    assert offered() == {waiting.pk: "Dana"}
    assert Command.objects.count() == 1
    assert Leg.objects.live().filter(role=LegRole.AGENT).count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_many_workers_serve_the_front_of_the_line_and_nobody_twice(
    sales: Queue, _again: int
) -> None:
    line = [floor.caller(sales, waited=600 - number) for number in range(12)]
    for number in range(8):
        floor.agent(f"Agent{number}", sales)
    with workers(4) as start:
        looks = [start(look) for _ in range(4)]
    assert sum(one.result() for one in looks) == 8
    matched = offered()
    assert set(matched) == {waiting.pk for waiting in line[:8]}
    assert len(set(matched.values())) == 8


def test_workers_of_two_queues_share_an_agent_between_them_once(sales: Queue) -> None:
    billing = floor.queue("Billing")
    floor.agent("Dana", sales, billing)
    first = floor.caller(sales, waited=90)
    floor.caller(billing, waited=10)
    with workers(4) as start:
        looks = [start(look) for _ in range(4)]
    assert sum(one.result() for one in looks) == 1
    assert offered() == {first.pk: "Dana"}


def test_a_caller_whom_somebody_deals_with_for_a_moment_does_not_lose_the_turn(
    sales: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears an announcement while Dana becomes free: they are next all the same."""
    monkeypatch.setattr(dispatch, "PATIENCE_WITH_CALLER", 10_000)
    monkeypatch.setattr(dispatch, "PATIENCE_WITH_AGENT", 10_000)
    first = floor.caller(sales, waited=90)
    floor.caller(sales, waited=10)
    floor.agent("Dana", sales)
    with workers(1) as start:
        with dealing_with(first):
            looking = start(look)
            with pytest.raises(TimeoutError):
                looking.result(timeout=0.2)
        assert looking.result(timeout=10) == 1
    assert offered() == {first.pk: "Dana"}


def test_a_caller_whom_somebody_deals_with_for_long_keeps_nobody_waiting(sales: Queue) -> None:
    stuck = floor.caller(sales, waited=90)
    behind = floor.caller(sales, waited=10)
    floor.agent("Dana", sales)
    floor.agent("Omar", sales)
    with dealing_with(stuck):
        assert dispatch.run(now=NOON) == 1
        assert list(offered()) == [behind.pk]
    assert dispatch.run(now=NOON) == 1
    assert set(offered()) == {stuck.pk, behind.pk}


def test_an_agent_who_goes_offline_as_they_are_chosen_is_rung_or_gone_but_not_between(
    sales: Queue,
) -> None:
    for number in range(5):
        agent = floor.agent(f"Agent{number}", sales)
        floor.caller(sales)
        with workers(3) as start:
            leaving = start(partial(shifts.go_offline, agent=agent, by=None, now=NOON))
            looks = [start(look) for _ in range(2)]
        assert leaving.result().intent == "offline"
        assert sum(one.result() for one in looks) in (0, 1)
        agent.refresh_from_db()
        assert agent.intent == "offline"
        assert offered() == {}, "what was offered before has been withdrawn"


@pytest.mark.parametrize("_again", range(6))
def test_an_agent_who_takes_the_call_as_they_go_offline_has_it_or_has_it_not(
    sales: Queue, _again: int
) -> None:
    dana = floor.agent("Dana", sales)
    waiting = floor.caller(sales)
    offer = floor.ringing(waiting, dana)
    assert offer.leg is not None
    take = partial(offers.agent_pressed, leg_id=offer.leg.id, digits="1", now=NOON)
    leave = partial(shifts.go_offline, agent=dana, by=dana.user, now=NOON)
    with workers(2) as start:
        both = [start(lambda: str(take())), start(lambda: str(leave()))]
    assert all(one.result() for one in both)
    offer.refresh_from_db()
    waiting.refresh_from_db()
    hung_up = Command.objects.filter(verb=Verb.HANG_UP).count()
    has_it = (offer.state, waiting.claimed_at, hung_up) == (OfferState.ACCEPTED, NOON, 0)
    has_it_not = (offer.state, waiting.claimed_at, hung_up) == (OfferState.WITHDRAWN, None, 1)
    assert has_it or has_it_not


def test_an_agent_who_left_after_being_looked_at_is_not_rung(sales: Queue) -> None:
    """The claim looks again, under the agent's lock, at what the first look saw."""
    agent = floor.agent("Dana", sales)
    floor.caller(sales)
    with workers(1) as start, transaction.atomic():
        Agent.objects.filter(pk=agent.pk).update(intent="offline")
        looking = start(look)
        with pytest.raises(TimeoutError):
            looking.result(timeout=0.2)
    assert looking.result(timeout=10) == 0
    assert offered() == {}
