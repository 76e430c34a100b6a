"""The carrier on the real clock: the unmodified SDK, real HTTP, real webhooks."""

import asyncio
import time
from pathlib import Path

import pytest
import requests
from aiohttp import web
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from sandbox.core.calls import CallStatus
from sandbox.drivers.realtime import Clock
from sandbox.drivers.server import Server
from sandbox.world import from_text
from tests.sandbox.server.office import DANA, HOLD_ON, OFFICE, Office


def test_the_sdk_calls_dana_and_the_application_hears_of_every_step(office: Office) -> None:
    call = office.client().calls.create(
        to=DANA,
        from_=OFFICE,
        url=f"{office.app_url}/voice",
        status_callback=f"{office.app_url}/status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    assert call.status == "queued"
    office.until_status(call.sid, CallStatus.IN_PROGRESS)
    office.client().calls(call.sid or "").update(status="completed")
    office.until(lambda: len(office.app.at("/status")) == 4)
    heard = {each.params["SequenceNumber"]: each.params for each in office.app.at("/status")}
    assert [heard[str(n)]["CallStatus"] for n in range(4)] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]


def test_every_webhook_is_signed_as_the_sdk_validates(office: Office) -> None:
    office.app.documents["/voice"] = HOLD_ON
    office.number.urls.voice_url = f"{office.app_url}/voice?next=%2Fdesk&name=a+b"
    office.dana_dials()
    office.until(lambda: office.app.at("/voice"))
    asked = office.app.at("/voice")[0]
    validator = RequestValidator(office.account.auth_token)
    signature = asked.headers["X-Twilio-Signature"]
    assert asked.url.endswith("/voice?next=%2Fdesk&name=a+b")
    assert validator.validate(asked.url, asked.params, signature)
    assert not validator.validate(asked.url, asked.params | {"From": "+1"}, signature)


def test_a_get_webhook_carries_its_parameters_in_the_address(office: Office) -> None:
    office.number.urls.voice_method = "GET"
    office.dana_dials()
    office.until(lambda: office.app.at("/voice"))
    asked = office.app.at("/voice")[0]
    assert asked.method == "GET"
    assert "From=%2B15550100003" in asked.url
    validator = RequestValidator(office.account.auth_token)
    assert validator.validate(asked.url, {}, asked.headers["X-Twilio-Signature"])


def test_a_live_call_is_sent_elsewhere(office: Office) -> None:
    office.app.documents["/elsewhere"] = "<Response><Pause length='60'/></Response>"
    call = office.dana_dials()
    office.until_status(call.sid, CallStatus.IN_PROGRESS)
    office.client().calls(call.sid).update(url=f"{office.app_url}/elsewhere")
    office.until(lambda: office.app.at("/elsewhere"))
    assert not call.ended


def test_time_passes_on_its_own(office: Office) -> None:
    office.app.documents["/voice"] = (
        "<Response><Say>x</Say><Pause length='1'/><Redirect>/later</Redirect></Response>"
    )
    begun = time.monotonic()
    office.dana_dials()
    office.until(lambda: office.app.at("/later"))
    assert 0.9 < time.monotonic() - begun < 3


def test_an_application_that_moved_is_followed_by_the_carrier(office: Office) -> None:
    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/new"})

    office.app.doors["/voice"] = moved
    office.app.documents["/new"] = HOLD_ON
    office.dana_dials()
    office.until(lambda: office.app.at("/new"))
    assert [each.method for each in office.app.asked[:2]] == ["POST", "GET"]
    rows = [entry for entry in office.carrier.log if entry.kind == "webhook"]
    assert [entry.answer_status for entry in rows[:2]] == [302, 200]


def test_cookies_stay_with_the_call(office: Office) -> None:
    async def bakes(_: web.Request) -> web.Response:
        body = "<Response><Redirect>/second</Redirect></Response>"
        answer = web.Response(text=body, content_type="text/xml")
        answer.set_cookie("visit", "dana")
        return answer

    office.app.doors["/voice"] = bakes
    office.dana_dials()
    office.until(lambda: office.app.at("/second"))
    assert "visit=dana" in office.app.at("/second")[0].headers["Cookie"]


def test_an_application_that_is_down_leads_to_the_fallback(office: Office) -> None:
    office.app.documents["/fallback"] = HOLD_ON
    office.number.urls.voice_url = "http://127.0.0.1:9/voice"
    office.number.urls.voice_fallback_url = f"{office.app_url}/fallback"
    office.dana_dials()
    office.until(lambda: office.app.at("/fallback"))
    assert office.app.at("/fallback")[0].params["ErrorCode"] == "11205"
    assert 11205 in office.codes()


