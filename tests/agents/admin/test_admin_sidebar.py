"""The sidebar leads to everything that can be set up or looked at, and to nothing that is not."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from callcenter.sidebar import NAVIGATION
from tests import people
from tests.calls.admin.desk import AdminDesk

pytestmark = pytest.mark.django_db

ITEMS: list[dict[str, Any]] = [item for group in NAVIGATION for item in group["items"]]
# Few people need these; the search at the top of the sidebar finds them.
UNLISTED = {"auth_group"}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["title"])
def test_every_way_leads_somewhere(item: dict[str, Any]) -> None:
    ada = AdminDesk()
    assert ada.client.get(str(item["link"])).status_code == 200


def test_everything_registered_has_a_way_to_it() -> None:
    names = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    links = {str(item["link"]) for item in ITEMS}
    missing = {name for name in names if reverse(f"admin:{name}_changelist") not in links}
    assert missing - UNLISTED == set()


def test_only_the_page_that_is_open_is_marked() -> None:
    """`/calls` is the beginning of many an address in the admin."""
    people.make_queue("Billing")
    page = AdminDesk().client.get("/admin/calls/queue/")
    groups = page.context["sidebar_navigation"]
    active = [item["title"] for group in groups for item in group["items"] if item.get("active")]
    assert active == ["Queues"]
