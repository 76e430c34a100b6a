"""Whether a caller may hope for anybody."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.staffing import staff
from calls.models import Queue
from calls.states import OfferState
from tests.agents import floor
from tests.agents.floor import NOON, ago

pytestmark = pytest.mark.django_db


def signed_in(queue: int, now: datetime) -> int:
    return staff(queue, now)[0]


def at_work(queue: int, now: datetime) -> int:
    return staff(queue, now)[1]


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


@pytest.mark.parametrize(
    ("facts", "hope"),
    [
        ({}, 1),
        ({"intent": "break"}, 1),
        ({"intent": "offline"}, 0),
        ({"seen_at": ago(31)}, 0),
        ({"seen_at": None}, 0),
        ({"seen_at": None, "needs_desk": False}, 1),
        ({"seen_at": ago(31), "intent": "break"}, 0),
        ({"after_call": "offline"}, 1),
    ],
)
def test_signed_in_is_whoever_is_at_the_desk_and_not_offline(
    sales: Queue, facts: dict[str, Any], hope: int
) -> None:
    floor.agent("Dana", sales, **facts)
    assert signed_in(sales.pk, NOON) == hope


def test_those_who_talk_and_wrap_up_will_be_free(sales: Queue) -> None:
    floor.talk(floor.agent("Dana", sales), sales)
    line = floor.talk(floor.agent("Omar", sales), sales)
    floor.hang_up(line)
    floor.wrap_up(line)
    assert signed_in(sales.pk, NOON) == 2


def test_one_who_missed_a_call_may_be_back(sales: Queue) -> None:
    floor.offer(floor.caller(sales), floor.agent("Dana", sales), OfferState.MISSED)
    assert signed_in(sales.pk, NOON) == 1


def test_without_the_skill_nobody_is_there_for_the_queue(sales: Queue) -> None:
    floor.needs(sales, Danish=5)
    floor.skilled(floor.agent("Dana", sales), Danish=4)
    assert signed_in(sales.pk, NOON) == 0


def test_members_of_other_queues_do_not_count(sales: Queue) -> None:
    floor.agent("Dana", floor.queue("Billing"))
    assert signed_in(sales.pk, NOON) == 0


def test_a_user_who_is_switched_off_does_not_count(sales: Queue) -> None:
    floor.agent("Dana", sales)
    User.objects.update(is_active=False)
    assert signed_in(sales.pk, NOON) == 0


@pytest.mark.parametrize(
    ("facts", "working"),
    [({}, 1), ({"intent": "break"}, 0), ({"intent": "offline"}, 0), ({"seen_at": ago(31)}, 0)],
)
def test_nobody_on_a_break_is_at_work(sales: Queue, facts: dict[str, Any], working: int) -> None:
    floor.agent("Dana", sales, **facts)
    assert at_work(sales.pk, NOON) == working


def test_those_who_talk_are_at_work(sales: Queue) -> None:
    floor.talk(floor.agent("Dana", sales), sales)
    assert at_work(sales.pk, NOON) == 1


def test_one_who_missed_a_call_is_not_known_to_be_at_work(sales: Queue) -> None:
    floor.offer(floor.caller(sales), floor.agent("Dana", sales), OfferState.MISSED)
    assert at_work(sales.pk, NOON) == 0
