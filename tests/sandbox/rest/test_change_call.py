"""Changing, ending and forgetting a call: `POST` and `DELETE /Calls/{CA}.json`."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.core.config import Choices, Config
from tests.sandbox.rest.house import APP, DANA, TALK, House
from tests.sandbox.rest.refusals import refused

HANGUP = "<Response><Hangup/></Response>"


@pytest.fixture
def sid(house: House) -> str:
    """A call with dana, who has picked up."""
    house.person(DANA)
    return house.call()


def urls(house: House) -> list[str]:
    return [fetch.url for fetch in house.asked]


def test_a_live_call_is_sent_to_another_url(house: House, sid: str) -> None:
    house.pages["/transfer"] = TALK
    changed = house.client.calls(sid).update(url=f"{APP}/transfer")
    assert changed.status == "in-progress"
    house.advance(2)
    assert urls(house)[-1] == f"{APP}/transfer"


def test_a_live_call_is_given_other_twiml(house: House, sid: str) -> None:
    house.client.calls(sid).update(twiml=HANGUP)
    house.advance(2)
    assert house.client.calls(sid).fetch().status == "completed"


def test_a_live_call_is_ended(house: House, sid: str) -> None:
    house.advance(8)
    house.client.calls(sid).update(status="completed")
    house.advance(1)
    ended = house.client.calls(sid).fetch()
    assert ended.status == "completed"
    assert int(ended.duration) >= 8
    assert ended.end_time is not None


def test_cancelling_a_call_in_progress_does_nothing(house: House, sid: str) -> None:
    house.client.calls(sid).update(status="canceled")
    house.advance(2)
    assert house.client.calls(sid).fetch().status == "in-progress"


def test_a_ringing_call_is_cancelled(house: House) -> None:
    sid = house.call(to="+15550155")
    house.client.calls(sid).update(status="canceled")
    house.advance(1)
    assert house.client.calls(sid).fetch().status == "canceled"


def test_a_ringing_call_cannot_be_redirected(house: House) -> None:
    sid = house.call(to="+15550155")
    with refused(21220, text="Call is not in-progress. Cannot redirect."):
        house.client.calls(sid).update(url=f"{APP}/transfer")


def test_a_call_that_is_over_cannot_be_redirected(house: House, sid: str) -> None:
    house.client.calls(sid).update(status="completed")
    house.advance(1)
    with refused(21220):
        house.client.calls(sid).update(twiml=HANGUP)


def test_a_status_and_a_document_together_are_refused(house: House, sid: str) -> None:
    with refused(20001):
        house.client.calls(sid).update(status="completed", url=f"{APP}/transfer")


def test_the_choice_can_let_the_status_win() -> None:
    house = House(Config(cps=0, choices=Choices(status_with_url="status-wins")))
    house.person(DANA)
    sid = house.call()
    house.client.calls(sid).update(status="completed", url=f"{APP}/transfer")
    house.advance(1)
    assert house.client.calls(sid).fetch().status == "completed"


def test_a_url_and_twiml_exclude_each_other(house: House, sid: str) -> None:
    with refused(20001, text="mutually exclusive"):
        house.client.calls(sid).update(url=f"{APP}/transfer", twiml=HANGUP)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "transfer"},
        {"url": f"{APP}/t", "fallback_url": "sorry"},
    ],
)
def test_addresses_must_be_absolute(house: House, sid: str, change: dict[str, Any]) -> None:
    with refused(21205, text="is not a valid URL"):
        house.client.calls(sid).update(**change)


def test_a_relative_action_in_twiml_is_15004(house: House, sid: str) -> None:
    with refused(15004):
        house.client.calls(sid).update(
            twiml="<Response><Gather action='/menu'><Say>Hi</Say></Gather></Response>"
        )


def test_an_absolute_action_in_twiml_is_welcome(house: House, sid: str) -> None:
    twiml = f"<Response><Gather action='{APP}/menu'><Say>Hi</Say></Gather></Response>"
    assert house.client.calls(sid).update(twiml=twiml).status == "in-progress"


def test_a_record_without_an_action_in_twiml_is_11100(house: House, sid: str) -> None:
    with refused(11100):
        house.client.calls(sid).update(twiml="<Response><Record/></Response>")


def test_twiml_that_is_no_xml_is_only_found_out_on_the_call(house: House, sid: str) -> None:
    house.client.calls(sid).update(twiml="<Response><Say>")
    house.advance(20)
    notes = house.client.calls(sid).notifications.list()
    assert "12100" in [note.error_code for note in notes]


@pytest.mark.parametrize("seconds", [0, "x"])
def test_a_time_limit_that_is_none_is_13216(house: House, sid: str, seconds: Any) -> None:
    with refused(13216):
        house.client.calls(sid).update(time_limit=seconds)


def test_a_time_limit_ends_the_call(house: House, sid: str) -> None:
    house.client.calls(sid).update(time_limit=30)
    house.advance(40)
    assert house.client.calls(sid).fetch().status == "completed"


def test_a_call_without_a_time_limit_is_ended_after_four_hours(house: House, sid: str) -> None:
    silence = '<Pause length="3600"/>' * 5
    house.client.calls(sid).update(twiml=f"<Response>{silence}</Response>")
    house.advance(4 * 3600 - 60)
    assert house.client.calls(sid).fetch().status == "in-progress"
    house.advance(60)
    assert house.client.calls(sid).fetch().status == "completed"


def test_a_status_that_is_none_is_refused(house: House, sid: str) -> None:
    with refused(20001, text="paused"):
        house.client.calls(sid).update(status="paused")


@pytest.mark.parametrize("document", [{}, {"twiml": TALK}])
def test_a_status_callback_counts_only_together_with_a_url(
    house: House, sid: str, document: dict[str, str]
) -> None:
    house.client.calls(sid).update(status_callback=f"{APP}/status", **document)
    house.advance(2)
    house.client.calls(sid).update(status="completed")
    house.advance(1)
    assert f"{APP}/status" not in urls(house)


def test_a_status_callback_with_a_url_is_called(house: House, sid: str) -> None:
    house.pages["/transfer"] = TALK
    house.client.calls(sid).update(url=f"{APP}/transfer", status_callback=f"{APP}/status")
    house.advance(2)
    house.client.calls(sid).update(status="completed")
    house.advance(1)
    assert f"{APP}/status" in urls(house)


def test_an_update_of_nothing_changes_nothing(house: House, sid: str) -> None:
    assert house.send("POST", f"Calls/{sid}.json").status == 200
    house.advance(2)
    assert house.client.calls(sid).fetch().status == "in-progress"


def test_a_call_that_is_over_can_be_forgotten(house: House, sid: str) -> None:
    house.client.calls(sid).update(status="completed")
    house.advance(1)
    assert house.client.calls(sid).delete() is True
    with refused(20404, 404):
        house.client.calls(sid).fetch()
    assert house.client.calls.list() == []


def test_a_call_that_lives_cannot_be_forgotten(house: House, sid: str) -> None:
    with refused(20009, 409, "Cannot delete this resource before it is complete"):
        house.client.calls(sid).delete()


def test_an_unknown_call_is_20404_with_its_path(house: House) -> None:
    sid = "CA" + "0" * 32
    path = f"/2010-04-01/Accounts/{house.account.sid}/Calls/{sid}.json"
    with refused(20404, 404, f"The requested resource {path} was not found"):
        house.client.calls(sid).update(status="completed")


def test_another_accounts_call_is_20404(house: House, sid: str) -> None:
    globex = house.carrier.add_account(name="Globex")
    stranger = house.sign_in(globex.sid, globex.auth_token)
    with refused(20404, 404):
        stranger.calls(sid).fetch()
    assert stranger.calls.list() == []


def test_just_after_an_answer_a_redirect_may_come_too_soon(house: House) -> None:
    house.carrier.faults.not_in_progress_window_ms = 5000
    house.person(DANA)
    sid = house.call()
    with refused(21220):
        house.client.calls(sid).update(url=f"{APP}/transfer")
    house.advance(6)
    assert house.client.calls(sid).update(url=f"{APP}/voice").status == "in-progress"


def test_reads_may_lag_behind_events(house: House) -> None:
    house.carrier.faults.stale_read_ms = 60_000
    house.person(DANA)
    sid = house.call()
    assert house.client.calls(sid).fetch().status == "queued"
    house.advance(61)
    assert house.client.calls(sid).fetch().status == "in-progress"
