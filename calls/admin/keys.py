"""Integrators' keys: made here, shown once, revoked here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from rest_framework_api_key.models import APIKey

from calls.admin.reading import moment
from calls.admin.theme import CheckboxSelectMultiple, ModelAdmin, ModelForm, column, label
from calls.models import ApiKey
from calls.models.access import SCOPES

# The package's own kind of key opens nothing here.
admin.site.unregister(APIKey)
STANDINGS = {"usable": "success", "expired": "warning", "revoked": "danger"}


class ApiKeyForm(ModelForm[ApiKey]):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {what}") for scope, what in SCOPES],
        widget=CheckboxSelectMultiple,
        help_text="Only what its program needs.",
    )

    def clean_expiry_date(self) -> Any:
        expires = self.cleaned_data["expiry_date"]
        if expires is not None and "expiry_date" in self.changed_data and expires < timezone.now():
            raise forms.ValidationError("That moment has passed. Revoke the key instead.")
        return expires


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin[ApiKey]):
    form = ApiKeyForm
    list_display = (
        "name", "prefix", "scopes_shown", "standing", "made", "used", "expires",
    )  # fmt: skip
    made = moment("created", "Made")
    used = moment("last_used_at", "Last used")
    expires = moment("expiry_date", "Expires")
    list_filter = ("revoked",)
    search_fields = ("name", "prefix")
    ordering = ("-created",)
    actions = ("revoke",)
    fields = ("name", "scopes", "expiry_date")
    readonly_fields = ("prefix", "created", "created_by", "last_used_at", "revoked")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:  # noqa: ARG002
        return self.fields if obj is None else (*self.fields, *self.readonly_fields)

    @column("Scopes")
    def scopes_shown(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or "none"

    @label("State", STANDINGS)
    def standing(self, key: ApiKey) -> str:
        if key.revoked:
            return "revoked"
        return "expired" if key.has_expired else "usable"

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """The secret is nowhere but in the answer to this one request."""
        if not change:
            obj.created_by = request.user if request.user.is_authenticated else None
            form.secret = ApiKey.objects.assign_key(obj)
        super().save_model(request, obj, form, change)
        request.new_key = getattr(form, "secret", "")  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None  # noqa: ARG002
    ) -> HttpResponse:  # fmt: skip
        context = {
            **self.admin_site.each_context(request),
            "title": "The key, shown once",
            "opts": self.opts,
            "key": obj,
            "secret": request.new_key,  # type: ignore[attr-defined]
        }
        shown = TemplateResponse(request, "admin/calls/apikey/shown_once.html", context)
        shown["Cache-Control"] = "no-store"
        return shown

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:  # noqa: ARG002
        """Revoked keys stay, so that what they did keeps a name."""
        return False

    @admin.action(description="Revoke (cannot be undone)", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = [self._revoke(request, key) for key in queryset if not key.revoked]
        names = ", ".join(revoked) or "None of these keys was usable."
        self.message_user(request, f"Revoked: {names}" if revoked else names)

    def _revoke(self, request: HttpRequest, key: ApiKey) -> str:
        key.revoked = True
        key.save(update_fields=["revoked"])
        self.log_change(request, key, "Revoked.")
        return str(key)
