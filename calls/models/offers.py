"""A call offered to one agent."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.models.waiting import Waiting
from calls.states import OfferState


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> "OfferQuerySet":
        return self.filter(state=OfferState.OFFERED)


class Offer(models.Model):
    """A call offered to one agent, why to this one, and what came of it.

    `offered` is the only open state. An accepted offer's agent is busy through their live leg.
    """

    call = models.ForeignKey(Call, models.CASCADE, related_name="offers")
    waiting = models.ForeignKey(Waiting, models.CASCADE, related_name="offers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="offers")
    leg = models.OneToOneField(Leg, models.SET_NULL, null=True, blank=True, related_name="offer")
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in OfferState], default=OfferState.OFFERED
    )
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # the server gives up on the line ringing then
    settled_at = models.DateTimeField(null=True, blank=True)
    # The agent presses a key to take the call, so that a mailbox cannot take it.
    confirm_by_key = models.BooleanField(default=True)
    # Why this pair: {"because": "...", "candidates": [{"user": 7, "name": "...", ...}]}
    reason = models.JSONField(default=dict)
    # What is known about how it came out: "the line rang out", "pressed decline", SIP 486...
    note = models.CharField(max_length=200, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="offered"), name="one_open_offer_per_agent"
            ),
            models.UniqueConstraint(
                fields=["call"], condition=Q(state="offered"), name="one_open_offer_per_call"
            ),
            models.CheckConstraint(
                condition=Q(state="offered", settled_at__isnull=True)
                | (~Q(state="offered") & Q(settled_at__isnull=False)),
                name="offer_settled_has_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-offered_at"], name="offer_by_user"),
            models.Index(
                fields=["user", "-settled_at"],
                name="offer_sets_aside",
                condition=Q(state__in=["missed", "busy", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk} {self.state}"
