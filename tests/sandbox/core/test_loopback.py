"""A number of ours that is called from a call of ours: two legs, two SIDs."""

from __future__ import annotations

import pytest

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Call, CallStatus, Direction
from sandbox.core.sounds import Talk
from tests.sandbox.core.stage import APP, DANA, OURS, Stage, broken

SECOND = "+15550200"


@pytest.fixture(autouse=True)
def _second_number(stage: Stage) -> None:
    urls = VoiceUrls(voice_url=f"{APP}/second", status_callback=f"{APP}/second-status")
    stage.carrier.add_number(stage.account, SECOND, urls)


def inbound(stage: Stage) -> Call:
    calls = stage.carrier.calls.values()
    return next(c for c in calls if c.to == SECOND and c.direction is Direction.INBOUND)


def test_calling_our_own_number_runs_its_voice_url_as_another_call(stage: Stage) -> None:
    stage.pages["/second"] = "<Pause length='1'/><Say>hello</Say><Pause length='60'/>"
    outgoing = stage.calls_out(SECOND)
    stage.advance(1)
    assert outgoing.status == "ringing"
    asked = stage.last("/second")
    assert asked["CallSid"] != outgoing.sid
    assert asked["Direction"] == "inbound"
    assert asked["CallStatus"] == "ringing"
    assert asked["From"] == OURS
    stage.advance(1)
    assert outgoing.status is inbound(stage).status == "in-progress"


@pytest.mark.parametrize(
    ("page", "status"),
    [("<Reject reason='busy'/>", CallStatus.BUSY), ("<Reject/>", CallStatus.NO_ANSWER)],
)
def test_its_refusal_is_the_callers_result(stage: Stage, page: str, status: CallStatus) -> None:
    stage.pages["/second"] = page
    outgoing = stage.calls_out(SECOND)
    stage.advance(2)
    assert outgoing.status is status


def test_a_number_without_a_voice_url_fails_the_caller(stage: Stage) -> None:
    number = stage.carrier.number_called(SECOND)
    assert number is not None
    number.urls = VoiceUrls()
    outgoing = stage.calls_out(SECOND)
    stage.advance(2)
    assert outgoing.status == "failed"


def test_hanging_up_one_side_ends_the_other(stage: Stage) -> None:
    stage.pages["/second"] = "<Say>hello</Say><Pause length='60'/>"
    stage.pages["/voice"] = "<Pause length='60'/>"
    outgoing = stage.calls_out(SECOND)
    stage.advance(3)
    stage.hang_up(outgoing)
    stage.advance(1)
    assert inbound(stage).status == "completed"
    assert stage.last("/second-status")["CallStatus"] == "completed"


def test_and_the_other_way_round(stage: Stage) -> None:
    stage.pages["/second"] = "<Say>hello</Say><Hangup/>"
    stage.pages["/voice"] = "<Pause length='60'/>"
    outgoing = stage.calls_out(SECOND)
    stage.advance(5)
    assert outgoing.status == "completed"


def test_giving_up_while_it_rings_is_no_answer_on_the_other_side(stage: Stage) -> None:
    stage.pages["/second"] = "<Pause length='60'/>"
    outgoing = stage.calls_out(SECOND)
    stage.advance(2)
    stage.client.calls(outgoing.sid).update(status="canceled")
    stage.advance(1)
    assert inbound(stage).status == "no-answer"


def test_keys_pass_from_one_call_into_the_other(stage: Stage) -> None:
    stage.pages["/second"] = "<Gather numDigits='3' action='/digits' timeout='20'/>"
    stage.pages["/voice"] = "<Play digits='w123'/><Pause length='60'/>"
    stage.calls_out(SECOND)
    stage.advance(5)
    assert stage.last("/digits")["Digits"] == "123"


def test_what_one_call_reads_out_the_other_hears_as_speech(stage: Stage) -> None:
    stage.pages["/second"] = (
        "<Gather input='speech' speechTimeout='1' action='/said' timeout='20'/>"
    )
    stage.pages["/voice"] = "<Say>I want an agent</Say><Pause length='60'/>"
    stage.calls_out(SECOND)
    stage.advance(6)
    assert stage.last("/said")["SpeechResult"] == "I want an agent"


def test_a_caller_is_put_through_to_another_number_of_ours(stage: Stage) -> None:
    stage.pages["/voice"] = f"<Dial>{SECOND}</Dial>"
    stage.pages["/second"] = "<Gather numDigits='1' action='/digits' timeout='20'/>"
    dana = stage.dials_in()
    stage.advance(1)
    (child,) = dana.call.children
    assert dana.hears_now == [Talk(child.sid)]
    dana.call.press("7")
    stage.advance(1)
    assert stage.last("/digits")["Digits"] == "7"
    assert stage.last("/digits")["From"] == DANA


def test_two_calls_talk_through_a_number_of_ours(stage: Stage) -> None:
    stage.pages["/voice"] = f"<Dial>{SECOND}</Dial>"
    stage.pages["/second"] = (
        "<Gather input='speech' speechTimeout='1' action='/said' timeout='20'/>"
    )
    dana = stage.dials_in()
    stage.advance(1)
    dana.call.speak("is this sales")
    stage.advance(3)
    assert stage.last("/said")["SpeechResult"] == "is this sales"


def test_an_error_on_the_other_side_answers_with_an_apology(stage: Stage) -> None:
    stage.pages["/second"] = broken()
    outgoing = stage.calls_out(SECOND)
    stage.advance(1)
    assert outgoing.answered


def test_both_ends_of_one_call_in_one_room_do_not_echo_for_ever(stage: Stage) -> None:
    room = "<Dial><Conference beep='false'>x</Conference></Dial>"
    stage.pages["/second"] = stage.pages["/voice"] = room
    stage.calls_out(SECOND)
    stage.advance(2)
    stage.calls_out(SECOND)
    stage.advance(2)
    dana = stage.dials_in()
    dana.call.speak("hello hello")
    stage.advance(5)
    assert dana.call.conference_sid is not None


def test_both_ends_of_one_call_connected_with_each_other_do_not_echo_keys(stage: Stage) -> None:
    stage.pages["/second"] = "<Enqueue waitUrl=''>support</Enqueue>"
    stage.pages["/voice"] = "<Dial><Queue>support</Queue></Dial>"
    outgoing = stage.calls_out(SECOND)
    stage.advance(2)
    assert outgoing.wires.peer is inbound(stage)
    outgoing.press("*")
    stage.advance(2)
    assert outgoing.status == "in-progress"
