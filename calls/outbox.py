"""Orders to the carrier: written down, with their delivery, in the transaction that wants them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from procrastinate.contrib.django import app

from calls.models import Command, Leg
from calls.states import Verb

TASK = "calls.deliver_order"
QUEUE = "orders"


class _Deliverer:
    """Who delivers the orders that this process writes; None where others fetch them."""

    at_once: Callable[[UUID], None] | None = None


def deliver_at_once(deliverer: Callable[[UUID], None] | None) -> None:
    """From now on `deliverer` is told of each call with a new order, in the thread that committed.

    It may do nothing with that: the order is fetched all the same.
    """
    _Deliverer.at_once = deliverer


def put(
    *,
    leg: Leg,
    verb: Verb,
    reason: str,
    now: datetime,
    params: dict[str, Any] | None = None,
    ordered_by: User | None = None,
    give_up_after: timedelta = timedelta(seconds=30),
) -> Command:
    """Order something of a leg; the carrier is asked as soon as this transaction commits.

    Orders of one call are asked one after another, in the order in which they were put.
    """
    order = draft(
        leg=leg,
        verb=verb,
        reason=reason,
        now=now,
        params=params,
        ordered_by=ordered_by,
        give_up_after=give_up_after,
    )
    with transaction.atomic(savepoint=False):
        order.save(force_insert=True)
        send(order)
    return order


def draft(
    *,
    leg: Leg,
    verb: Verb,
    reason: str,
    now: datetime,
    params: dict[str, Any] | None = None,
    ordered_by: User | None = None,
    give_up_after: timedelta = timedelta(seconds=30),
) -> Command:
    """The same for whoever writes it together with something else, and then sends it."""
    return Command(
        call_id=leg.call_id,
        leg=leg,
        verb=verb,
        params=params or {},
        ordered_by=ordered_by,
        reason=reason[:200],
        ordered_at=now,
        give_up_at=now + give_up_after,
    )


def send(order: Command) -> None:
    """Have an order delivered that this transaction has written."""
    deliver(order_id=order.id, call_id=order.call_id)
    if _Deliverer.at_once is not None:
        transaction.on_commit(partial(_Deliverer.at_once, order.call_id), robust=True)


def deliver(*, order_id: UUID, call_id: UUID) -> None:
    """Have a written order delivered; harmless for one that is settled."""
    app.configure_task(TASK, queue=QUEUE, lock=lock(call_id)).defer(order_id=str(order_id))


def lock(call_id: UUID) -> str:
    """What the orders of one call wait in line for."""
    return f"call:{call_id}"
