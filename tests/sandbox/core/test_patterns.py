"""What call centres build from these parts, with the unmodified SDK."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException

from sandbox.core.calls import Callee
from sandbox.core.sounds import Talk
from tests.sandbox.core.stage import APP, LENA, OMAR, OURS, Asked, Stage

WAITING = "<Enqueue action='/left' waitUrl=''>support</Enqueue>"


def test_a_screened_queue_is_not_won_by_a_voicemail(stage: Stage) -> None:
    stage.pages["/voice"] = WAITING
    stage.pages["/screen"] = (
        "<Gather numDigits='1' action='/accept' timeout='4'><Say>press one</Say></Gather><Hangup/>"
    )
    stage.pages["/accept"] = "<Dial><Queue>support</Queue></Dial>"
    voicemail, lena = stage.person(OMAR, after=1), stage.person(LENA, after=3)
    dana = stage.dials_in()
    for agent in (OMAR, LENA):
        stage.client.calls.create(to=agent, from_=OURS, url=f"{APP}/screen")
    stage.advance(4)
    lena.call.press("1")
    stage.advance(1)
    assert dana.hears_now == [Talk(lena.call.sid)]
    stage.advance(10)
    assert voicemail.call.status == "completed"
    assert dana.hears_now == [Talk(lena.call.sid)]


def test_the_losing_attempts_are_cancelled_and_one_that_just_answered_is_completed(
    stage: Stage,
) -> None:
    stage.pages["/agent"] = "<Pause length='600'/>"
    omar, lena = stage.person(OMAR, after=1), stage.person(LENA, after=None)
    calls = [
        stage.client.calls.create(to=who, from_=OURS, url=f"{APP}/agent") for who in (OMAR, LENA)
    ]
    stage.advance(3)
    for call in calls:
        assert stage.client.calls(call.sid).update(status="canceled").sid == call.sid
    assert omar.call.status == "in-progress"
    assert lena.call.status == "canceled"
    stage.client.calls(calls[0].sid).update(status="completed")
    assert omar.call.status == "completed"
    with pytest.raises(TwilioRestException) as caught:
        stage.client.calls(calls[1].sid).update(status="completed")
    assert caught.value.code == 21220


def test_an_agent_who_does_not_answer_sends_the_caller_back_to_wait(stage: Stage) -> None:
    def after(asked: Asked) -> str:
        return "<Hangup/>" if asked["DialCallStatus"] == "completed" else WAITING

    stage.pages["/voice"] = f"<Dial action='/after' timeout='15'>{OMAR}</Dial>"
    stage.pages["/after"] = after
    stage.person(after=None)
    dana = stage.dials_in()
    stage.advance(16)
    (queue,) = stage.carrier.queues.values()
    assert [member.call for member in queue.members] == [dana.call]


def test_a_waiting_caller_is_pulled_into_the_agents_room(stage: Stage) -> None:
    stage.pages["/voice"] = WAITING
    stage.pages["/agent"] = "<Dial><Conference>call-1</Conference></Dial>"
    stage.pages["/join"] = "<Dial><Conference endConferenceOnExit='true'>call-1</Conference></Dial>"
    omar = stage.person()
    dana = stage.dials_in()
    stage.client.calls.create(to=OMAR, from_=OURS, url=f"{APP}/agent")
    stage.advance(3)
    stage.client.calls(dana.call.sid).update(url=f"{APP}/join")
    stage.advance(2)
    (room,) = stage.carrier.conferences.values()
    assert room.hears_whom()[dana.call.sid] == {omar.call.sid}
    assert stage.last("/left")["QueueResult"] == "redirected"
    dana.call.hang_up()
    stage.advance(1)
    assert omar.call.status == "completed"


def test_a_machine_is_hung_up_on_as_soon_as_it_is_known(stage: Stage) -> None:
    stage.pages["/agent"] = "<Say>hello, this is the call centre</Say><Pause length='60'/>"
    omar = stage.person(is_a=Callee("machine", greeting=12))
    call = stage.client.calls.create(
        to=OMAR,
        from_=OURS,
        url=f"{APP}/agent",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{APP}/amd",
    )

    def verdict(asked: Asked) -> str:
        if asked["AnsweredBy"].startswith("machine"):
            stage.client.calls(asked["CallSid"]).update(status="completed")
        return ""

    stage.pages["/amd"] = verdict
    stage.advance(10)
    assert omar.call.status == "completed"
    assert stage.client.calls(call.sid).fetch().answered_by == "machine_start"


def test_a_message_is_left_after_the_beep(stage: Stage) -> None:
    stage.pages["/agent"] = lambda asked: (
        "<Say>please call us back</Say>"
        if asked["AnsweredBy"] == "machine_end_beep"
        else "<Hangup/>"
    )
    omar = stage.person(is_a=Callee("machine", greeting=9, beep=True))
    stage.client.calls.create(
        to=OMAR, from_=OURS, url=f"{APP}/agent", machine_detection="DetectMessageEnd"
    )
    stage.advance(10)
    assert omar.words() == []
    stage.advance(5)
    assert omar.words() == ["please call us back"]


def test_moving_an_agent_out_first_needs_its_end_on_exit_taken_away(stage: Stage) -> None:
    stage.pages["/voice"] = "<Dial><Conference>x</Conference></Dial>"
    stage.pages["/agent"] = (
        "<Dial><Conference endConferenceOnExit='true' participantLabel='agent'>x</Conference>"
        "</Dial>"
    )
    stage.pages["/away"] = "<Pause length='60'/>"
    omar = stage.person()
    dana = stage.dials_in()
    stage.client.calls.create(to=OMAR, from_=OURS, url=f"{APP}/agent")
    stage.advance(3)
    (room,) = stage.carrier.conferences.values()
    people = stage.client.conferences(room.sid).participants
    people("agent").update(end_conference_on_exit=False)
    stage.client.calls(omar.call.sid).update(url=f"{APP}/away")
    stage.advance(2)
    assert not room.ended
    assert list(room.participants) == [dana.call.sid]


def test_a_fallback_without_a_database_keeps_the_caller_until_the_application_is_back(
    stage: Stage,
) -> None:
    healthy = [False]

    def voice(_: Asked) -> str:
        return "<Say>welcome back</Say>" if healthy[0] else "<Response><Say>"

    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/voice"] = voice
    stage.pages["/fallback"] = "<Say>one moment</Say><Pause length='5'/><Redirect>/voice</Redirect>"
    dana = stage.dials_in()
    stage.advance(20)
    assert dana.call.status == "in-progress"
    healthy[0] = True
    stage.advance(10)
    assert dana.words()[-1] == "welcome back"
    assert set(dana.words()[:-1]) == {"one moment"}


def test_the_same_person_calls_twice_at_once(stage: Stage) -> None:
    stage.pages["/voice"] = WAITING
    first, second = stage.dials_in(), stage.dials_in()
    (queue,) = stage.carrier.queues.values()
    assert [m.call for m in queue.members] == [first.call, second.call]
    assert first.call.sid != second.call.sid


@pytest.mark.parametrize("caller", ["anonymous", "Anonymous", "+266696687", "", "sip:x@y"])
def test_a_caller_without_a_proper_number_is_a_caller(stage: Stage, caller: str) -> None:
    stage.pages["/voice"] = WAITING
    dana = stage.dials_in(caller)
    assert stage.last("/voice")["From"] == caller
    assert dana.call.status == "in-progress"


def test_an_agent_hears_briefing_while_the_caller_hangs_up(stage: Stage) -> None:
    stage.pages["/voice"] = "<Dial><Conference>x</Conference></Dial>"
    dana = stage.dials_in()
    lena = stage.person(LENA, after=5)
    (room,) = stage.carrier.conferences.values()
    stage.client.conferences(room.sid).participants.create(from_=OURS, to=LENA)
    stage.advance(2)
    dana.call.hang_up()
    stage.advance(1)
    assert room.ended
    assert lena.call.status == "ringing"
    stage.client.calls(lena.call.sid).update(status="canceled")
    assert lena.call.status == "canceled"
