"""Who is let in at the carrier's door, and what everybody else is told."""

import logging
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from calls.carrier import addresses
from calls.webhooks import metrics
from calls.webhooks.admission import (
    LARGEST_BODY,
    MOST_FIELDS,
    CarrierRequest,
    Response,
    admit,
)
from tests.calls.webhooks.carrier_requests import (
    CALL_SID,
    DANA,
    RECORDING_SID,
    ROOM_SID,
    Request,
    asked,
)

LEG = uuid4()


def admitted(request: Request) -> CarrierRequest | Response:
    return admit(
        method=request.method,
        url=request.url,
        path=request.path,
        query=request.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )


def let_in(request: Request) -> CarrierRequest:
    got = admitted(request)
    assert isinstance(got, CarrierRequest), got
    return got


def turned_away(request: Request) -> int:
    got = admitted(request)
    assert isinstance(got, Response)
    assert got.body.endswith(b".\n")
    return got.status


def test_a_genuine_request_is_let_in_with_what_it_says() -> None:
    request = let_in(asked(addresses.wait(LEG)))
    assert request.kind.name == "wait"
    assert request.leg_id == LEG
    assert request.call_sid == CALL_SID
    assert request.params["CallerName"] == "Dana Ø"
    assert request.params["FromCity"] == ""


def test_a_forged_request_is_refused() -> None:
    genuine = asked(addresses.wait(LEG))
    assert turned_away(genuine.with_header("X-Twilio-Signature", "Zm9yZ2Vk")) == 403


def test_a_request_without_a_signature_is_refused() -> None:
    genuine = asked(addresses.wait(LEG))
    headers = {n: v for n, v in genuine.headers.items() if n != "X-Twilio-Signature"}
    assert turned_away(genuine.but(headers=headers)) == 403


def test_a_genuine_form_at_another_legs_address_is_refused() -> None:
    genuine = asked(addresses.wait(LEG))
    assert turned_away(genuine.but(path=f"/twilio/wait/{uuid4()}")) == 403


def test_a_changed_query_is_refused() -> None:
    genuine = asked(addresses.resume_anyone(1))
    assert turned_away(genuine.but(query="attempt=2")) == 403


