"""Enqueue: callers wait, hear documents, and leave in every possible way."""

from __future__ import annotations

import pytest

from sandbox.core.calls import Address
from sandbox.core.queues import Queue
from sandbox.core.sounds import HOLD_MUSIC, Silence, Talk
from tests.sandbox.core.stage import APP, DANA, LENA, OMAR, Asked, Person, Stage, broken, twiml


def waits(
    stage: Stage, attributes: str = "waitUrl=''", *, who: str = DANA, after: str = ""
) -> Person:
    stage.pages["/voice"] = f"<Enqueue action='/left' {attributes}>support</Enqueue>{after}"
    stage.pages["/left"] = "<Say>left</Say>"
    return stage.dials_in(who)


def agent(stage: Stage, attributes: str = "", noun: str = "", *, who: str = OMAR) -> Person:
    """An agent is rung and dials the queue."""
    stage.pages["/agent"] = (
        f"<Dial action='/dialled' {attributes}><Queue {noun}>support</Queue></Dial>"
    )
    stage.pages["/dialled"] = "<Say>next please</Say><Pause length='600'/>"
    person = stage.person(who, after=0)
    stage.calls_out(who, url="/agent")
    stage.advance(0.6)
    return person


def queue(stage: Stage) -> Queue:
    (found,) = stage.carrier.queues.values()
    return found


def left(stage: Stage) -> str:
    return stage.last("/left")["QueueResult"]


# waiting


def test_a_queue_is_made_by_waiting_in_it(stage: Stage) -> None:
    dana = waits(stage)
    assert queue(stage).friendly_name == "support"
    assert queue(stage).max_size == 1000
    assert [m.call for m in queue(stage).members] == [dana.call]
    assert dana.call.queue_sid == queue(stage).sid


def test_callers_stand_in_the_order_of_their_coming(stage: Stage) -> None:
    people = [waits(stage, who=f"+1555030{n}") for n in range(3)]
    assert [m.call for m in queue(stage).members] == [p.call for p in people]
    assert [m.position for m in queue(stage).members] == [1, 2, 3]


def test_when_the_first_leaves_the_others_move_up(stage: Stage) -> None:
    first, second = waits(stage), waits(stage, who=LENA)
    first.call.hang_up()
    stage.advance(1)
    member = queue(stage).find(second.call.sid)
    assert member is not None
    assert member.position == 1
    assert queue(stage).find("Front") is member


def test_the_carriers_own_music_plays_for_ever(stage: Stage) -> None:
    dana = waits(stage, "")
    stage.advance(3600)
    assert dana.hears_now == [HOLD_MUSIC]
    assert stage.story() == ["/voice"]


def test_an_empty_wait_is_silence(stage: Stage) -> None:
    dana = waits(stage)
    stage.advance(60)
    assert dana.hears_now == [Silence()]