def test_a_slow_application_is_given_up_on(office: Office) -> None:
    async def sleeps(_: web.Request) -> web.Response:
        await asyncio.sleep(1.5)
        return web.Response(text=HOLD_ON, content_type="text/xml")

    office.app.doors["/voice"] = sleeps
    office.number.urls.voice_url = f"{office.app_url}/voice#rt=200&rc=0"
    call = office.dana_dials()
    office.until(lambda: 11200 in office.codes())
    office.until(lambda: call.ended)


def test_a_request_without_credentials_is_refused(office: Office) -> None:
    answer = requests.get(
        f"{office.url}/2010-04-01/Accounts/{office.account.sid}/Calls.json", timeout=5
    )
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_an_unknown_call_is_not_found(office: Office) -> None:
    with pytest.raises(TwilioRestException) as caught:
        office.client().calls("CA" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_a_refused_connection_looks_like_one(office: Office) -> None:
    office.carrier.faults.rest_next.append("refused")
    with pytest.raises(requests.exceptions.ConnectionError):
        office.client().calls.list(limit=1)
    assert office.client().calls.list(limit=1) == []


def test_a_request_that_times_out_does_not_keep_the_server_from_stopping(office: Office) -> None:
    office.carrier.faults.rest_next.append("timeout")
    with pytest.raises(requests.exceptions.ReadTimeout):
        office.client(timeout=0.3).calls.list(limit=1)
    begun = time.monotonic()
    office.run(office.server.stop())
    assert time.monotonic() - begun < 5


def test_rest_answers_can_be_slow(office: Office) -> None:
    office.carrier.faults.rest_delay = 0.3
    begun = time.monotonic()
    office.client().calls.list(limit=1)
    assert time.monotonic() - begun >= 0.3


def test_concurrent_requests_are_counted(office: Office) -> None:
    answer = requests.get(
        f"{office.url}/2010-04-01/Accounts/{office.account.sid}/Calls.json",
        auth=(office.account.sid, office.account.auth_token),
        timeout=5,
    )
    assert answer.headers["Twilio-Concurrent-Requests"] == "1"


def test_health(office: Office) -> None:
    office.dana_dials()
    assert requests.get(f"{office.url}/healthz", timeout=5).json() == {
        "status": "ok",
        "calls": 1,
        "failures": 0,
    }


def test_one_broken_script_does_not_end_the_other_calls(office: Office) -> None:
    call = office.dana_dials()
    office.until_status(call.sid, CallStatus.IN_PROGRESS)

    async def breaks() -> None:
        raise RuntimeError("a mistake in a script")

    office.do(lambda: office.carrier.kernel.spawn(breaks(), "broken"))
    assert requests.get(f"{office.url}/healthz", timeout=5).json()["failures"] == 1
    assert "a mistake in a script" in requests.get(office.url, timeout=5).text
    assert call.status is CallStatus.IN_PROGRESS


def test_fifty_people_are_called_at_once(office: Office) -> None:
    client = office.client()
    sids = [
        client.calls.create(
            to=f"+15559000{n:02d}00", from_=OFFICE, url=f"{office.app_url}/voice"
        ).sid
        for n in range(50)
    ]
    office.until(lambda: all(office.call(sid).status is CallStatus.IN_PROGRESS for sid in sids), 10)
    office.until(lambda: len(office.app.at("/voice")) == 50)


def test_recordings_are_reachable_where_the_callback_says(office: Office) -> None:
    call = office.dana_dials()
    office.until_status(call.sid, CallStatus.IN_PROGRESS)
    recording = office.client().calls(call.sid).recordings.create()
    office.do(call.hang_up)
    office.until(lambda: call.ended)
    kept = office.client().recordings(recording.sid or "")
    office.until(lambda: kept.fetch().status == "completed")
    address = f"{office.url}/2010-04-01/Accounts/{office.account.sid}/Recordings/{recording.sid}"
    answer = requests.get(f"{address}.wav", timeout=5)
    assert answer.content[:4] == b"RIFF", answer.text


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(office: Office) -> None:
    async def second() -> None:
        clock = Clock()
        server = Server(
            from_text("", now=clock()), clock, host="127.0.0.1", port=office.server.port
        )
        with pytest.raises(OSError, match=r"address already in use|Address already in use"):
            await server.start()

    office.run(second())


def test_stopping_twice_is_harmless(office: Office) -> None:
    office.run(office.server.stop())
    office.run(office.server.stop())


def test_the_documentation_is_where_the_program_says() -> None:
    assert (Path(__file__).parents[3] / "docs" / "sandbox.md").exists()
