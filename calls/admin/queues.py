"""Lines of callers and the numbers that lead to them, as they are set up."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet, URLField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from calls.admin import telling
from calls.admin.theme import ModelAdmin, ModelForm, RelatedFilter, TabularInline, column
from calls.models import (
    Call,
    Disposition,
    OpeningHours,
    PhoneNumber,
    Queue,
    QueueSkill,
    Skill,
    Waiting,
)

IN_LINE = Count("waitings", filter=Q(waitings__left_at__isnull=True), distinct=True)


HELP = {
    "time_zone": "Such as Europe/Berlin; opening hours and days are counted in it.",
    "closed_message": "Said outside the opening hours, and while the queue is off.",
    "full_message": "Said when the line is full, or after the longest wait.",
    "unstaffed_message": "Said while nobody is signed in who could answer.",
    **dict.fromkeys(
        ("closed_recourse", "full_recourse", "unstaffed_recourse"), "What follows that message."
    ),
}


class QueueForm(ModelForm[Queue]):
    """What single fields cannot know: settings that are right alone and wrong together."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("priority") and given.get("ageing_seconds") == 0:
            self.add_error("ageing_seconds", "With 0 here, the priority would count for nothing.")
        longest, ring = given.get("max_wait_seconds"), given.get("ring_seconds")
        if longest and ring and longest <= ring:
            self.add_error(
                "max_wait_seconds",
                f"Callers would be sent away before one line has rung out ({ring} seconds).",
            )
        if not str(given.get("hold_music_url") or "https://").startswith(("http://", "https://")):
            self.add_error("hold_music_url", "The carrier fetches music by http or https.")
        return given


class OpeningHoursForm(ModelForm[OpeningHours]):
    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        opens, closes = given.get("opens"), given.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", "Closes before it opens. For a night, write two spans.")
        return given


class OpeningHoursInline(TabularInline[OpeningHours, Queue]):
    model = OpeningHours
    form = OpeningHoursForm
    extra = 0
    ordering = ("weekday", "opens")
    verbose_name_plural = "Opening hours (none: always open)"


class QueueSkillInline(TabularInline[QueueSkill, Queue]):
    model = QueueSkill
    extra = 0
    autocomplete_fields = ("skill",)
    verbose_name = "required skill"
    verbose_name_plural = "Required skills (none: every member of the queue may answer)"


