"""What was recorded of a call, what was not, who has heard it, and what has to be deleted."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.states import RECORDING_OPEN, RecordingState


class Recording(models.Model):
    """One recording of the customer's leg, both sides apart; the sound stays at the carrier."""

    # In the address that the carrier tells its news to, before it has given a name.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
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
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["leg"],
                condition=Q(state__in=RECORDING_OPEN),
                name="one_recording_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "planned_at"], name="recording_by_call"),
            models.Index(
                fields=["planned_at"],
                name="recording_open",
                condition=Q(state__in=[*RECORDING_OPEN, RecordingState.STOPPED]),
            ),
            models.Index(
                fields=["delete_after"],
                name="recording_to_delete",
                condition=Q(delete_after__isnull=False) & ~Q(state="deleted"),
            ),
        ]

    def __str__(self) -> str:
        return f"recording {self.pk} {self.state}"


class RecordingGap(models.Model):
    """What is not on a recording, and why: the proof of each pause.

    From the moment at which the carrier had said that it was paused to the one at which we asked
    it to go on: in between, nothing was recorded.
    """

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
    # The call's own doing (hold, the line): over when that is over, and not before.
    is_automatic = models.BooleanField(default=False)

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
        indexes = [models.Index(fields=["recording", "-at"], name="accesses_of_recording")]

    def __str__(self) -> str:
        return f"{self.recording} {self.what}"


class CarrierDeletion(models.Model):
    """Something that the carrier is to delete: a recording (RE…), or its record of a call (CA…).

    Our own entry may be gone by then, so it has no foreign keys.
    """

    sid = models.CharField(max_length=34, unique=True)
    because = models.CharField(max_length=100)
    wanted_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)  # what the carrier said last

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before"], name="deletion_open", condition=Q(done_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"deletion of {self.sid}"
