"""Who may open a page's socket, what comes over it, and what its answers mean."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent
from agents.sockets import application
from calls.models import Command, Leg
from tests import people
from tests.calls.live.lookers import open_gallery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.consumers.GONE_AFTER", 0.02)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


class Browser:
    """One page's end of its socket."""

    def __init__(self, path: str, session: str, origin: str, query: str) -> None:
        cookie = f"sessionid={session}"
        given = {"host": "localhost", "origin": origin, "cookie": cookie}
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        asked = {"path": path, "query_string": query.encode()}
        scope = {"type": "websocket", "headers": headers, **asked}
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        self._in: asyncio.Queue[Any] = asyncio.Queue()
        talk: Any = application(cast(Any, scope), self._out.get, cast(Any, self._in.put))
        self._talk = asyncio.create_task(talk)

    async def opens(self) -> bool:
        await self._out.put({"type": "websocket.connect"})
        return bool((await self._next())["type"] == "websocket.accept")

    async def says(self, text: str) -> None:
        await self._out.put({"type": "websocket.receive", "text": text})

    async def hears(self, words: str) -> str:
        """The first message with these words."""
        while words not in (text := str((await self._next())["text"])):
            pass
        return text

    async def closed_with(self) -> int:
        """The code that the socket is closed with, whatever is sent before."""
        while (message := await self._next())["type"] != "websocket.close":
            pass
        return int(message["code"])

    async def leaves(self) -> None:
        await self._out.put({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self._talk, 10)

    async def _next(self) -> Any:
        return await asyncio.wait_for(self._in.get(), 10)


@asynccontextmanager
async def page(
    path: str, session: str = "", origin: str = "http://localhost", query: str = ""
) -> AsyncIterator[Browser]:
    opened = Browser(path, session, origin, query)
    yield opened
    await opened.leaves()


def tell(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def told() -> None:
        async with open_gallery():
            await story()

    asyncio.run(told())


@pytest.fixture
def dana() -> User:
    return people.make_agent_user("Dana", people.make_queue("Billing"), needs_desk=True)


def seen(user: User) -> Any:
    return Agent.objects.get(user=user).seen_at


def test_a_strangers_socket_is_closed_as_signed_out(dana: User) -> None:
    async def story() -> None:
        async with page("/ws/desk/1") as opened:
            await opened.opens()
            assert await opened.closed_with() == 4401

    tell(story)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:9999", "http://localhost.evil", "null", ""]
)
def test_a_page_of_another_site_opens_no_socket(dana: User, origin: str) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session, origin=origin) as opened:
            assert not await opened.opens()

    tell(story)


def test_a_page_that_came_without_tls_does_not_listen_in_where_there_is_tls(
    dana: User, settings: Settings
) -> None:
    settings.PUBLIC_URL, session = "https://localhost", session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session, origin="http://localhost") as opened:
            assert not await opened.opens()
        async with page("/ws/desk/1", session, origin="https://localhost") as opened:
            assert await opened.opens()

    tell(story)


@pytest.mark.parametrize("path", ["/ws/nowhere", "/", "/ws/desk/" + "9" * 7000, "/ws/calls/7"])
def test_a_socket_that_we_do_not_have_is_refused_and_breaks_nothing(dana: User, path: str) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page(path, session) as opened:
            assert not await opened.opens()

    tell(story)


def test_a_desk_is_shown_with_its_queues(dana: User) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            assert "Billing" in await opened.hears('id="desk"')

    tell(story)


def test_an_agent_opens_no_board(dana: User) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/board", session) as opened:
            await opened.opens()
            assert await opened.closed_with() == 4403

    tell(story)


def test_a_call_is_not_pushed_to_who_may_not_see_it(dana: User) -> None:
    people.make_number(people.make_queue("Sales"))
    call, session = people.rings(), session_of(dana)

    async def story() -> None:
        async with page(f"/ws/calls/{call.pk}", session) as opened:
            await opened.opens()
            assert await opened.closed_with() == 4403

    tell(story)


def test_a_page_that_answers_is_a_person_at_the_desk(dana: User) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            beat = json.loads(await opened.hears('{"beat"'))
            await opened.says(json.dumps({"alive": beat["beat"]}))
            await asyncio.sleep(0.5)

    tell(story)
    assert seen(dana) > timezone.now() - timedelta(minutes=1)


def line_said(user: User) -> str:
    found = Agent.objects.get(user=user).line_state
    connection.close()
    return found


READY_LINE = {"is": "ready", "on": None}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (READY_LINE, "ready"),
        ({"is": "no_microphone", "on": None}, "no_microphone"),
        ({"is": "splendid"}, ""),
        ("ready", ""),
        (None, ""),
    ],
)
def test_a_page_tells_how_the_line_in_its_browser_is(dana: User, line: object, kept: str) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            await opened.hears('{"beat"')
            await opened.says(json.dumps({"alive": 1, "line": line}))
            await asyncio.sleep(0.5)
            assert await asyncio.to_thread(line_said, dana) == kept

    tell(story)
    assert line_said(dana) == ""