@admin.register(Queue)
class QueueAdmin(ModelAdmin[Queue]):
    form = QueueForm
    inlines = (OpeningHoursInline, QueueSkillInline)
    list_display = ("name", "slug", "is_active", "priority", "numbers_shown", "in_line")
    list_filter = ("is_active",)
    search_fields = ("name", "slug", "numbers__e164")
    help_texts = HELP
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    actions = ("switch_off", "switch_on")
    fieldsets = (
        (None, {"fields": ("name", "slug", "is_active", "time_zone")}),
        (
            "Who comes first",
            {"fields": ("priority", "ageing_seconds", "max_waiting", "max_wait_seconds")},
        ),
        (
            "Its agents",
            {
                "fields": (
                    "ring_seconds", "wrap_up_seconds", "service_level_seconds", "agent_gone",
                )
            },
        ),
        (
            "What is recorded",
            {
                "fields": (
                    "recording", "recording_percent", "recording_consent", "recording_on_hold",
                    "recording_outside", "recording_for_agents", "recording_kept_days",
                )
            },
        ),
        (
            "What callers hear",
            {
                "fields": (
                    "greeting", "hold_music_url", "closed_message", "closed_recourse",
                    "full_message", "full_recourse", "unstaffed_message", "unstaffed_recourse",
                )
            },
        ),
    )  # fmt: skip

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        queues = super().get_queryset(request).prefetch_related("numbers")
        return queues.annotate(people_in_line=IN_LINE)

    @column("Numbers")
    def numbers_shown(self, queue: Queue) -> str:
        return ", ".join(number.e164 for number in queue.numbers.all())

    @column("In line now", "people_in_line")
    def in_line(self, queue: Queue) -> int:
        return int(queue.people_in_line)  # type: ignore[attr-defined] # annotated above

    def save_model(self, request: HttpRequest, obj: Queue, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        telling.lines_changed([obj.pk])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._warn(request, form.instance)

    def _warn(self, request: HttpRequest, queue: Queue) -> None:
        if queue.is_active and not queue.opening_hours.exists():
            self.message_user(request, f"{queue} has no opening hours: it is always open.")
        if not queue.is_active and queue.numbers.filter(is_active=True).exists():
            text = f"{queue} is switched off: its callers hear that you are closed."
            self.message_user(request, text, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:
        """Nothing that callers are in is deleted; nor what past calls belong to (PROTECT)."""
        if obj is not None and Call.objects.filter(queue=obj, ended_at__isnull=True).exists():
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Queues are deleted one by one, when nobody is in them."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description="Switch off…", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Queue]) -> HttpResponse | None:
        """Asks first, and shows who waits; they stay in line, new callers hear the message."""
        if "confirmed" not in request.POST:
            return TemplateResponse(
                request, "admin/calls/queue/switch_off.html", self._preview(request, queryset)
            )
        self._switch(request, queryset, is_active=False)
        return None

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Queue]) -> None:
        self._switch(request, queryset, is_active=True)

    def _preview(self, request: HttpRequest, queues: QuerySet[Queue]) -> dict[str, Any]:
        waiting = Waiting.objects.in_line().filter(queue__in=queues.values("pk"))
        return {
            **self.admin_site.each_context(request),
            "title": "Switch off",
            "opts": self.opts,
            "queues": list(queues),
            "waiting": waiting.select_related("call", "queue").order_by("queue__name", "place"),
        }

    def _switch(self, request: HttpRequest, queues: QuerySet[Queue], *, is_active: bool) -> None:
        with transaction.atomic():
            changed = list(
                Queue.objects.filter(pk__in=queues.values("pk"), is_active=not is_active)
            )
            for queue in changed:
                queue.is_active = is_active
                queue.save(update_fields=["is_active"])
                self.log_change(request, queue, f"Switched {'on' if is_active else 'off'}.")
            telling.lines_changed(queue.pk for queue in changed)
        names = ", ".join(queue.name for queue in changed) or "Nothing"
        self.message_user(request, f"{names}: switched {'on' if is_active else 'off'}.")


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ModelAdmin[PhoneNumber]):
    list_display = ("e164", "label", "queue", "is_active")
    list_select_related = ("queue",)
    list_filter = ("is_active", ("queue", RelatedFilter))
    search_fields = ("e164", "label")
    help_texts = {
        "e164": "+, country code and number, as callers' telephones send it: +15551234567.",
        "label": "What it is for, in lists: Billing, London.",
        "queue": "The line that its callers join.",
        "is_active": "Switched off, its callers hear that it is not in service.",
    }
    autocomplete_fields = ("queue", "shown_by")
    ordering = ("e164",)


@admin.register(Skill)
class SkillAdmin(ModelAdmin[Skill]):
    search_fields = ("name",)
    help_texts = {"name": "What agents can do and queues can ask for: French, Accounts."}
    ordering = ("name",)

    def save_model(self, request: HttpRequest, obj: Skill, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        telling.lines_changed(obj.queue_set.values_list("pk", flat=True))


@admin.register(Disposition)
class DispositionAdmin(ModelAdmin[Disposition]):
    list_display = ("name", "offered_after", "is_active")
    help_texts = {
        "name": "What came of a call, as agents choose it: Solved, Call back wanted.",
        "is_active": "Switched off, it is no longer offered; past calls keep it.",
    }
    list_filter = ("is_active", ("queues", RelatedFilter))
    search_fields = ("name",)
    autocomplete_fields = ("queues",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disposition]:
        return super().get_queryset(request).prefetch_related("queues")

    @column("Offered after calls of")
    def offered_after(self, disposition: Disposition) -> str:
        return ", ".join(queue.name for queue in disposition.queues.all()) or "all queues"
