"""A centre at work, and programs and people who ask the API about it."""

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Queue
from calls.models.access import SCOPES
from tests import people
from tests.calls.api.programs import Program, api_key

EVERYTHING = [scope for scope, _ in SCOPES]


@pytest.fixture
def billing(db: None) -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    return queue


@pytest.fixture
def sales(db: None) -> Queue:
    return people.make_queue("Sales")


@pytest.fixture
def dana(billing: Queue) -> User:
    return people.make_agent_user("Dana", billing)


@pytest.fixture
def omar(billing: Queue) -> User:
    return people.make_agent_user("Omar", billing)


@pytest.fixture
def ruth(billing: Queue, dana: User) -> Call:
    """Ruth's call: she rang Billing, and stands in line."""
    return people.rings(number="+15551230001", name="Ruth")


@pytest.fixture
def crm(db: None) -> Program:
    """An integrator's program whose key is good for everything."""
    return Program(api_key(*EVERYTHING))
