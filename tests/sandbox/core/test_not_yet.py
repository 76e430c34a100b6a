"""What this carrier does not do yet, it says loudly and goes on."""

from __future__ import annotations

import pytest

from sandbox.core.notifications import ERROR, WARNING
from tests.sandbox.core.stage import Stage

NOT_YET = 99001


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ("<Connect><Stream url='wss://x/y'/></Connect>", "Connect><Stream"),
        ("<Connect><ConversationRelay url='wss://x/y'/></Connect>", "Connect><ConversationRelay"),
        ("<Pay chargeAmount='1'/>", "Pay"),
        ("<Refer><Sip>sip:x@y</Sip></Refer>", "Refer"),
        ("<Sms>hello</Sms>", "Sms"),
        ("<Echo/>", "Echo"),
        ("<Start><Stream url='wss://x/y'/></Start>", "Stream"),
        ("<Start><Siprec name='x'/></Start>", "Siprec"),
        ("<Start><Transcription/></Start>", "Transcription"),
        ("<Stop><Stream name='x'/></Stop>", "Stream"),
        ("<Stop><Transcription/></Stop>", "Transcription"),
    ],
)
def test_a_verb_of_later_days_is_passed_over_loudly(stage: Stage, verb: str, name: str) -> None:
    stage.pages["/voice"] = f"{verb}<Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(3)
    assert dana.words() == ["hello"]
    assert stage.codes() == [NOT_YET, 12200]
    first, second = stage.carrier.notifications
    assert (first.log, second.log) == (ERROR, WARNING)
    assert f"{name}>" in first.message_text
    assert "yet" in first.message_text
    assert first.call_sid == dana.call.sid
    assert dana.through == 1


@pytest.mark.parametrize(
    "page",
    ["<Gather><Pay/></Gather>", "<Dial><Sim>DE1</Sim></Dial>", "<Enqueue workflowSid='WW1'/>"],
)
def test_nothing_of_later_days_is_silent(stage: Stage, page: str) -> None:
    stage.pages["/voice"] = page
    stage.dials_in()
    stage.advance(10)
    assert 12200 in stage.codes()


def test_a_verb_of_later_days_is_loud_wherever_documents_run(stage: Stage) -> None:
    stage.pages["/voice"] = "<Enqueue waitUrl='/wait'>support</Enqueue>"
    stage.pages["/wait"] = "<Connect><Stream url='wss://x/y'/></Connect><Pause length='60'/>"
    stage.dials_in()
    assert stage.codes() == [NOT_YET, 12200]


def test_a_recording_beside_a_stream_still_runs(stage: Stage) -> None:
    stage.pages["/voice"] = "<Start><Stream url='wss://x/y'/><Recording/></Start><Say>hello</Say>"
    stage.dials_in()
    assert len(stage.carrier.recordings) == 1


def test_a_notification_points_at_its_explanation(stage: Stage) -> None:
    stage.pages["/voice"] = "<Sing/>"
    stage.dials_in()
    (notification,) = stage.carrier.notifications
    assert notification.more_info == "https://www.twilio.com/docs/errors/12200"
    assert notification.sid.startswith("NO")
    assert notification.request_url.endswith("/voice")
