"""Who may take calls: agents with their lines, skills and queues; supervisors; breaks."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from agents.availability import Intent
from calls.models import Queue, Skill


class BreakReason(models.Model):
    name = models.CharField(max_length=60, unique=True)
    max_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Longer breaks are shown to supervisors. Empty: no limit."
    )
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class LineKind(models.TextChoices):
    PHONE = "phone", "Phone number"
    SIP = "sip", "SIP address"
    BROWSER = "browser", "The browser at their desk"


class LineState(models.TextChoices):
    """What the desk's page last said of the line in its browser."""

    READY = "ready", "is ready"
    STARTING = "starting", "is starting"
    NO_MICROPHONE = "no_microphone", "may not use the microphone"
    NO_DEVICE = "no_device", "finds no microphone"
    OFFLINE = "offline", "does not reach the carrier"
    ELSEWHERE = "elsewhere", "is open in another window"
    ASLEEP = "asleep", "is asleep"

    @property
    def sentence(self) -> str:
        """For people who wonder why no call comes."""
        is_the_lines = self in (LineState.READY, LineState.STARTING, LineState.ELSEWHERE)
        return f"the {'line in the browser' if is_the_lines else 'browser'} {self.label}"


class Agent(models.Model):
    """A person who takes calls, the line we ring them on, and what they want to be doing.

    What they *are* doing (busy, ringing, wrapping up, set aside, away) is derived from live legs,
    open offers, open wrap-ups and the heartbeat: see agents.availability.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="agent")
    name = models.CharField(max_length=80, help_text="As callers and colleagues know them.")
    line_kind = models.CharField(max_length=8, choices=LineKind.choices, default=LineKind.PHONE)
    line_address = models.CharField(
        max_length=255,
        blank=True,
        help_text="+15551234567, or sip:name@host for a SIP address. Not used for a browser.",
    )
    confirm_by_key = models.BooleanField(
        default=True,
        help_text="The agent presses a key to take the call, so that a mailbox cannot take it. "
        "In a browser accepting is enough.",
    )
    browser_rings = models.BooleanField(
        "ring through the carrier",
        default=False,
        help_text="Calls ring in the browser as on a telephone, at one call start each. Otherwise "
        "the browser connects when a call is accepted, and no ringing can go astray.",
    )
    auto_answer = models.BooleanField(
        "takes calls by itself",
        default=False,
        help_text="In a browser: a call that is offered is taken at once, after a tone.",
    )
    line_state = models.CharField(
        max_length=16, choices=LineState.choices, blank=True, default="", editable=False
    )
    line_state_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The leg of a call that goes on in a window which is the desk no longer.
    talks_elsewhere = models.UUIDField(null=True, blank=True, editable=False)
    may_stand_by = models.BooleanField(
        "may keep a line open",
        default=False,
        help_text="The line may be rung once and kept open for the shift, so that calls come with "
        "a beep instead of a ring. The carrier charges every minute that it is open.",
    )
    intent = models.CharField(
        max_length=12, choices=[(i, i) for i in Intent], default=Intent.OFFLINE
    )
    break_reason = models.ForeignKey(BreakReason, models.PROTECT, null=True, blank=True)
    intent_since = models.DateTimeField(null=True, blank=True)
    # After the current call: go offline or on a break instead of available.
    after_call = models.CharField(
        max_length=12, choices=[(i, i) for i in Intent], blank=True, default=""
    )
    after_call_reason = models.ForeignKey(
        BreakReason, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Longest idle first: the later of becoming available and finishing the last call.
    idle_since = models.DateTimeField(null=True, blank=True)
    # The desk's last heartbeat; a frozen or closed desk goes stale.
    seen_at = models.DateTimeField(null=True, blank=True)
    # Agents that need no open desk (a phone on the wall) are never stale.
    needs_desk = models.BooleanField(
        default=True, help_text="Offered calls only while the desk is open in a browser."
    )
    queues = models.ManyToManyField(Queue, through="Membership", blank=True)
    skills = models.ManyToManyField(Skill, through="AgentSkill", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["idle_since"], name="agent_available", condition=Q(intent="available")
            ),
            models.Index(
                fields=["user"], name="agent_leaves_after_call", condition=~Q(after_call="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(intent="offline") | Q(intent_since__isnull=False),
                name="agent_intent_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(intent="available") | Q(idle_since__isnull=False),
                name="agent_available_is_idle_since",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where the agent is rung; empty where no line is set up."""
        if self.line_kind == LineKind.BROWSER:
            return f"client:{self.identity}"
        return self.line_address

    @property
    def identity(self) -> str:
        """What the carrier knows their browser by."""
        return f"user_{self.user_id}"

    @property
    def is_asked_for_key(self) -> bool:
        """Nobody but the agent can accept in their browser."""
        return self.confirm_by_key and self.line_kind != LineKind.BROWSER

    @property
    def connects(self) -> bool:
        """Whether their browser comes to a call by itself, and is not rung."""
        return self.line_kind == LineKind.BROWSER and not self.browser_rings

    @property
    def is_to_be_had(self) -> bool:
        """Whether the line could be rung, as far as it is said: a browser says so itself."""
        return self.line_kind != LineKind.BROWSER or self.line_state == LineState.READY

    def clean(self) -> None:
        if self.line_kind == LineKind.SIP and not self.line_address.startswith(("sip:", "sips:")):
            raise ValidationError({"line_address": "Write a SIP address as sip:name@host."})
        if self.line_kind == LineKind.PHONE and not self.line_address.startswith("+"):
            raise ValidationError({"line_address": "Write the number as +, country code, number."})


class Membership(models.Model):
    """An agent serves a queue."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="memberships")
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships")
    priority = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="1 is asked first; higher numbers are asked when nobody before them is free.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "queue"], name="agent_serves_queue_once")
        ]
        indexes = [models.Index(fields=["queue", "priority"], name="membership_by_queue")]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"


class AgentSkill(models.Model):
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="skill_levels")
    skill = models.ForeignKey(Skill, models.CASCADE)
    level = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "skill"], name="agent_has_skill_once")
        ]

    def __str__(self) -> str:
        return f"{self.agent}: {self.skill} {self.level}"


class IntentChange(models.Model):
    """Kept for reports: who wanted what since when, and who said so."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="intent_changes")
    intent = models.CharField(max_length=12, choices=[(i, i) for i in Intent])
    break_reason = models.ForeignKey(BreakReason, models.PROTECT, null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["agent", "-at"], name="intent_changes_recent")]

    def __str__(self) -> str:
        return f"{self.agent} {self.intent}"


class Supervisor(models.Model):
    """A person who watches over chosen queues; a Django superuser watches over all."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="supervisor")
    queues = models.ManyToManyField(Queue, blank=True, related_name="supervisors")
    may_listen = models.BooleanField(default=True, help_text="Hear live calls of these queues.")
    may_whisper = models.BooleanField(default=True, help_text="Be heard by the agent alone.")
    may_barge = models.BooleanField(default=True, help_text="Be heard by everybody on the call.")
    may_take_over = models.BooleanField(default=True, help_text="Replace the agent on a call.")
    may_be_private = models.BooleanField(
        default=False, help_text="Listen without being shown to the agent."
    )

    def __str__(self) -> str:
        return f"supervisor {self.user}"
