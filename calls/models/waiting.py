"""One caller's place in one line."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call
from calls.models.queues import Queue
from calls.states import WaitingExit


def place_in_line(*, arrived_at: datetime, priority: int, ageing_seconds: int) -> datetime:
    """The moment that a caller's place is sorted by; earlier is nearer to the front.

    Every caller ages alike, so "priority plus waiting time" sorts as a fixed moment: the arrival,
    put back by what the priority is worth. It never has to be computed again, and an index
    serves it.
    """
    return arrived_at - timedelta(seconds=priority * ageing_seconds)


class WaitingQuerySet(models.QuerySet["Waiting"]):
    def in_line(self) -> "WaitingQuerySet":
        return self.filter(left_at__isnull=True)


class Waiting(models.Model):
    """A caller's place in one line; kept when an agent misses the call."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="waitings")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="waitings")
    priority = models.SmallIntegerField(default=0)
    # When the caller joined this line; a caller sent back to the front keeps it.
    since = models.DateTimeField()
    # See place_in_line.
    place = models.DateTimeField()
    # An accepted offer is bringing an agent's leg: nobody else may be offered this caller.
    claimed_at = models.DateTimeField(null=True, blank=True)
    # Asked before everybody else, once, and only if free: who sent the caller on in vain.
    first_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    # Since when nobody has been signed in for this line.
    unstaffed_since = models.DateTimeField(null=True, blank=True)
    # The caller gets the full message then; empty where the queue sets no limit.
    leave_by = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    exit = models.CharField(
        max_length=12, choices=[(e, e) for e in WaitingExit], blank=True, default=""
    )

    objects = WaitingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(left_at__isnull=True), name="one_place_per_call"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True, exit="")
                | (Q(left_at__isnull=False) & ~Q(exit="")),
                name="waiting_left_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "place", "id"],
                name="waiting_line",
                condition=Q(left_at__isnull=True, claimed_at__isnull=True),
            ),
            models.Index(
                fields=["first_to"],
                name="waiting_for_one",
                condition=Q(left_at__isnull=True, claimed_at__isnull=True, first_to__isnull=False),
            ),
            models.Index(fields=["queue", "left_at"], name="waiting_history"),
        ]

    def __str__(self) -> str:
        return f"waiting {self.pk} in {self.queue_id}"
