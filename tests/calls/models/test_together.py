"""Several new rows in one statement are the same rows."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from calls.models import Call, Leg, Queue, TimelineEvent, Waiting, WorkerBeat
from calls.models.together import Alongside, Note, insert_together
from calls.states import CallState, LegRole, LegState

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def dana(sid: str = "CA" + "1" * 32) -> tuple[Call, Leg, Waiting, TimelineEvent]:
    queue, _ = Queue.objects.get_or_create(name="Billing", slug="billing")
    call = Call(queue=queue, state=CallState.WAITING, arrived_at=NOW)
    leg = Leg(call=call, role=LegRole.CUSTOMER, sid=sid, state=LegState.RINGING, planned_at=NOW)
    waiting = Waiting(call=call, queue=queue, since=NOW, place=NOW)
    told = TimelineEvent(call=call, leg=leg, at=NOW, kind="arrived", text="Dana's", facts={"a": 1})
    return call, leg, waiting, told


def test_what_is_written_together_is_read_back_the_same() -> None:
    call, leg, waiting, told = rows = dana()
    insert_together(*rows)
    for row in rows:
        written = {field.attname: getattr(row, field.attname) for field in row._meta.fields}
        row.refresh_from_db()
        for name, value in written.items():
            assert getattr(row, name) == value, name
    assert waiting.pk is not None
    assert told.leg == leg
    assert told.call == call


def test_it_is_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = dana()
    with django_assert_num_queries(1):
        insert_together(*rows)


def test_what_was_written_can_be_saved_again() -> None:
    call, _, waiting, _ = rows = dana()
    insert_together(*rows)
    call.customer_name = "Dana"
    call.save()
    waiting.priority = 3
    waiting.save()
    assert Call.objects.get().customer_name == "Dana"
    assert Waiting.objects.get().priority == 3


def test_two_of_a_kind_get_their_own_keys() -> None:
    call, leg, _, first = dana()
    second = TimelineEvent(call=call, leg=leg, at=NOW, kind="waiting", text="Waits", facts={})
    insert_together(call, leg, first, second)
    assert first.pk != second.pk
    assert TimelineEvent.objects.get(pk=second.pk).text == "Waits"


def test_where_one_cannot_be_written_none_is() -> None:
    insert_together(*dana())
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_together(*dana())
    assert (Call.objects.count(), TimelineEvent.objects.count()) == (1, 1)


def test_what_goes_alongside_has_the_key_of_its_row() -> None:
    _, _, waiting, _ = rows = dana()
    beside = "insert into calls_workerbeat (name, at) values ('place ' || {key}, %s)"
    insert_together(*rows, alongside=[Alongside(waiting, beside, (NOW,))])
    assert WorkerBeat.objects.get().name == f"place {waiting.pk}"


def test_what_is_off_or_empty_is_written_so() -> None:
    call, leg, *_ = rows = dana()
    leg.muted, leg.in_room, call.customer_name = True, False, ""
    insert_together(*rows)
    leg.refresh_from_db()
    call.refresh_from_db()
    assert (leg.muted, leg.in_room, call.customer_name) == (True, False, "")


@pytest.mark.django_db(transaction=True)
def test_one_statement_is_kept_and_told_without_a_transaction_around_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("listen together")
    insert_together(*dana(), notes=[Note("together", "it's 100 %"), Note("elsewhere", "unheard")])
    heard = connection.connection.notifies(timeout=5, stop_after=1)
    assert [(note.channel, note.payload) for note in heard] == [("together", "it's 100 %")]
    with pytest.raises(IntegrityError):
        insert_together(*dana())
    assert Call.objects.count() == 1
