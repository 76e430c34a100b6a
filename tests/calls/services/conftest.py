"""A centre at work: Billing with a number of its own, and Dana and Omar, who serve it."""

import pytest
from django.contrib.auth.models import User

from calls.models import Queue
from tests import people


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