def test_a_wait_document_is_asked_again_and_again(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say>please hold</Say><Pause length='9'/>"
    dana = waits(stage, "waitUrl='/wait'")
    stage.advance(59)
    assert len(stage.at("/wait")) == 7 - 1 or len(stage.at("/wait")) == 7
    assert set(dana.words()) == {"please hold"}


def test_a_wait_document_of_nothing_does_not_stop_the_clock(stage: Stage) -> None:
    stage.pages["/wait"] = "<Response/>"
    waits(stage, "waitUrl='/wait'")
    stage.advance(10)
    assert 10 < len(stage.at("/wait")) < 30


def test_a_wait_document_is_told_of_the_place(stage: Stage) -> None:
    stage.pages["/wait"] = "<Pause length='10'/>"
    waits(stage, "waitUrl='/wait'")
    stage.advance(5)
    waits(stage, "waitUrl='/wait'", who=LENA)
    stage.advance(12)
    first, second = stage.at("/wait")[-2:]
    assert {first["QueuePosition"], second["QueuePosition"]} == {"1", "2"}
    asked = stage.at("/wait")[0].params
    assert asked["QueuePosition"] == "1"
    assert asked["QueueTime"] == "0"
    assert asked["AvgQueueTime"] == "0"
    assert asked["CurrentQueueSize"] == "1"
    assert asked["MaxQueueSize"] == "1000"
    assert asked["QueueSid"] == queue(stage).sid


def test_the_wait_grows(stage: Stage) -> None:
    stage.pages["/wait"] = "<Pause length='10'/>"
    waits(stage, "waitUrl='/wait'")
    stage.advance(25)
    assert [a["QueueTime"] for a in stage.at("/wait")] == ["0", "10", "20"]
    assert [a["AvgQueueTime"] for a in stage.at("/wait")] == ["0", "10", "20"]


def test_a_wait_document_may_be_asked_by_get(stage: Stage) -> None:
    stage.pages["/wait"] = "<Pause length='10'/>"
    waits(stage, "waitUrl='/wait' waitUrlMethod='GET'")
    assert stage.last("/wait").method == "GET"
    assert stage.last("/wait")["QueuePosition"] == "1"


def test_a_wait_document_may_lead_to_another(stage: Stage) -> None:
    stage.pages["/wait"] = "<Redirect>/second</Redirect>"
    stage.pages["/second"] = "<Say>second</Say><Pause length='60'/>"
    dana = waits(stage, "waitUrl='/wait'")
    stage.advance(1)
    assert dana.words() == ["second"]
    assert stage.last("/second")["QueuePosition"] == "1"


def test_a_waiting_caller_can_press_keys(stage: Stage) -> None:
    stage.pages["/wait"] = "<Gather numDigits='1' action='/chosen' timeout='30'/>"
    stage.pages["/chosen"] = lambda asked: "<Leave/>" if asked["Digits"] == "1" else "<Pause/>"
    dana = waits(stage, "waitUrl='/wait'")
    dana.call.press("2")
    stage.advance(5)
    assert len(stage.at("/wait")) == 2
    dana.call.press("1")
    stage.advance(1)
    assert left(stage) == "leave"
    assert stage.at("/chosen")[0]["QueuePosition"] == "1"


@pytest.mark.parametrize("verb", ["<Dial>+15550123</Dial>", "<Enqueue>x</Enqueue>", "<Record/>"])
def test_a_wait_document_may_not_do_everything(stage: Stage, verb: str) -> None:
    stage.pages["/wait"] = f"{verb}<Say>hello</Say><Pause length='60'/>"
    dana = waits(stage, "waitUrl='/wait'")
    assert stage.codes() == [12200]
    assert dana.words() == ["hello"]


def test_leave_outside_a_queue_does_nothing(stage: Stage) -> None:
    stage.pages["/voice"] = "<Leave/><Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(2)
    assert dana.words() == ["hello"]
    assert stage.codes() == [13910]


# leaving


def test_leaving_asks_the_action(stage: Stage) -> None:
    stage.pages["/wait"] = "<Pause length='7'/><Leave/>"
    dana = waits(stage, "waitUrl='/wait'")
    stage.advance(8)
    asked = stage.last("/left")
    assert asked["QueueResult"] == "leave"
    assert asked["QueueTime"] == "7"
    assert asked["QueueSid"] == queue(stage).sid
    assert dana.words() == ["left"]
    assert queue(stage).current_size == 0


def test_without_an_action_the_next_verb_follows(stage: Stage) -> None:
    stage.pages["/voice"] = "<Enqueue waitUrl='/wait'>support</Enqueue><Say>voicemail</Say>"
    stage.pages["/wait"] = "<Leave/>"
    dana = stage.dials_in()
    stage.advance(1)
    assert dana.words() == ["voicemail"]


def test_hanging_up_leaves_and_tells_the_action_in_vain(stage: Stage) -> None:
    dana = waits(stage)
    stage.advance(12)
    dana.call.hang_up()
    stage.advance(2)
    assert left(stage) == "hangup"
    assert stage.last("/left")["QueueTime"] == "12"
    assert stage.last("/left")["CallStatus"] == "completed"
    assert queue(stage).current_size == 0
    assert dana.words() == []


def test_hangup_in_a_wait_document_ends_the_call(stage: Stage) -> None:
    stage.pages["/wait"] = "<Pause length='3'/><Hangup/>"
    dana = waits(stage, "waitUrl='/wait'", after="<Say>never</Say>")
    stage.advance(5)
    assert left(stage) == "hangup"
    assert dana.call.status == "completed"
    assert dana.words() == []


def test_a_full_queue_takes_nobody(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "support", 1)
    waits(stage)
    dana = waits(stage, who=LENA)
    assert left(stage) == "queue-full"
    assert stage.last("/left")["QueueTime"] == "0"
    stage.advance(1)
    assert dana.words() == ["left"]
    assert queue(stage).current_size == 1


def test_a_verb_may_set_its_own_limit(stage: Stage) -> None:
    waits(stage)
    waits(stage, "waitUrl='' maxQueueSize='1'", who=LENA)
    assert left(stage) == "queue-full"


def test_a_wait_document_that_fails_is_an_error(stage: Stage) -> None:
    stage.pages["/wait"] = broken()
    dana = waits(stage, "waitUrl='/wait'")
    stage.advance(1)
    assert left(stage) == "error"
    assert dana.words() == ["left"]
    assert queue(stage).current_size == 0


def test_an_error_without_an_action_goes_to_the_next_verb(stage: Stage) -> None:
    stage.pages["/voice"] = "<Enqueue waitUrl='/wait'>support</Enqueue><Say>voicemail</Say>"
    stage.pages["/wait"] = broken()
    dana = stage.dials_in()
    stage.advance(1)
    assert dana.words() == ["voicemail"]


def test_an_error_with_nothing_behind_goes_to_the_fallback(stage: Stage) -> None:
    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    stage.pages["/voice"] = "<Enqueue waitUrl='/wait'>support</Enqueue>"
    stage.pages["/wait"] = broken()
    dana = stage.dials_in()
    stage.advance(1)
    assert dana.words() == ["one moment"]


def test_an_error_whose_action_fails_too_goes_to_the_fallback(stage: Stage) -> None:
    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    dana = waits(stage, "waitUrl='/wait'")
    stage.pages["/wait"] = "<Pause length='5'/>"
    dana = stage.dials_in()
    stage.pages["/wait"] = stage.pages["/left"] = broken()
    stage.advance(8)
    assert dana.words() == ["one moment"]
    assert stage.last("/fallback")["QueueResult"] == "error"


def test_an_error_may_hang_up_by_choice(stage: Stage) -> None:
    stage.carrier.choices.wait_failure = "hang-up"
    stage.pages["/wait"] = broken()
    dana = waits(stage, "waitUrl='/wait'")
    assert stage.at("/left") == []
    assert dana.call.status == "completed"


def test_a_slow_wait_document_is_given_up_after_fifteen_seconds(stage: Stage) -> None:
    stage.pages["/wait"] = twiml("<Pause/>", delay=16)
    waits(stage, "waitUrl='/wait'")
    stage.advance(15.5)
    assert left(stage) == "error"


def test_skills_routing_is_not_done_yet_and_says_so(stage: Stage) -> None:
    waits(stage, "waitUrl='' workflowSid='WW1'")
    assert stage.codes() == [99001, 12200]


# taken by REST


def test_a_caller_is_taken_out_over_rest(stage: Stage) -> None:
    dana = waits(stage)
    stage.pages["/new"] = "<Say>an agent is here</Say>"
    member = queue(stage).find("Front")
    assert member is not None
    stage.carrier.dequeue(member, Address(f"{APP}/new"))
    stage.town.settle()
    assert queue(stage).current_size == 0
    stage.advance(2)
    assert left(stage) == "redirected"
    assert dana.words() == ["an agent is here"]
    assert stage.story("/left", "/new") == ["/left", "/new"]


# taken by an agent


def test_an_agent_talks_with_the_caller_in_front(stage: Stage) -> None:
    dana, lena = waits(stage), waits(stage, who=LENA)
    omar = agent(stage)
    assert dana.hears_now == [Talk(omar.call.sid)]
    assert omar.hears_now == [Talk(dana.call.sid)]
    assert [m.call for m in queue(stage).members] == [lena.call]


def test_when_the_agent_goes_the_caller_goes_on(stage: Stage) -> None:
    dana = waits(stage)
    stage.advance(4)
    omar = agent(stage)
    stage.advance(10)
    omar.call.hang_up()
    stage.advance(1)
    assert left(stage) == "bridged"
    assert stage.last("/left")["QueueTime"] == "4"
    assert dana.words() == ["left"]


def test_when_the_caller_goes_the_agent_goes_on(stage: Stage) -> None:
    dana = waits(stage)
    stage.advance(4)
    omar = agent(stage)
    stage.advance(10)
    dana.call.hang_up()
    stage.advance(1)
    assert omar.words() == ["next please"]
    told = stage.last("/dialled")
    assert told["DialCallStatus"] == "completed"
    assert told["DialCallSid"] == dana.call.sid
    assert told["DialCallDuration"] == "10"
    assert told["QueueSid"] == queue(stage).sid
    assert left(stage) == "bridged"


def test_the_caller_hears_a_whisper_first(stage: Stage) -> None:
    stage.pages["/whisper"] = "<Say>you are being connected to omar</Say>"
    dana = waits(stage)
    stage.advance(3)
    omar = agent(stage, "", "url='/whisper'")
    asked = stage.last("/whisper")
    assert asked["CallSid"] == dana.call.sid
    assert asked["DequeingCallSid"] == omar.call.sid
    assert asked["QueueSid"] == queue(stage).sid
    assert asked["QueueTime"] == "3"
    assert dana.words() == ["you are being connected to omar"]
    assert omar.hears_now == [Silence()]
    stage.advance(3)
    assert omar.hears_now == [Talk(dana.call.sid)]


def test_the_agent_hangs_up_during_the_whisper(stage: Stage) -> None:
    stage.pages["/whisper"] = "<Say>you are being connected to omar</Say>"
    dana = waits(stage)
    omar = agent(stage, "", "url='/whisper'")
    omar.call.hang_up()
    stage.advance(1)
    assert left(stage) == "bridging-in-process"
    assert dana.words()[-1] == "left"


def test_what_that_is_called_is_a_choice(stage: Stage) -> None:
    stage.carrier.choices.dialer_vanished_result = "error"
    stage.pages["/whisper"] = "<Say>you are being connected to omar</Say>"
    waits(stage)
    omar = agent(stage, "", "url='/whisper'")
    omar.call.hang_up()
    stage.advance(1)
    assert left(stage) == "error"


def test_the_caller_hangs_up_during_the_whisper(stage: Stage) -> None:
    stage.pages["/whisper"] = "<Say>you are being connected to omar</Say>"
    dana = waits(stage)
    omar = agent(stage, "", "url='/whisper'")
    dana.call.hang_up()
    stage.advance(1)
    assert left(stage) == "hangup"
    assert stage.last("/dialled")["DialCallStatus"] == "no-answer"
    assert omar.words() == ["next please"]


def test_a_whisper_that_fails_is_an_error(stage: Stage) -> None:
    stage.pages["/whisper"] = broken()
    dana = waits(stage)
    agent(stage, "", "url='/whisper'")
    stage.advance(1)
    assert left(stage) == "error"
    assert stage.last("/dialled")["DialCallStatus"] == "no-answer"
    assert dana.words() == ["left"]


def test_an_agent_waits_for_a_caller_to_come(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "support")
    omar = agent(stage)
    stage.advance(10)
    dana = waits(stage)
    assert dana.hears_now == [Talk(omar.call.sid)]


def test_agents_are_served_in_the_order_of_their_coming(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "support")
    omar, lena = agent(stage), agent(stage, who=LENA)
    dana = waits(stage)
    assert dana.hears_now == [Talk(omar.call.sid)]
    other = waits(stage, who="+15550301")
    assert other.hears_now == [Talk(lena.call.sid)]


def test_an_agent_waits_as_long_as_the_dial_says(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "support")
    agent(stage, "timeout='20'")
    stage.advance(19)
    assert stage.at("/dialled") == []
    stage.advance(2)
    assert stage.last("/dialled")["DialCallStatus"] == "no-answer"


def test_an_agent_who_gave_up_is_not_given_a_caller(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "support")
    omar = agent(stage)
    omar.call.hang_up()
    stage.advance(1)
    waits(stage)
    assert queue(stage).current_size == 1
    assert stage.last("/dialled")["DialCallStatus"] == "canceled"


def test_a_caller_given_to_an_agent_who_is_just_gone_keeps_the_place(stage: Stage) -> None:
    stage.carrier.create_queue(stage.account, "support")
    omar = agent(stage)
    waits_first = Person(stage.carrier)
    stage.pages["/voice"] = "<Enqueue waitUrl=''>support</Enqueue>"
    waits_first.calls.append(stage.carrier.dial_in(waits_first, from_=DANA, to="+15550100"))
    omar.call.hang_up()
    stage.advance(1)
    front = queue(stage).find("Front")
    if waits_first.call.hearing != (Silence(),):
        pytest.fail("the caller talks with nobody")
    assert front is not None
    assert front.call is waits_first.call


def test_an_unknown_queue_fails(stage: Stage) -> None:
    agent(stage)
    assert stage.last("/dialled")["DialCallStatus"] == "failed"


def test_star_ends_the_talk_for_the_agent(stage: Stage) -> None:
    dana = waits(stage)
    omar = agent(stage, "hangupOnStar='true'")
    omar.call.press("*")
    stage.advance(1)
    assert omar.words() == ["next please"]
    assert dana.words() == ["left"]


def test_a_time_limit_ends_the_talk(stage: Stage) -> None:
    dana = waits(stage)
    agent(stage, "timeLimit='30'")
    stage.advance(31)
    assert dana.words() == ["left"]


def test_an_inbound_agent_can_dial_the_queue_too(stage: Stage) -> None:
    dana = waits(stage)
    stage.pages["/voice"] = "<Dial><Queue>support</Queue></Dial>"
    omar = stage.dials_in(OMAR)
    assert omar.hears_now == [Talk(dana.call.sid)]


def test_a_talk_from_a_queue_is_recorded(stage: Stage) -> None:
    dana = waits(stage)
    omar = agent(stage, "record='record-from-answer'")
    stage.advance(9.2)
    dana.call.hang_up()
    stage.advance(2)
    (tape,) = stage.carrier.recordings.values()
    assert tape.call_sid == omar.call.sid
    assert tape.duration == 9
    assert stage.last("/dialled")["RecordingSid"] == tape.sid


def test_a_caller_put_back_by_the_action_waits_again(stage: Stage) -> None:
    def again(asked: Asked) -> str:
        return "<Enqueue waitUrl=''>support</Enqueue>" if asked["QueueResult"] == "bridged" else ""

    dana = waits(stage)
    stage.pages["/left"] = again
    omar = agent(stage)
    omar.call.hang_up()
    stage.advance(1)
    assert [m.call for m in queue(stage).members] == [dana.call]
