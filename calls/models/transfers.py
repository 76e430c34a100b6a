"""A call on its way from one agent to somebody else."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.models.queues import Queue
from calls.states import TRANSFER_OPEN, TransferKind, TransferState


class Transfer(models.Model):
    """One attempt to hand a call on; exactly one of the three targets is set."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="transfers")
    kind = models.CharField(max_length=8, choices=[(k, k) for k in TransferKind])
    state = models.CharField(max_length=14, choices=[(s, s) for s in TransferState])
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    to_queue = models.ForeignKey(Queue, models.PROTECT, null=True, blank=True, related_name="+")
    to_number = models.CharField(max_length=255, blank=True)  # E.164 or sip:
    shown_number = models.CharField(max_length=64, blank=True)  # the caller id that was asked for
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_leg = models.ForeignKey(Leg, models.SET_NULL, null=True, related_name="+")
    # The second's line, of the current attempt.
    to_leg = models.ForeignKey(Leg, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)  # what the second is told
    notes = models.TextField(blank=True, max_length=2000)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)  # what came of it, in words

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call"],
                condition=Q(state__in=TRANSFER_OPEN),
                name="one_open_transfer_per_call",
            ),
            models.CheckConstraint(
                condition=Q(state__in=TRANSFER_OPEN, settled_at__isnull=True)
                | (~Q(state__in=TRANSFER_OPEN) & Q(settled_at__isnull=False)),
                name="transfer_settled_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(to_user__isnull=False, to_queue__isnull=True, to_number="")
                | Q(to_user__isnull=True, to_queue__isnull=False, to_number="")
                | (Q(to_user__isnull=True, to_queue__isnull=True) & ~Q(to_number="")),
                name="transfer_has_one_target",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "started_at"], name="transfer_by_call"),
            models.Index(
                fields=["to_queue", "started_at"],
                name="transfer_seeking",
                condition=Q(state=TransferState.SEEKING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} transfer {self.pk} {self.state}"
