"""What was recorded of a call, what was not, and who has heard it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.states import RecordingState


class Recording(models.Model):
    """One recording of the customer's leg, both sides apart; the sound stays at the carrier."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="recordings")
    leg = models.ForeignKey(Leg, models.CASCADE, related_name="+")
    sid = models.CharField(max_length=34, unique=True, null=True, blank=True)
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in RecordingState], default=RecordingState.PLANNED
    )
    because = models.CharField(max_length=100)  # the policy, or who asked for it
    planned_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    delete_after = models.DateTimeField(null=True, blank=True)  # empty: kept

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["leg"],
                condition=Q(state__in=["planned", "in-progress", "paused"]),
                name="one_recording_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "planned_at"], name="recording_by_call"),
            models.Index(
                fields=["delete_after"],
                name="recording_to_delete",
                condition=Q(delete_after__isnull=False) & ~Q(state="deleted"),
            ),
        ]

    def __str__(self) -> str:
        return f"recording {self.pk} {self.state}"


class RecordingGap(models.Model):
    """What is not on a recording, and why: the proof of each pause."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="gaps")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # As silence of the same length, or left out.
    behaviour = models.CharField(
        max_length=8, choices=[("silence", "silence"), ("skip", "skip")], default="silence"
    )
    why = models.CharField(max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recording"], condition=Q(ended_at__isnull=True), name="one_gap_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"gap of {self.recording}: {self.why}"


class RecordingAccess(models.Model):
    """Somebody listened to a recording, or took it away."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="accesses")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_key = models.CharField(max_length=60, blank=True)  # an API key's name
    at = models.DateTimeField()
    what = models.CharField(max_length=12, choices=[(w, w) for w in ("played", "downloaded")])

    class Meta:
        verbose_name_plural = "recording accesses"

    def __str__(self) -> str:
        return f"{self.recording} {self.what}"
