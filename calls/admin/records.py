"""The flight recorder: what was ordered, what the carrier told, what was written down."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from calls.admin.reading import NOTHING, ReadOnlyAdmin, link, moment
from calls.admin.theme import ChoicesFilter, MomentFilter, column, label
from calls.admin.visits import ORDER_COLOURS, OfACall
from calls.models import Call, CarrierEvent, Command, Leg, TimelineEvent, WorkerBeat
from calls.services import news
from calls.states import NewsState
from calls.timeline import name_of

NEWS_COLOURS = {
    NewsState.PENDING: "warning",
    NewsState.APPLIED: "success",
    NewsState.STALE: "info",
    NewsState.FAILED: "danger",
}


@admin.register(Command)
class OrderAdmin(OfACall):
    list_display = (
        "ordered", "verb", "state_shown", "call_shown", "leg_shown", "who", "reason", "attempts",
        "carrier_code", "answer",
    )  # fmt: skip
    ordered = moment("ordered_at", "Ordered")
    list_filter = (("state", ChoicesFilter), ("verb", ChoicesFilter), ("ordered_at", MomentFilter))
    list_select_related = ("call", "leg", "ordered_by")
    search_fields = ("leg__sid__exact", "call__customer_number", "reason", "pk__exact")
    search_help_text = "The carrier's CA…, a caller's number, or a word of the reason."
    ordering = ("-ordered_at", "-id")

    @label("State", ORDER_COLOURS, "state")
    def state_shown(self, order: Command) -> str:
        return order.state

    @column("Leg")
    def leg_shown(self, order: Command) -> SafeString | str:
        return link(order.leg, order.leg.role)

    @column("Ordered by")
    def who(self, order: Command) -> str:
        return name_of(order.ordered_by) or NOTHING


@admin.register(CarrierEvent)
class NewsAdmin(ReadOnlyAdmin[CarrierEvent]):
    list_display = (
        "received", "kind", "told", "state_shown", "leg_shown", "call_shown", "attempts", "note",
    )  # fmt: skip
    received = moment("received_at", "Received")
    list_filter = (("state", ChoicesFilter), "kind", ("received_at", MomentFilter))
    search_fields = (
        "call_sid__exact", "conference_sid__exact", "call_id__exact", "leg_id__exact",
    )  # fmt: skip
    search_help_text = "The carrier's CA… or CF…, or the id of one of our calls or legs."
    ordering = ("-id",)
    actions = ("apply_again",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """A call's page leads to its news."""
        if lookup == "call_id__exact":
            return True
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @label("State", NEWS_COLOURS, "state")
    def state_shown(self, event: CarrierEvent) -> str:
        return event.state

    @column("Told")
    def told(self, event: CarrierEvent) -> str:
        params = event.params
        return str(params.get("StatusCallbackEvent") or params.get("CallStatus") or NOTHING)

    @column("Leg")
    def leg_shown(self, event: CarrierEvent) -> SafeString | str:
        return link(Leg(pk=event.leg_id), event.call_sid or "leg") if event.leg_id else (
            event.call_sid or NOTHING
        )  # fmt: skip

    @column("Call")
    def call_shown(self, event: CarrierEvent) -> SafeString | str:
        return link(Call(pk=event.call_id), "call") if event.call_id else NOTHING

    def has_apply_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("calls.change_carrierevent")

    @admin.action(description="Apply failed news again", permissions=["apply_again"])
    def apply_again(self, request: HttpRequest, queryset: QuerySet[CarrierEvent]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        tried = news.try_again(event_ids=ids, now=timezone.now())
        level = messages.SUCCESS if tried else messages.WARNING
        text = f"{tried} will be applied again." if tried else "None of this news had failed."
        self.message_user(request, text, level)


@admin.register(TimelineEvent)
class TimelineAdmin(OfACall):
    list_display = ("when", "kind", "text", "call_shown", "agent_shown")
    when = moment("at", "At")
    list_filter = ("kind", ("at", MomentFilter))
    list_select_related = ("call", "user")
    search_fields = ("call__customer_number", "call__id__exact")
    ordering = ("-at", "-id")


@admin.register(WorkerBeat)
class WorkerAdmin(ReadOnlyAdmin[WorkerBeat]):
    list_display = ("name", "when", "lives")
    when = moment("at", "Last sign of life")
    ordering = ("-at",)

    @column("Lives", is_flag=True)
    def lives(self, beat: WorkerBeat) -> bool:
        return (timezone.now() - beat.at).total_seconds() < 30
