"""Recordings, their gaps, who has heard them, and what the carrier has still to delete."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString

from calls.admin.reading import NOTHING, ReadOnlyAdmin, ReadOnlyInline, moment, to
from calls.admin.theme import ChoicesFilter, MomentFilter, column, label
from calls.admin.visits import OfACall
from calls.models import CarrierDeletion, Recording, RecordingAccess, RecordingGap
from calls.states import RecordingState
from calls.timeline import name_of

RECORDING_COLOURS = {
    RecordingState.IN_PROGRESS: "success",
    RecordingState.PAUSED: "warning",
    RecordingState.COMPLETED: "success",
    RecordingState.FAILED: "danger",
    RecordingState.ABSENT: "danger",
}


class GapInline(ReadOnlyInline):
    model = RecordingGap
    fields = ("began_at", "ended_at", "behaviour", "why", "by", "is_automatic")
    ordering = ("began_at", "id")


class AccessInline(ReadOnlyInline):
    model = RecordingAccess
    fields = ("at", "what", "by", "by_key")
    ordering = ("-at", "-id")


@admin.register(Recording)
class RecordingAdmin(OfACall):
    list_display = (
        "planned", "state_shown", "call_shown", "seconds", "because", "kept_until", "held",
    )  # fmt: skip
    list_filter = (("state", ChoicesFilter), ("planned_at", MomentFilter))
    list_select_related = ("call",)
    search_fields = ("sid__exact", "call__customer_number", "call__customer_name", "pk__exact")
    search_help_text = "The carrier's RE…, or a caller's number or name."
    ordering = ("-planned_at", "-id")
    inlines = (GapInline, AccessInline)
    fields = (
        "call_shown", "listen", "state_shown", "sid", "because", "planned", "began", "ended",
        "seconds", "kept_until", "deleted", "held",
    )  # fmt: skip
    readonly_fields = fields
    planned = moment("planned_at", "Planned")
    began = moment("began_at", "Began")
    ended = moment("ended_at", "Ended")
    kept_until = moment("delete_after", "Kept until")
    deleted = moment("deleted_at", "Deleted")

    @label("State", RECORDING_COLOURS, "state")
    def state_shown(self, tape: Recording) -> str:
        return tape.state

    @column("Legal hold")
    def held(self, tape: Recording) -> str:
        return tape.call.legal_hold or NOTHING

    @column("Listen")
    def listen(self, tape: Recording) -> SafeString:
        return to(reverse("call", args=[tape.call_id]), "On the call's page")


@admin.register(RecordingAccess)
class AccessAdmin(ReadOnlyAdmin[RecordingAccess]):
    list_display = ("when", "what", "who", "call_shown")
    when = moment("at", "At")
    list_filter = (("what", ChoicesFilter), ("at", MomentFilter))
    list_select_related = ("by", "recording__call")
    search_fields = ("by__username", "by_key", "recording__sid__exact")
    ordering = ("-at", "-id")

    @column("Who", "by__username")
    def who(self, access: RecordingAccess) -> str:
        return name_of(access.by) or (f"API key {access.by_key}" if access.by_key else NOTHING)

    @column("Call")
    def call_shown(self, access: RecordingAccess) -> SafeString:
        return to(reverse("call", args=[access.recording.call_id]), "Call")


@admin.register(CarrierDeletion)
class DeletionAdmin(ReadOnlyAdmin[CarrierDeletion]):
    list_display = ("wanted", "sid", "because", "attempts", "answer", "done")
    wanted = moment("wanted_at", "Wanted")
    done = moment("done_at", "Done")
    list_filter = (("done_at", admin.EmptyFieldListFilter), ("wanted_at", MomentFilter))
    search_fields = ("sid__exact",)
    search_help_text = "The carrier's RE… or CA…."
    ordering = ("-id",)
