"""A centre, and Ada who sets it up."""

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Queue
from tests import people
from tests.calls.admin.desk import AdminDesk


@pytest.fixture
def ada(db: None) -> AdminDesk:
    return AdminDesk()


@pytest.fixture
def billing(db: None) -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    return queue


@pytest.fixture
def dana(billing: Queue) -> User:
    return people.make_agent_user("Dana", billing)


@pytest.fixture
def ruth(billing: Queue, dana: User) -> Call:
    return people.rings(number="+15551230001", name="Ruth")
