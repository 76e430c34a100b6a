"""Notifications and events: what the carrier can tell about a call afterwards."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from tests.sandbox.rest.house import APP, DANA, NUMBER, House
from tests.sandbox.rest.refusals import refused


@pytest.fixture
def sid(house: House) -> str:
    """A call with a warning and an error: a useless callback, a document that is no TwiML."""
    house.person(DANA)
    house.pages["/broken"] = "<Response><Say>"
    return house.call(page="/broken", status_callback="http://my_app.test/status")


def test_notifications_of_a_call_are_listed_newest_first(house: House, sid: str) -> None:
    notes = house.client.calls(sid).notifications.list()
    assert [note.error_code for note in notes] == ["12100", "21609"]
    assert {note.call_sid for note in notes} == {sid}
    assert notes[0].more_info == "https://www.twilio.com/docs/errors/12100"


def test_notifications_are_filtered_by_level_and_date(house: House, sid: str) -> None:
    notes = house.client.calls(sid).notifications
    assert [note.error_code for note in notes.list(log=0)] == ["12100"]
    assert [note.error_code for note in notes.list(log=1)] == ["21609"]
    assert len(notes.list(message_date="2026-11-04")) == 2
    assert notes.list(message_date_after="2026-11-05") == []


def test_the_text_is_a_query_string(house: House, sid: str) -> None:
    (warning,) = house.client.calls(sid).notifications.list(log=1)
    text = parse_qs(warning.message_text or "")
    assert text["ErrorCode"] == ["21609"]
    assert text["LogLevel"] == ["WARN"]
    assert "http://my_app.test/status" in text["Msg"][0]


def test_a_notification_is_fetched_with_what_was_asked(house: House, sid: str) -> None:
    (error,) = house.client.calls(sid).notifications.list(log=0)
    whole = house.client.calls(sid).notifications(error.sid).fetch()
    assert whole.request_url == f"{APP}/broken"
    assert whole.response_headers == ""


def test_a_notification_of_another_call_is_20404(house: House, sid: str) -> None:
    (error,) = house.client.calls(sid).notifications.list(log=0)
    other = house.call()
    with refused(20404, 404):
        house.client.calls(other).notifications(error.sid).fetch()


def test_the_account_sees_all_notifications(house: House, sid: str) -> None:
    notes = house.api.notifications.list()
    assert [note.error_code for note in notes] == ["12100", "21609"]
    assert house.api.notifications(notes[0].sid).fetch().call_sid == sid


def test_another_account_sees_none(house: House, sid: str) -> None:
    globex = house.carrier.add_account(name="Globex")
    stranger = house.sign_in(globex.sid, globex.auth_token)
    assert stranger.api.v2010.account.notifications.list() == []


# events


def test_events_tell_every_request_about_a_call_in_order(house: House) -> None:
    house.person(DANA)
    sid = house.call()
    house.client.calls(sid).update(status="completed")
    house.advance(1)
    events = house.client.calls(sid).events.list()
    urls = [event.request["url"] for event in events]
    assert urls[0].endswith("/Calls.json")
    assert urls[1] == f"{APP}/voice"
    assert urls[2].endswith(f"/Calls/{sid}.json")


def test_an_event_shows_parameters_and_answer(house: House) -> None:
    house.person(DANA)
    sid = house.call()
    made, asked = house.client.calls(sid).events.list()[:2]
    assert made.request["parameters"]["from"] == NUMBER
    assert made.response["response_code"] == 201
    assert asked.request["parameters"]["call_status"] == "in-progress"
    assert asked.response["response_code"] == 200
    assert "<Pause" in asked.response["response_body"]


def test_events_of_one_call_are_not_anothers(house: House) -> None:
    house.person(DANA)
    first, second = house.call(), house.call()
    house.advance(1)
    shared = [
        each
        for each in house.client.calls(first).events.list()
        if second in str(each.request) or second in str(each.response)
    ]
    assert shared == []
