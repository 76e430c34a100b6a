"""What every request about a call says."""

from __future__ import annotations

import json

import pytest

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Address
from sandbox.core.orders import CallOrder
from sandbox.core.parameters import merged
from tests.sandbox.core.stage import APP, DANA, OMAR, OURS, Person, Stage

ALWAYS = {"CallSid", "AccountSid", "From", "To", "CallStatus", "ApiVersion", "Direction"}
PLACES = {
    f"{who}{what}"
    for who in ("From", "To", "Caller", "Called")
    for what in ("City", "State", "Zip", "Country")
}


def test_an_inbound_call_is_described_in_full(stage: Stage) -> None:
    dana = stage.dials_in()
    params = stage.last("/voice").params
    assert set(params) >= ALWAYS | PLACES
    assert params["CallSid"] == dana.call.sid
    assert params["AccountSid"] == stage.account.sid
    assert (params["From"], params["Caller"]) == (DANA, DANA)
    assert (params["To"], params["Called"]) == (OURS, OURS)
    assert params["ApiVersion"] == "2010-04-01"
    assert params["Direction"] == "inbound"


def test_the_first_question_of_an_inbound_call_finds_it_ringing(stage: Stage) -> None:
    stage.dials_in()
    assert stage.last("/voice")["CallStatus"] == "ringing"


def test_the_first_question_of_an_outbound_call_finds_it_in_progress(stage: Stage) -> None:
    stage.person()
    stage.calls_out()
    stage.advance(5)
    assert stage.last("/voice")["CallStatus"] == "in-progress"
    assert stage.last("/voice")["Direction"] == "outbound-api"


def test_a_dialled_leg_names_its_parent(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = (
        "<Dial><Number statusCallback='/status' statusCallbackEvent='ringing'>+15550123</Number>"
        "</Dial>"
    )
    dana = stage.dials_in()
    stage.advance(1)
    told = stage.last("/status")
    assert told["ParentCallSid"] == dana.call.sid
    assert told["Direction"] == "outbound-dial"


def test_an_inbound_call_has_no_parent(stage: Stage) -> None:
    stage.dials_in()
    assert stage.last("/voice").get("ParentCallSid") is None


def test_caller_name_and_forwarding_are_told_when_known(stage: Stage) -> None:
    stage.dials_in(caller_name="DANA SCULLY", forwarded_from="+15550999")
    assert stage.last("/voice")["CallerName"] == "DANA SCULLY"
    assert stage.last("/voice")["ForwardedFrom"] == "+15550999"


def test_an_anonymous_caller_has_no_places(stage: Stage) -> None:
    stage.dials_in("anonymous")
    told = stage.last("/voice")
    assert told["From"] == "anonymous"
    assert told.get("FromCity") is None
    assert told.get("ToCity") == ""


def test_unknown_places_are_empty_but_the_country(stage: Stage) -> None:
    stage.dials_in()
    told = stage.last("/voice")
    assert (told["FromCity"], told["FromState"], told["FromZip"]) == ("", "", "")
    assert told["FromCountry"] == "US"


def test_more_can_be_said_of_a_caller(stage: Stage) -> None:
    line = Person(stage.carrier)
    stage.carrier.dial_in(
        line, from_=DANA, to=OURS, extra={"StirVerstat": "TN-Validation-Passed-A"}
    )
    stage.town.settle()
    assert stage.last("/voice")["StirVerstat"] == "TN-Validation-Passed-A"


def test_a_caller_from_north_america_is_vouched_for(stage: Stage) -> None:
    dana = stage.dials_in()
    told = stage.last("/voice")
    assert told["StirVerstat"] == "TN-Validation-Passed-A"
    assert set(json.loads(told["CallToken"])) == {"parentCallInfoToken", "identityHeaderTokens"}
    dana.call.hang_up()
    stage.dials_in("+493012345")
    told = stage.last("/voice")
    assert told.get("StirVerstat") is None
    assert told["CallToken"] != stage.asked[0]["CallToken"]


@pytest.mark.parametrize("nobody", ["anonymous", "client:lena", "sip:omar@desk.test"])
def test_nobody_vouches_for_a_caller_without_a_number(stage: Stage, nobody: str) -> None:
    stage.dials_in(nobody)
    told = stage.last("/voice")
    assert told.get("StirVerstat") is None
    assert told.get("CallToken") is None


def test_while_it_rings_and_is_answered_news_says_how_sure_the_number_is(stage: Stage) -> None:
    omar = stage.person()
    events = ("initiated", "ringing", "answered", "completed")
    stage.calls_out(
        order=CallOrder(
            to=OMAR,
            from_=OURS,
            document=Address(twiml="<Response><Say>hello</Say></Response>"),
            status_callback=f"{APP}/status",
            status_callback_events=events,
        )
    )
    stage.advance(10)
    assert omar.call.ended
    told = {asked["CallStatus"]: asked.get("StirStatus") for asked in stage.at("/status")}
    assert told == {"initiated": None, "ringing": "B", "in-progress": "B", "completed": None}


def test_a_number_bound_to_an_application_names_it(stage: Stage) -> None:
    application = stage.carrier.add_application(
        stage.account, "desk", VoiceUrls(voice_url=f"{APP}/app")
    )
    stage.number.voice_application_sid = application.sid
    stage.dials_in()
    assert stage.last("/app")["ApplicationSid"] == application.sid
    assert stage.at("/voice") == []


def test_a_browser_calls_through_its_application(stage: Stage) -> None:
    application = stage.carrier.add_application(
        stage.account, "desk", VoiceUrls(voice_url=f"{APP}/app")
    )
    stage.carrier.dial_application(
        Person(stage.carrier),
        identity="lena",
        application=application,
        params={"To": "+15550123", "Ticket": "42"},
    )
    stage.town.settle()
    told = stage.last("/app")
    assert (told["From"], told["Caller"]) == ("client:lena", "client:lena")
    assert (told["To"], told["Called"]) == ("+15550123", "")
    assert told["Ticket"] == "42"
    assert told["CallStatus"] == "ringing"
    assert told["Direction"] == "inbound"


def test_results_replace_what_has_the_same_name() -> None:
    assert merged([("A", "1"), ("B", "2")], [("A", "3")]) == [("B", "2"), ("A", "3")]
