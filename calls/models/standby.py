"""A leg that an agent keeps open, so that nothing rings: it is moved from call to call."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.states import LEG_LIVE, LEG_OVER, LegState


class Standby(models.Model):
    """Somebody wants to keep one leg open, from here until they, or their shift, end it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="standbys", db_index=False
    )
    address = models.CharField(max_length=255)  # the line that is rung, once
    our_number = models.CharField(max_length=64)  # what it shows
    # A key is pressed before the line counts, so that a mailbox is not kept open.
    confirm_by_key = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(  # empty: a program
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # How often, one after another, the line was lost or rung in vain, and when it is rung again.
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    why = models.CharField(max_length=200, blank=True)  # it ended

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at__isnull=True), name="one_standby_per_user"
            ),
        ]
        indexes = [models.Index(fields=["user", "-started_at"], name="standby_by_user")]

    def __str__(self) -> str:
        return f"{self.user} on standby"


class StandbyLegQuerySet(models.QuerySet["StandbyLeg"]):
    def live(self) -> "StandbyLegQuerySet":
        return self.filter(ended_at__isnull=True)


class StandbyLeg(models.Model):
    """One Call resource of the carrier that stays up between calls. While it is part of a call, a
    Leg of that call tells what it does there; a standby has as many of these as it was rung for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    standby = models.ForeignKey(Standby, models.CASCADE, related_name="lines")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    sid = models.CharField(max_length=34, unique=True, null=True, blank=True)
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in LegState], default=LegState.PLANNED
    )
    sip_code = models.PositiveSmallIntegerField(null=True, blank=True)
    # Called over without the carrier's word: its dial was asked, and no answer came.
    given_up = models.BooleanField(default=False)
    planned_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)  # the carrier, to ring it
    answered_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)  # somebody is sure to be there
    let_go_at = models.DateTimeField(null=True, blank=True)  # the carrier is to end it
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)  # what the carrier said, in short

    objects = StandbyLegQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(ended_at__isnull=True),
                name="one_live_standby_leg_per_user",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LEG_LIVE, ended_at__isnull=True)
                | Q(state__in=LEG_OVER, ended_at__isnull=False),
                name="standby_leg_over_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"standby leg {self.id}"

    @property
    def is_live(self) -> bool:
        return self.ended_at is None
