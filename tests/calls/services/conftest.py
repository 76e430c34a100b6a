"""A centre at work: Billing with a number of its own, and Dana and Omar, who serve it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from calls.carrier import gateway
from calls.models import Queue
from tests import people
from tests.calls.carrier.scripted_carrier import ScriptedCarrier


@pytest.fixture
def billing(db: None) -> Queue:
    queue = people.make_queue("Billing", greeting="Welcome to Billing.")
    people.make_number(queue)
    return queue


@pytest.fixture
def dana(billing: Queue) -> User:
    return people.make_agent_user("Dana", billing)


@pytest.fixture
def omar(billing: Queue) -> User:
    return people.make_agent_user("Omar", billing)


@pytest.fixture
def carrier(settings: Settings) -> Iterator[ScriptedCarrier]:
    """A carrier that says what the test tells it to, over loopback."""
    scripted = ScriptedCarrier()
    scripted.start()
    settings.CARRIER_API_URL = scripted.url
    settings.CARRIER_TIMEOUT = 2.0
    gateway.use_transport(None, None)
    yield scripted
    gateway.use_transport(None, None)
    scripted.stop()