def test_a_genuine_request_is_genuine_behind_a_proxy_that_ends_tls(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"
    signed_for_the_public_address = asked(addresses.voice())
    inside = signed_for_the_public_address.with_header("Host", "10.0.0.7:8800")
    assert let_in(inside.but(url="http://10.0.0.7:8800/twilio/voice")).kind.name == "voice"


def test_a_forger_cannot_choose_the_address_that_is_checked(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://evil.example.com"
    elsewhere = asked(addresses.voice())
    settings.PUBLIC_URL = "https://calls.example.com"
    forged = elsewhere.with_header("Host", "evil.example.com")
    assert turned_away(forged.with_header("X-Forwarded-Host", "evil.example.com")) == 403


@pytest.mark.parametrize("base", ["PUBLIC_URL", "FALLBACK_URL"])
def test_the_fallback_is_genuine_at_either_of_its_addresses(settings: Settings, base: str) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"
    settings.FALLBACK_URL = "https://fallback.example.com"
    request = asked(f"{getattr(settings, base)}/twilio/fallback")
    assert let_in(request).kind.name == "fallback"


def test_no_other_address_is_genuine_under_the_fallbacks_name(settings: Settings) -> None:
    settings.FALLBACK_URL = "https://fallback.example.com"
    assert turned_away(asked("https://fallback.example.com/twilio/voice")) == 403


def test_a_number_may_have_been_set_to_get_at_the_carrier() -> None:
    request = let_in(asked(addresses.voice(), method="GET"))
    assert request.params["CallSid"] == CALL_SID


def test_our_own_addresses_are_asked_by_post() -> None:
    got = admitted(asked(addresses.wait(LEG), method="GET"))
    assert isinstance(got, Response)
    assert (got.status, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_no_other_method_is_understood(method: str) -> None:
    assert turned_away(asked(addresses.voice()).but(method=method)) == 405


@pytest.mark.parametrize(
    "path", ["/twilio/", "/twilio/nonsense", "/twilio/wait", "/twilio/wait/omar"]
)
def test_an_address_that_is_not_ours_is_not_found(path: str) -> None:
    assert turned_away(asked(addresses.voice()).but(path=path)) == 404


def test_a_form_that_is_too_large_is_not_read() -> None:
    large = asked(addresses.voice(), Note="a" * LARGEST_BODY)
    assert turned_away(large) == 413


def test_a_form_with_too_many_fields_is_not_read() -> None:
    many = asked(addresses.voice(), **{f"Field{n}": "1" for n in range(MOST_FIELDS)})
    assert turned_away(many) == 400


@pytest.mark.parametrize("type_", ["application/json", "", "multipart/form-data; boundary=x"])
def test_only_a_form_is_understood(type_: str) -> None:
    assert turned_away(asked(addresses.voice()).with_header("Content-Type", type_)) == 415


@pytest.mark.parametrize("body", [b"\xff\xfe", b"CallSid=%FF%FE", b"a=%00", b"a=\x00"])
def test_bytes_that_are_no_text_are_turned_away(body: bytes) -> None:
    assert turned_away(asked(addresses.voice()).but(body=body)) == 400


@pytest.mark.parametrize("sid", ["", "omar", "CA123", "CA" + "g" * 32, "CA" + "1" * 33])
def test_a_request_about_no_call_is_turned_away(sid: str) -> None:
    assert turned_away(asked(addresses.voice(), CallSid=sid)) == 400


def test_news_of_a_room_or_a_recording_is_about_that() -> None:
    room = let_in(asked(addresses.conference(LEG), CallSid="", ConferenceSid=ROOM_SID))
    assert room.call_id == LEG
    heard = let_in(asked(addresses.recording(LEG), RecordingSid=RECORDING_SID))
    assert heard.leg_id == LEG
    assert turned_away(asked(addresses.conference(LEG))) == 400


def test_a_forgery_is_logged_with_both_addresses_and_without_a_number(
    caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"
    forged = asked("http://127.0.0.1:8800/twilio/voice?secret=1")
    with caplog.at_level(logging.WARNING):
        assert turned_away(forged) == 403
    (record,) = caplog.records
    told = f"{record.getMessage()} {record.__dict__}"
    assert "http://127.0.0.1:8800/twilio/voice" in record.getMessage()
    assert "https://calls.example.com" in record.getMessage()
    assert DANA not in told
    assert "secret" not in told


def test_forgeries_are_counted() -> None:
    before = _refused(403)
    turned_away(asked(addresses.voice()).with_header("X-Twilio-Signature", "no"))
    assert _refused(403) == before + 1


def _refused(status: int) -> float:
    samples = [sample for family in metrics.REFUSED.collect() for sample in family.samples]
    counted = [s.value for s in samples if s.name.endswith("_total")]
    statuses = [s.labels["status"] for s in samples if s.name.endswith("_total")]
    return dict(zip(statuses, counted, strict=True)).get(str(status), 0.0)


# What makes two deliveries the same news ----------------------------------------------------------


def key(request: Request) -> str:
    found = let_in(request).dedupe_key
    assert len(found) <= 120
    return found


def test_the_carriers_own_token_tells_a_repeat() -> None:
    first = asked(addresses.status(LEG), token="t-1", SequenceNumber="1")
    again = asked(addresses.status(LEG), token="t-1", SequenceNumber="1")
    other = asked(addresses.status(LEG), token="t-2", SequenceNumber="1")
    assert key(first) == key(again) != key(other)


def test_a_token_of_any_length_fits() -> None:
    long, longer = "t" * 300, "t" * 301
    assert key(asked(addresses.status(LEG), token=long)) != key(
        asked(addresses.status(LEG), token=longer)
    )


def test_without_a_token_the_sequence_number_tells_a_repeat() -> None:
    first = asked(addresses.status(LEG), SequenceNumber="1", CallStatus="ringing")
    again = asked(addresses.status(LEG), SequenceNumber="1", CallStatus="ringing")
    later = asked(addresses.status(LEG), SequenceNumber="2", CallStatus="ringing")
    assert key(first) == key(again) != key(later)


def test_the_same_number_in_another_room_is_other_news() -> None:
    here = asked(addresses.conference(LEG), ConferenceSid=ROOM_SID, SequenceNumber="1")
    other = "CF" + "9" * 32
    there = asked(addresses.conference(LEG), ConferenceSid=other, SequenceNumber="1")
    assert key(here) != key(there)


def test_without_either_the_form_itself_tells_a_repeat() -> None:
    first = asked(addresses.wait(LEG), QueueTime="10")
    again = asked(addresses.wait(LEG), QueueTime="10")
    later = asked(addresses.wait(LEG), QueueTime="40")
    assert key(first) == key(again) != key(later)


@pytest.mark.parametrize("text", ["-1", "9" * 11, "4294967296", "1.5", "²", "x"])
def test_a_sequence_number_that_is_none_is_ignored(text: str) -> None:
    assert let_in(asked(addresses.status(LEG), SequenceNumber=text)).sequence is None


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=st.text(max_size=40) | st.just("/twilio/voice") | st.just(f"/twilio/wait/{LEG}"),
    query=st.text(max_size=40),
    type_=st.sampled_from(["application/x-www-form-urlencoded", "text/plain"]),
    body=st.binary(max_size=200),
    signature=st.text(max_size=40),
)
def test_garbage_gets_a_clear_answer_and_nothing_else(
    method: str, path: str, query: str, type_: str, body: bytes, signature: str
) -> None:
    headers = {"content-type": type_, "x-twilio-signature": signature}
    got = admit(method=method, url="", path=path, query=query, headers=headers, body=body)
    assert isinstance(got, Response)
    assert 400 <= got.status < 500


def test_the_fragment_of_an_address_is_never_part_of_what_is_signed() -> None:
    assert "#" in addresses.voice()
    assert urlsplit(asked(addresses.voice()).url).fragment == ""
