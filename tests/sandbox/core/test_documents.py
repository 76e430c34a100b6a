"""Documents: what counts as one, what is wrong with others, and who stands in."""

from __future__ import annotations

import pytest

from sandbox.core.accounts import VoiceUrls
from sandbox.core.effects import FetchAnswer, FetchError
from sandbox.core.twiml.run import APOLOGY
from tests.sandbox.core.stage import APP, OURS, Asked, Person, Stage, broken, twiml, unreachable


def with_fallback(stage: Stage) -> None:
    stage.number.urls = VoiceUrls(
        voice_url=f"{APP}/voice", voice_fallback_url=f"{APP}/fallback", voice_fallback_method="POST"
    )


def hears(stage: Stage, page: str | FetchAnswer | FetchError, seconds: float = 30) -> Person:
    stage.pages["/voice"] = page
    dana = stage.dials_in()
    stage.advance(seconds)
    return dana


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml", "text/html", "text/xml; charset=utf-8"]
)
def test_twiml_comes_in_three_types(stage: Stage, content_type: str) -> None:
    page = FetchAnswer(
        200, {"Content-Type": content_type}, b"<Response><Say>hello</Say></Response>"
    )
    assert hears(stage, page).words() == ["hello"]


def test_header_names_may_be_in_any_case(stage: Stage) -> None:
    page = FetchAnswer(200, {"content-type": "text/xml"}, b"<Response><Say>hello</Say></Response>")
    assert hears(stage, page).words() == ["hello"]


def test_verbs_run_from_top_to_bottom_and_then_it_hangs_up(stage: Stage) -> None:
    dana = hears(stage, "<Say>one</Say><Say>two</Say><Say>three</Say>")
    assert dana.words() == ["one", "two", "three"]
    assert dana.call.status == "completed"


def test_plain_text_is_read_aloud(stage: Stage) -> None:
    dana = hears(stage, twiml("Good morning", "text/plain"))
    assert dana.words() == ["Good morning"]
    assert dana.call.status == "completed"


def test_plain_text_that_is_twiml_is_run(stage: Stage) -> None:
    dana = hears(stage, twiml("<Response><Say>hello</Say></Response>", "text/plain"))
    assert dana.words() == ["hello"]


def test_sound_is_played_and_then_it_hangs_up(stage: Stage) -> None:
    dana = hears(stage, twiml("xxxx", "audio/mpeg"))
    assert dana.music() == [f"{APP}/voice"]
    assert dana.call.status == "completed"


def test_comments_are_passed_over(stage: Stage) -> None:
    assert hears(stage, "<!-- hi --><Say>hello</Say><!-- bye -->").words() == ["hello"]


def test_an_empty_response_ends_an_answered_call(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = "<Response/>"
    call = stage.calls_out()
    stage.advance(5)
    assert call.status == "completed"
    assert stage.codes() == []


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (twiml("<Response><Say>", "application/xml"), 12100),
        (twiml("", "application/xml"), 12100),
        (twiml("<Answer/>", "application/xml"), 12102),
        (twiml("<response/>", "application/xml"), 12102),
        (twiml("{}", "application/json"), 12300),
        (FetchAnswer(200, {}, b"<Response/>"), 12300),
        (broken(500), 11200),
        (broken(404), 11200),
        (unreachable("connect"), 11205),
        (unreachable("bad_host"), 11210),
        (unreachable("read"), 11200),
        (twiml("<Redirect>ftp://x/y</Redirect>"), 11100),
    ],
)
def test_a_document_that_fails_says_so_in_the_debugger_and_on_the_phone(
    stage: Stage, page: FetchAnswer | FetchError, code: int
) -> None:
    dana = hears(stage, page)
    assert stage.codes() == [code]
    assert dana.words() == [APOLOGY]
    assert dana.call.status == "completed"


def test_entities_that_expand_for_ever_are_no_document(stage: Stage) -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><Response><Say>&a;</Say></Response>'
    )
    hears(stage, twiml(bomb, "application/xml"))
    assert stage.codes() == [12100]


def test_an_application_error_answers_the_phone_first(stage: Stage) -> None:
    dana = hears(stage, broken())
    assert dana.through == 1


