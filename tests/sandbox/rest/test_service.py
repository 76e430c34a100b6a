"""What holds for every request: credentials, errors, headers, faults, the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from sandbox.core.config import Choices, Config
from sandbox.core.faults import RestFault
from sandbox.rest import RestAnswer
from sandbox.rest.table import CARRIED, NOT_CARRIED
from tests.sandbox.rest.house import ACCOUNT, APP, DANA, NUMBER, TOKEN, House
from tests.sandbox.rest.refusals import refused

ANY_CALL = "CA" + "0" * 32
TO_A_ROOM = ("POST", "Accounts/{account}/Conferences/{conference}/Participants")
NAMING = [row for row in CARRIED if row[1].count("{") > 1 and row[:2] != TO_A_ROOM]


def body(answered: RestAnswer) -> Any:
    return json.loads(answered.body)


# who asks


def test_the_accounts_own_token_opens_it(house: House) -> None:
    found = house.client.api.v2010.accounts(ACCOUNT).fetch()
    assert (found.sid, found.friendly_name, found.status) == (ACCOUNT, "Acme", "active")
    assert found.auth_token == TOKEN


def test_an_api_key_opens_calls_but_not_the_account(house: House) -> None:
    key, secret = house.carrier.add_api_key(house.account)
    client = house.sign_in(key, secret, ACCOUNT)
    assert client.calls.list() == []
    with refused(20003, 401, "Authenticate"):
        client.api.v2010.accounts(ACCOUNT).fetch()


def test_a_wrong_token_is_20003(house: House) -> None:
    with refused(20003, 401, "Authenticate"):
        house.sign_in(ACCOUNT, "wrong").calls(ANY_CALL).fetch()


def test_an_unknown_name_is_20003(house: House) -> None:
    with refused(20003, 401, "Authentication Error - invalid username"):
        house.sign_in("AC" + "0" * 32, "x").calls(ANY_CALL).fetch()


def test_without_credentials_the_answer_challenges(house: House) -> None:
    answered = house.send("GET", "Calls.json", auth=None)
    assert answered.headers["WWW-Authenticate"] == 'Basic realm="Twilio API"'
    assert body(answered) == {
        "code": 20003,
        "message": "Authentication Error - No credentials provided",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
        "detail": "Your AccountSid or AuthToken was incorrect.",
    }


def test_strangers_do_not_learn_which_paths_exist(house: House) -> None:
    assert house.send("GET", "Nothing.json", auth=None).status == 401


def test_another_accounts_path_is_20404(house: House) -> None:
    globex = house.carrier.add_account(name="Globex")
    path = f"/2010-04-01/Accounts/{globex.sid}/Calls.json"
    assert body(house.send("GET", path))["code"] == 20404


# what is asked


def test_an_error_body_has_four_keys(house: House) -> None:
    answered = house.send("GET", f"Calls/{ANY_CALL}.json")
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{ANY_CALL}.json"
    assert answered.status == 404
    assert body(answered) == {
        "code": 20404,
        "message": f"The requested resource {path} was not found",
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    }


def test_an_unknown_path_is_20404(house: House) -> None:
    assert body(house.send("GET", "Faxes.json"))["code"] == 20404


def test_a_wrong_method_is_20004(house: House) -> None:
    answered = house.send("DELETE", "Calls.json")
    assert (answered.status, body(answered)["code"]) == (405, 20004)


@pytest.mark.parametrize("row", NOT_CARRIED, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_is_not_carried_says_so(house: House, row: tuple[str, str, str]) -> None:
    method, template, what = row
    path = template.replace("{account}", ACCOUNT).replace("{", "").replace("}", "")
    answered = house.send(method, f"/2010-04-01/{path}.json")
    assert (answered.status, body(answered)["code"]) == (501, 20501)
    assert what in body(answered)["message"]
    assert body(answered)["more_info"] == "docs/sandbox.md#not-carried"


def test_the_sdk_reports_what_is_not_carried(house: House) -> None:
    with refused(20501, 501, "media streams"):
        house.client.calls(ANY_CALL).streams.create(url="wss://app.test/media")


def test_every_row_of_the_table_is_written_once() -> None:
    rows = [(method, path) for method, path, _ in (*CARRIED, *NOT_CARRIED)]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("row", CARRIED, ids=lambda row: f"{row[0]} {row[1]}")
def test_every_operation_is_closed_to_strangers(house: House, row: tuple[str, str, Any]) -> None:
    path = row[1].replace("{account}", ACCOUNT).replace("{", "").replace("}", "")
    assert house.send(row[0], f"/2010-04-01/{path}.json", auth=None).status == 401


@pytest.mark.parametrize("row", NAMING, ids=lambda row: f"{row[0]} {row[1]}")
def test_names_that_nothing_has_are_20404(house: House, row: tuple[str, str, Any]) -> None:
    path = row[1].replace("{account}", ACCOUNT).replace("{", "x").replace("}", "")
    form = {"Url": f"{APP}/x", "FriendlyName": "x", "Status": "stopped"}
    answered = house.send(row[0], f"/2010-04-01/{path}.json", form=form)
    assert (answered.status, body(answered)["code"]) == (404, 20404)


# headers and log


def test_an_answer_is_json_and_counts_the_requests_in_flight(house: House) -> None:
    headers = house.send("GET", "Calls.json").headers
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Twilio-Concurrent-Requests"] == "1"
    assert headers["Twilio-Request-Id"].startswith("RQ")


def test_a_delete_answers_204_without_a_body(house: House) -> None:
    app = house.client.applications.create(friendly_name="desk")
    answered = house.send("DELETE", f"Applications/{app.sid}.json")
    assert (answered.status, answered.body) == (204, b"")


def test_every_request_is_in_the_log_with_its_answer(house: House) -> None:
    sid = house.call()
    house.send("GET", f"Calls/{sid}.json?x=1")
    made, read = [entry for entry in house.carrier.log if entry.kind == "rest"]
    assert (made.method, made.call_sid, made.answer_status) == ("POST", sid, 201)
    assert dict(made.params)["To"] == DANA
    assert (read.method, read.call_sid) == ("GET", sid)
    assert read.url.endswith(f"/Calls/{sid}.json?x=1")
    assert json.loads(read.answer_body)["sid"] == sid


def test_the_log_holds_no_credentials_and_no_sound(house: House) -> None:
    house.person(DANA)
    sid = house.call()
    recording = house.client.calls(sid).recordings.create()
    house.advance(2)
    house.client.calls(sid).update(status="completed")
    house.advance(2)
    assert house.send("GET", f"Recordings/{recording.sid}.wav").body.startswith(b"RIFF")
    entry = house.carrier.log[-1]
    assert (entry.answer_type, entry.answer_body) == ("audio/x-wav", "")
    assert TOKEN not in str(list(house.carrier.log))


# faults


def fail_next(house: House, fault: RestFault) -> None:
    house.carrier.faults.rest_next.append(fault)


@pytest.mark.parametrize(
    ("fault", "code", "status", "text"),
    [
        ("429", 20429, 429, "Too Many Requests"),
        ("500", 20500, 500, "Internal Server Error"),
        ("503", 20503, 503, "Service Unavailable"),
    ],
)
def test_a_request_at_a_bad_moment_is_not_carried_out(
    house: House, fault: RestFault, code: int, status: int, text: str
) -> None:
    fail_next(house, fault)
    with refused(code, status, text):
        house.client.calls.create(to=DANA, from_=NUMBER, url=f"{APP}/voice")
    assert house.client.calls.list() == []


def test_a_refused_connection_is_no_answer_at_all(house: House) -> None:
    fail_next(house, "refused")
    with pytest.raises(requests.exceptions.ConnectionError):
        house.client.calls.create(to=DANA, from_=NUMBER, url=f"{APP}/voice")
    assert house.carrier.log[-1].error == "connection refused"
    assert house.client.calls.list() == []


def test_a_call_whose_answer_never_came_was_made_all_the_same(house: House) -> None:
    fail_next(house, "timeout")
    with pytest.raises(requests.exceptions.ReadTimeout):
        house.client.calls.create(to=DANA, from_=NUMBER, url=f"{APP}/voice")
    assert [call.to for call in house.client.calls.list()] == [DANA]


def test_the_choice_can_lose_the_request_with_its_answer() -> None:
    house = House(Config(cps=0, choices=Choices(rest_timeout_executes=False)))
    fail_next(house, "timeout")
    with pytest.raises(requests.exceptions.ReadTimeout):
        house.client.calls.create(to=DANA, from_=NUMBER, url=f"{APP}/voice")
    assert house.client.calls.list() == []


def test_slow_answers_are_late_by_so_much(house: House) -> None:
    house.carrier.faults.rest_delay = 1.5
    assert house.send("GET", "Calls.json").delay == 1.5


def test_dice_decide_which_requests_fail_and_always_the_same(house: House) -> None:
    def failures() -> list[int]:
        other = House()
        other.carrier.faults.rest_5xx = 0.5
        return [other.send("GET", "Calls.json").status for _ in range(20)]

    assert failures() == failures()
    assert set(failures()) == {200, 500}


def test_the_sdk_never_sees_a_half_answer(house: House) -> None:
    fail_next(house, "500")
    with pytest.raises(TwilioRestException) as caught:
        house.client.calls(ANY_CALL).fetch()
    assert "Internal Server Error" in caught.value.msg
