"""A page says when nothing reaches the carrier, and works on."""

from datetime import timedelta

import pytest
from django.db import connection

from agents import upkeep
from calls import outbox
from calls.models import WorkerBeat
from calls.states import Verb
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


def worker_was_there(seconds_ago: float) -> None:
    WorkerBeat.objects.create(name="worker:1", at=at(-seconds_ago))


def hang_up() -> None:
    queue = people.make_queue()
    people.make_number(queue)
    people.make_agent_user("Dana", queue)
    leg = people.customer(people.rings())
    outbox.put(leg=leg, verb=Verb.HANG_UP, reason="enough", now=NOON)


def test_all_is_well_while_a_worker_runs_and_nothing_waits() -> None:
    worker_was_there(5)
    assert upkeep.look(NOON).is_well


def test_a_web_process_that_delivers_its_own_orders_is_no_worker() -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (%s)", [NOON])
    assert not upkeep.look(NOON).worker_runs


@pytest.mark.parametrize("seconds_ago", [60, 3_600])
def test_a_worker_that_has_been_silent_is_gone(seconds_ago: float) -> None:
    worker_was_there(seconds_ago)
    assert not upkeep.look(NOON).worker_runs


def test_an_order_that_has_just_been_given_holds_nothing_up() -> None:
    worker_was_there(5)
    hang_up()
    assert upkeep.look(NOON + timedelta(seconds=2)).is_well


def test_an_order_that_waits_means_that_the_carrier_does_not_answer() -> None:
    worker_was_there(5)
    hang_up()
    seen = upkeep.look(at(20))
    assert (seen.worker_runs, seen.orders, seen.since) == (True, 1, NOON)


def test_an_orders_wait_is_shown_with_its_call() -> None:
    hang_up()
    call = people.rings(number="+15551239999")
    assert upkeep.pending_orders(call.pk, private=True) == []
