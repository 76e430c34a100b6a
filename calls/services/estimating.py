"""How long a caller will probably wait, from how long conversations took and who is there."""

from datetime import datetime, timedelta
from math import ceil

from django.db.models import Avg, DurationField, ExpressionWrapper, F

from calls.models import Leg, Queue
from calls.services import line
from calls.states import LegRole

# Conversations that say something about the present, and how few say nothing.
RECENT = timedelta(hours=2)
SAMPLE = 30
ENOUGH = 3
LONGEST_TOLD = 60  # minutes


def seconds(*, queue: Queue, position: int, now: datetime) -> int | None:
    """What a caller at `position` will probably wait; None when too little is known.

    Everybody before takes one agent for one average conversation with its after-call work, and
    the agents who are there work through the line side by side.
    """
    staff = line.signed_in(queue, now)
    handled = _average_handling(queue, now)
    if not staff or handled is None:
        return None
    return ceil(position * handled.total_seconds() / staff)


def _average_handling(queue: Queue, now: datetime) -> timedelta | None:
    talked = Leg.objects.filter(
        call__queue=queue,
        role=LegRole.AGENT,
        joined_at__isnull=False,
        ended_at__gte=now - RECENT,
    )
    latest = list(talked.order_by("-ended_at").values_list("id", flat=True)[:SAMPLE])
    if len(latest) < ENOUGH:
        return None
    took = ExpressionWrapper(F("ended_at") - F("joined_at"), output_field=DurationField())
    average = Leg.objects.filter(id__in=latest).aggregate(average=Avg(took))["average"]
    return None if average is None else average + timedelta(seconds=queue.wrap_up_seconds)


def in_words(estimate: int | None) -> str:
    """The sentence that the caller hears; empty when there is nothing to tell."""
    if estimate is None:
        return ""
    minutes = ceil(estimate / 60)
    if minutes <= 1:
        return "We expect to take your call within a minute."
    if minutes > LONGEST_TOLD:
        return "The wait is longer than an hour."
    return f"We expect to take your call in about {minutes} minutes."
