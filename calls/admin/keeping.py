"""What administrators do about the data of calls: keep it by legal hold, or erase it."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from calls.admin.reading import number
from calls.models import Call
from calls.services import erasing, keeping

if TYPE_CHECKING:
    from calls.admin.theme import ModelAdmin

    Base = ModelAdmin[Call]
else:
    Base = object


class KeepingActions(Base):
    """For the list of calls. Each asks first; each is written down, in the call's story too."""

    def has_keep_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    @admin.action(description="Put on legal hold…", permissions=["keep"])
    def hold(self, request: HttpRequest, queryset: QuerySet[Call]) -> HttpResponse | None:
        why = request.POST.get("why", "")
        if "confirmed" not in request.POST or not why.strip():
            explained = "Nothing of these calls is deleted, here or at the carrier, until released."
            return self._ask(request, queryset, "hold", "Put on legal hold", explained, why=True)
        for call in queryset:
            keeping.hold(call_id=call.pk, by=_user(request), why=why, now=timezone.now())
            self.log_change(request, call, f"Put on legal hold: {why}")
        self.message_user(request, f"{len(queryset)} on legal hold.")
        return None

    @admin.action(description="Release from legal hold…", permissions=["keep"])
    def release(self, request: HttpRequest, queryset: QuerySet[Call]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            explained = "What of these calls is due to be deleted is deleted within moments."
            return self._ask(request, queryset, "release", "Release from legal hold", explained)
        for call in queryset:
            keeping.release(call_id=call.pk, by=_user(request), now=timezone.now())
            self.log_change(request, call, "Released from legal hold.")
        self.message_user(request, f"{len(queryset)} released.")
        return None

    @admin.action(description="Erase the callers' data…", permissions=["keep"])
    def erase(self, request: HttpRequest, queryset: QuerySet[Call]) -> HttpResponse | None:
        """All calls of these callers, not only the chosen ones."""
        if "confirmed" not in request.POST:
            explained = (
                "Numbers, names, notes, recordings and voicemails of all calls of these callers "
                "are erased, here and at the carrier. This cannot be undone."
            )
            return self._ask(request, queryset, "erase", "Erase the callers' data", explained)
        counts: Counter[str] = Counter()
        for caller in sorted(set(queryset.values_list("customer_number", flat=True))):
            try:
                counts += erasing.erase(number=caller, now=timezone.now())
            except erasing.CannotErase as cannot:
                self.message_user(request, str(cannot), messages.ERROR)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        self.message_user(request, f"Erased: {told or 'nothing'}.")
        return None

    def _ask(
        self,
        request: HttpRequest,
        chosen: QuerySet[Call],
        action: str,
        title: str,
        explained: str,
        *,
        why: bool = False,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"{title}?",
            "button": title,
            "explained": explained,
            "opts": self.opts,
            "action": action,
            "asks_why": why,
            "chosen": [str(call.pk) for call in chosen],
            "lines": [_line(call) for call in chosen],
        }
        return TemplateResponse(request, "admin/calls/call/keep.html", context)


def _line(call: Call) -> str:
    who = " ".join(part for part in (call.customer_name, number(call.customer_number)) if part)
    held = f", on legal hold: {call.legal_hold}" if call.legal_hold else ""
    return f"{who}, {timezone.localtime(call.arrived_at):%d %b %Y %H:%M}{held}"


def _user(request: HttpRequest) -> Any:
    return request.user
