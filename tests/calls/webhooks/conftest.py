import pytest
from pytest_django import Settings

from calls.models import PhoneNumber, Queue
from tests.calls.webhooks.carrier_requests import BILLING


@pytest.fixture(autouse=True)
def _staffed(settings: Settings) -> None:
    settings.STAFFING = "tests.calls.webhooks.staff.one"


@pytest.fixture
def billing(db: None) -> Queue:
    """A queue with a number, open at any hour."""
    queue = Queue.objects.create(name="Billing", slug="billing", greeting="Welcome to billing.")
    PhoneNumber.objects.create(e164=BILLING, queue=queue)
    return queue
