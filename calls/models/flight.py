"""The flight recorder: what came in, what was ordered by whom and why, what was answered."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.states import ChangeState, NewsState, OrderState, Verb


class Change(models.Model):
    """What somebody, or a program, did to a live call: one intention, carried out by its orders."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20)  # hold, resume, transfer, ...
    text = models.CharField(max_length=300)  # in words: "Put Ruth on hold"
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    # Chosen by whoever asked: the same again is the same change.
    token = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField()
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in ChangeState], default=ChangeState.GOING_ON
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)  # why it failed

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "asked_by", "token"],
                condition=~Q(token=""),
                name="one_change_per_token",
            ),
            models.CheckConstraint(
                condition=Q(state="going-on", settled_at__isnull=True)
                | (~Q(state="going-on") & Q(settled_at__isnull=False)),
                name="change_settled_has_moment",
            ),
        ]
        indexes = [models.Index(fields=["call", "asked_at"], name="change_by_call")]

    def __str__(self) -> str:
        return f"{self.text} ({self.state})"


class Command(models.Model):
    """An order: one thing that we ask of the carrier, written down before it is asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="orders")
    leg = models.ForeignKey(Leg, models.CASCADE, related_name="orders")
    change = models.ForeignKey(
        Change, models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    verb = models.CharField(max_length=20, choices=[(v, v) for v in Verb])
    params = models.JSONField(default=dict)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200)
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in OrderState], default=OrderState.PENDING
    )
    # After this moment the order no longer makes sense and is given up.
    give_up_at = models.DateTimeField()
    ordered_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)  # last asked
    settled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    carrier_code = models.PositiveIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)  # what the carrier said, in short

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", settled_at__isnull=True)
                | (~Q(state="pending") & Q(settled_at__isnull=False)),
                name="order_settled_has_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "ordered_at"], name="order_by_call"),
            models.Index(fields=["ordered_at"], name="order_pending", condition=Q(state="pending")),
            models.Index(
                fields=["change"], name="order_by_change", condition=Q(change__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.verb} {self.state}"


class CarrierEvent(models.Model):
    """Carrier news: one webhook from the carrier, written down before it is believed.

    Has no foreign keys: it must be storable whatever else is true. `kind` says which of our
    addresses was called: voice, wait, queue-left, agent, agent-key, join, voicemail, status,
    conference, recording, fallback, resume.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    # The same for a repeated delivery of the same news.
    dedupe_key = models.CharField(max_length=120, unique=True)
    call_sid = models.CharField(max_length=34, blank=True)
    conference_sid = models.CharField(max_length=34, blank=True)
    leg_id = models.UUIDField(null=True)  # from our own callback address
    call_id = models.UUIDField(null=True)  # from our own callback address, or found on applying
    sequence = models.IntegerField(null=True)
    params = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=[(s, s) for s in NewsState], default=NewsState.PENDING
    )
    applied_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)  # could not be applied yet: tried again then
    note = models.TextField(blank=True)  # why stale, or the error; for requests: the answer given

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="news_pending", condition=Q(state="pending")),
            models.Index(fields=["call_sid"], name="news_by_sid"),
            models.Index(fields=["call_id"], name="news_by_call"),
        ]

    def __str__(self) -> str:
        return f"news {self.pk} {self.kind}"


class TimelineEvent(models.Model):
    """One sentence of a call's story, beside its orders and news."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="timeline")
    leg = models.ForeignKey(Leg, models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)  # arrived, waiting, offered, accepted, ended, ...
    text = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["call", "at", "id"], name="timeline_by_call")]

    def __str__(self) -> str:
        return self.text


class WorkerBeat(models.Model):
    """A worker's sign of life; a worker silent for long is dead, and its jobs are put back."""

    name = models.CharField(max_length=80, primary_key=True)  # host and process
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"worker {self.name}"
