"""The hand-cranked driver, and the unmodified SDK on it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.core.calls import CallStatus
from sandbox.core.effects import FetchAnswer
from sandbox.core.faults import RestFault
from sandbox.drivers.inprocess import AsyncSdkTransport, SdkTransport
from tests.sandbox.core.stage import APP, OMAR, OURS, Asked, Stage, twiml


def test_time_passes_from_event_to_event(stage: Stage) -> None:
    stage.pages["/voice"] = "<Say>hello</Say><Pause length='10'/><Redirect>/next</Redirect>"
    stage.pages["/next"] = "<Hangup/>"
    stage.dials_in()
    stage.advance(3600)
    assert stage.last("/next").at == pytest.approx(10 + 5 / 15)
    assert stage.now == 3600


def test_settling_does_not_move_the_clock(stage: Stage) -> None:
    stage.pages["/voice"] = "<Pause/>"
    stage.dials_in()
    stage.town.settle()
    assert stage.now == 0


def test_the_clock_runs_until_something_is_so(stage: Stage) -> None:
    omar = stage.person(after=5)
    stage.calls_out()
    stage.town.advance_until(lambda: omar.through == 1)
    assert stage.now == pytest.approx(5.5)


def test_and_gives_up_if_it_never_is(stage: Stage) -> None:
    stage.person(after=None)
    stage.calls_out()
    with pytest.raises(TimeoutError):
        stage.town.advance_until(lambda: False, within=10)


def test_and_if_nothing_is_left_to_happen(stage: Stage) -> None:
    with pytest.raises(TimeoutError):
        stage.town.advance_until(lambda: False)


def test_the_application_may_take_its_time(stage: Stage) -> None:
    stage.pages["/voice"] = twiml("<Say>hello</Say>", delay=4)
    dana = stage.dials_in()
    stage.advance(3.9)
    assert dana.words() == []
    stage.advance(0.2)
    assert dana.words() == ["hello"]


def test_the_application_may_use_the_api_while_it_is_asked(stage: Stage) -> None:
    def page(asked: Asked) -> FetchAnswer:
        stage.client.calls(asked["CallSid"]).fetch()
        stage.client.calls.create(to=OMAR, from_=OURS, url=f"{APP}/agent")
        return twiml("<Enqueue waitUrl=''>support</Enqueue>")

    omar = stage.person()
    stage.pages["/voice"] = page
    stage.pages["/agent"] = "<Dial><Queue>support</Queue></Dial>"
    dana = stage.dials_in()
    stage.advance(5)
    assert dana.call.wires.peer is omar.call


def test_the_sdk_makes_reads_moves_and_ends_a_call(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/voice"] = "<Say>hello</Say><Pause length='60'/>"
    stage.pages["/new"] = "<Say>moved</Say><Pause length='60'/>"
    made = stage.client.calls.create(to=OMAR, from_=OURS, url=f"{APP}/voice")
    assert made.status == "queued"
    assert made.direction == "outbound-api"
    stage.advance(5)
    assert stage.client.calls(made.sid).fetch().status == "in-progress"
    stage.client.calls(made.sid).update(url=f"{APP}/new")
    stage.advance(2)
    assert omar.words() == ["hello", "moved"]
    stage.client.calls(made.sid).update(status="completed")
    stage.advance(1)
    ended = stage.client.calls(made.sid).fetch()
    assert ended.status == "completed"
    assert ended.duration == "6"


def test_the_sdk_hears_of_refusals(stage: Stage) -> None:
    with pytest.raises(TwilioRestException) as caught:
        stage.client.calls("CA" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_a_wrong_password_is_refused(stage: Stage) -> None:
    stranger = Client(stage.account.sid, "wrong", http_client=SdkTransport(stage.town))
    with pytest.raises(TwilioRestException) as caught:
        stranger.calls("CA" + "0" * 32).fetch()
    assert caught.value.status == 401


def test_an_api_key_opens_the_door_too(stage: Stage) -> None:
    key, secret = stage.carrier.add_api_key(stage.account)
    client = Client(key, secret, stage.account.sid, http_client=SdkTransport(stage.town))
    assert client.calls.list() == []


def test_the_async_sdk_works_as_well(stage: Stage) -> None:
    client = Client(
        stage.account.sid, stage.account.auth_token, http_client=AsyncSdkTransport(stage.town)
    )

    async def work() -> str:
        made = await client.calls.create_async(to=OMAR, from_=OURS, url=f"{APP}/voice")
        return str((await client.calls(made.sid).fetch_async()).status)

    assert asyncio.run(work()) == "queued"


def test_a_refused_connection_is_what_requests_would_raise(stage: Stage) -> None:
    stage.carrier.faults.rest_next = ["refused"]
    with pytest.raises(requests.exceptions.ConnectionError):
        stage.client.calls.list()


def test_an_answer_that_does_not_come_is_a_read_timeout(stage: Stage) -> None:
    stage.carrier.faults.rest_next = ["timeout"]
    with pytest.raises(requests.exceptions.ReadTimeout):
        stage.client.calls.list()


@pytest.mark.parametrize(
    ("fault", "error"),
    [("refused", aiohttp.ClientConnectorError), ("timeout", TimeoutError)],
)
def test_the_async_sdk_fails_as_its_own_client_does(
    stage: Stage, fault: RestFault, error: type[Exception]
) -> None:
    stage.carrier.faults.rest_next = [fault]
    client = Client(
        stage.account.sid, stage.account.auth_token, http_client=AsyncSdkTransport(stage.town)
    )
    with pytest.raises(error):
        asyncio.run(client.calls("CA" + "0" * 32).fetch_async())


def test_too_many_requests_is_429(stage: Stage) -> None:
    stage.carrier.faults.rest_next = ["429"]
    with pytest.raises(TwilioRestException) as caught:
        stage.client.calls("CA" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (429, 20429)
    assert stage.client.calls.list() == []


def test_the_news_of_a_call_can_come_before_the_answer_that_made_it(stage: Stage) -> None:
    made = stage.client.calls.create(
        to=OMAR,
        from_=OURS,
        url=f"{APP}/voice",
        status_callback=f"{APP}/status",
        status_callback_event=["initiated", "completed"],
    )
    assert stage.last("/status")["CallSid"] == made.sid
    assert made.status == CallStatus.QUEUED


def test_what_follows_a_request_can_wait_for_the_clock(stage: Stage) -> None:
    patient = SdkTransport(stage.town, settles=False)
    client = Client(stage.account.sid, stage.account.auth_token, http_client=patient)
    client.calls.create(to=OMAR, from_=OURS, url=f"{APP}/voice", status_callback=f"{APP}/status",
                        status_callback_event=["initiated"])  # fmt: skip
    assert stage.asked == []
    stage.town.settle()
    assert stage.story() == ["/status"]
