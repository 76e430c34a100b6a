"""Every list of the admin opens, is sorted, filtered and searched, whatever is asked of it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from calls.models import Call, Command, DialRules, Leg, Offer, Queue, Skill, WorkerBeat
from tests import people
from tests.browser.scene import busy_afternoon
from tests.calls.admin.desk import AdminDesk
from tests.calls.api.programs import api_key

pytestmark = pytest.mark.django_db

LISTS = sorted(admin.site._registry.items(), key=lambda item: item[0].__name__)
EVERY_LIST = pytest.mark.parametrize(
    ("model", "site"), LISTS, ids=[model.__name__ for model, _ in LISTS]
)
# What people type, paste and mistype: names, numbers, ids, and what is none of these.
WORDS = (
    "Ines Marchetti", "+1 555 040", "CA" + "0" * 32, "9" * 40, "%_\\ '; --",
    "00000000-0000-0000-0000-000000000000", 'ł☎ "', "a" * 500,
)  # fmt: skip


@pytest.fixture
def ada() -> AdminDesk:
    """Of everything that the admin lists there is something."""
    busy_afternoon(timezone.now())
    user = AdminDesk("grete")
    Skill.objects.create(name="French")
    people.kept_open(User.objects.get(username="grete"), now=timezone.now())
    Group.objects.create(name="Office")
    api_key("calls:read")
    return user


def name_of(model: type[Model]) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}/"


@EVERY_LIST
def test_it_opens_and_what_is_in_it_opens(ada: AdminDesk, model: type[Model], site: Any) -> None:
    every_column = ".".join(f"-{number}" for number in range(len(site.list_display) + 1))
    for query in ({}, {"o": every_column}, {"p": "2"}):
        ada.opens(name_of(model), **query)
    for thing in model._default_manager.all()[:1]:
        ada.opens(f"{name_of(model)}{thing.pk}/change/")


@EVERY_LIST
def test_it_is_searched_for_anything(ada: AdminDesk, model: type[Model], site: Any) -> None:
    if not site.search_fields:
        few = {DialRules, WorkerBeat, ProcrastinateJob}
        assert model in few, "a list to search through has no search"
    for word in WORDS:
        ada.opens(name_of(model), q=word)


@EVERY_LIST
def test_every_filter_of_it_filters(ada: AdminDesk, model: type[Model], site: Any) -> None:
    """What was made up leads back to the list, as Django does it."""
    listed = _list(ada, model)
    for spec in listed.filter_specs:
        for query in _choices(spec, listed):
            assert _list(ada, model, query).result_count <= listed.result_count, query
        for name in spec.expected_parameters():
            made_up = ada.client.get(f"/admin/{name_of(model)}?{name}=made-up")
            assert made_up.status_code in (200, 302, 400), name
            if made_up.status_code == 400:
                return  # PostgreSQL refused it, and with it the rest of this transaction


def _list(ada: AdminDesk, model: type[Model], query: str = "") -> Any:
    answered = ada.client.get(f"/admin/{name_of(model)}?{query}")
    assert answered.status_code == 200, query
    return answered.context["cl"]


def test_filters_show_what_was_chosen_and_nothing_else(ada: AdminDesk) -> None:
    sales = Queue.objects.get(name="Sales")
    yesterday = timezone.localdate() - timedelta(days=1)
    for path, query, expected in (
        (Call, f"queue__id__exact={sales.pk}", Call.objects.filter(queue=sales)),
        (Call, "outcome__exact=abandoned", Call.objects.filter(outcome="abandoned")),
        (Command, "verb__exact=dial", Command.objects.filter(verb="dial")),
        (Offer, "state__exact=missed", Offer.objects.filter(state="missed")),
        (
            Leg,
            f"planned_at_from_0={yesterday}&planned_at_from_1=00:00",
            Leg.objects.filter(planned_at__date__gte=yesterday),
        ),
    ):
        shown = {thing.pk for thing in _list(ada, path, query).queryset}
        assert shown == {thing.pk for thing in expected}, query
        assert 0 < len(shown) < path.objects.count(), query


def _choices(spec: Any, listed: Any) -> Iterator[str]:
    """What its links lead to, or what its form would send."""
    for choice in spec.choices(listed):
        if "query_string" in choice:
            yield choice["query_string"].removeprefix("?")
        elif "form" in choice:
            for name, field in choice["form"].fields.items():
                yield from _values(name, field)


def _values(name: str, field: forms.Field) -> list[str]:
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        choices: Any = field.choices
        return [f"{name}={value}" for value, _ in list(choices)[:4]]
    return [f"{name}_0=2026-03-02&{name}_1=10:00"]