def test_a_line_that_changes_is_told_at_once(dana: User) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            await opened.says(json.dumps({"line": READY_LINE}))
            await asyncio.sleep(0.5)
            assert await asyncio.to_thread(line_said, dana) == "ready"

    tell(story)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"line": {"is": []}}', '{"line": ' + "9" * 2000])
def test_nonsense_is_no_line(dana: User, text: str) -> None:
    session, before = session_of(dana), seen(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            await opened.says(text)
            await opened.hears('id="desk"')
            await asyncio.sleep(0.2)

    tell(story)
    assert (Agent.objects.get(user=dana).line_state, seen(dana)) == ("", before)


def test_a_frozen_page_does_not_answer_and_nobody_is_there(dana: User) -> None:
    session, before = session_of(dana), seen(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            await opened.hears('{"beat"')
            await asyncio.sleep(0.3)

    tell(story)
    assert seen(dana) == before


def test_a_page_that_nobody_asked_cannot_claim_to_run(dana: User) -> None:
    session, before = session_of(dana), seen(dana)

    async def story() -> None:
        async with page("/ws/board", session) as opened:
            await opened.opens()
            await opened.says('{"alive": 1}')
            await asyncio.sleep(0.2)

    tell(story)
    assert seen(dana) == before


def test_the_newer_desk_closes_the_older(dana: User) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as older, page("/ws/desk/2", session) as newer:
            await older.opens()
            await older.hears('id="desk"')
            await newer.opens()
            await older.hears("open in another window")
            assert await older.closed_with() == 4409
            await newer.hears('id="desk"')

    tell(story)


def in_a_room(dana: User, minutes: int) -> Leg:
    """Her browser's line has been in a call's room for so long."""
    sales = people.make_queue("Sales")
    people.make_number(sales)
    agent = Agent.objects.get(user=dana)
    Agent.objects.filter(pk=agent.pk).update(line_kind="browser", seen_at=timezone.now())
    agent.memberships.create(queue=sales)
    now = timezone.now()
    leg = people.talking(people.rings(now=now), dana, now=now)
    joined = timezone.now() - timedelta(minutes=minutes)
    Leg.objects.filter(pk=leg.pk).update(address=f"client:user_{dana.pk}", joined_at=joined)
    return leg


def ended(leg: Leg) -> bool:
    return Command.objects.filter(leg=leg, verb="hang-up").exists()


def test_a_page_that_is_on_no_call_while_its_line_is_in_a_room_has_lost_it(dana: User) -> None:
    leg, session = in_a_room(dana, minutes=2), session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/2", session) as opened:
            await opened.opens()
            await opened.says(json.dumps({"line": READY_LINE}))
            await asyncio.sleep(0.5)

    tell(story)
    assert ended(leg)


def test_a_call_is_talked_to_its_end_in_the_window_that_gives_up_the_desk(dana: User) -> None:
    leg, session = in_a_room(dana, minutes=2), session_of(dana)
    talks = {"is": "ready", "on": str(leg.pk)}

    async def story() -> None:
        async with page("/ws/desk/1", session) as older, page("/ws/desk/2", session) as newer:
            await older.opens()
            await older.hears('id="desk"')
            await older.says(json.dumps({"line": talks}))
            await asyncio.sleep(0.3)
            await newer.opens()
            assert await older.closed_with() == 4409
            await newer.says(json.dumps({"line": READY_LINE}))
            await asyncio.sleep(0.5)

    tell(story)
    assert not ended(leg)


def test_an_older_desk_that_comes_back_does_not_take_over(dana: User) -> None:
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/2", session) as newer:
            await newer.opens()
            await newer.hears('id="desk"')
            async with page("/ws/desk/1", session) as older:
                await older.opens()
                assert await older.closed_with() == 4409

    tell(story)


def test_a_closed_desk_is_soon_nobodys(dana: User) -> None:
    Agent.objects.filter(user=dana).update(seen_at=timezone.now())
    session, before = session_of(dana), seen(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            await opened.hears('id="desk"')

    tell(story)
    assert seen(dana) < before


def test_a_reloaded_desk_is_not_a_closed_one(dana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.consumers.GONE_AFTER", 0.5)
    Agent.objects.filter(user=dana).update(seen_at=timezone.now())
    session, before = session_of(dana), seen(dana)

    async def story() -> None:
        first = page("/ws/desk/1", session)
        opened = await first.__aenter__()
        await opened.opens()
        await opened.hears('id="desk"')
        leaving = asyncio.create_task(first.__aexit__(None, None, None))
        await asyncio.sleep(0.1)
        async with page("/ws/desk/2", session) as reloaded:
            await reloaded.opens()
            await reloaded.hears('id="desk"')
            await leaving
            assert await asyncio.to_thread(seen_and_closed, dana) == before

    tell(story)


def seen_and_closed(user: User) -> Any:
    found = seen(user)
    connection.close()
    return found


def test_who_signs_out_is_shown_nothing_more(dana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.live.sockets.BEATS_BETWEEN_CHECKS", 1)
    session = session_of(dana)

    async def story() -> None:
        async with page("/ws/desk/1", session) as opened:
            await opened.opens()
            await opened.hears('{"beat"')
            await asyncio.to_thread(sign_out)
            await opened.says('{"alive": 1}')
            assert await opened.closed_with() == 4401

    tell(story)


def sign_out() -> None:
    Session.objects.all().delete()
    connection.close()
