"""News is safe before the carrier hears that it is, and many pieces travel together."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections

from calls.carrier import addresses
from calls.models import CarrierEvent
from calls.states import NewsState
from calls.webhooks import inbox, writer
from calls.webhooks.admission import CarrierRequest
from calls.webhooks.inbox import Row
from calls.webhooks.writer import NotWritten, Writer
from tests.calls.webhooks.carrier_requests import NOW, asked
from tests.calls.webhooks.test_admission import let_in

pytestmark = pytest.mark.django_db(transaction=True)


def row(sequence: int, **changes: Any) -> Row:
    request = asked(addresses.status(uuid4()), SequenceNumber=str(sequence), token=f"t{sequence}")
    return dict(inbox.news(let_in(request), NOW)) | changes


def with_writer(use: Callable[[Writer], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        pen = Writer()
        try:
            return await use(pen)
        finally:
            await pen.close()

    return asyncio.run(run())


async def outcomes(pen: Writer, *rows: Row) -> list[BaseException | None]:
    return list(await asyncio.gather(*map(pen.write, rows), return_exceptions=True))


def sequences() -> list[int | None]:
    return list(CarrierEvent.objects.order_by("sequence").values_list("sequence", flat=True))


def test_what_was_answered_is_in_the_database() -> None:
    with_writer(lambda pen: pen.write(row(7)))
    event = CarrierEvent.objects.get()
    assert (event.sequence, event.state, event.kind) == (7, NewsState.PENDING, "status")
    assert event.params["CallerName"] == "Dana Ø"


def test_many_pieces_that_come_together_are_few_transactions() -> None:
    with_writer(lambda pen: outcomes(pen, *(row(n) for n in range(300))))
    assert sequences() == list(range(300))
    assert _transactions() <= 3


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(distinct xmin::text) from calls_carrierevent")
        return int(cursor.fetchone()[0])


def test_a_repeat_in_the_same_batch_is_kept_once_and_thanked_for_twice() -> None:
    same = row(1)
    assert with_writer(lambda pen: outcomes(pen, same, same, row(2))) == [None, None, None]
    assert sequences() == [1, 2]


def test_a_piece_that_cannot_be_stored_does_not_take_the_others_with_it() -> None:
    spoilt = row(2, state="far longer than the column is")
    first, second, third = with_writer(lambda pen: outcomes(pen, row(1), spoilt, row(3)))
    assert (first, third) == (None, None)
    assert isinstance(second, NotWritten)
    assert sequences() == [1, 3]


def test_a_lost_connection_is_made_again() -> None:
    async def use(pen: Writer) -> None:
        await pen.write(row(1))
        await asyncio.to_thread(_end_other_connections)
        await pen.write(row(2))

    with_writer(use)
    assert sequences() == [1, 2]


def _end_other_connections() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    connections.close_all()


def test_without_a_database_the_carrier_is_not_thanked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_parameters", lambda: {"host": "127.0.0.1", "port": 1})
    (outcome,) = with_writer(lambda pen: outcomes(pen, row(1)))
    assert isinstance(outcome, NotWritten)
    assert sequences() == []


def test_a_database_that_comes_back_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real = writer._parameters

    async def use(pen: Writer) -> list[BaseException | None]:
        monkeypatch.setattr(writer, "_parameters", lambda: {"host": "127.0.0.1", "port": 1})
        first = await outcomes(pen, row(1))
        monkeypatch.setattr(writer, "_parameters", real)
        return first + await outcomes(pen, row(2))

    first, second = with_writer(use)
    assert isinstance(first, NotWritten)
    assert second is None
    assert sequences() == [2]


def test_a_database_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WRITE_SECONDS", 0.2)
    monkeypatch.setattr(writer, "STATEMENT_SECONDS", 0.4)
    with _table_locked():
        (outcome,) = with_writer(lambda pen: outcomes(pen, row(1)))
    assert isinstance(outcome, NotWritten)


def _table_locked() -> psycopg.Connection[Any]:
    other = psycopg.connect(**writer._parameters())
    other.execute("lock table calls_carrierevent in access exclusive mode")
    return other


def test_only_so_much_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    got = with_writer(lambda pen: outcomes(pen, *(row(n) for n in range(5))))
    assert [type(outcome) for outcome in got] == [type(None)] * 3 + [NotWritten] * 2


def test_what_has_arrived_is_written_before_the_end() -> None:
    async def use(pen: Writer) -> None:
        writing = asyncio.gather(*(pen.write(row(n)) for n in range(5)))
        await asyncio.sleep(0)
        await pen.close()
        await writing
        with pytest.raises(NotWritten):
            await pen.write(row(9))

    with_writer(use)
    assert sequences() == [0, 1, 2, 3, 4]


def test_a_writer_that_was_never_used_ends_at_once() -> None:
    with_writer(lambda pen: asyncio.sleep(0))
    assert sequences() == []


def test_a_request_given_up_meanwhile_does_not_stop_the_others() -> None:
    async def use(pen: Writer) -> BaseException | None:
        given_up = asyncio.create_task(pen.write(row(1)))
        await asyncio.sleep(0)
        given_up.cancel()
        return (await outcomes(pen, row(2)))[0]

    assert with_writer(use) is None
    assert 2 in sequences()


def test_a_request_says_the_same_in_a_batch_as_alone() -> None:
    request = let_in(asked(addresses.status(uuid4()), SequenceNumber="3"))
    assert isinstance(request, CarrierRequest)
    with_writer(lambda pen: pen.write(inbox.news(request, NOW)))
    batched = CarrierEvent.objects.values().get()
    CarrierEvent.objects.all().delete()
    inbox.store(inbox.news(request, NOW))
    alone = CarrierEvent.objects.values().get()
    assert {**batched, "id": 0} == {**alone, "id": 0}
