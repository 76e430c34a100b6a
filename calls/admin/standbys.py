"""Lines that were kept open for a shift: by whom, for how long, and why they ended."""

from django.contrib import admin
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest

from calls.admin.reading import NOTHING, ReadOnlyAdmin, ReadOnlyInline, link, moment
from calls.admin.theme import MomentFilter, RelatedFilter, column
from calls.models import Standby, StandbyLeg


class LineInline(ReadOnlyInline):
    model = StandbyLeg
    verbose_name_plural = "lines"
    show_change_link = False
    fields = ("state", "sid", "planned_at", "answered_at", "ready_at", "ended_at", "answer")
    ordering = ("planned_at", "id")


@admin.register(Standby)
class StandbyAdmin(ReadOnlyAdmin[Standby]):
    list_display = ("started", "user", "rung", "minutes", "ended", "why", "by")
    list_filter = (("user", RelatedFilter), ("started_at", MomentFilter))
    list_select_related = ("user", "ended_by")
    search_fields = ("user__username", "address", "lines__sid__exact")
    ordering = ("-started_at", "-id")
    inlines = (LineInline,)
    fields = (
        "user", "address", "our_number", "confirm_by_key", "started_at", "started_by", "ended_at",
        "ended_by", "why", "tries", "next_try_at",
    )  # fmt: skip
    started = moment("started_at", "Started")
    ended = moment("ended_at", "Ended")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Standby]:
        """With what the carrier charges for."""
        up = Coalesce(F("lines__ended_at"), Now()) - F("lines__answered_at")
        found: QuerySet[Standby] = super().get_queryset(request)
        return found.annotate(lines_rung=Count("lines"), open_for=Sum(up))

    @column("Rung", "lines_rung")
    def rung(self, standby: Standby) -> int:
        return int(getattr(standby, "lines_rung", 0))

    @column("Minutes open", "open_for")
    def minutes(self, standby: Standby) -> str:
        span = getattr(standby, "open_for", None)
        return NOTHING if span is None else f"{span.total_seconds() / 60:.0f}"

    @column("Ended by", "ended_by")
    def by(self, standby: Standby) -> str:
        return link(standby.ended_by)