def test_how_a_call_ends_that_failed_is_a_choice(stage: Stage) -> None:
    stage.carrier.choices.application_error_status = "failed"
    assert hears(stage, broken()).call.status == "failed"


def test_the_fallback_stands_in_and_is_told_why(stage: Stage) -> None:
    with_fallback(stage)
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    dana = hears(stage, broken())
    told = stage.last("/fallback")
    assert dana.words() == ["one moment"]
    assert told["ErrorCode"] == "11200"
    assert told["ErrorUrl"] == f"{APP}/voice"
    assert told["CallSid"] == dana.call.sid


def test_the_fallback_stands_in_for_unreadable_twiml_too(stage: Stage) -> None:
    with_fallback(stage)
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    hears(stage, twiml("<Response>", "application/xml"))
    assert stage.last("/fallback")["ErrorCode"] == "12100"


def test_the_fallback_stands_in_for_any_document_of_the_call_again_and_again(stage: Stage) -> None:
    with_fallback(stage)
    stage.pages["/voice"] = "<Say>hello</Say><Redirect>/lost</Redirect>"
    stage.pages["/lost"] = broken()
    stage.pages["/fallback"] = "<Pause length='5'/><Redirect>/lost</Redirect>"
    stage.dials_in()
    stage.advance(21)
    assert len(stage.at("/fallback")) == 5


def test_the_fallback_may_be_for_the_first_document_only(stage: Stage) -> None:
    stage.carrier.choices.fallback_serves = "first-document"
    with_fallback(stage)
    stage.pages["/lost"] = broken()
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    dana = hears(stage, "<Redirect>/lost</Redirect>")
    assert stage.at("/fallback") == []
    assert dana.words() == [APOLOGY]


def test_a_failing_fallback_ends_in_the_apology(stage: Stage) -> None:
    with_fallback(stage)
    stage.pages["/fallback"] = broken(503)
    dana = hears(stage, broken())
    assert stage.codes() == [11200, 11200]
    assert dana.words() == [APOLOGY]


def test_a_failing_action_falls_back_with_the_verbs_results(stage: Stage) -> None:
    with_fallback(stage)
    stage.pages["/menu"] = broken()
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    stage.pages["/voice"] = "<Gather numDigits='1' action='/menu'/>"
    dana = stage.dials_in()
    dana.call.press("7")
    stage.advance(1)
    assert stage.last("/fallback")["Digits"] == "7"
    assert stage.last("/fallback")["ErrorUrl"] == f"{APP}/menu"


def test_a_slow_document_fails_after_fifteen_seconds(stage: Stage) -> None:
    with_fallback(stage)
    stage.pages["/voice"] = twiml("<Say>late</Say>", delay=16)
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    dana = stage.dials_in()
    stage.advance(14)
    assert stage.at("/fallback") == []
    stage.advance(2)
    assert dana.words() == ["one moment"]


@pytest.mark.parametrize(
    "page",
    [
        "<Sing>la</Sing><Say>hello</Say>",
        "<say>nothing</say><Say>hello</Say>",
        "<Say tempo='fast'>hello</Say>",
        "<Say Voice='alice'>hello</Say>",
        "<Number>+1555</Number><Say>hello</Say>",
        "<Gather timeout='0'><Dial>+1555</Dial></Gather><Say>hello</Say>",
        "<Say loop='twice'>hello</Say>",
        "<Pause length='1.5'/><Say>hello</Say>",
        "<Gather timeout='0' input='keys'/><Say>hello</Say>",
        "<Gather timeout='0' method='PUT'/><Say>hello</Say>",
        "<Play digits='12x'/><Say>hello</Say>",
        "<Dial record='yes' timeout='5'>+15559999999</Dial><Say>hello</Say>",
        "<Dial answerOnBridge='on' timeout='5'>+15559999999</Dial><Say>hello</Say>",
    ],
)
def test_a_shape_that_is_wrong_is_a_warning_and_the_rest_runs(stage: Stage, page: str) -> None:
    dana = hears(stage, page)
    assert set(stage.codes()) == {12200}
    assert all(n.log == 1 for n in stage.carrier.notifications)
    assert dana.words() == ["hello"]


