"""A write that is repeated is done once: programs lose connections, and ask again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

from calls.api import idempotency
from calls.models import ApiKey, Call, Command, IdempotencyRecord, Queue
from calls.states import Verb
from tests import people
from tests.calls.api.programs import Browser, Program, api_key, assert_problem
from tests.people import at

pytestmark = pytest.mark.django_db


def ends(program: Program, call: Call, key: str, **body: str) -> Any:
    return program.post(f"calls/{call.pk}/end", body, Idempotency_Key=key)


def test_the_same_write_again_gets_the_same_answer(crm: Program, ruth: Call) -> None:
    first, second = ends(crm, ruth, "one"), ends(crm, ruth, "one")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
    assert Command.objects.filter(verb=Verb.HANG_UP).count() == 1


def test_a_repeat_is_told_where_to_see_what_came_of_it(crm: Program, ruth: Call) -> None:
    first, second = ends(crm, ruth, "one"), ends(crm, ruth, "one")
    order = Command.objects.get(verb=Verb.HANG_UP, leg__role="customer")
    assert first["Location"] == f"http://testserver/api/v1/orders/{order.pk}"
    assert second["Location"] == first["Location"]


def test_a_conflict_is_to_be_seen_nowhere(crm: Program, ruth: Call) -> None:
    crm.post(f"calls/{ruth.pk}/end")
    for _ in range(2):
        assert "Location" not in ends(crm, ruth, "one")


def test_without_a_key_a_repeat_is_another_write(crm: Program, ruth: Call) -> None:
    assert crm.post(f"calls/{ruth.pk}/end").status_code == 202
    assert crm.post(f"calls/{ruth.pk}/end").status_code == 409
    assert not IdempotencyRecord.objects.exists()


def test_the_same_key_for_something_else_is_a_mistake(crm: Program, ruth: Call, dana: User) -> None:
    other = people.rings(now=at(1))
    ends(crm, ruth, "one", reason="fraud")
    assert_problem(ends(crm, ruth, "one", reason="spam"), 422, "idempotency-key-reused")
    assert_problem(ends(crm, other, "one", reason="fraud"), 422)
    assert Call.objects.get(pk=other.pk).state == "waiting"


def test_a_conflict_is_an_answer_too(crm: Program, ruth: Call, sales: Queue) -> None:
    """The caller is in Billing's line; had they moved since, a repeat must not move them back."""
    path = f"calls/{ruth.pk}/redirect"
    wanted = {"queue": "billing"}
    assert_problem(crm.post(path, wanted, Idempotency_Key="one"), 409, "cannot-redirect")
    crm.post(path, {"queue": "sales"})
    answered = crm.post(path, wanted, Idempotency_Key="one")
    assert_problem(answered, 409, "cannot-redirect")
    assert answered["Idempotent-Replayed"] == "true"


def test_a_mistake_is_corrected_with_the_same_key(crm: Program, ruth: Call) -> None:
    assert_problem(ends(crm, ruth, "one", reason="x" * 500), 400)
    assert ends(crm, ruth, "one", reason="fraud").status_code == 202


def test_a_program_does_not_get_the_answer_of_another(crm: Program, ruth: Call) -> None:
    other = Program(api_key("calls:write", name="Other"))
    ends(crm, ruth, "one")
    assert_problem(ends(other, ruth, "one"), 409, "call-is-over")


def test_a_person_repeats_a_write_as_well(ruth: Call, billing: Queue) -> None:
    browser = Browser(people.make_supervisor("Sofia", billing))
    assert ends(browser, ruth, "one").json() == ends(browser, ruth, "one").json()


def test_a_key_that_lost_its_scope_is_not_answered_from_memory(crm: Program, ruth: Call) -> None:
    ends(crm, ruth, "one")
    ApiKey.objects.update(scopes=["calls:read"])
    assert_problem(ends(crm, ruth, "one"), 403)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "tab\t"])
def test_a_key_has_a_form(crm: Program, ruth: Call, key: str) -> None:
    assert_problem(ends(crm, ruth, key), 400)
    assert Call.objects.get().state == "waiting"


def test_after_a_day_the_answer_is_forgotten(crm: Program, ruth: Call, dana: User) -> None:
    ends(crm, ruth, "one")
    IdempotencyRecord.objects.update(
        created_at=IdempotencyRecord.objects.get().created_at - timedelta(hours=24)
    )
    other = people.rings(now=at(1))
    assert ends(crm, other, "one").status_code == 202
    assert IdempotencyRecord.objects.count() == 1


def test_an_answer_is_remembered_for_almost_a_day(crm: Program, ruth: Call) -> None:
    ends(crm, ruth, "one")
    IdempotencyRecord.objects.update(
        created_at=IdempotencyRecord.objects.get().created_at - timedelta(hours=23, minutes=59)
    )
    assert ends(crm, ruth, "one").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_under_way_the_second_is_asked_to_wait(crm: Program, ruth: Call) -> None:
    client = f"key:{ApiKey.objects.get().prefix}"
    with transaction.atomic():
        idempotency._alone(client, "one")
        [answered] = _elsewhere(lambda: ends(crm, ruth, "one"))
    assert_problem(answered, 409, "under-way")
    assert ends(crm, ruth, "one").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_many_at_once_end_the_call_once(ruth: Call) -> None:
    key = api_key("calls:write")
    answers = _elsewhere(*[lambda: ends(Program(key), ruth, "one")] * 6)
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert 202 in {answer.status_code for answer in answers}
    assert Command.objects.filter(verb=Verb.HANG_UP, leg__role="customer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_write_that_broke_down_leaves_nothing_behind(crm: Program, ruth: Call) -> None:
    """Neither the order nor the answer: the repeat does the whole."""
    with connection.cursor() as cursor:
        cursor.execute("alter table calls_timelineevent rename to gone")
    try:
        assert_problem(ends(crm, ruth, "one"), 500, "internal-error")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table gone rename to calls_timelineevent")
    assert not IdempotencyRecord.objects.exists()
    assert ends(crm, ruth, "one").status_code == 202


def _elsewhere(*asks: Any) -> list[Any]:
    """Each in a thread and on a connection of its own, all at once."""

    def run(ask: Any) -> Any:
        try:
            return ask()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(asks)) as threads:
        return list(threads.map(run, asks))


def test_whoever_asks_for_a_plan_that_there_is_not_has_nothing_done(
    crm: Program, ruth: Call
) -> None:
    held = f"calls/{ruth.pk}/legal-hold"
    crm.post(held, {"reason": "a lawsuit"})
    answered = assert_problem(crm.post(f"{held}/release?dry_run=1"), 400, "invalid")
    assert [each["field"] for each in answered["errors"]] == ["dry_run"]
    assert_problem(crm.post(f"{held}/release?sure=yes"), 400, "invalid")
    assert Call.objects.get(pk=ruth.pk).legal_hold == "a lawsuit (API key CRM)"
    assert crm.post(f"{held}/release?dry_run=").status_code == 200
