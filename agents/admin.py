"""Who takes calls and who watches over them, as it is set up; what they do is changed by shifts."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents import readiness, roster, softphone
from agents.availability import Status
from agents.models import (
    Agent,
    AgentSkill,
    BreakReason,
    IntentChange,
    LineKind,
    Membership,
    Supervisor,
)
from agents.services import shifts, sign_ins
from agents.signing_in import OfficeSignInForm
from calls import allowances, live
from calls.admin import telling
from calls.admin.reading import NOTHING, ReadOnlyAdmin, moment, number
from calls.admin.theme import (
    ChoicesFilter,
    ModelAdmin,
    ModelForm,
    MomentFilter,
    RelatedFilter,
    TabularInline,
    UserChangeForm,
    UserCreationForm,
    UserPasswordForm,
    column,
    label,
)
from calls.carrier import numbers
from calls.models import Allowance, Leg, PhoneNumber
from calls.models.queues import E164

SIP = re.compile(r"sips?:[^@\s]+@[^@\s]+")
STATUS_COLOURS = {
    Status.AVAILABLE: "success",
    Status.BUSY: "info",
    Status.RINGING: "info",
    Status.WRAPPING_UP: "info",
    Status.CONNECTING: "info",
    Status.BREAK: "warning",
    Status.AWAY: "danger",
    Status.SET_ASIDE: "danger",
}


class AgentForm(ModelForm[Agent]):
    """A line that can be rung, and that is not one of our own numbers."""

    def clean_line_address(self) -> str:
        return str(self.cleaned_data["line_address"]).strip()

    def _post_clean(self) -> None:
        """After the model has had its say, so that one mistake is told once."""
        super()._post_clean()  # type: ignore[misc] # Django's hook for this, without a public name
        if "line_address" in self.errors or "line_kind" in self.errors:
            return
        address, kind = self.cleaned_data["line_address"], self.cleaned_data["line_kind"]
        if kind == LineKind.PHONE:
            self._check_number(address)
        elif kind == LineKind.SIP and not SIP.fullmatch(address):
            self.add_error("line_address", "Write a SIP address as sip:name@host.")

    def _check_number(self, address: str) -> None:
        try:
            E164(address)
        except forms.ValidationError as error:
            self.add_error("line_address", error)
            return
        if numbers.costs_more(address):
            self.add_error("line_address", "That number costs more than a call: it is not rung.")
        if PhoneNumber.objects.filter(e164=address).exists():
            self.add_error(
                "line_address", "That is one of our own numbers: callers would be sent to callers."
            )


class MembershipInline(TabularInline[Membership, Agent]):
    model = Membership
    extra = 0
    autocomplete_fields = ("queue",)
    verbose_name = "queue"
    verbose_name_plural = "Queues"


class SkillInline(TabularInline[AgentSkill, Agent]):
    model = AgentSkill
    extra = 0
    autocomplete_fields = ("skill",)
    verbose_name = "skill"
    verbose_name_plural = "Skills"


@admin.register(Agent)
class AgentAdmin(ModelAdmin[Agent]):
    form = AgentForm
    inlines = (MembershipInline, SkillInline)
    list_display = ("name", "user", "line", "queues_shown", "status_shown", "why")
    list_filter = (("queues", RelatedFilter), ("skills", RelatedFilter), ("intent", ChoicesFilter))
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "line_address")
    autocomplete_fields = ("user",)
    help_texts = {
        "user": "Who signs in as this agent.",
        "line_kind": "What is rung when a call is offered.",
    }
    ordering = ("name",)
    actions = ("set_offline",)
    fieldsets = (
        (None, {"fields": ("user", "name")}),
        (
            "The line that is rung",
            {
                "fields": (
                    "line_kind",
                    "line_address",
                    "confirm_by_key",
                    "browser_rings",
                    "auto_answer",
                    "needs_desk",
                    "may_stand_by",
                )
            },
        ),
        ("Now", {"fields": ("intent", "since", "seen")}),
    )
    readonly_fields = ("intent", "since", "seen")
    since = moment("intent_since", "Since")
    seen = moment("seen_at", "Desk last heard of")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        return super().get_queryset(request).prefetch_related("queues")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What the listed agents are doing is read for all of them at once."""
        listed = super().get_changelist_instance(request)
        now = timezone.now()
        ids = [agent.pk for agent in listed.result_list]
        known = {one.agent_id: one for one in roster.standings(agent_ids=ids, now=now)}
        for agent in listed.result_list:
            agent.standing = known[agent.pk]
        return listed

    @column("Line", "line_address")
    def line(self, agent: Agent) -> str:
        return "browser" if agent.line_kind == LineKind.BROWSER else agent.line_address

    @column("Queues")
    def queues_shown(self, agent: Agent) -> str:
        return ", ".join(queue.name for queue in agent.queues.all()) or NOTHING

    @label("Now", STATUS_COLOURS)
    def status_shown(self, agent: Agent) -> str:
        return str(agent.standing.status)  # type: ignore[attr-defined]

    @column("Why, or on what")
    def why(self, agent: Agent) -> str:
        standing = agent.standing  # type: ignore[attr-defined]
        if standing.call_id is not None:
            return f"{standing.customer_name or number(standing.customer_number)}"
        return str(standing.why)

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        form.queues_before = (
            set(obj.memberships.values_list("queue_id", flat=True)) if change else set()
        )
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who is told: the agent's desk, and everybody at the queues that they left or joined."""
        super().save_related(request, form, formsets, change)
        agent: Agent = form.instance
        serves = _served(agent)
        live.announce(live.desk(agent.user_id))
        telling.lines_changed(form.queues_before | serves)
        if not serves:
            text = f"{agent} serves no queue, and will be offered no calls."
            self.message_user(request, text, messages.WARNING)
        if not softphone.is_set_up(agent):
            self.message_user(request, softphone.NOT_SET_UP, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """Nobody is deleted while a call holds them."""
        if obj is not None and not readiness.is_unoccupied(agent_id=obj.pk):
            return False
        return super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Agent) -> None:
        queues = _served(obj)
        super().delete_model(request, obj)
        telling.lines_changed(queues)

    def get_actions(self, request: HttpRequest) -> Any:
        return _without_delete(super().get_actions(request))

    @admin.action(description="Set offline", permissions=["change"])
    def set_offline(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """A call in progress goes on; nobody is offered another one."""
        who, now = request.user, timezone.now()
        assert isinstance(who, User)
        try:
            for agent in queryset:
                shifts.go_offline(agent=agent, by=who, now=now)
        except shifts.ShiftRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return
        self.message_user(request, f"{len(queryset)} set offline. Calls in progress go on.")


def _served(agent: Agent) -> set[int]:
    return set(agent.memberships.values_list("queue_id", flat=True))


def _without_delete(actions: Any) -> Any:
    """People are deleted one by one, when no call holds them."""
    actions.pop("delete_selected", None)
    return actions


@admin.register(Supervisor)
class SupervisorAdmin(ModelAdmin[Supervisor]):
    list_display = ("user", "queues_shown")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name")
    autocomplete_fields = ("user", "queues")
    help_texts = {
        "user": "Who watches. Administrators watch over every queue without being listed here.",
        "queues": "Whose callers, calls and agents they see, and may act upon.",
    }
    ordering = ("user__username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supervisor]:
        return super().get_queryset(request).prefetch_related("queues")

    @column("Watches over")
    def queues_shown(self, supervisor: Supervisor) -> str:
        return ", ".join(queue.name for queue in supervisor.queues.all()) or NOTHING


@admin.register(BreakReason)
class BreakReasonAdmin(ModelAdmin[BreakReason]):
    list_display = ("name", "max_minutes", "is_active")
    help_texts = {
        "name": "What agents choose, and others see: Lunch.",
        "is_active": "Switched off, it can no longer be chosen; whoever is on such a break stays.",
    }
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(IntentChange)
class IntentChangeAdmin(ReadOnlyAdmin[IntentChange]):
    list_display = ("when", "agent", "intent", "break_reason", "by", "why")
    when = moment("at", "At")
    list_filter = (("agent", RelatedFilter), ("intent", ChoicesFilter), ("at", MomentFilter))
    list_select_related = ("agent", "break_reason", "by")
    search_fields = ("agent__name",)
    ordering = ("-at", "-id")


class RefusedFilter(admin.SimpleListFilter):
    """Who has to wait now, and who has only used some of it."""

    title = "refused now"
    parameter_name = "refused"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("yes", "Yes")]

    def queryset(self, request: Any, queryset: QuerySet[Allowance]) -> QuerySet[Allowance]:  # noqa: ARG002
        if self.value() != "yes":
            return queryset
        now, waits = timezone.now(), Q(pk__in=[])
        for kind, rate in _limits().items():
            if rate is not None:
                full = now + rate.period - rate.step
                waits |= Q(subject__startswith=f"{kind} ", full_at__gt=full)
        return queryset.filter(waits)


def _limits() -> dict[str, allowances.Rate | None]:
    """What each sort of subject is allowed."""
    sign_in = {kind: sign_ins.rate_of(kind) for kind in (sign_ins.ACCOUNT, sign_ins.ADDRESS)}
    return {"api": allowances.rate(settings.API_RATE), **sign_in}


@admin.register(Allowance)
class AllowanceAdmin(ReadOnlyAdmin[Allowance]):
    """Who was wrong about a password, or asked the API, so often that it counts."""

    list_display = ("subject", "refused_until", "when")
    when = moment("full_at", "Forgotten at")
    list_filter = (RefusedFilter,)
    search_fields = ("subject",)
    search_help_text = "A user name, an address, or the beginning of an API key."
    ordering = ("-full_at", "subject")
    actions = ("unlock",)

    @column("Refused until")
    def refused_until(self, row: Allowance) -> str:
        rate = _limits().get(row.subject.partition(" ")[0])
        again_at = row.full_at + rate.step - rate.period if rate else row.full_at
        if rate is None or again_at <= timezone.now():
            return NOTHING
        return f"{timezone.localtime(again_at):%H:%M:%S}"

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("calls.delete_allowance")

    @admin.action(description="Unlock: let them try again at once", permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[Allowance]) -> None:
        names = sorted(row.subject for row in queryset)
        for subject in names:
            allowances.restore(subject=subject)
        self.message_user(request, f"Unlocked: {', '.join(names)}")


admin.site.login_form = OfficeSignInForm
admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(PlainUserAdmin, ModelAdmin[User]):  # type: ignore[type-arg] # as the theme has it
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = UserPasswordForm
    list_display = ("username", "first_name", "last_name", "part", "is_active", "last_login")
    list_select_related = ("agent", "supervisor")
    ordering = ("username",)

    @column("Part")
    def part(self, user: User) -> str:
        parts: dict[str, Callable[[], bool]] = {
            "admin": lambda: user.is_superuser,
            "supervisor": lambda: hasattr(user, "supervisor"),
            "agent": lambda: hasattr(user, "agent"),
        }
        return ", ".join(part for part, has in parts.items() if has()) or NOTHING

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever is on a call now, and whoever asks, stays."""
        if obj is not None and (
            obj == request.user or Leg.objects.live().filter(user=obj).exists()
        ):
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        return _without_delete(super().get_actions(request))


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, ModelAdmin[Group]):
    help_texts = {"name": "Whose permissions in the admin these are: Office."}