@pytest.mark.parametrize(
    "page",
    [
        "<Enqueue></Enqueue>",
        f"<Enqueue>{'q' * 65}</Enqueue>",
        "<Dial><Queue/></Dial>",
        "<Dial><Conference></Conference></Dial>",
        f"<Dial><Conference>{'r' * 129}</Conference></Dial>",
        f"<Dial><Conference participantLabel='{'p' * 129}'>room</Conference></Dial>",
        "<Dial><Conference beep='sometimes'>room</Conference></Dial>",
        "<Dial><Conference record='true'>room</Conference></Dial>",
        "<Dial><Conference statusCallbackEvent='join ring'>room</Conference></Dial>",
        "<Record recordingStatusCallbackEvent='done'/>",
        "<Gather speechModel='phone_call' speechTimeout='auto' input='speech'/>",
        "<Gather speechModel='phone_call' input='speech'/>",
        "<Dial timeout='5'><Conference>room</Conference><Number>+1555</Number></Dial>",
        "<Dial timeout='5'><Queue>line</Queue><Client>lena</Client></Dial>",
        "<Reject reason='tired'/>",
    ],
)
def test_a_name_or_a_word_that_twilio_would_not_take_is_warned_of(stage: Stage, page: str) -> None:
    hears(stage, page)
    assert set(stage.codes()) == {12200}


@pytest.mark.parametrize(
    ("base", "relative", "target"),
    [
        ("/voice", "/menu", "/menu"),
        ("/voice", "menu", "/menu"),
        ("/a/b/voice", "menu", "/a/b/menu"),
        ("/a/b/voice", "../menu", "/a/menu"),
        ("/voice", f"{APP}/menu", "/menu"),
        ("/voice", "?x=1", "/voice"),
    ],
)
def test_addresses_are_relative_to_their_document(
    stage: Stage, base: str, relative: str, target: str
) -> None:
    stage.number.urls = VoiceUrls(voice_url=APP + base)
    stage.pages[base] = lambda asked: (
        "<Hangup/>" if "?" in asked.fetch.url else f"<Redirect>{relative}</Redirect>"
    )
    stage.dials_in()
    assert stage.story()[-1] == target


def test_after_a_redirect_addresses_are_relative_to_where_the_document_came_from(
    stage: Stage,
) -> None:
    stage.pages["/voice"] = FetchAnswer(302, {"Location": "/deep/voice"})
    stage.pages["/deep/voice"] = "<Redirect>menu</Redirect>"
    stage.dials_in()
    assert stage.story()[-1] == "/deep/menu"


def test_inline_twiml_has_no_base_for_relative_addresses(stage: Stage) -> None:
    stage.person()
    stage.client.calls.create(
        to="+15550123", from_=OURS, twiml="<Response><Redirect>/menu</Redirect></Response>"
    )
    stage.advance(10)
    assert stage.codes() == [11100]


def test_inline_twiml_runs_without_a_request(stage: Stage) -> None:
    omar = stage.person()
    stage.client.calls.create(
        to="+15550123", from_=OURS, twiml="<Response><Say>hello</Say></Response>"
    )
    stage.advance(10)
    assert omar.words() == ["hello"]
    assert stage.asked == []


def test_documents_that_chase_each_other_do_not_stop_the_clock(stage: Stage) -> None:
    stage.pages["/voice"] = "<Redirect>/voice</Redirect>"
    stage.dials_in()
    stage.advance(2)
    assert 25 < len(stage.at("/voice")) < 100


def test_the_document_may_be_asked_for_by_get(stage: Stage) -> None:
    stage.number.urls = VoiceUrls(voice_url=f"{APP}/voice?line=1", voice_method="GET")
    stage.dials_in()
    asked = stage.last("/voice")
    assert asked.method == "GET"
    assert asked["line"] == "1"
    assert asked["CallStatus"] == "ringing"


def test_one_document_request_of_a_call_is_in_flight_at_a_time(stage: Stage) -> None:
    flying: list[Asked] = []

    def page(asked: Asked) -> FetchAnswer:
        flying.append(asked)
        return twiml("<Redirect>/b</Redirect>", delay=1)

    stage.pages["/voice"] = page
    stage.pages["/b"] = page
    stage.dials_in()
    stage.advance(3.5)
    assert [round(asked.at, 3) for asked in flying] == [0, 1, 2, 3]
