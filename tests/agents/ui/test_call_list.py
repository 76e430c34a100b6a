"""The list of calls: pushed while it is open, only what is one's own, and steady while read."""

import asyncio
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from agents.models import Agent, Supervisor
from calls.models import Call, Queue
from tests import people
from tests.agents.ui.test_sockets import page, session_of, tell
from tests.people import at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def billing() -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    people.make_agent_user("Dana", queue)
    return queue


@pytest.fixture
def sales() -> Queue:
    queue = people.make_queue("Sales")
    people.make_number(queue, "+15550003000")
    people.make_agent_user("Omar", queue)
    return queue


@pytest.fixture
def sam(billing: Queue) -> User:
    return people.make_supervisor("Sam", billing)


async def meanwhile(do: Callable[[], object]) -> None:
    """Somebody else does it, with a connection of their own."""

    def done() -> None:
        do()
        connection.close()

    await asyncio.to_thread(done)


def hangs_up() -> None:
    people.over(people.customer(Call.objects.get()), now=at(9))


def shown(user: User, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    return client.get(f"/calls?{query}").content.decode()


def names(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', html)


def link(html: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="\?([^"]*)"', html)
    assert found is not None, f"no {rel}"
    return unescape(found[1])


# Pushed -------------------------------------------------------------------------------------------


def test_a_call_that_arrives_comes_into_the_list_and_changes_there(sam: User) -> None:
    session = session_of(sam)

    async def story() -> None:
        async with page("/ws/calls", session) as opened:
            await opened.opens()
            await opened.hears("No call is like that")
            await meanwhile(lambda: people.rings(name="Ines"))
            assert names(await opened.hears("Ines")) == ["Ines"]
            await meanwhile(hangs_up)
            assert "abandoned" in (await opened.hears("abandoned")).lower()

    tell(story)


def test_only_what_was_looked_for_is_pushed(sam: User) -> None:
    session = session_of(sam)

    async def story() -> None:
        async with page("/ws/calls", session, query="q=ines") as opened:
            await opened.opens()
            await opened.hears("No call is like that")
            await meanwhile(lambda: people.rings(name="Ruth", now=at(1)))
            await meanwhile(lambda: people.rings(name="Ines", now=at(2)))
            assert names(await opened.hears("Ines")) == ["Ines"]

    tell(story)


def test_a_supervisor_is_pushed_the_calls_of_their_own_queues_alone(
    sam: User, sales: Queue
) -> None:
    session = session_of(people.make_supervisor("Charlie", sales))

    async def story() -> None:
        async with page("/ws/calls", session) as opened:
            await opened.opens()
            await opened.hears("No call is like that")
            await meanwhile(lambda: people.rings(name="Ines", now=at(1)))
            await meanwhile(lambda: people.rings("+15550003000", name="Ruth", now=at(2)))
            assert names(await opened.hears("Ruth")) == ["Ruth"]

    tell(story)


def test_many_changes_are_drawn_together(sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.search.MOMENT", 0.5)
    session = session_of(sam)

    def a_busy_moment() -> None:
        for number in range(8):
            people.rings(name=f"Caller {number}", now=at(number))

    async def story() -> None:
        async with page("/ws/calls", session) as opened:
            await opened.opens()
            await opened.hears("No call is like that")
            await meanwhile(a_busy_moment)
            drawings = 1
            while len(names(await opened.hears('id="found"'))) < 8:
                drawings += 1
            assert drawings <= 3

    tell(story)


def test_a_page_that_comes_back_shows_what_it_missed(sam: User) -> None:
    session = session_of(sam)

    async def story() -> None:
        async with page("/ws/calls", session) as opened:
            await opened.opens()
            await opened.hears("No call is like that")
        await meanwhile(lambda: people.rings(name="Ines"))
        async with page("/ws/calls", session) as again:
            await again.opens()
            assert names(await again.hears('id="found"')) == ["Ines"]

    tell(story)


# Rights -------------------------------------------------------------------------------------------


def test_an_agent_is_pushed_no_list(billing: Queue) -> None:
    session = session_of(Agent.objects.get().user)

    async def story() -> None:
        async with page("/ws/calls", session) as opened:
            await opened.opens()
            assert await opened.closed_with() == 4403

    tell(story)


@pytest.mark.parametrize("query", ["q=%00", "page=" + "9" * 400, "queue=x&upto=never"])
def test_a_search_that_makes_no_sense_is_pushed_as_it_is_shown(sam: User, query: str) -> None:
    session = session_of(sam)

    async def story() -> None:
        async with page("/ws/calls", session, query=query) as opened:
            await opened.opens()
            await opened.hears('id="found"')

    tell(story)


def test_more_fields_than_any_page_has_are_refused(sam: User) -> None:
    session = session_of(sam)

    async def story() -> None:
        async with page("/ws/calls", session, query="&".join(["q=1"] * 2000)) as opened:
            await opened.opens()
            assert await opened.closed_with() == 4403

    tell(story)


def test_a_queue_that_is_taken_away_takes_its_calls_along(
    sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.live.sockets.BEATS_BETWEEN_CHECKS", 1)
    session = session_of(sam)
    people.rings(name="Ines")

    async def story() -> None:
        async with page("/ws/calls", session) as opened:
            await opened.opens()
            await opened.hears("Ines")
            await meanwhile(lambda: Supervisor.objects.get(user=sam).queues.clear())
            await opened.says('{"alive": 1}')
            await opened.hears("No call is like that")

    tell(story)


# Looked through -----------------------------------------------------------------------------------


@pytest.fixture
def five(billing: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two on a page."""
    monkeypatch.setattr("agents.search.CALLS_ON_A_PAGE", 2)
    for number, name in enumerate(["Ada", "Ben", "Cleo", "Dora", "Emil"]):
        people.rings(name=name, now=at(number))


def test_who_pages_through_finds_everybody_once(sam: User, five: None) -> None:
    first = shown(sam)
    second = shown(sam, link(first, "next"))
    third = shown(sam, link(second, "next"))
    assert [names(html) for html in (first, second, third)] == [
        ["Emil", "Dora"],
        ["Cleo", "Ben"],
        ["Ada"],
    ]
    assert 'rel="next"' not in third


def test_an_older_page_does_not_move_when_somebody_calls(sam: User, five: None) -> None:
    older = link(shown(sam, "queue="), "next")
    people.rings(name="Flora", now=at(60))
    assert names(shown(sam, older)) == ["Cleo", "Ben"]
    back = shown(sam, link(shown(sam, older), "prev"))
    assert names(back) == ["Emil", "Dora"]
    assert names(shown(sam, link(back, "prev"))) == ["Flora", "Emil"]


def test_what_was_looked_for_stays_on_the_way(sam: User, five: None, sales: Queue) -> None:
    people.rings("+15550003000", name="Zoe", now=at(60))
    billing = Queue.objects.get(name="Billing")
    sam.supervisor.queues.add(sales)
    first = shown(sam, f"queue={billing.pk}")
    assert names(first) == ["Emil", "Dora"]
    assert names(shown(sam, link(first, "next"))) == ["Cleo", "Ben"]


def test_a_call_that_an_agent_joined_twice_is_found_once(sam: User, billing: Queue) -> None:
    dana = Agent.objects.get()
    call = people.rings(name="Ines")
    people.over(people.talking(call, dana.user), now=at(60))
    second = call.legs.get(user=dana.user)
    call.legs.create(
        role="agent",
        user=dana.user,
        state="completed",
        planned_at=at(70),
        joined_at=at(80),
        ended_at=at(90),
    )
    assert second.joined_at is not None
    assert names(shown(sam, f"agent={dana.pk}")) == ["Ines"]


def test_a_longer_list_takes_no_more_statements(
    sam: User, five: None, monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    monkeypatch.setattr("agents.search.CALLS_ON_A_PAGE", 50)
    client = Client()
    client.force_login(sam)
    client.get("/calls")
    with django_assert_num_queries(13):
        assert len(names(client.get("/calls").content.decode())) == 5
