"""Orders to the carrier: written down, with their delivery, in the transaction that wants them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from procrastinate.contrib.django import app

from calls.models import Command, Leg
from calls.states import Verb

TASK = "calls.deliver_order"
QUEUE = "orders"


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
    with transaction.atomic(savepoint=False):
        order = Command.objects.create(
            call_id=leg.call_id,
            leg=leg,
            verb=verb,
            params=params or {},
            ordered_by=ordered_by,
            reason=reason[:200],
            ordered_at=now,
            give_up_at=now + give_up_after,
        )
        deliver(order_id=order.id, call_id=leg.call_id)
    return order


def deliver(*, order_id: UUID, call_id: UUID) -> None:
    """Have a written order delivered; harmless for one that is settled."""
    app.configure_task(TASK, queue=QUEUE, lock=f"call:{call_id}").defer(order_id=str(order_id))
