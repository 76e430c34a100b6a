"""Lines of callers: what they need, when they are open, and the numbers that lead to them."""

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from calls.states import (
    AgentGone,
    RecordingOnHold,
    RecordingOutside,
    RecordingPolicy,
    Recourse,
)

E164 = RegexValidator(r"^\+[1-9]\d{6,14}$", "Write the number as +, country code and number.")


def check_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone. Write one such as Europe/Berlin.")


class Skill(models.Model):
    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """A line of callers, and what they hear and get while in it."""

    name = models.CharField(max_length=60, unique=True, help_text="What people call it: Billing.")
    slug = models.SlugField(max_length=60, unique=True, help_text="Its name in URLs and the API.")
    is_active = models.BooleanField(
        default=True, help_text="Switched off, its callers hear the closed message at any hour."
    )
    priority = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="Each point puts its callers ahead by the ageing time, as if they had come so "
        "much earlier. 0 is normal.",
    )
    ageing_seconds = models.PositiveIntegerField(
        default=60, help_text="How much waiting time one point of priority is worth, in seconds."
    )
    max_waiting = models.PositiveIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(5000)],
        help_text="More callers than this hear the full message.",
    )
    max_wait_seconds = models.PositiveIntegerField(
        default=1800, help_text="After so long the caller gets the full message. 0: never."
    )
    ring_seconds = models.PositiveIntegerField(
        default=20,
        validators=[MinValueValidator(5), MaxValueValidator(120)],
        help_text="How long an agent's line rings. Under 20 avoids most mailboxes.",
    )
    wrap_up_seconds = models.PositiveIntegerField(
        default=30, help_text="How long an agent has for after-call work. 0: none."
    )
    service_level_seconds = models.PositiveIntegerField(
        default=20, help_text="A call answered within this counts into the service level."
    )
    greeting = models.CharField(
        max_length=500, default="Welcome.", help_text="Said once, on arrival.", blank=True
    )
    hold_music_url = models.URLField(
        blank=True, help_text="Played to waiting callers; empty: the music that comes with it."
    )
    closed_message = models.CharField(
        max_length=500, default="We are closed now. Please call again in our opening hours."
    )
    closed_recourse = models.CharField(
        max_length=12, choices=[(r, r) for r in Recourse], default=Recourse.VOICEMAIL
    )
    full_message = models.CharField(max_length=500, default="All our lines are busy at the moment.")
    full_recourse = models.CharField(
        max_length=12, choices=[(r, r) for r in Recourse], default=Recourse.HANG_UP
    )
    unstaffed_message = models.CharField(
        max_length=500, default="Nobody is here to take your call right now."
    )
    unstaffed_recourse = models.CharField(
        max_length=12, choices=[(r, r) for r in Recourse], default=Recourse.VOICEMAIL
    )
    agent_gone = models.CharField(
        max_length=12,
        choices=[(a, a) for a in AgentGone],
        default=AgentGone.END,
        help_text="When an agent hangs up their phone in mid-call: the call ends, or the customer "
        "goes to the front of the line. A line that fails always sends the customer to the front.",
    )
    time_zone = models.CharField(max_length=60, default="UTC", validators=[check_time_zone])
    park_seconds = models.PositiveIntegerField(
        default=180, help_text="A parked call goes to the front of the line after this."
    )
    recording = models.CharField(
        max_length=12,
        choices=[(p, p) for p in RecordingPolicy],
        default=RecordingPolicy.NONE,
        help_text="Which calls are recorded; on-demand: those for which an agent asks.",
    )
    recording_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Of a hundred calls, with the policy percentage.",
    )
    recording_consent = models.CharField(
        max_length=500,
        blank=True,
        default="This call may be recorded.",
        help_text="Said to the caller before anything is recorded; empty: nothing is said.",
    )
    recording_kept_days = models.PositiveIntegerField(
        default=90, help_text="Recordings are deleted after this; 0: kept for ever."
    )
    recording_on_hold = models.CharField(
        max_length=8,
        choices=[(h, h) for h in RecordingOnHold],
        default=RecordingOnHold.PAUSE,
        help_text="While the caller is on hold: nothing is recorded, or the music is.",
    )
    recording_outside = models.CharField(
        max_length=8,
        choices=[(o, o) for o in RecordingOutside],
        default=RecordingOutside.STOP,
        help_text="When the caller has been passed on to somebody outside, and nobody of ours is "
        "left in the conversation.",
    )
    recording_for_agents = models.BooleanField(
        default=False, help_text="Agents may listen to the recordings of their own calls."
    )
    skills = models.ManyToManyField(Skill, through="QueueSkill", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(max_waiting__gte=1), name="queue_has_room"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_open_at(self, now: datetime) -> bool:
        """Open at `now` (aware)? A queue without opening hours is always open."""
        if not self.is_active:
            return False
        hours = list(self.opening_hours.all())
        local = now.astimezone(ZoneInfo(self.time_zone))
        return not hours or any(span.covers(local) for span in hours)


class QueueSkill(models.Model):
    """A skill that an agent needs, at least at this level, to serve the queue."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="required_skills")
    skill = models.ForeignKey(Skill, models.PROTECT)
    min_level = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "skill"], name="queue_needs_skill_once")
        ]

    def __str__(self) -> str:
        return f"{self.queue} needs {self.skill} {self.min_level}"


class OpeningHours(models.Model):
    """One span of one weekday, in the queue's time zone. A span may not cross midnight."""

    WEEKDAYS = [
        (0, "Monday"),
        (1, "Tuesday"),
        (2, "Wednesday"),
        (3, "Thursday"),
        (4, "Friday"),
        (5, "Saturday"),
        (6, "Sunday"),
    ]

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    opens = models.TimeField()
    closes = models.TimeField(help_text="23:59:59 for the end of the day.")

    class Meta:
        verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="hours_open_before_close"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens}-{self.closes}"

    def covers(self, local: datetime) -> bool:
        """The second of closing is open, so that 23:59:59 and midnight leave nothing between."""
        second = local.time().replace(microsecond=0)
        return self.weekday == local.weekday() and self.opens <= second <= self.closes


class PhoneNumber(models.Model):
    """A number of ours, and where a call to it goes."""

    e164 = models.CharField("number", max_length=16, unique=True, validators=[E164])
    label = models.CharField(max_length=60, blank=True)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="numbers")
    is_active = models.BooleanField(default=True)
    shown_by = models.ManyToManyField(
        Queue,
        blank=True,
        related_name="shown_numbers",
        verbose_name="also shown by",
        help_text="Further queues whose agents may show this number when they dial out.",
    )

    def __str__(self) -> str:
        return f"{self.e164} {self.label}".strip()
