"""Changing a call while it is live: which states allow it, and what it does to each activity."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from sandbox.core.calls import Address, Call, CallStatus
from sandbox.core.errors import RestError
from sandbox.core.orders import CallUpdate
from sandbox.core.sounds import Talk
from tests.sandbox.core.stage import APP, LENA, OMAR, Person, Stage, broken, twiml

ALL = "statusCallback='/leg' statusCallbackEvent='initiated ringing answered completed'"


def begins(stage: Stage, page: str, seconds: float = 5) -> Person:
    """A call that has been doing `page` for a while when the update comes."""
    stage.pages["/voice"] = page
    stage.pages["/new"] = "<Say>moved</Say><Pause length='60'/>"
    dana = stage.dials_in()
    stage.advance(seconds)
    stage.asked.clear()
    return dana


def timeline(stage: Stage, since: float) -> list[tuple[float, str]]:
    return [(round(asked.at - since, 3), asked.path) for asked in stage.asked]


def refused(stage: Stage, call: Call, **update: Any) -> RestError:
    with pytest.raises(RestError) as caught:
        stage.carrier.update_call(call, CallUpdate(**update))
    return caught.value


NEW = Address(f"{APP}/new")


# who may be updated


def test_a_ringing_call_cannot_be_redirected(stage: Stage) -> None:
    stage.person(after=None)
    call = stage.calls_out()
    stage.advance(2)
    error = refused(stage, call, document=NEW)
    assert (error.code, error.status) == (21220, 400)
    assert error.message == "Call is not in-progress. Cannot redirect."


def test_a_queued_call_cannot_be_redirected(stage: Stage) -> None:
    assert refused(stage, stage.calls_out(), document=NEW).code == 21220


def test_a_ringing_caller_cannot_be_redirected(stage: Stage) -> None:
    dana = begins(stage, "<Pause length='60'/>")
    assert refused(stage, dana.call, document=NEW).code == 21220


def test_a_ringing_caller_can_be_redirected_by_choice(stage: Stage) -> None:
    stage.carrier.choices.redirect_while_ringing = True
    dana = begins(stage, "<Pause length='60'/>")
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert dana.words() == ["moved"]


def test_a_call_that_rings_out_can_be_given_another_document_by_choice(stage: Stage) -> None:
    stage.carrier.choices.redirect_while_ringing = True
    stage.pages["/new"] = "<Say>moved</Say>"
    omar = stage.person(after=3)
    call = stage.calls_out()
    stage.advance(2)
    stage.redirect(call, "/new")
    stage.advance(5)
    assert omar.words() == ["moved"]
    assert stage.at("/voice") == []


@pytest.mark.parametrize(
    "update", [{"document": NEW}, {"status": "completed"}, {"status": "canceled"}]
)
def test_a_call_that_is_over_cannot_be_changed(stage: Stage, update: dict[str, object]) -> None:
    dana = begins(stage, "<Say>hello</Say>")
    assert dana.call.ended
    assert refused(stage, dana.call, **update).code == 21220


def test_the_sdk_gets_the_refusal_as_its_own_exception(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say>")
    with pytest.raises(TwilioRestException) as caught:
        stage.client.calls(dana.call.sid).update(url=f"{APP}/new")
    assert (caught.value.status, caught.value.code) == (400, 21220)


def test_right_after_the_answer_there_can_be_a_window_of_refusal(stage: Stage) -> None:
    stage.carrier.faults.not_in_progress_window_ms = 300
    stage.pages["/voice"] = "<Pause length='60'/>"
    stage.pages["/new"] = "<Hangup/>"
    stage.person(after=1)
    call = stage.calls_out()
    stage.advance(1.6)
    assert call.status == "in-progress"
    assert refused(stage, call, document=NEW).code == 21220
    assert refused(stage, call, status="completed").code == 21220
    stage.advance(0.3)
    stage.redirect(call, "/new")


def test_status_and_url_exclude_each_other(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    error = refused(stage, dana.call, document=NEW, status="completed")
    assert (error.code, error.status) == (20001, 400)


@pytest.mark.parametrize(
    ("choice", "status"),
    [("status-wins", CallStatus.COMPLETED), ("url-wins", CallStatus.IN_PROGRESS)],
)
def test_or_one_of_them_wins_by_choice(stage: Stage, choice: str, status: CallStatus) -> None:
    stage.choose(status_with_url=choice)
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.carrier.update_call(dana.call, CallUpdate(document=NEW, status="completed"))
    stage.advance(1)
    assert dana.call.status is status


# ending


def test_cancel_ends_a_ringing_call(stage: Stage) -> None:
    omar = stage.person(after=None)
    call = stage.calls_out()
    stage.advance(2)
    stage.carrier.update_call(call, CallUpdate(status="canceled"))
    assert call.status == "canceled"
    assert omar.ended == 1


def test_cancel_does_nothing_to_a_call_in_progress(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.carrier.update_call(dana.call, CallUpdate(status="canceled"))
    stage.advance(1)
    assert dana.call.status == "in-progress"


def test_a_dialling_caller_must_be_completed_not_cancelled(stage: Stage) -> None:
    stage.person(after=None)
    dana = begins(stage, f"<Dial>{OMAR}</Dial>")
    stage.carrier.update_call(dana.call, CallUpdate(status="canceled"))
    stage.advance(1)
    assert dana.call.status == "in-progress"
    stage.hang_up(dana.call)
    assert dana.call.status == "completed"


def test_complete_ends_a_call_in_progress(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.hang_up(dana.call)
    assert dana.call.status == "completed"
    assert dana.ended == 1


@pytest.mark.parametrize("final", ["canceled", "completed", "no-answer"])
def test_complete_on_a_ringing_call_ends_it_by_choice(stage: Stage, final: str) -> None:
    stage.choose(completed_while_ringing=final)
    stage.person(after=None)
    call = stage.calls_out()
    stage.advance(2)
    stage.hang_up(call)
    assert call.status == final


def test_a_time_limit_counts_from_the_update(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='600'/>")
    stage.carrier.update_call(dana.call, CallUpdate(time_limit=10))
    stage.advance(9.9)
    assert not dana.call.ended
    stage.advance(0.2)
    assert dana.call.status == "completed"


def test_a_time_limit_of_nothing_is_refused(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='600'/>")
    assert refused(stage, dana.call, time_limit=0).code == 13216


# what an update does, by activity


@pytest.mark.parametrize(
    "page",
    [
        f"<Say>{'x' * 600}</Say>",
        "<Play>/song</Play>",
        "<Say>a</Say><Pause length='60'/>",
        "<Gather timeout='60' action='/old'/>",
        "<Gather action='/old'><Say loop='0'>press one</Say></Gather>",
        "<Gather input='speech' timeout='60' action='/old'/>",
        "<Record action='/old' timeout='60'/>",
    ],
)
def test_whatever_plays_or_listens_is_interrupted_and_asks_nobody(stage: Stage, page: str) -> None:
    stage.carrier.timings.unknown_media = 60
    stage.pages["/song"] = twiml("x", "audio/mpeg")
    dana = begins(stage, page)
    at = stage.now
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert timeline(stage, at) == [(0.1, "/new")]
    assert dana.words()[-1] == "moved"


def test_digits_typed_before_the_redirect_are_lost(stage: Stage) -> None:
    dana = begins(stage, "<Gather timeout='60' numDigits='4' action='/old'/>")
    dana.call.press("12")
    stage.advance(1)
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.at("/old") == []


def test_a_gathers_action_may_be_asked_by_choice(stage: Stage) -> None:
    stage.carrier.choices.redirect_runs_gather_action = True
    stage.pages["/old"] = "<Say>never</Say>"
    dana = begins(stage, "<Gather timeout='60' numDigits='4' action='/old'/>")
    dana.call.press("12")
    stage.advance(1)
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.last("/old")["Digits"] == "12"
    assert dana.words() == ["moved"]


def test_a_message_in_progress_is_kept_but_its_action_is_not_asked(stage: Stage) -> None:
    dana = begins(stage, "<Record action='/old' recordingStatusCallback='/tape' timeout='60'/>", 1)
    dana.call.speak("x" * 60)
    stage.advance(4)
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.last("/tape")["RecordingStatus"] == "completed"
    assert stage.last("/tape")["RecordingDuration"] == "4"
    assert stage.at("/old") == []


def test_a_records_action_may_be_asked_by_choice(stage: Stage) -> None:
    stage.carrier.choices.redirect_runs_record_action = True
    dana = begins(stage, "<Record action='/old' timeout='60'/>", 1)
    dana.call.speak("hello")
    stage.advance(4)
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.story() == ["/old", "/new"]


def test_a_document_that_is_just_being_fetched_is_dropped(stage: Stage) -> None:
    stage.pages["/slow"] = twiml("<Say>too late</Say>", delay=5)
    dana = begins(stage, "<Say>hello</Say><Redirect>/slow</Redirect>", 2)
    stage.redirect(dana.call, "/new")
    stage.advance(10)
    assert dana.words() == ["hello", "moved"]


def test_redirecting_a_dialling_caller_keeps_the_measured_distances(stage: Stage) -> None:
    omar = stage.person()
    dana = begins(stage, f"<Dial action='/old'><Number {ALL}>{OMAR}</Number></Dial>")
    stage.pages["/old"] = "<Say>never</Say>"
    at = stage.now
    stage.redirect(dana.call, "/new")
    assert dana.call.status == "in-progress"
    stage.advance(2)
    assert timeline(stage, at) == [(0.166, "/leg"), (0.32, "/old"), (0.651, "/new")]
    assert stage.last("/leg")["CallStatus"] == "completed"
    assert stage.last("/old")["DialCallStatus"] == "completed"
    assert stage.last("/old")["DialCallSid"] == omar.call.sid
    assert stage.last("/old")["CallStatus"] == "in-progress"
    assert dana.words() == ["moved"]


def test_the_discarded_action_may_fail_without_harm(stage: Stage) -> None:
    stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.pages["/old"] = broken()
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert dana.words() == ["moved"]


def test_a_slow_discarded_action_holds_up_the_redirect(stage: Stage) -> None:
    stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.pages["/old"] = twiml("<Say>never</Say>", delay=3)
    at = stage.now
    stage.redirect(dana.call, "/new")
    stage.advance(5)
    assert timeline(stage, at) == [(0.32, "/old"), (3.32, "/new")]


def test_unless_chosen_otherwise(stage: Stage) -> None:
    stage.carrier.choices.discarded_action_before_target = False
    stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.pages["/old"] = twiml("<Say>never</Say>", delay=3)
    at = stage.now
    stage.redirect(dana.call, "/new")
    stage.advance(5)
    assert timeline(stage, at) == [(0.32, "/old"), (0.651, "/new")]


def test_a_dial_without_an_action_is_redirected_in_the_same_time(stage: Stage) -> None:
    stage.person()
    dana = begins(stage, f"<Dial>{OMAR}</Dial><Say>never</Say>")
    at = stage.now
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert timeline(stage, at) == [(0.651, "/new")]
    assert dana.words() == ["moved"]


def test_redirecting_while_it_rings_cancels_the_leg(stage: Stage) -> None:
    omar = stage.person(after=None)
    dana = begins(stage, f"<Dial action='/old'><Number {ALL}>{OMAR}</Number></Dial>")
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert omar.call.status == "canceled"
    assert stage.last("/old")["DialCallStatus"] == "canceled"
    assert dana.words() == ["moved"]


def test_redirecting_the_callee_sets_it_free_and_gives_the_caller_to_the_action(
    stage: Stage,
) -> None:
    omar = stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.pages["/old"] = "<Say>still here</Say><Pause length='60'/>"
    stage.redirect(omar.call, "/new")
    stage.advance(3)
    assert stage.last("/old")["DialCallStatus"] == "completed"
    assert stage.last("/old").get("DialCallDuration") is None
    assert omar.words() == ["moved"]
    assert dana.words() == ["still here"]
    assert omar.call.status == "in-progress"


def test_a_callee_set_free_survives_the_caller(stage: Stage) -> None:
    omar = stage.person()
    dana = begins(stage, f"<Dial>{OMAR}</Dial>")
    stage.redirect(omar.call, "/new")
    stage.advance(3)
    assert dana.call.status == "completed"
    assert omar.call.status == "in-progress"


def test_both_legs_move_into_a_room_and_nobody_hangs_up(stage: Stage) -> None:
    room = "<Dial><Conference>shared</Conference></Dial>"
    omar = stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.pages["/old"] = stage.pages["/new"] = room
    stage.redirect(omar.call, "/new")
    stage.advance(3)
    (conference,) = stage.carrier.conferences.values()
    assert conference.hears_whom() == {
        dana.call.sid: {omar.call.sid},
        omar.call.sid: {dana.call.sid},
    }


def test_a_waiting_caller_leaves_the_queue_at_once(stage: Stage) -> None:
    dana = begins(stage, "<Enqueue action='/old' waitUrl=''>support</Enqueue>")
    stage.pages["/old"] = "<Say>never</Say>"
    (queue,) = stage.carrier.queues.values()
    stage.redirect(dana.call, "/new")
    assert queue.current_size == 0
    stage.advance(2)
    assert stage.story() == ["/old", "/new"]
    assert stage.last("/old")["QueueResult"] == "redirected"
    assert stage.last("/old")["QueueTime"] == "5"
    assert dana.words() == ["moved"]


def test_a_caller_talking_to_an_agent_from_a_queue_is_redirected_from_bridged(
    stage: Stage,
) -> None:
    dana = begins(stage, "<Enqueue action='/old' waitUrl=''>support</Enqueue>")
    stage.pages["/agent"] = "<Dial action='/dialled'><Queue>support</Queue></Dial>"
    omar = stage.person()
    stage.calls_out(url="/agent")
    stage.advance(5)
    assert dana.hears_now == [Talk(omar.call.sid)]
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.last("/old")["QueueResult"] == "redirected-from-bridged"
    assert stage.last("/dialled")["DialCallStatus"] == "completed"
    assert dana.words() == ["moved"]


def test_an_agent_talking_to_a_caller_from_a_queue_can_be_redirected(stage: Stage) -> None:
    dana = begins(stage, "<Enqueue action='/old' waitUrl=''>support</Enqueue>")
    stage.pages["/old"] = "<Say>goodbye</Say>"
    stage.pages["/agent"] = "<Dial action='/dialled'><Queue>support</Queue></Dial>"
    omar = stage.person()
    stage.calls_out(url="/agent")
    stage.advance(5)
    stage.redirect(omar.call, "/new")
    stage.advance(2)
    assert stage.last("/old")["QueueResult"] == "bridged"
    assert dana.words() == ["goodbye"]
    assert omar.words() == ["moved"]


def test_somebody_in_a_room_leaves_it_and_the_action_is_asked_in_vain(stage: Stage) -> None:
    dana = begins(
        stage,
        "<Dial action='/old'><Conference waitUrl='' statusCallback='/room'"
        " statusCallbackEvent='leave'>x</Conference></Dial>",
    )
    stage.pages["/old"] = "<Say>never</Say>"
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.last("/room")["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert stage.last("/old")["DialCallStatus"] == "answered"
    assert stage.last("/old").get("DialCallSid") is None
    assert dana.words() == ["moved"]


def test_that_action_may_be_left_out_by_choice(stage: Stage) -> None:
    stage.carrier.choices.conference_action_on_redirect = False
    dana = begins(stage, "<Dial action='/old'><Conference waitUrl=''>x</Conference></Dial>")
    stage.redirect(dana.call, "/new")
    stage.advance(2)
    assert stage.story() == ["/new"]


def test_moving_out_somebody_with_end_on_exit_ends_the_room_for_all(stage: Stage) -> None:
    stage.pages["/agent"] = "<Dial><Conference endConferenceOnExit='true'>x</Conference></Dial>"
    dana = begins(stage, "<Dial action='/old'><Conference>x</Conference></Dial>")
    stage.pages["/old"] = "<Say>the room is gone</Say>"
    omar = stage.person()
    stage.calls_out(url="/agent")
    stage.advance(5)
    stage.redirect(omar.call, "/new")
    stage.advance(2)
    assert dana.words() == ["the room is gone"]
    (room,) = stage.carrier.conferences.values()
    assert room.reason_conference_ended == "participant-with-end-conference-on-exit-left"


def test_a_tape_started_by_a_verb_survives_a_redirect(stage: Stage) -> None:
    dana = begins(stage, "<Start><Recording/></Start><Say>hello</Say><Pause length='60'/>")
    stage.redirect(dana.call, "/new")
    stage.advance(5)
    (tape,) = stage.carrier.recordings.values()
    assert tape.status == "in-progress"
    dana.call.hang_up()
    stage.advance(1)
    assert tape.duration == 10


def test_a_call_is_moved_twice_and_the_last_order_counts(stage: Stage) -> None:
    stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.pages["/newer"] = "<Say>moved again</Say><Pause length='60'/>"
    stage.redirect(dana.call, "/new")
    stage.advance(0.4)
    stage.redirect(dana.call, "/newer")
    stage.advance(3)
    assert dana.words() == ["moved again"]
    assert len(stage.at("/old")) == 1


def test_a_caller_may_hang_up_while_being_moved(stage: Stage) -> None:
    stage.person()
    dana = begins(stage, f"<Dial action='/old'>{OMAR}</Dial>")
    stage.redirect(dana.call, "/new")
    stage.advance(0.2)
    dana.call.hang_up()
    stage.advance(3)
    assert stage.at("/new") == []
    assert dana.call.status == "completed"


def test_inline_twiml_moves_a_call_too(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.redirect(dana.call, twiml="<Response><Say>inline</Say></Response>")
    stage.advance(3)
    assert dana.words() == ["hello", "inline"]
    assert stage.asked == []


@pytest.mark.parametrize(
    "verb",
    [
        "<Gather action='/x'/>",
        "<Dial action='x'>+15550123</Dial>",
        "<Enqueue action='?a=1'>q</Enqueue>",
    ],
)
def test_inline_twiml_needs_absolute_actions(stage: Stage, verb: str) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    error = refused(stage, dana.call, document=Address(twiml=f"<Response>{verb}</Response>"))
    assert error.code == 15004
    assert dana.call.status == "in-progress"


def test_inline_twiml_that_is_none_is_found_out_on_the_phone(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.redirect(dana.call, twiml="<Response>")
    stage.advance(1)
    assert stage.codes() == [12100]


def test_an_updates_fallback_replaces_the_old_one(stage: Stage) -> None:
    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/other"] = "<Say>other</Say>"
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.pages["/new"] = broken()
    update = CallUpdate(document=NEW, fallback=Address(f"{APP}/other"))
    stage.carrier.update_call(dana.call, update)
    stage.advance(3)
    assert dana.words() == ["hello", "other"]
    assert stage.at("/fallback") == []


def test_without_one_the_old_fallback_stays(stage: Stage) -> None:
    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.pages["/new"] = broken()
    stage.redirect(dana.call, "/new")
    stage.advance(3)
    assert dana.words() == ["hello", "one moment"]


def test_a_new_status_callback_counts_with_a_url(stage: Stage) -> None:
    stage.number.urls.status_callback = f"{APP}/status"
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    update = CallUpdate(document=NEW, status_callback=f"{APP}/other")
    stage.carrier.update_call(dana.call, update)
    stage.advance(1)
    dana.call.hang_up()
    stage.advance(1)
    assert stage.at("/status") == []
    assert len(stage.at("/other")) == 1


def test_a_new_status_callback_without_a_url_is_ignored(stage: Stage) -> None:
    stage.number.urls.status_callback = f"{APP}/status"
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.carrier.update_call(dana.call, CallUpdate(status_callback=f"{APP}/other"))
    dana.call.hang_up()
    stage.advance(1)
    assert len(stage.at("/status")) == 1


def test_a_moved_call_is_the_same_call(stage: Stage) -> None:
    dana = begins(stage, "<Say>hello</Say><Pause length='60'/>")
    stage.client.calls(dana.call.sid).update(url=f"{APP}/new", method="GET")
    stage.advance(1)
    assert stage.last("/new").method == "GET"
    assert stage.last("/new")["CallSid"] == dana.call.sid
    assert stage.last("/new")["CallStatus"] == "in-progress"


def test_a_caller_is_moved_from_one_agent_to_another(stage: Stage) -> None:
    omar, lena = stage.person(OMAR), stage.person(LENA)
    dana = begins(stage, f"<Dial>{OMAR}</Dial>")
    stage.pages["/new"] = f"<Dial>{LENA}</Dial>"
    stage.redirect(dana.call, "/new")
    stage.advance(5)
    assert omar.call.status == "completed"
    assert dana.hears_now == [Talk(lena.call.sid)]
