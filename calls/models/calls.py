"""A customer's whole visit (call), and the carrier's calls that it is made of (legs)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.queues import PhoneNumber, Queue
from calls.models.standby import StandbyLeg
from calls.states import (
    LEG_LIVE,
    LEG_OVER,
    CallOutcome,
    CallState,
    Direction,
    LegRole,
    LegState,
)


class Call(models.Model):
    """A customer's whole visit; it has one room at the carrier, named after it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    direction = models.CharField(
        max_length=8, choices=[(d, d) for d in Direction], default=Direction.INBOUND
    )
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in CallState], default=CallState.ARRIVING
    )
    outcome = models.CharField(
        max_length=12, choices=[(o, o) for o in CallOutcome], blank=True, default=""
    )
    number = models.ForeignKey(PhoneNumber, models.PROTECT, null=True, blank=True)
    # Of an outbound call: who dialled the customer.
    dialled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="dialled"
    )
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, blank=True)
    # As the carrier gave it; may be empty, "anonymous" or a code for a withheld number.
    customer_number = models.CharField(max_length=64, blank=True)
    customer_name = models.CharField(max_length=120, blank=True)
    arrived_at = models.DateTimeField()
    greeted_at = models.DateTimeField(null=True, blank=True)  # got past the greeting
    answered_at = models.DateTimeField(null=True, blank=True)  # first joined with an agent
    # Since when exactly one leg has been in the room.
    alone_since = models.DateTimeField(null=True, blank=True)
    conference_sid = models.CharField(max_length=34, blank=True)  # of the room, as last heard of
    ended_at = models.DateTimeField(null=True, blank=True)
    # The greeting says that the call may be recorded; it has been said once the call is greeted.
    consent_in_greeting = models.BooleanField(default=False)
    # When the caller had been told otherwise that the call may be recorded.
    consent_at = models.DateTimeField(null=True, blank=True)
    # Nothing of the call is deleted while this says why.
    legal_hold = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=CallState.ENDED, ended_at__isnull=False)
                | (~Q(state=CallState.ENDED) & Q(ended_at__isnull=True)),
                name="call_ended_has_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["-arrived_at", "-id"], name="call_recent"),
            models.Index(fields=["queue", "-arrived_at"], name="call_by_queue"),
            models.Index(fields=["customer_number", "-arrived_at"], name="call_by_customer"),
            models.Index(
                fields=["arrived_at"], name="call_live", condition=Q(ended_at__isnull=True)
            ),
            models.Index(fields=["ended_at"], name="call_held", condition=~Q(legal_hold="")),
        ]

    def __str__(self) -> str:
        return f"call {self.id}"

    @property
    def told_of_recording(self) -> bool:
        """Whether the caller has heard to the end that the call may be recorded."""
        greeted = self.consent_in_greeting and self.greeted_at is not None
        return greeted or self.consent_at is not None

    @property
    def room(self) -> str:
        """The name of the call's conference at the carrier."""
        return room_of(self.id)


def room_of(call_id: uuid.UUID) -> str:
    """The name of that call's conference at the carrier."""
    return f"call-{call_id}"


class LegQuerySet(models.QuerySet["Leg"]):
    def live(self) -> "LegQuerySet":
        return self.filter(ended_at__isnull=True)


