"""`POST /Calls.json`: whom, as whom, to run what, and every way in which that can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.core.accounts import VoiceUrls
from sandbox.core.config import Config
from tests.sandbox.rest.house import APP, DANA, NUMBER, TALK, House
from tests.sandbox.rest.refusals import refused


def create(house: House, **changes: Any) -> Any:
    """A call to dana with a document, but for what the test changes; None leaves out."""
    order = {"to": DANA, "from_": NUMBER, "url": f"{APP}/voice"} | changes
    return house.client.calls.create(**order)


def test_a_new_call_is_queued(house: House) -> None:
    call = create(house)
    assert call.sid.startswith("CA")
    assert (call.status, call.direction) == ("queued", "outbound-api")
    assert (call.to, call._from) == (DANA, NUMBER)
    assert (call.duration, call.start_time, call.end_time) == (None, None, None)
    assert call.queue_time == "0"


def test_a_new_call_rings_the_callee_and_runs_the_document(house: House) -> None:
    dana = house.person(DANA)
    sid = house.call()
    assert [call.sid for call in dana.calls] == [sid]
    assert house.asked[0].url == f"{APP}/voice"
    assert house.client.calls(sid).fetch().status == "in-progress"


def test_a_call_may_bring_its_document_along(house: House) -> None:
    house.person(DANA)
    call = create(house, url=None, twiml="<Response><Hangup/></Response>")
    house.advance(2)
    assert house.asked == []
    assert house.client.calls(call.sid).fetch().status == "completed"


def test_with_both_a_url_and_twiml_the_twiml_is_ignored(house: House) -> None:
    house.person(DANA)
    create(house, twiml="<Response><Hangup/></Response>")
    house.advance(2)
    assert [fetch.url for fetch in house.asked] == [f"{APP}/voice"]


def test_an_application_says_what_to_run(house: House) -> None:
    house.person(DANA)
    house.pages["/app"] = TALK
    app = house.carrier.add_application(house.account, "desk", VoiceUrls(f"{APP}/app"))
    create(house, application_sid=app.sid)
    house.advance(2)
    assert [fetch.url for fetch in house.asked] == [f"{APP}/app"]


def test_the_document_may_be_asked_for_with_get(house: House) -> None:
    house.person(DANA)
    create(house, method="GET")
    house.advance(2)
    assert house.asked[0].method == "GET"


@pytest.mark.parametrize("to", ["client:dana", "sip:dana@pbx.example"])
def test_browsers_and_sip_phones_can_be_called(house: House, to: str) -> None:
    assert create(house, to=to).to == to


def test_a_number_may_be_written_as_people_do(house: House) -> None:
    assert create(house, to="(415) 555-0123").to == "+14155550123"


def test_a_client_may_call_a_client(house: House) -> None:
    assert create(house, to="client:dana", from_="client:omar")._from == "client:omar"


def test_a_verified_number_may_be_shown(house: House) -> None:
    house.carrier.add_caller_id(house.account, "+15550142", "omar's mobile")
    assert create(house, from_="+15550142")._from == "+15550142"


# who


def test_a_call_to_nobody_is_21201(house: House) -> None:
    with refused(21201, text="No 'To' number is specified"):
        create(house, to="")


@pytest.mark.parametrize("to", ["dana", "+1", "555-0100", "client:", "sip:", "+15550abc"])
def test_a_callee_that_is_none_is_21211(house: House, to: str) -> None:
    with refused(21211, text=f"The phone number you are attempting to call, {to}, is not valid."):
        create(house, to=to)


def test_a_call_from_nobody_is_21213(house: House) -> None:
    with refused(21213):
        create(house, from_="")


@pytest.mark.parametrize("caller", ["dana", "client:dana", "+1"])
def test_a_number_is_only_called_by_a_number(house: House, caller: str) -> None:
    with refused(21212):
        create(house, from_=caller)


def test_a_number_of_somebody_else_is_21210(house: House) -> None:
    with refused(21210, text="+15550999, is not yet verified for your account"):
        create(house, from_="+15550999")


def test_a_number_of_another_account_is_21210(house: House) -> None:
    globex = house.carrier.add_account(name="Globex")
    house.carrier.add_number(globex, "+15550200")
    with refused(21210):
        create(house, from_="+15550200")


def test_a_caller_id_must_be_ones_own_too(house: House) -> None:
    with refused(21210):
        create(house, caller_id="+15550999")


def test_a_caller_who_is_passed_on_may_be_shown(house: House) -> None:
    house.dial_in("+15550190")
    token = dict(house.asked[-1].params)["CallToken"]
    passed_on = house.client.calls.create(
        to=DANA, from_="+15550190", url=f"{APP}/voice", call_token=token
    )
    assert house.carrier.calls[str(passed_on.sid)].from_ == "+15550190"
    with refused(21210):
        house.client.calls.create(to=DANA, from_="+15550191", url=f"{APP}/voice", call_token=token)
    with refused(21210):
        house.client.calls.create(to=DANA, from_="+15550190", url=f"{APP}/voice", call_token="x")


def test_countries_without_permission_are_21215() -> None:
    house = House(Config(cps=0, forbidden_prefixes=("+44",)))
    with refused(21215, text="Account not authorized to call +442071234567. Perhaps"):
        create(house, to="+442071234567")


def test_blocked_numbers_are_21216() -> None:
    house = House(Config(cps=0, blocked_numbers=("+15550666",)))
    with refused(21216, text="Account not allowed to call +15550666"):
        create(house, to="+15550666")


def test_a_trial_may_call_verified_numbers_only() -> None:
    house = House(Config(cps=0, trial=True))
    with refused(21219, text=f"The number {DANA} is unverified."):
        create(house)
    house.carrier.add_caller_id(house.account, DANA, "dana")
    assert create(house).status == "queued"


# to run what


def test_a_call_with_nothing_to_run_is_21205(house: House) -> None:
    with refused(21205, text="Url parameter is required."):
        create(house, url=None)


@pytest.mark.parametrize("url", ["/voice", "app.test/voice", "ftp://app.test/voice", "http://a b/"])
def test_a_url_that_is_none_is_21205(house: House, url: str) -> None:
    with refused(21205, text=f"Url is not a valid URL: {url}"):
        create(house, url=url)


def test_a_fallback_url_that_is_none_is_21205(house: House) -> None:
    with refused(21205, text="FallbackUrl"):
        create(house, fallback_url="/sorry")


def test_twiml_of_more_than_4000_characters_is_refused(house: House) -> None:
    with refused(20001, text="4000"):
        create(house, url=None, twiml=f"<Response><Say>{'a' * 4000}</Say></Response>")


@pytest.mark.parametrize("sid", ["AP" + "0" * 32, "desk"])
def test_an_unknown_application_is_21218(house: House, sid: str) -> None:
    with refused(21218):
        create(house, application_sid=sid)


def test_another_accounts_application_is_21218(house: House) -> None:
    globex = house.carrier.add_account(name="Globex")
    theirs = house.carrier.add_application(globex, "theirs", VoiceUrls(f"{APP}/app"))
    with refused(21218):
        create(house, application_sid=theirs.sid)


def test_an_application_without_a_voice_url_is_21205(house: House) -> None:
    app = house.carrier.add_application(house.account, "empty")
    with refused(21205):
        create(house, application_sid=app.sid)


@pytest.mark.parametrize("name", ["method", "fallback_method", "status_callback_method"])
def test_methods_are_get_or_post(house: House, name: str) -> None:
    with refused(21209):
        create(house, fallback_url=f"{APP}/sorry", **{name: "PUT"})


# how


@pytest.mark.parametrize("digits", ["12x", "1 2", "1" * 33])
def test_keys_that_no_phone_has_are_21206(house: House, digits: str) -> None:
    with refused(21206):
        create(house, send_digits=digits)


@pytest.mark.parametrize("seconds", [0, -1, 601, "soon"])
def test_a_ringing_time_out_of_bounds_is_21208(house: House, seconds: Any) -> None:
    with refused(21208):
        create(house, timeout=seconds)


@pytest.mark.parametrize("seconds", [0, -5, "long"])
def test_a_time_limit_that_is_none_is_13216(house: House, seconds: Any) -> None:
    with refused(13216):
        create(house, time_limit=seconds)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("machine_detection", "Maybe"),
        ("machine_detection_timeout", 2),
        ("machine_detection_timeout", 60),
        ("machine_detection_speech_threshold", 999),
        ("machine_detection_speech_end_threshold", 5001),
        ("machine_detection_silence_timeout", 100),
    ],
)
def test_machine_detection_out_of_bounds_is_21234(house: House, name: str, value: Any) -> None:
    with refused(21234):
        create(house, **({"machine_detection": "Enable"} | {name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recording_channels", "stereo"),
        ("recording_track", "left"),
        ("trim", "a little"),
        ("recording_status_callback_event", ["whenever"]),
    ],
)
def test_a_recording_order_must_make_sense(house: House, name: str, value: Any) -> None:
    with refused(20001, text=str(value[0] if isinstance(value, list) else value)):
        create(house, record=True, **{name: value})


def test_the_old_word_for_machine_detection_is_refused(house: House) -> None:
    order = {"To": DANA, "From": NUMBER, "Url": f"{APP}/voice", "IfMachine": "Hangup"}
    answered = house.send("POST", "Calls.json", form=order)
    assert json.loads(answered.body)["code"] == 21207


def test_a_call_can_be_recorded_from_the_start(house: House) -> None:
    house.person(DANA)
    sid = house.call(record=True, recording_channels="dual")
    (recording,) = house.client.calls(sid).recordings.list()
    assert (recording.source, recording.channels) == ("OutboundAPI", 2)


# warnings: the call is made, only the debugger hears


def codes(house: House, sid: str) -> list[str]:
    return [note.error_code for note in house.client.calls(sid).notifications.list()]


def test_a_status_callback_that_cannot_be_sent_is_warned_of(house: House) -> None:
    call = create(house, status_callback="http://my_app.test/status")
    assert codes(house, call.sid) == ["21609"]


def test_a_list_of_events_in_one_string_is_21626_and_silences_the_callback(house: House) -> None:
    house.person(DANA)
    sid = house.call(
        status_callback=f"{APP}/status", status_callback_event=["initiated ringing completed"]
    )
    assert "21626" in codes(house, sid)
    assert [fetch for fetch in house.asked if fetch.url == f"{APP}/status"] == []


def test_repeated_events_are_told_one_by_one(house: House) -> None:
    house.person(DANA)
    house.call(status_callback=f"{APP}/status", status_callback_event=["ringing", "answered"])
    told = [dict(fetch.params) for fetch in house.asked if fetch.url == f"{APP}/status"]
    assert [each["CallStatus"] for each in told] == ["ringing", "in-progress"]


def test_an_asynchronous_detection_that_tells_nobody_is_warned_of(house: House) -> None:
    call = create(house, machine_detection="Enable", async_amd="true")
    assert codes(house, call.sid) == ["21262"]


def test_sending_digits_turns_machine_detection_off(house: House) -> None:
    house.person(DANA)
    sid = house.call(send_digits="1", machine_detection="Enable")
    house.advance(10)
    assert house.client.calls(sid).fetch().answered_by is None


# outbound calls a second


def test_starts_beyond_the_rate_wait_in_queued() -> None:
    house = House(Config(cps=1))
    house.person(DANA)
    sids = [create(house).sid for _ in range(3)]
    house.advance(0.9)
    states = [house.client.calls(sid).fetch().status for sid in sids]
    assert states[1:] == ["queued", "queued"]
    assert states[0] != "queued"
    house.advance(3)
    assert house.client.calls(sids[2]).fetch().status == "in-progress"
    assert int(house.client.calls(sids[2]).fetch().queue_time) >= 1900
