"""Who may be dialled from a desk, what that may cost, and what was dialled."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from calls.models.calls import Call, Leg
from calls.models.queues import E164, Queue

# The one row of DialRules.
THE_RULES = 1
PREFIX = RegexValidator(r"^\+[1-9]\d{0,13}$", "Write the beginning of a number: +49 or +4930.")
NO_LIMIT = "Empty: no limit."
_ROLLING = f"In any 60 minutes. {NO_LIMIT}"
_A_DAY = f"In any 24 hours. {NO_LIMIT}"


def _limit(default: int, what: str) -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(null=True, blank=True, default=default, help_text=what)


def _money(default: str, what: str) -> "models.DecimalField[Decimal | None, Decimal | None]":
    return models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        default=Decimal(default),
        validators=[MinValueValidator(Decimal(0))],
        help_text=what,
    )


class DialRules(models.Model):
    """How much may be dialled out: one row, read and locked by whoever is about to."""

    is_on = models.BooleanField(
        "dialling out is on", default=True, help_text="Off: nobody dials out."
    )
    longest_minutes = models.PositiveSmallIntegerField(
        "longest call, in minutes",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
        help_text="The carrier ends a call that an agent dialled after this.",
    )
    unknown_price = models.DecimalField(
        "price of other numbers",
        max_digits=8,
        decimal_places=4,
        null=True,
        blank=True,
        default=Decimal("0.5"),
        validators=[MinValueValidator(Decimal(0))],
        help_text="What a minute is counted as for a number that no price is known of. "
        "Empty: such numbers are refused.",
    )
    calls_an_hour_each = _limit(30, _ROLLING)
    calls_a_day_each = _limit(150, _A_DAY)
    minutes_a_day_each = _limit(480, _A_DAY)
    money_a_day_each = _money("50", _A_DAY)
    calls_an_hour_all = _limit(300, _ROLLING)
    calls_a_day_all = _limit(2000, _A_DAY)
    minutes_a_day_all = _limit(4000, _A_DAY)
    money_a_day_all = _money("250", _A_DAY)

    class Meta:
        verbose_name = verbose_name_plural = "limits of dialling out"
        constraints = [
            models.CheckConstraint(condition=Q(pk=THE_RULES), name="dial_rules_are_one_row")
        ]

    def __str__(self) -> str:
        return "limits of dialling out"


class PhonePrice(models.Model):
    """What a minute to numbers that begin so costs; of several, the longest beginning counts."""

    prefix = models.CharField(max_length=15, unique=True, validators=[PREFIX])
    per_minute = models.DecimalField(
        max_digits=8, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    label = models.CharField(max_length=60, blank=True, help_text="Such as: Germany, mobile.")

    class Meta:
        verbose_name = "price of a minute"
        verbose_name_plural = "prices of a minute"

    def __str__(self) -> str:
        return f"{self.prefix} {self.label}".strip()


class DoNotCall(models.Model):
    """Somebody who does not want to be called."""

    number = models.CharField(max_length=16, unique=True, validators=[E164])
    why = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "number not to be called"
        verbose_name_plural = "numbers not to be called"

    def __str__(self) -> str:
        return self.number


class DirectoryEntry(models.Model):
    """A number that agents find on their desk."""

    name = models.CharField(max_length=80)
    number = models.CharField(max_length=16, validators=[E164])
    note = models.CharField(max_length=120, blank=True, help_text="Such as: mornings only.")
    queues = models.ManyToManyField(
        Queue, blank=True, help_text="Whose agents see it. None: all agents do."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "directory entry"
        verbose_name_plural = "directory"

    def __str__(self) -> str:
        return self.name


class Dialling(models.Model):
    """A number outside that was dialled for somebody, and what that was allowed to cost.

    Until the line is over, it counts as long as it may become: two who dial at once are not both
    given what is left.
    """

    call = models.ForeignKey(Call, models.CASCADE, related_name="diallings")
    # The line; a customer's is rung once the agent's own is in the room.
    leg = models.OneToOneField(Leg, models.CASCADE, null=True, blank=True, related_name="dialling")
    # Whose limits it counts for; empty where a program rang a third party.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="diallings"
    )
    number = models.CharField(max_length=255)
    # Whose line that is, where it is a colleague's.
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    per_minute = models.DecimalField(max_digits=8, decimal_places=4)
    limit_seconds = models.PositiveIntegerField()
    detects_machine = models.BooleanField(default=False)
    dialled_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["dialled_at"], name="dialling_recent")]

    def __str__(self) -> str:
        return f"dialled {self.number}"


class DialAlarm(models.Model):
    """A limit that somebody ran into; told once an hour for each."""

    cap = models.CharField(max_length=24)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    text = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="dial_alarm_recent")]

    def __str__(self) -> str:
        return self.text
