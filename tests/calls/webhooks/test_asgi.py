"""The web process as the server runs it."""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from callcenter import asgi as web
from calls.carrier import addresses
from calls.models import Call, CarrierEvent, Queue
from calls.webhooks import asgi, door
from calls.webhooks.admission import LARGEST_BODY, CarrierRequest, Response
from calls.webhooks.asgi import CarrierDoor
from calls.webhooks.writer import NotWritten, Writer
from tests.calls.webhooks.carrier_requests import Request, answer, asked
from tests.calls.webhooks.one_process import Lifespan, ask, scope

needs_database = pytest.mark.django_db(transaction=True)


def with_door(use: Callable[[CarrierDoor], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        carrier_door = CarrierDoor()
        try:
            return await use(carrier_door)
        finally:
            await carrier_door.close()

    return asyncio.run(run())


def through_the_door(*requests: Request) -> list[Response]:
    async def use(carrier_door: CarrierDoor) -> list[Response]:
        return list(await asyncio.gather(*(ask(carrier_door, r) for r in requests)))

    return list(with_door(use))


@needs_database
def test_news_and_questions_are_answered_side_by_side(billing: Queue) -> None:
    news = [asked(addresses.status(uuid4()), token=f"t{n}") for n in range(20)]
    *thanks, instructions = through_the_door(*news, asked(addresses.voice(), token="v"))
    assert {response.status for response in thanks} == {204}
    assert b"<Enqueue" in instructions.body
    assert CarrierEvent.objects.count() == 21
    assert Call.objects.count() == 1


@needs_database
def test_many_repeats_of_one_ring_at_once_are_one_caller(billing: Queue) -> None:
    requests = [asked(addresses.voice(), token=f"t{n}") for n in range(8)]
    assert all(b"<Enqueue" in response.body for response in through_the_door(*requests))
    assert Call.objects.count() == 1


@needs_database
def test_the_plain_door_says_the_same(billing: Queue) -> None:
    request = asked(addresses.voice())
    (served,) = through_the_door(request)
    assert served == answer(request)


def test_a_body_that_comes_in_pieces_is_whole() -> None:
    request = asked(addresses.fallback(), ErrorUrl=addresses.voice())
    response = with_door(lambda carrier_door: ask(carrier_door, request, chunk=7))
    assert response.status == 200


def test_the_rest_of_a_body_that_is_too_large_is_not_read() -> None:
    large = asked(addresses.voice(), Note="a" * LARGEST_BODY * 3)
    (response,) = through_the_door(large)
    assert response.status == 413


def test_a_carrier_that_hangs_up_in_mid_request_gets_no_answer() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    with_door(lambda d: d(scope(asked(addresses.voice())), receive, send))
    assert sent == []


def test_forgeries_cost_no_thread_and_no_database() -> None:
    forged = asked(addresses.voice()).with_header("X-Twilio-Signature", "no")

    async def use(carrier_door: CarrierDoor) -> None:
        assert (await ask(carrier_door, forged)).status == 403
        assert carrier_door._threads is None
        assert carrier_door._writer is None

    with_door(use)


def test_news_that_cannot_be_written_is_brought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no(self: Writer, row: Any) -> None:
        raise NotWritten("the disk is full")

    monkeypatch.setattr(Writer, "write", no)
    (response,) = through_the_door(asked(addresses.status(uuid4())))
    assert response.status == 503


def test_a_question_that_takes_too_long_is_answered_by_the_fallback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "SECONDS_TO_INSTRUCT", 0.1)
    monkeypatch.setattr(door, "instruct", _slowly)
    (response,) = through_the_door(asked(addresses.voice()))
    assert response.status == 503


def test_only_so_many_questions_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "MOST_INSTRUCTED", 2)
    monkeypatch.setattr(door, "instruct", _slowly)
    requests = [asked(addresses.voice(), token=f"t{n}") for n in range(4)]
    statuses = sorted(response.status for response in through_the_door(*requests))
    assert statuses == [200, 200, 503, 503]


def _slowly(request: CarrierRequest, now: Any) -> door.Instructed:
    time.sleep(0.3)
    return door.Instructed(Response(200))


@needs_database
def test_at_the_end_every_connection_is_let_go(billing: Queue) -> None:
    before = _connections()
    through_the_door(
        *(asked(addresses.voice(), token=f"t{n}") for n in range(12)),
        asked(addresses.status(uuid4())),
    )
    # The server notices a moment later.
    soon = time.monotonic() + 5
    while _connections() > before and time.monotonic() < soon:
        time.sleep(0.02)
    assert _connections() == before
    assert not [t for t in threading.enumerate() if t.name.startswith("instructions")]


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where datname = current_database()")
        return int(cursor.fetchone()[0])


# The process ------------------------------------------------------------------------------------


def test_the_carriers_requests_do_not_pass_the_pages_middleware() -> None:
    forged = asked(addresses.voice()).with_header("X-Twilio-Signature", "no")
    response = asyncio.run(ask(web.application, forged))
    assert response.status == 403
    assert set(response.headers) == {"content-type"}


@pytest.mark.usefixtures("_process_as_it_was")
def test_the_process_starts_and_stops() -> None:
    told = asyncio.run(Lifespan().run(web.application))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert gc.get_freeze_count() > 0


def test_uvicorn_on_its_slow_fallback_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn.server", ModuleType("uvicorn.server"))
    lifespan = Lifespan()
    assert asyncio.run(lifespan.run(web.application)) == ["lifespan.startup.failed"]
    assert "--loop uvloop --http httptools" in lifespan.from_app[0]["message"]
