"""Queues over REST: made, renamed, resized, deleted."""

from __future__ import annotations

import pytest

from sandbox.core.errors import RestError
from tests.sandbox.core.stage import Stage


def test_a_queue_is_empty_at_first(stage: Stage) -> None:
    queue = stage.carrier.create_queue(stage.account, "sales", 5)
    assert (queue.current_size, queue.max_size) == (0, 5)
    assert queue.average_wait_time(stage.carrier.now) == 0
    assert queue.find("Front") is None


def test_a_name_is_given_once(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "sales")
    with pytest.raises(RestError) as caught:
        stage.carrier.create_queue(stage.account, "sales")
    assert caught.value.status == 400


def test_another_account_may_use_the_name(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "sales")
    other = stage.carrier.add_account()
    assert stage.carrier.create_queue(other, "sales")


def test_a_queue_is_renamed_and_resized(stage: Stage) -> None:
    queue = stage.carrier.create_queue(stage.account, "sales")
    stage.advance(5)
    stage.carrier.update_queue(queue, friendly_name="orders", max_size=9)
    assert (queue.friendly_name, queue.max_size) == ("orders", 9)
    assert queue.updated_at - queue.created_at == 5


def test_a_queue_is_not_renamed_to_a_name_that_is_taken(stage: Stage) -> None:
    queue = stage.carrier.create_queue(stage.account, "sales")
    stage.carrier.create_queue(stage.account, "orders")
    with pytest.raises(RestError):
        stage.carrier.update_queue(queue, friendly_name="orders")


def test_a_queue_may_keep_its_name(stage: Stage) -> None:
    queue = stage.carrier.create_queue(stage.account, "sales")
    stage.carrier.update_queue(queue, friendly_name="sales")
    assert queue.friendly_name == "sales"


def test_an_empty_queue_is_deleted(stage: Stage) -> None:
    queue = stage.carrier.create_queue(stage.account, "sales")
    stage.carrier.delete_queue(queue)
    assert stage.carrier.queues == {}


def test_a_queue_with_callers_is_not(stage: Stage) -> None:
    stage.pages["/voice"] = "<Enqueue waitUrl=''>sales</Enqueue>"
    stage.dials_in()
    (queue,) = stage.carrier.queues.values()
    with pytest.raises(RestError):
        stage.carrier.delete_queue(queue)


def test_the_average_wait_is_of_those_who_wait(stage: Stage) -> None:
    stage.pages["/voice"] = "<Enqueue waitUrl=''>sales</Enqueue>"
    stage.dials_in()
    stage.advance(20)
    stage.dials_in("+15550301")
    stage.advance(10)
    (queue,) = stage.carrier.queues.values()
    assert queue.average_wait_time(stage.carrier.now) == 20
