"""Whether orders reach the carrier, as a page can tell: calls go on when they do not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min

from calls.models import Command, WorkerBeat
from calls.states import OrderState

# An order that has waited for so long is held up.
HELD_UP = timedelta(seconds=5)
# A worker says that it runs every five seconds.
WORKER_IS_GONE = timedelta(seconds=35)


@dataclass(frozen=True, slots=True)
class Upkeep:
    orders: int  # held up
    since: datetime | None
    worker_runs: bool

    @property
    def is_well(self) -> bool:
        return self.worker_runs and not self.orders


def look(now: datetime) -> Upkeep:
    pending = Command.objects.filter(state=OrderState.PENDING, ordered_at__lte=now - HELD_UP)
    found = pending.aggregate(orders=Count("id"), since=Min("ordered_at"))
    return Upkeep(found["orders"], found["since"], _worker_runs(now))


def pending_orders(call_id: UUID, *, private: bool) -> list[Command]:
    """What was ordered for this call and has not been answered yet.

    Without `private`, nothing of supervisors who listen unseen.
    """
    pending = Command.objects.filter(call=call_id, state=OrderState.PENDING)
    if not private:
        pending = pending.exclude(leg__is_private=True)
    return list(pending.select_related("leg", "ordered_by").order_by("ordered_at"))


def _worker_runs(now: datetime) -> bool:
    """Web processes deliver orders of their own, and are no workers."""
    return WorkerBeat.objects.filter(at__gt=now - WORKER_IS_GONE).exists()
