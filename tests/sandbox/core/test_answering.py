"""What answers an inbound call, and what leaves it ringing."""

from __future__ import annotations

import pytest

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import CallStatus
from sandbox.core.sounds import Ringback
from tests.sandbox.core.stage import APP, Stage, twiml


@pytest.mark.parametrize(
    "verb",
    [
        "<Say>hello</Say>",
        "<Play digits='1'/>",
        "<Gather/>",
        "<Record/>",
        "<Dial>+15550123</Dial>",
        "<Dial><Conference>x</Conference></Dial>",
        "<Enqueue>support</Enqueue>",
        "<Start><Recording/></Start>",
        "<Stop><Recording/></Stop>",
        "<Connect><Stream url='wss://x/y'/></Connect>",
    ],
)
def test_a_verb_answers(stage: Stage, verb: str) -> None:
    stage.pages["/voice"] = verb
    dana = stage.dials_in()
    stage.advance(0.05)
    assert dana.through == 1
    assert dana.call.answered_at == dana.call.created_at


def test_hangup_answers_and_ends(stage: Stage) -> None:
    stage.pages["/voice"] = "<Hangup/>"
    dana = stage.dials_in()
    assert dana.through == 1
    assert dana.call.status == "completed"


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("<Reject/>", CallStatus.NO_ANSWER),
        ("<Reject reason='rejected'/>", CallStatus.NO_ANSWER),
        ("<Reject reason='busy'/>", CallStatus.BUSY),
    ],
)
def test_reject_turns_the_caller_away_unanswered(
    stage: Stage, verb: str, status: CallStatus
) -> None:
    stage.pages["/voice"] = verb
    dana = stage.dials_in()
    assert dana.through == 0
    assert dana.call.status is status
    assert dana.call.duration == 0


def test_reject_after_an_answer_just_hangs_up(stage: Stage) -> None:
    stage.pages["/voice"] = "<Say>hi</Say><Reject reason='busy'/>"
    dana = stage.dials_in()
    stage.advance(5)
    assert dana.call.status == "completed"


def test_a_leading_pause_keeps_it_ringing(stage: Stage) -> None:
    stage.pages["/voice"] = "<Pause length='4'/><Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(3.9)
    assert dana.call.status == "ringing"
    stage.advance(0.2)
    assert dana.call.status == "in-progress"


def test_a_document_of_a_lone_pause_ends_unanswered(stage: Stage) -> None:
    stage.pages["/voice"] = "<Pause length='4'/>"
    dana = stage.dials_in()
    stage.advance(5)
    assert dana.call.status == "no-answer"
    assert dana.through == 0


def test_how_an_unanswered_call_ends_is_a_choice(stage: Stage) -> None:
    stage.carrier.choices.unanswered_end_status = "completed"
    stage.pages["/voice"] = "<Response/>"
    assert stage.dials_in().call.status == "completed"


def test_an_empty_document_ends_an_unanswered_call(stage: Stage) -> None:
    stage.pages["/voice"] = "<Response/>"
    assert stage.dials_in().call.status == "no-answer"


def test_a_leading_redirect_keeps_it_ringing_while_the_next_document_comes(stage: Stage) -> None:
    stage.pages["/voice"] = "<Redirect>/slow</Redirect>"
    stage.pages["/slow"] = twiml("<Say>hello</Say>", delay=3)
    dana = stage.dials_in()
    stage.advance(2)
    assert dana.call.status == "ringing"
    assert stage.last("/slow")["CallStatus"] == "ringing"
    stage.advance(2)
    assert dana.words() == ["hello"]


def test_a_rejection_may_hide_behind_pause_and_redirect(stage: Stage) -> None:
    stage.pages["/voice"] = "<Pause/><Redirect>/b</Redirect>"
    stage.pages["/b"] = "<Reject reason='busy'/>"
    dana = stage.dials_in()
    stage.advance(2)
    assert dana.call.status == "busy"


def test_answer_on_bridge_waits_for_the_callee(stage: Stage) -> None:
    omar = stage.person(after=3)
    stage.pages["/voice"] = "<Dial answerOnBridge='true'>+15550123</Dial>"
    dana = stage.dials_in()
    stage.advance(3)
    assert dana.call.status == "ringing"
    assert dana.hears_now == [Ringback()]
    stage.advance(1)
    assert dana.call.status == "in-progress"
    assert omar.call.status == "in-progress"


def test_answer_on_bridge_without_an_answer_leaves_the_caller_unanswered(stage: Stage) -> None:
    stage.person(refuses="busy")
    stage.pages["/voice"] = "<Dial answerOnBridge='true'>+15550123</Dial>"
    dana = stage.dials_in()
    stage.advance(5)
    assert dana.call.status == "no-answer"
    assert dana.through == 0


def test_a_caller_who_gives_up_before_the_answer_is_no_answer(stage: Stage) -> None:
    stage.number.urls.status_callback = f"{APP}/status"
    stage.pages["/voice"] = twiml("<Say>hello</Say>", delay=2)
    dana = stage.dials_in()
    stage.advance(1)
    dana.call.hang_up()
    stage.advance(10)
    assert dana.call.status == "no-answer"
    assert stage.last("/status")["CallStatus"] == "no-answer"
    assert stage.last("/status")["CallDuration"] == "0"
    assert dana.words() == []


def test_the_news_of_an_abandoned_call_can_overtake_the_answer_to_its_first_question(
    stage: Stage,
) -> None:
    stage.number.urls.status_callback = f"{APP}/status"
    stage.pages["/voice"] = twiml("<Say>hello</Say>", delay=2)
    dana = stage.dials_in()
    dana.call.hang_up()
    stage.town.settle()
    assert stage.story() == ["/voice", "/status"]


def test_a_number_without_a_voice_url_fails_at_once_and_silently(stage: Stage) -> None:
    stage.number.urls = VoiceUrls(status_callback=f"{APP}/status")
    dana = stage.dials_in()
    assert dana.call.status == "failed"
    assert dana.ended == 1
    assert stage.asked == []
    assert stage.codes() == []


def test_nobody_reaches_a_number_that_is_not_ours(stage: Stage) -> None:
    with pytest.raises(LookupError, match=r"\+15550999"):
        stage.carrier.dial_in(stage.person(), from_="+15550177", to="+15550999")


def test_an_inbound_call_is_told_of_at_its_end_only(stage: Stage) -> None:
    stage.number.urls.status_callback = f"{APP}/status"
    stage.pages["/voice"] = "<Say>hello</Say>"
    stage.dials_in()
    stage.advance(5)
    assert [a["CallStatus"] for a in stage.at("/status")] == ["completed"]
    assert stage.last("/status")["SequenceNumber"] == "0"
