"""What can be set up and by whom; what is looked at alone; what the forms say about each field."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.utils import timezone

from calls import allowances
from calls.allowances import Rate
from calls.models import Call, Command, Queue
from tests import people
from tests.browser.scene import busy_afternoon
from tests.calls.admin.desk import AdminDesk
from tests.calls.api.programs import api_key

pytestmark = pytest.mark.django_db

SET_UP = {
    "Agent", "ApiKey", "BreakReason", "DialRules", "DirectoryEntry", "Disposition", "DoNotCall",
    "Group", "PhoneNumber", "PhonePrice", "Queue", "Skill", "Supervisor", "User",
}  # fmt: skip
LISTS = sorted(admin.site._registry.items(), key=lambda item: item[0].__name__)


def ids(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else ""


def name_of(model: type[Model]) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}/"


FORMS = [(model, site) for model, site in LISTS if model.__name__ in SET_UP]
RECORDS = [model for model, _ in LISTS if model.__name__ not in SET_UP]


@pytest.mark.parametrize(("model", "site"), FORMS, ids=ids)
def test_every_field_that_is_set_up_is_explained(model: type[Model], site: Any) -> None:
    request = RequestFactory().get("/")
    request.user = AdminDesk().user
    fields = site.get_form(request).base_fields
    assert [name for name, field in fields.items() if not field.help_text] == []


@pytest.mark.parametrize("model", RECORDS, ids=ids)
def test_what_happened_is_written_by_nobody_in_the_admin(model: type[Model]) -> None:
    """Neither one by one, nor many at once, nor by a form that somebody made themselves."""
    busy_afternoon(timezone.now())
    ada = AdminDesk("grete")
    before = list(model._default_manager.order_by("pk").values())
    listed = ada.client.get(f"/admin/{name_of(model)}")
    assert "delete_selected" not in listed.content.decode()
    every_field = {field.name: "7" for field in model._meta.fields}
    assert ada.client.post(f"/admin/{name_of(model)}add/", every_field).status_code == 403
    chosen = [str(row.pk) for row in model._default_manager.all()[:2]]
    everything = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    ada.client.post(f"/admin/{name_of(model)}", everything)
    for pk in chosen:
        for way in ("change", "delete"):
            path = f"/admin/{name_of(model)}{pk}/{way}/"
            assert ada.client.post(path, {**every_field, "post": "yes"}).status_code == 403, path
    assert list(model._default_manager.order_by("pk").values()) == before


def office(*permissions: str) -> Client:
    """Somebody of the office, who may come into the admin and do just this there."""
    user = User.objects.create_user("olga", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(("model", "site"), LISTS, ids=ids)
def test_who_may_come_in_but_was_given_nothing_sees_nothing(model: type[Model], site: Any) -> None:
    assert office().get(f"/admin/{name_of(model)}").status_code == 403


def test_who_may_look_may_not_touch() -> None:
    billing = people.make_queue("Billing")
    olga = office("view_queue")
    page = f"/admin/calls/queue/{billing.pk}/change/"
    assert olga.get(page).status_code == 200
    assert olga.post(page, {"name": "Olga's"}).status_code == 403
    chosen = {"action": "switch_off", "_selected_action": [billing.pk], "confirmed": "yes"}
    olga.post("/admin/calls/queue/", chosen)
    billing.refresh_from_db()
    assert (billing.name, billing.is_active) == ("Billing", True)


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("calls/carrierevent/", "apply_again"),
        ("calls/apikey/", "revoke"),
        ("calls/allowance/", "unlock"),
        ("agents/agent/", "set_offline"),
        ("calls/queue/", "switch_off"),
    ],
)
def test_who_may_look_is_offered_no_action(path: str, action: str) -> None:
    """And who may do everything is."""
    busy_afternoon(timezone.now())
    api_key("calls:read")
    allowances.take(subject="account dana", rate=Rate(1, timedelta(hours=1)), now=timezone.now())
    offered = f'value="{action}"'
    model = path.split("/")[1]
    assert offered not in office(f"view_{model}").get(f"/admin/{path}").content.decode()
    assert offered in AdminDesk("grete").opens(path)


def test_somebody_of_the_office_ends_no_call_and_sees_no_board() -> None:
    people.make_number(people.make_queue("Billing"))
    call = people.rings()
    olga = office("view_call", "change_queue", "view_queue")
    assert olga.get("/board").status_code == 403
    assert olga.get(f"/calls/{call.pk}").status_code == 404
    assert olga.post(f"/calls/{call.pk}/end").status_code == 404
    assert not Command.objects.exists()
    assert Call.objects.get().state != "ended"
    assert Queue.objects.get().is_active
