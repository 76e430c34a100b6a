"""Calls and what belongs to them: looked at, found by number or by the carrier's id."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString

from calls.admin.keeping import KeepingActions
from calls.admin.reading import NOTHING, ReadOnlyAdmin, ReadOnlyInline, link, moment, number, to
from calls.admin.theme import ChoicesFilter, MomentFilter, RelatedFilter, column, label
from calls.models import Call, Command, Leg, Offer, Voicemail, Waiting, WrapUp
from calls.states import CallOutcome, CallState, LegState, OfferState, OrderState
from calls.timeline import name_of

CALL_COLOURS = {
    CallState.ARRIVING: "info",
    CallState.DIALLING: "warning",
    CallState.WAITING: "warning",
    CallState.TALKING: "success",
    CallState.MESSAGE: "info",
    CallState.ELSEWHERE: "info",
    CallState.ENDING: "warning",
}
OUTCOME_COLOURS = {
    CallOutcome.ANSWERED: "success",
    CallOutcome.ABANDONED: "danger",
    CallOutcome.FAILED: "danger",
    CallOutcome.UNSTAFFED: "warning",
    CallOutcome.FULL: "warning",
}
LEG_COLOURS = {
    LegState.IN_PROGRESS: "success",
    LegState.RINGING: "warning",
    LegState.FAILED: "danger",
    LegState.BUSY: "danger",
    LegState.NO_ANSWER: "danger",
}
OFFER_COLOURS = {
    OfferState.OFFERED: "warning",
    OfferState.ACCEPTED: "success",
    OfferState.MISSED: "danger",
    OfferState.BUSY: "danger",
    OfferState.FAILED: "danger",
}
ORDER_COLOURS = {
    OrderState.PENDING: "warning",
    OrderState.DONE: "success",
    OrderState.ALREADY_OVER: "success",
    OrderState.REFUSED: "danger",
    OrderState.GAVE_UP: "danger",
    OrderState.UNKNOWN: "danger",
}


def caller(call: Call) -> str:
    return " ".join(part for part in (call.customer_name, number(call.customer_number)) if part)


class LegInline(ReadOnlyInline):
    model = Leg
    fields = ("role", "state", "user", "address", "sid", "planned_at", "answered_at", "ended_at")
    ordering = ("planned_at", "id")


class OfferInline(ReadOnlyInline):
    model = Offer
    fields = ("user", "state", "offered_at", "settled_at", "note")
    ordering = ("offered_at", "id")


class OrderInline(ReadOnlyInline):
    model = Command
    verbose_name_plural = "orders"
    fields = ("verb", "state", "reason", "ordered_by", "ordered_at", "settled_at", "answer")
    ordering = ("ordered_at", "id")


class WaitingInline(ReadOnlyInline):
    model = Waiting
    fields = ("queue", "since", "place", "claimed_at", "left_at", "exit")
    ordering = ("since", "id")


@admin.register(Call)
class CallAdmin(KeepingActions, ReadOnlyAdmin[Call]):
    actions = ("hold", "release", "erase")
    list_display = (
        "arrived", "customer", "queue_shown", "state_shown", "outcome_shown", "answered", "ended",
        "story",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesFilter),
        ("outcome", ChoicesFilter),
        ("queue", RelatedFilter),
        ("arrived_at", MomentFilter),
    )
    list_select_related = ("queue", "number")
    search_fields = ("customer_number", "customer_name", "legs__sid__exact", "pk__exact")
    search_help_text = "A caller's number or name, or the carrier's CA… of one of the legs."
    ordering = ("-arrived_at", "-id")
    inlines = (LegInline, WaitingInline, OfferInline, OrderInline)
    fields = (
        "story", "state_shown", "outcome_shown", "direction", "customer", "number", "queue_shown",
        "arrived", "greeted", "answered", "ended", "conference_sid", "legal_hold", "news",
    )  # fmt: skip
    readonly_fields = fields
    arrived = moment("arrived_at", "Arrived")
    greeted = moment("greeted_at", "Greeted")
    answered = moment("answered_at", "Answered")
    ended = moment("ended_at", "Ended")

    @column("Customer", "customer_number")
    def customer(self, call: Call) -> str:
        return caller(call)

    @column("Queue", "queue__name")
    def queue_shown(self, call: Call) -> SafeString | str:
        return link(call.queue)

    @label("State", CALL_COLOURS, "state")
    def state_shown(self, call: Call) -> str:
        return call.state

    @label("Outcome", OUTCOME_COLOURS, "outcome")
    def outcome_shown(self, call: Call) -> str:
        return call.outcome or NOTHING

    @column("Timeline")
    def story(self, call: Call) -> SafeString:
        return to(reverse("call", args=[call.pk]), "Timeline")

    @column("Carrier news")
    def news(self, call: Call) -> SafeString:
        address = reverse("admin:calls_carrierevent_changelist")
        return to(f"{address}?call_id__exact={call.pk}", "All news of this call")


class OfACall(ReadOnlyAdmin[Any]):
    """Something that belongs to a call, and leads to it."""

    @column("Call", "call__arrived_at")
    def call_shown(self, thing: Any) -> SafeString | str:
        return link(thing.call, caller(thing.call))

    @column("Agent", "user__username")
    def agent_shown(self, thing: Any) -> str:
        return name_of(thing.user) or NOTHING


@admin.register(Leg)
class LegAdmin(OfACall):
    list_display = (
        "planned", "role", "state_shown", "agent_shown", "address", "sid", "call_shown", "answered",
        "ended",
    )  # fmt: skip
    planned = moment("planned_at", "Planned")
    answered = moment("answered_at", "Answered")
    ended = moment("ended_at", "Ended")
    list_filter = (("state", ChoicesFilter), ("role", ChoicesFilter), ("planned_at", MomentFilter))
    list_select_related = ("call", "user")
    search_fields = ("sid__exact", "address", "user__username", "pk__exact")
    search_help_text = "The carrier's CA…, a number or SIP address, or an agent's user name."
    ordering = ("-planned_at", "-id")
    inlines = (OrderInline,)

    @label("State", LEG_COLOURS, "state")
    def state_shown(self, leg: Leg) -> str:
        return leg.state


@admin.register(Waiting)
class WaitingAdmin(OfACall):
    list_display = ("came", "call_shown", "queue", "priority", "claimed", "left", "exit")
    came = moment("since", "Since")
    claimed = moment("claimed_at", "Agent coming since")
    left = moment("left_at", "Left")
    list_filter = (
        ("left_at", admin.EmptyFieldListFilter),
        ("queue", RelatedFilter),
        ("exit", ChoicesFilter),
        ("since", MomentFilter),
    )
    list_select_related = ("call", "queue")
    search_fields = ("call__customer_number", "call__customer_name")
    ordering = ("-since", "-id")


@admin.register(Offer)
class OfferAdmin(OfACall):
    list_display = (
        "offered", "agent_shown", "state_shown", "call_shown", "settled", "because", "note",
    )  # fmt: skip
    offered = moment("offered_at", "Offered")
    settled = moment("settled_at", "Settled")
    list_filter = (("state", ChoicesFilter), ("offered_at", MomentFilter))
    list_select_related = ("call", "user")
    search_fields = ("user__username", "call__customer_number", "leg__sid__exact")
    ordering = ("-id",)

    @label("State", OFFER_COLOURS, "state")
    def state_shown(self, offer: Offer) -> str:
        return offer.state

    @column("Because")
    def because(self, offer: Offer) -> str:
        return str(offer.reason.get("because", ""))


@admin.register(WrapUp)
class WrapUpAdmin(OfACall):
    list_display = (
        "started", "agent_shown", "call_shown", "disposition", "finished", "finished_by_timer",
    )  # fmt: skip
    started = moment("started_at", "Started")
    finished = moment("finished_at", "Finished")
    list_filter = (
        ("disposition", RelatedFilter), "finished_by_timer", ("started_at", MomentFilter),
    )  # fmt: skip
    list_select_related = ("call", "user", "disposition")
    search_fields = ("user__username", "call__customer_number", "notes")
    ordering = ("-started_at", "-id")


@admin.register(Voicemail)
class VoicemailAdmin(OfACall):
    list_display = ("left", "call_shown", "queue", "seconds", "heard")
    left = moment("left_at", "Left")
    heard = moment("heard_at", "Heard")
    list_filter = (("heard_at", admin.EmptyFieldListFilter), ("queue", RelatedFilter))
    list_select_related = ("call", "queue")
    search_fields = ("call__customer_number", "recording_sid__exact")
    ordering = ("-left_at", "-id")
