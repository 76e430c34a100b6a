"""Calls set aside for a while."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call
from calls.models.queues import Queue
from calls.states import ParkingExit


class Parking(models.Model):
    """Set aside by an agent, until somebody of its queue retrieves it or its time is over."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="parkings")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+")
    parked_by = models.ForeignKey(  # empty: a program
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    parked_at = models.DateTimeField()
    returns_at = models.DateTimeField()
    # Whose line was rung to take it.
    retrieved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    exit = models.CharField(max_length=12, choices=[(e, e) for e in ParkingExit], blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(ended_at__isnull=True), name="one_parking_per_call"
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "parked_at"],
                name="parking_open",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call} parked by {self.parked_by}"


class LineChange(models.Model):
    """What was done to everybody who waits in one line, one caller after another."""

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+")
    # Everybody to this queue; or, where it is empty, the message, and then the end.
    to_queue = models.ForeignKey(Queue, models.PROTECT, null=True, blank=True, related_name="+")
    message = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    wanted = models.PositiveIntegerField()  # how many waited when it was asked
    last_place = models.BigIntegerField(
        default=0
    )  # the youngest place in line then: who came later stays
    done = models.PositiveIntegerField(default=0)
    passed_over = models.PositiveIntegerField(
        default=0
    )  # gone, or with an agent, before their turn
    ended_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["queue"], condition=Q(ended_at__isnull=True), name="one_change_per_line"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue}: {self.done} of {self.wanted} moved"
