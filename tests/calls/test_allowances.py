"""So many at once, then one after the other; whoever counts, and however many count at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from calls import allowances
from calls.allowances import Rate
from calls.models import Allowance
from tests.people import at

pytestmark = pytest.mark.django_db

SIX = Rate(6, timedelta(minutes=1))


def takes(now: datetime, subject: str = "api key:crm") -> datetime | None:
    return allowances.take(subject=subject, rate=SIX, now=now)


def test_so_many_at_once_and_then_one_after_the_other() -> None:
    assert [takes(at(0)) for _ in range(7)] == [None] * 6 + [at(10)]
    assert takes(at(9.9)) == at(10)
    assert takes(at(10)) is None
    assert takes(at(10)) == at(20)
    assert [takes(at(70)) for _ in range(6)] == [None] * 6


def test_who_is_refused_loses_nothing_by_asking() -> None:
    for _ in range(6):
        takes(at(0))
    assert {takes(at(5)) for _ in range(50)} == {at(10)}


def test_everybody_has_their_own() -> None:
    for _ in range(7):
        takes(at(0), "api key:crm")
    assert takes(at(0), "api key:wallboard") is None


def test_what_was_not_used_is_given_back() -> None:
    for _ in range(6):
        takes(at(0))
    allowances.give_back(subject="api key:crm", rate=SIX)
    assert [takes(at(0)), takes(at(0))] == [None, at(10)]


def test_a_restored_allowance_is_whole() -> None:
    for _ in range(7):
        takes(at(0))
    allowances.restore(subject="api key:crm")
    assert [takes(at(0)) for _ in range(6)] == [None] * 6


def test_what_has_come_back_is_forgotten() -> None:
    takes(at(0), "long ago")
    takes(at(100), "now")
    allowances.forget(now=at(101))
    assert [row.subject for row in Allowance.objects.all()] == ["now"]


def test_to_take_one_is_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    takes(at(0))
    with django_assert_num_queries(1):
        takes(at(1))


def test_counting_writes_nothing_to_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select relpersistence from pg_class where relname = 'calls_allowance'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.django_db(transaction=True)
def test_those_who_ask_in_the_same_moment_do_not_get_more() -> None:
    together = Barrier(12)

    def ask(_: int) -> bool:
        together.wait(10)
        try:
            return takes(at(0)) is None
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(ask, range(12))) == 6


@pytest.mark.parametrize(
    ("text", "limit", "seconds"),
    [("600/min", 600, 60), ("1/s", 1, 1), ("10/hour", 10, 3600), ("5/d", 5, 86_400)],
)
def test_a_rate_is_written_as_people_say_it(text: str, limit: int, seconds: int) -> None:
    assert allowances.rate(text) == Rate(limit, timedelta(seconds=seconds))


def test_a_rate_of_which_nothing_can_be_made_is_refused() -> None:
    assert allowances.rate("") is None
    for text in ("600", "0/min", "6/fortnight", "-1/s", "1 / min"):
        with pytest.raises(ValueError, match="is not a rate"):
            allowances.rate(text)


def test_seven_in_an_hour_are_seven() -> None:
    """Also where an hour cannot be divided evenly."""
    seven = Rate(7, timedelta(hours=1))
    taken = [allowances.take(subject="a", rate=seven, now=at(0)) for _ in range(8)]
    assert [again is None for again in taken] == [True] * 7 + [False]
