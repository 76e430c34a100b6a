"""Dialling out: what it may cost, what a minute costs, whom nobody calls, whom agents find."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from calls.admin.reading import ReadOnlyAdmin, moment
from calls.admin.theme import ModelAdmin, ModelForm, MomentFilter, RelatedFilter, column
from calls.admin.visits import OfACall
from calls.carrier.numbers import normalised
from calls.models import (
    DialAlarm,
    Dialling,
    DialRules,
    DirectoryEntry,
    DoNotCall,
    PhonePrice,
)
from calls.models.dialling import THE_RULES
from calls.services import dial_rules
from calls.timeline import name_of


@admin.register(DialRules)
class DialRulesAdmin(ModelAdmin[DialRules]):
    """One row, which is there from the first look on."""

    list_display = (
        "__str__", "is_on", "longest_minutes", "money_a_day_each", "money_a_day_all",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("is_on", "longest_minutes", "unknown_price")}),
        (
            "For each agent",
            {
                "fields": (
                    "calls_an_hour_each", "calls_a_day_each", "minutes_a_day_each",
                    "money_a_day_each",
                )
            },
        ),
        (
            "For all together",
            {
                "fields": (
                    "calls_an_hour_all", "calls_a_day_all", "minutes_a_day_all", "money_a_day_all",
                )
            },
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        DialRules.objects.get_or_create(pk=THE_RULES)
        return super().get_queryset(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 Django's
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DialRules | None = None) -> bool:  # noqa: ARG002 Django's
        return False


@admin.register(PhonePrice)
class PhonePriceAdmin(ModelAdmin[PhonePrice]):
    list_display = ("prefix", "label", "per_minute")
    list_editable = ("per_minute",)
    search_fields = ("prefix", "label")
    help_texts = {
        "prefix": "How the numbers begin: +49 or +4915. The longest beginning counts.",
        "per_minute": "What the carrier charges, in the currency of the limits.",
    }
    ordering = ("prefix",)


class NumberForm(ModelForm[Any]):
    """A number as it is dialled: `+49 030…` would never be met."""

    def clean_number(self) -> str:
        given = str(self.cleaned_data["number"])
        return normalised(given) or given


@admin.register(DoNotCall)
class DoNotCallAdmin(ModelAdmin[DoNotCall]):
    form = NumberForm
    list_display = ("number", "why", "added")
    added = moment("added_at", "Since")
    search_fields = ("number", "why")
    help_texts = {
        "number": "+, country code and number. Agents are refused, also for transfers.",
        "why": "Such as: asked on 3 May not to be called.",
    }
    ordering = ("-added_at",)


@admin.register(DirectoryEntry)
class DirectoryEntryAdmin(ModelAdmin[DirectoryEntry]):
    form = NumberForm
    list_display = ("name", "number", "note", "seen_by", "is_active")
    list_filter = ("is_active", ("queues", RelatedFilter))
    search_fields = ("name", "number", "note")
    help_texts = {
        "name": "As agents look for it: Power company, faults.",
        "number": "+, country code and number. It has to be of a country that may be called.",
        "is_active": "Switched off, it is not found any more.",
    }
    autocomplete_fields = ("queues",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("queues")

    @column("Seen by agents of")
    def seen_by(self, entry: DirectoryEntry) -> str:
        return ", ".join(queue.name for queue in entry.queues.all()) or "all queues"


@admin.register(Dialling)
class DiallingAdmin(OfACall):
    list_display = ("dialled", "who", "number", "per_minute", "minutes", "cost", "call_shown")
    dialled = moment("dialled_at", "Dialled")
    list_filter = (("dialled_at", MomentFilter),)
    list_select_related = ("call", "user", "leg")
    search_fields = ("number", "user__username", "user__first_name", "user__last_name")
    search_help_text = "A number, or an agent's name."
    ordering = ("-dialled_at", "-id")

    @column("By", "user__username")
    def who(self, dialling: Dialling) -> str:
        return name_of(dialling.user) or "a program"

    @column("Allowed, in minutes", "limit_seconds")
    def minutes(self, dialling: Dialling) -> int:
        return dialling.limit_seconds // 60

    @column("Cost")
    def cost(self, dialling: Dialling) -> str:
        return f"{dial_rules.spent(dialling):.2f}"


@admin.register(DialAlarm)
class DialAlarmAdmin(ReadOnlyAdmin[DialAlarm]):
    list_display = ("raised", "cap", "who", "text")
    raised = moment("at", "At")
    list_filter = (("at", MomentFilter),)
    list_select_related = ("user",)
    search_fields = ("text", "user__username")
    search_help_text = "A word of what was told, or a user name."
    ordering = ("-at", "-id")

    @column("Whose limit", "user__username")
    def who(self, alarm: DialAlarm) -> str:
        return name_of(alarm.user) or "all"
