"""The time after a call, and its recorded outcome."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.models.queues import Queue


class Disposition(models.Model):
    """A recorded outcome that an agent may choose: sold, solved, call back."""

    name = models.CharField(max_length=60, unique=True)
    queues = models.ManyToManyField(
        Queue, blank=True, help_text="Offered after calls of these queues; none chosen: of all."
    )
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class WrapUp(models.Model):
    """One agent's after-call work for one leg; open until finished or until it is due."""

    leg = models.OneToOneField(Leg, models.CASCADE, related_name="wrap_up")
    call = models.ForeignKey(Call, models.CASCADE, related_name="wrap_ups")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="wrap_ups")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by_timer = models.BooleanField(default=False)
    disposition = models.ForeignKey(Disposition, models.PROTECT, null=True, blank=True)
    notes = models.TextField(blank=True, max_length=5000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(finished_at__isnull=True), name="one_wrap_up_per_agent"
            ),
        ]
        indexes = [
            # When somebody last finished after-call work: an agent is idle since then.
            models.Index(
                fields=["user", "-finished_at"],
                name="wrap_up_last",
                condition=Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"wrap-up of {self.leg_id}"
