"""Who listened to whom, and when: looked at, never written."""

from django.contrib import admin

from calls.admin.reading import NOTHING, moment
from calls.admin.theme import ChoicesFilter, MomentFilter, column
from calls.admin.visits import OfACall
from calls.models import HelpRequest, TextWhisper, Watch
from calls.timeline import name_of


@admin.register(Watch)
class WatchAdmin(OfACall):
    list_display = ("began", "ended", "supervisor", "mode", "is_private", "call_shown")
    began = moment("began_at", "From")
    ended = moment("ended_at", "Until")
    list_filter = (("mode", ChoicesFilter), "is_private", ("began_at", MomentFilter))
    list_select_related = ("call", "user")
    search_fields = ("user__username", "user__first_name", "user__last_name")
    search_help_text = "A supervisor's name."
    ordering = ("-began_at", "-id")

    @column("Supervisor", "user__username")
    def supervisor(self, watch: Watch) -> str:
        return name_of(watch.user)


@admin.register(HelpRequest)
class HelpRequestAdmin(OfACall):
    list_display = ("asked", "agent", "text", "answered_by_shown", "ended", "call_shown")
    asked = moment("asked_at", "Asked")
    ended = moment("ended_at", "Until")
    list_filter = (("asked_at", MomentFilter),)
    list_select_related = ("call", "asked_by", "answered_by")
    search_fields = ("asked_by__username", "text")
    search_help_text = "An agent's user name, or a word of what they wrote."
    ordering = ("-asked_at", "-id")

    @column("Agent", "asked_by__username")
    def agent(self, asked: HelpRequest) -> str:
        return name_of(asked.asked_by)

    @column("Answered by")
    def answered_by_shown(self, asked: HelpRequest) -> str:
        return name_of(asked.answered_by) or NOTHING


@admin.register(TextWhisper)
class TextWhisperAdmin(OfACall):
    list_display = ("written", "supervisor", "agent", "text", "call_shown")
    written = moment("at", "At")
    list_filter = (("at", MomentFilter),)
    list_select_related = ("call", "by", "to")
    search_fields = ("by__username", "to__username", "text")
    search_help_text = "A user name, or a word of what was written."
    ordering = ("-at", "-id")

    @column("Supervisor", "by__username")
    def supervisor(self, written: TextWhisper) -> str:
        return name_of(written.by)

    @column("Agent", "to__username")
    def agent(self, written: TextWhisper) -> str:
        return name_of(written.to)
