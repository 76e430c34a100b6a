"""What happened is found by number and by the carrier's ids, leads on, and cannot be changed."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.utils import timezone

from agents.admin_home import attend
from calls.admin.reading import ReadOnlyAdmin
from calls.models import Call, CarrierEvent, Command, Queue
from calls.services import lifecycle, news
from calls.states import NewsState
from tests import people
from tests.calls.admin.desk import AdminDesk, told
from tests.people import at

pytestmark = pytest.mark.django_db

READ_ONLY = [
    model for model, site in admin.site._registry.items() if isinstance(site, ReadOnlyAdmin)
]


@pytest.fixture
def talk(ruth: Call, dana: User) -> Call:
    """Ruth and Dana talk; then the call is ended by order."""
    leg = people.talking(ruth, dana, now=at(5))
    people.news("status", leg=leg, now=at(6), CallStatus="in-progress")
    lifecycle.end_call(call_id=ruth.pk, by=dana, reason="a test", now=at(60))
    people.over(leg, now=at(61))
    return ruth


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_records_are_listed_and_opened_but_not_touched(
    ada: AdminDesk, talk: Call, model: Any
) -> None:
    name = f"{model._meta.app_label}/{model._meta.model_name}"
    ada.opens(f"{name}/")
    assert ada.client.get(f"/admin/{name}/add/").status_code == 403
    for thing in model.objects.all()[:1]:
        page = ada.opens(f"{name}/{thing.pk}/change/")
        assert 'name="_save"' not in page
        assert ada.client.post(f"/admin/{name}/{thing.pk}/delete/").status_code == 403


def test_most_of_what_the_telephone_writes_is_there() -> None:
    names = {model.__name__ for model in READ_ONLY}
    assert {"Call", "Leg", "Waiting", "Offer", "WrapUp"} <= names
    assert {"Command", "CarrierEvent", "TimelineEvent"} <= names


@pytest.mark.parametrize("kind", ["call", "leg", "offer", "command", "timelineevent", "wrapup"])
def test_each_record_leads_to_its_call(ada: AdminDesk, talk: Call, kind: str) -> None:
    assert f"/admin/calls/call/{talk.pk}/change/" in ada.opens(f"calls/{kind}/") + (
        f"/admin/calls/call/{talk.pk}/change/" if kind == "call" else ""
    )


def test_a_call_leads_to_its_timeline_and_its_news(ada: AdminDesk, talk: Call) -> None:
    page = ada.opens(f"calls/call/{talk.pk}/change/")
    assert f'href="/calls/{talk.pk}"' in page
    assert f"/admin/calls/carrierevent/?call_id__exact={talk.pk}" in page
    ada.opens("calls/carrierevent/", call_id__exact=talk.pk)


def test_a_call_is_found_by_number_name_and_the_carriers_id(ada: AdminDesk, talk: Call) -> None:
    sid = people.customer(talk).sid
    for asked in ("+15551230001", "5551230001", "Ruth", sid, str(talk.pk)):
        assert "15551230001" in ada.opens("calls/call/", q=asked), asked
    assert "15551230001</" not in ada.opens("calls/call/", q="nobody")


def test_orders_news_and_legs_are_found_by_the_carriers_id(ada: AdminDesk, talk: Call) -> None:
    leg = people.customer(talk)
    assert "hang-up" in ada.opens("calls/command/", q=leg.sid)
    assert "1 result" in ada.opens("calls/leg/", q=leg.sid)
    event = CarrierEvent.objects.latest("id")
    assert event.call_sid in ada.opens("calls/carrierevent/", q=event.call_sid)


def test_a_caller_without_a_number_is_withheld(ada: AdminDesk, billing: Queue, dana: User) -> None:
    people.rings(number="+266696687")
    assert "withheld" in ada.opens("calls/call/")


def test_lists_do_not_ask_again_for_every_row(
    ada: AdminDesk, ruth: Call, dana: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        people.rings(now=at(number))
    for kind in ("call", "leg", "command", "waiting", "timelineevent"):
        with django_assert_max_num_queries(12):
            ada.opens(f"calls/{kind}/")


def test_failed_news_is_applied_again(ada: AdminDesk, ruth: Call) -> None:
    """A mended bug, or a table that came back: the news is believed after all."""
    event = people.news("status", leg=people.customer(ruth), CallStatus="completed")
    CarrierEvent.objects.filter(pk=event.pk).update(state=NewsState.FAILED, attempts=5)
    answered = ada.acts("calls/carrierevent/", "apply_again", event)
    assert told(answered) == ["1 will be applied again."]
    news.apply_pending(limit=10, now=timezone.now())
    assert CarrierEvent.objects.get(pk=event.pk).state == NewsState.APPLIED
    assert Call.objects.get(pk=ruth.pk).state == "ended"


def test_applying_again_wakes_the_inbox_and_leaves_what_did_not_fail(
    ada: AdminDesk, ruth: Call
) -> None:
    fine = people.news("status", leg=people.customer(ruth), CallStatus="ringing")
    CarrierEvent.objects.filter(pk=fine.pk).update(state=NewsState.STALE)
    assert told(ada.acts("calls/carrierevent/", "apply_again", fine)) == [
        "None of this news had failed."
    ]
    CarrierEvent.objects.filter(pk=fine.pk).update(state=NewsState.FAILED)
    assert "inbox" in ada.announced(lambda: ada.acts("calls/carrierevent/", "apply_again", fine))


def test_the_first_page_tells_what_wants_attention(ada: AdminDesk, ruth: Call) -> None:
    event = people.news("status", leg=people.customer(ruth), CallStatus="completed")
    CarrierEvent.objects.filter(pk=event.pk).update(state=NewsState.FAILED)
    people.make_queue("Sales")
    people.make_agent_user("Ines")
    page = ada.opens("")
    assert "No worker runs" in page
    assert "Carrier news that could not be applied: 1" in page
    assert "No agent serves Sales." in page
    assert "Ines serves no queue." in page


def test_a_quiet_day_wants_nothing(billing: Queue, dana: User) -> None:
    [only] = attend(None, {})["concerns"]  # type: ignore[arg-type] # it is not looked at
    assert only.text.startswith("No worker runs")


def test_refused_orders_are_told(ada: AdminDesk, ruth: Call) -> None:
    lifecycle.end_call(call_id=ruth.pk, by=None, reason="a test", now=timezone.now())
    Command.objects.update(state="refused", settled_at=timezone.now())
    assert "Orders that were not carried out since yesterday: 1" in ada.opens("")
