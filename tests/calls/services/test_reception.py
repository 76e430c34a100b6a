"""What is asked about a caller who rings."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from calls.models import CarrierEvent, Leg, OpeningHours, PhoneNumber, Queue
from calls.services import arriving, reception
from calls.states import LegState

pytestmark = pytest.mark.django_db

# Not the number of other tests: what one of these remembers must not reach them.
BILLING, SID = "+15550104400", "CA" + "7" * 32


@pytest.fixture
def billing(settings: Settings) -> Queue:
    settings.STAFFING = "tests.calls.webhooks.staff.one"
    queue = Queue.objects.create(name="Billing", slug="billing")
    PhoneNumber.objects.create(e164=BILLING, queue=queue)
    return queue


def news(status: str) -> None:
    CarrierEvent.objects.create(
        kind="number-status",
        dedupe_key=status,
        call_sid=SID,
        params={"CallStatus": status},
        received_at=timezone.now(),
    )


def arrive() -> None:
    arriving.arrive(sid=SID, from_number="", to_number=BILLING, caller_name="", now=timezone.now())


def test_a_new_caller_has_not_been_heard_of(billing: Queue) -> None:
    assert reception.heard_of(SID, billing.pk) == (False, None, 0)


def test_a_caller_who_is_known_is_recognised(billing: Queue) -> None:
    arrive()
    assert reception.heard_of(SID, billing.pk) == (True, None, 1)


def test_a_caller_whose_end_was_told_first_is_over_on_arrival(billing: Queue) -> None:
    news("ringing")
    assert reception.heard_of(SID, billing.pk) == (False, None, 0)
    news("no-answer")
    assert reception.heard_of(SID, billing.pk) == (False, LegState.NO_ANSWER, 0)
    arrive()
    assert Leg.objects.get().ended_at is not None


def test_who_stands_in_line_is_counted(billing: Queue) -> None:
    assert reception.in_line(billing.pk) == 0
    arrive()
    assert reception.in_line(billing.pk) == 1


def test_a_number_comes_with_its_queue_and_hours(
    billing: Queue, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    OpeningHours.objects.create(queue=billing, weekday=0, opens="09:00", closes="17:00")
    number = reception.dialled(BILLING)
    assert number is not None
    with django_assert_num_queries(0):
        number.queue.is_open_at(timezone.now())


@pytest.mark.parametrize("e164", ["", "+15550109999", "sip:nobody@example.com"])
def test_another_number_leads_nowhere(billing: Queue, e164: str) -> None:
    assert reception.dialled(e164) is None


def test_a_number_that_was_switched_off_leads_nowhere(billing: Queue) -> None:
    PhoneNumber.objects.update(is_active=False)
    assert reception.dialled(BILLING) is None


def test_a_number_is_remembered_for_a_moment(
    billing: Queue, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.ROUTES_REMEMBERED_SECONDS = 60.0
    first = PhoneNumber.objects.create(e164="+15550104401", queue=billing)
    assert reception.dialled("+15550104401") == first
    with django_assert_num_queries(0):
        assert reception.dialled("+15550104401") == first


def test_and_for_no_longer(billing: Queue, settings: Settings) -> None:
    settings.ROUTES_REMEMBERED_SECONDS = -1.0
    reception.dialled(BILLING)
    PhoneNumber.objects.update(is_active=False)
    assert reception.dialled(BILLING) is None
