"""Integrators' keys: their secret is shown once, and they can be revoked."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.utils import timezone
from rest_framework_api_key.models import APIKey

from calls.models import ApiKey
from tests.calls.admin.desk import AdminDesk, told
from tests.calls.api.programs import Program, api_key

pytestmark = pytest.mark.django_db


def test_a_new_key_is_shown_once_and_works(ada: AdminDesk) -> None:
    answered = ada.saves("calls/apikey/add/", name="CRM", scopes=["calls:read"])
    shown = re.search(r'value="(\w{8}\.\w{32})"', answered.content.decode())
    assert shown is not None
    assert Program(shown[1]).get("calls").status_code == 200
    assert Program(shown[1]).get("queues").status_code == 403
    assert shown[1].split(".")[1] not in ada.opens(
        f"calls/apikey/{ApiKey.objects.get().pk}/change/"
    )


def test_a_new_key_is_kept_by_nobody_on_the_way(ada: AdminDesk) -> None:
    answered = ada.saves("calls/apikey/add/", name="CRM", scopes=["calls:read"])
    assert "no-store" in answered["Cache-Control"]
    secret = re.search(r'value="\w{8}\.(\w{32})"', answered.content.decode())
    assert secret is not None
    assert secret[1] not in str(answered.cookies)
    assert ApiKey.objects.get().created_by == ada.user


def test_a_key_is_good_for_something(ada: AdminDesk) -> None:
    assert list(ada.mistakes("calls/apikey/add/", name="CRM")) == ["scopes"]
    assert list(ada.mistakes("calls/apikey/add/", name="CRM", scopes=["all"])) == ["scopes"]


def test_a_key_does_not_expire_in_the_past(ada: AdminDesk) -> None:
    wrong = ada.mistakes(
        "calls/apikey/add/",
        name="CRM",
        scopes=["calls:read"],
        expiry_date_0="2020-01-01",
        expiry_date_1="00:00:00",
    )
    assert list(wrong) == ["expiry_date"]


def test_scopes_are_changed_and_the_secret_stays(ada: AdminDesk) -> None:
    program = Program(api_key("calls:read"))
    key = ApiKey.objects.get()
    path = f"calls/apikey/{key.pk}/change/"
    assert ada.saves(path, scopes=["queues:read"], expiry_date=None).status_code == 302
    assert program.get("queues").status_code == 200
    assert program.get("calls").status_code == 403


def test_a_revoked_key_opens_nothing_and_is_not_deleted(ada: AdminDesk) -> None:
    program = Program(api_key("calls:read"))
    key = ApiKey.objects.get()
    assert told(ada.acts("calls/apikey/", "revoke", key)) == ["Revoked: CRM"]
    assert program.get("calls").status_code == 401
    assert ada.client.post(f"/admin/calls/apikey/{key.pk}/delete/").status_code == 403
    assert told(ada.acts("calls/apikey/", "revoke", key)) == ["None of these keys was usable."]


def test_the_list_tells_usable_expired_and_revoked_apart(ada: AdminDesk) -> None:
    api_key("calls:read")
    api_key("calls:read", expiry_date=timezone.now() - timedelta(days=1))
    api_key("calls:read", revoked=True)
    page = ada.opens("calls/apikey/")
    assert all(word in page for word in ("usable", "expired", "revoked"))


def test_the_packages_own_keys_are_not_offered() -> None:
    assert APIKey not in admin.site._registry
