"""What is long over is deleted after so many days, and nothing of a call that is going on."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from pytest_django import Settings

from calls.models import Call, CarrierEvent, Leg, Offer, Queue, TimelineEvent
from calls.services import forgetting
from calls.states import NewsState
from calls.timeline import story
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def kept(settings: Settings) -> None:
    settings.CALLS_KEPT_DAYS = 0.0
    settings.NEWS_KEPT_DAYS, settings.FAILED_JOBS_KEPT_DAYS = 90.0, 30.0


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


def over(call: Call, dana: User) -> Call:
    """The call was answered, and is over after a minute."""
    leg = people.talking(call, dana, now=at(5))
    people.over(people.customer(call), now=at(60))
    people.over(leg, now=at(61))
    return call


def told(call: Call, what: str = "status") -> CarrierEvent:
    news = people.news(what, leg=people.customer(call), CallStatus="in-progress")
    CarrierEvent.objects.filter(pk=news.pk).update(state=NewsState.APPLIED, applied_at=NOON)
    return news


def forgotten(now: datetime) -> dict[str, int]:
    return {kind: number for kind, number in forgetting.sweep(now=now).items() if number}


# The carrier's news -------------------------------------------------------------------------------


def test_news_is_kept_for_so_many_days_and_no_longer(call: Call, dana: User) -> None:
    told(over(call, dana))
    assert forgotten(NOON + 90 * DAY) == {}
    assert forgotten(NOON + 91 * DAY) == {"news": 1}
    assert not CarrierEvent.objects.exists()


def test_the_calls_story_is_told_without_its_news(call: Call, dana: User) -> None:
    told(over(call, dana))
    forgetting.sweep(now=NOON + 91 * DAY)
    assert "talking" in {entry.kind for entry in story(call, private=True)}
    ada = User.objects.create_superuser("ada")
    client = Client()
    client.force_login(ada)
    for page in (f"/calls/{call.id}", f"/admin/calls/call/{call.id}/change/"):
        assert client.get(page).status_code == 200
    assert client.get("/admin/calls/carrierevent/").status_code == 200


@pytest.mark.parametrize("what", ["status", "conference", "number-status"])
def test_news_of_a_call_that_is_going_on_is_never_deleted(call: Call, what: str) -> None:
    """Whether it names the call, the leg, or the carrier's word for the leg."""
    told(call, what)
    assert forgotten(NOON + 1000 * DAY) == {}


def test_news_that_waits_to_be_applied_is_kept_and_what_failed_is_not(
    call: Call, dana: User
) -> None:
    over(call, dana)
    pending, failed = told(call), told(call)
    CarrierEvent.objects.filter(pk=pending.pk).update(state=NewsState.PENDING, applied_at=None)
    CarrierEvent.objects.filter(pk=failed.pk).update(state=NewsState.FAILED, applied_at=None)
    assert forgotten(NOON + 91 * DAY) == {"news": 1}
    assert CarrierEvent.objects.get() == pending


def test_a_little_at_a_time(call: Call, dana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    over(call, dana)
    for _ in range(5):
        told(call)
    monkeypatch.setattr(forgetting, "NEWS_AT_ONCE", 3)
    later = NOON + 91 * DAY
    assert [forgotten(later), forgotten(later), forgotten(later)] == [{"news": 3}, {"news": 2}, {}]


# Calls --------------------------------------------------------------------------------------------


def test_calls_are_kept_for_ever_unless_somebody_says_otherwise(call: Call, dana: User) -> None:
    over(call, dana)
    assert forgotten(NOON + 10_000 * DAY) == {}


def test_a_call_goes_with_all_that_hangs_on_it(call: Call, dana: User, settings: Settings) -> None:
    settings.CALLS_KEPT_DAYS = 30
    told(over(call, dana))
    young = people.rings(number="+15551230002", now=NOON + 30 * DAY)
    told(young)
    assert forgotten(NOON + 31 * DAY) == {"calls": 1}
    assert Call.objects.get() == young
    assert not Offer.objects.exists()
    for left in (Leg, TimelineEvent):
        assert not left.objects.exclude(call=young).exists()
    assert CarrierEvent.objects.get().call_sid == people.customer(young).sid


def test_a_call_that_is_going_on_is_kept_however_long_it_lasts(
    call: Call, settings: Settings
) -> None:
    settings.CALLS_KEPT_DAYS = 1
    assert forgotten(NOON + 1000 * DAY) == {}


# Jobs ---------------------------------------------------------------------------------------------


def job(status: str, *, days_ago: float) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, status)"
            " values ('timers', 'calls.alone', 'todo') returning id"
        )
        [job_id] = cursor.fetchone()
        for each in ("doing", status) if status != "todo" else ():
            cursor.execute(
                "update procrastinate_jobs set status = %s where id = %s", [each, job_id]
            )
        cursor.execute(
            "update procrastinate_events set at = now() - make_interval(secs => %s)"
            " where job_id = %s",
            [days_ago * 86_400.0, job_id],
        )
    return int(job_id)


def test_jobs_that_failed_long_ago_are_forgotten(db: None) -> None:
    job("failed", days_ago=31)
    recent = job("failed", days_ago=29)
    waiting = job("todo", days_ago=31)
    assert forgotten(NOON) == {"failed jobs": 1}
    assert set(ProcrastinateJob.objects.values_list("id", flat=True)) == {recent, waiting}
    assert not ProcrastinateEvent.objects.exclude(job__in=[recent, waiting]).exists()


def test_nothing_is_forgotten_where_everything_is_kept(
    call: Call, dana: User, settings: Settings
) -> None:
    settings.NEWS_KEPT_DAYS = settings.FAILED_JOBS_KEPT_DAYS = 0
    told(over(call, dana))
    job("failed", days_ago=1000)
    assert forgotten(NOON + 1000 * DAY) == {}


def test_the_worker_forgets_as_it_sweeps(settings: Settings) -> None:
    assert "calls.services.forgetting.sweep" in settings.SWEEPS
