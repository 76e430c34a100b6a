"""Supervisors on live calls: every minute is on record."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.states import WatchMode


class Watch(models.Model):
    """One stretch of a supervisor's presence on a call, in one mode. Kept as evidence."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="watches")
    leg = models.ForeignKey(Leg, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=[(m, m) for m in WatchMode])
    is_private = models.BooleanField(default=False)  # not shown to the agent
    began_at = models.DateTimeField()  # when the carrier said so
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.UniqueConstraint(
                fields=["leg"], condition=Q(ended_at__isnull=True), name="one_mode_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["call", "began_at"], name="watch_by_call")]

    def __str__(self) -> str:
        return f"{self.user} {self.mode}s on {self.call}"


class HelpRequest(models.Model):
    """An agent on a call asks for a supervisor: a flag on the board."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="help_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "asked_by"],
                condition=Q(ended_at__isnull=True),
                name="one_open_help_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_by} asks for help on {self.call}"


class TextWhisper(models.Model):
    """A supervisor's written word to an agent on a call; shown at the agent's desk alone."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="text_whispers")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["call", "at"], name="text_whisper_by_call")]

    def __str__(self) -> str:
        return f"{self.by} to {self.to}: {self.text}"
