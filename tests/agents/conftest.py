"""Who most tests of agents begin with."""

import pytest
from django.contrib.auth.models import User

from calls.models import Queue
from tests import people


@pytest.fixture
def billing() -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    return queue


@pytest.fixture
def dana(billing: Queue) -> User:
    return people.make_agent_user("Dana", billing)