class Leg(models.Model):
    """One Call resource of the carrier, and our last true knowledge of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="legs")
    role = models.CharField(max_length=12, choices=[(r, r) for r in LegRole])
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="legs"
    )
    # Unique, and unknown at first; but for legs that are lent (see the constraints).
    sid = models.CharField(max_length=34, null=True, blank=True)  # noqa: DJ001
    # The leg that is kept open and only lent to this call, after which it goes back.
    standby = models.ForeignKey(
        StandbyLeg, models.PROTECT, null=True, blank=True, related_name="legs", db_index=False
    )
    # The line in this person's browser that was lost in mid-call, and that this one stands in for.
    in_place_of = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="stand_in"
    )
    state = models.CharField(
        max_length=12, choices=[(s, s) for s in LegState], default=LegState.PLANNED
    )
    address = models.CharField(max_length=255, blank=True)  # the far end: number, sip:, client:
    our_number = models.CharField(max_length=64, blank=True)
    # The highest SequenceNumber of the carrier's progress events that has been applied.
    last_sequence = models.IntegerField(default=-1)
    sip_code = models.PositiveSmallIntegerField(null=True, blank=True)
    # Called over without the carrier's word: its dial was asked, and no answer came.
    given_up = models.BooleanField(default=False)
    # The latest news of the room that has been applied to this leg: of which conference (a room
    # that emptied comes back as another one), its number there, and its moment.
    conference_sid = models.CharField(max_length=34, blank=True)
    room_sequence = models.IntegerField(default=-1)
    room_event_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField()
    ringing_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    # Of a line that we rang to bring somebody in: whether they press a key, so that a mailbox does
    # not take part, and since when it is sure that they are there.
    confirm_by_key = models.BooleanField(default=False)
    accepted_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)  # first entered the room
    in_room = models.BooleanField(default=False)
    left_room_at = models.DateTimeField(null=True, blank=True)
    # As the carrier said last, of a leg in the room.
    held_at = models.DateTimeField(null=True, blank=True)  # on hold since
    muted = models.BooleanField(default=False)
    # A supervisor's: the leg whose person alone hears this one, unless it is muted.
    whispers_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)
    # A supervisor's who listens without being shown to the agents.
    is_private = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LegQuerySet.as_manager()

    class Meta:
        constraints = [
            # A standby leg is part of many calls, one after another.
            models.UniqueConstraint(
                fields=["sid"], condition=Q(standby__isnull=True), name="one_leg_per_sid"
            ),
            models.UniqueConstraint(
                fields=["standby"],
                condition=Q(ended_at__isnull=True, standby__isnull=False),
                name="one_call_at_a_time_per_standby_leg",
            ),
            models.UniqueConstraint(
                fields=["call"],
                condition=Q(role=LegRole.CUSTOMER, ended_at__isnull=True),
                name="one_live_customer_leg_per_call",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(role=LegRole.AGENT, ended_at__isnull=True),
                name="one_live_agent_leg_per_user",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(role=LegRole.SUPERVISOR, ended_at__isnull=True),
                name="one_live_supervisor_leg_per_user",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LEG_LIVE, ended_at__isnull=True)
                | Q(state__in=LEG_OVER, ended_at__isnull=False),
                name="leg_over_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(in_room=False) | Q(ended_at__isnull=True), name="leg_over_left_room"
            ),
            models.CheckConstraint(
                condition=Q(in_room=True) | Q(held_at__isnull=True), name="leg_on_hold_in_a_room"
            ),
        ]
        indexes = [
            models.Index(fields=["sid"], name="leg_by_sid"),
            models.Index(
                fields=["standby"], name="leg_by_standby", condition=Q(standby__isnull=False)
            ),
            models.Index(
                fields=["planned_at"], name="leg_live", condition=Q(ended_at__isnull=True)
            ),
            # Who is on the line now, whatever their part in the call.
            models.Index(
                fields=["user"],
                name="leg_live_by_user",
                condition=Q(ended_at__isnull=True, user__isnull=False),
            ),
            # When somebody last talked: an agent is idle since then.
            models.Index(
                fields=["user", "-ended_at"],
                name="leg_last_talk",
                condition=Q(ended_at__isnull=False, joined_at__isnull=False, user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} leg {self.id}"

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    @property
    def on_hold(self) -> bool:
        return self.held_at is not None


class Voicemail(models.Model):
    """A message that a caller left; the sound stays at the carrier until it is fetched."""

    call = models.OneToOneField(Call, models.CASCADE, related_name="voicemail")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="voicemails")
    recording_sid = models.CharField(max_length=34, unique=True)
    recording_url = models.URLField()
    seconds = models.PositiveIntegerField(default=0)
    left_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True, blank=True)
    heard_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"voicemail of {self.call_id}"
