"""Hold, mute, coach, announce, remove, invite: what REST does to the people in a room."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.core.calls import Address
from sandbox.core.conferences import (
    Conference,
    ConferenceCallback,
    Entrance,
    Participant,
)
from sandbox.core.errors import RestError
from sandbox.core.orders import (
    CallOrder,
    CallUpdate,
    ConferenceUpdate,
    ParticipantOrder,
    ParticipantUpdate,
)
from sandbox.core.sounds import HOLD_MUSIC, Ringback, Room, Says, Silence, Spoken
from tests.sandbox.core.stage import APP, DANA, LENA, OMAR, OURS, Person, Stage, broken

EVERY = frozenset(
    ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"]
)


def enters(stage: Stage, who: str, attributes: str = "", *, after: str = "") -> Person:
    path = f"/room-{who[1:]}"
    settings = "statusCallback='/room' statusCallbackEvent='join leave end announcement modify'"
    stage.pages[path] = (
        f"<Dial><Conference waitUrl='' beep='false' {settings} {attributes}>x</Conference></Dial>"
        + after
    )
    person = stage.person(who, after=0)
    stage.calls_out(who, url=path)
    stage.advance(0.6)
    return person


def room(stage: Stage) -> Conference:
    return list(stage.carrier.conferences.values())[-1]


def part(stage: Stage, person: Person) -> Participant:
    found = room(stage).find(person.call.sid)
    assert found is not None
    return found


def change(stage: Stage, person: Person, **update: Any) -> None:
    order = ParticipantUpdate(**update)
    stage.carrier.update_participant(part(stage, person), order)
    stage.town.settle()


def hears(stage: Stage, one: Person, other: Person) -> bool:
    return other.call.sid in room(stage).hears_whom()[one.call.sid]


def invites(stage: Stage, who: str, entrance: Entrance | None = None, **order: Any) -> Participant:
    call = CallOrder(to=who, from_=OURS, **order)
    target = stage.carrier.open_conference(stage.account, "x") or "x"
    invited = stage.carrier.create_participant(
        stage.account, target, ParticipantOrder(call, entrance or Entrance())
    )
    stage.town.settle()
    return invited


# hold


def test_hold_isolates_both_ways(stage: Stage) -> None:
    dana, omar, lena = (enters(stage, who) for who in (DANA, OMAR, LENA))
    change(stage, dana, hold=True)
    assert room(stage).hears_whom() == {
        dana.call.sid: set(),
        omar.call.sid: {lena.call.sid},
        lena.call.sid: {omar.call.sid},
    }
    assert dana.hears_now == [HOLD_MUSIC]


def test_a_caller_on_hold_is_heard_by_nobody(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True)
    dana.call.speak("this is between us")
    omar.call.speak("what a day")
    stage.advance(1)
    assert omar.moments == []
    assert dana.moments == []


def test_after_hold_they_hear_each_other_again(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True)
    change(stage, dana, hold=False)
    assert hears(stage, dana, omar)
    assert dana.hears_now == [Room(room(stage).sid, "x", frozenset({omar.call.sid}))]


def test_hold_plays_a_document_asked_for_by_get(stage: Stage) -> None:
    stage.pages["/hold"] = "<Say>please hold the line</Say>"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True, hold_document=Address(f"{APP}/hold", "GET"))
    assert dana.hears_now == [Says("please hold the line")]
    assert stage.last("/hold").method == "GET"
    assert stage.last("/hold")["ConferenceSid"] == room(stage).sid


def test_a_hold_document_is_played_once(stage: Stage) -> None:
    stage.pages["/hold"] = "<Say>please hold</Say>"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True, hold_document=Address(f"{APP}/hold", "GET"))
    stage.advance(30)
    assert len(stage.at("/hold")) == 1
    assert dana.hears_now == [Silence()]


def test_a_hold_document_may_loop_by_choice(stage: Stage) -> None:
    stage.carrier.choices.hold_document_loops = True
    stage.pages["/hold"] = "<Say>please hold</Say>"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True, hold_document=Address(f"{APP}/hold", "GET"))
    stage.advance(30)
    assert len(stage.at("/hold")) > 5
    change(stage, dana, hold=False)
    stage.asked.clear()
    stage.advance(30)
    assert stage.at("/hold") == []


def test_a_hold_document_that_fails_leaves_silence(stage: Stage) -> None:
    stage.pages["/hold"] = broken()
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True, hold_document=Address(f"{APP}/hold"))
    assert dana.hears_now == [Silence()]
    assert part(stage, dana).hold
    assert stage.codes() == [11200]


def test_end_on_exit_cannot_be_changed_during_hold(stage: Stage) -> None:
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True)
    change(stage, dana, end_conference_on_exit=True)
    assert not part(stage, dana).end_conference_on_exit
    change(stage, dana, hold=False)
    change(stage, dana, end_conference_on_exit=True)
    assert part(stage, dana).end_conference_on_exit


def test_end_on_exit_can_be_changed_together_with_the_end_of_hold(stage: Stage) -> None:
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True)
    change(stage, dana, hold=False, end_conference_on_exit=True)
    assert part(stage, dana).end_conference_on_exit


def test_a_held_customer_hangs_up_and_the_others_go_on(stage: Stage) -> None:
    dana, omar, lena = (enters(stage, who) for who in (DANA, OMAR, LENA))
    change(stage, dana, hold=True)
    dana.call.hang_up()
    stage.advance(1)
    assert hears(stage, omar, lena)


# mute and coach


def test_mute_and_unmute(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    change(stage, omar, muted=True)
    assert not hears(stage, dana, omar)
    assert hears(stage, omar, dana)
    change(stage, omar, muted=False)
    assert hears(stage, dana, omar)


def test_listen_whisper_and_barge(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    lena = enters(stage, LENA, "muted='true'")
    assert not hears(stage, dana, lena)
    assert not hears(stage, omar, lena)
    change(stage, lena, muted=False, coaching=True, call_sid_to_coach=omar.call.sid)
    assert hears(stage, omar, lena)
    assert not hears(stage, dana, lena)
    change(stage, lena, coaching=False)
    assert hears(stage, omar, lena)
    assert hears(stage, dana, lena)


def test_a_whisper_reaches_only_the_coached(stage: Stage) -> None:
    dana, omar, lena = (enters(stage, who) for who in (DANA, OMAR, LENA))
    change(stage, lena, coaching=True, call_sid_to_coach=omar.call.sid)
    lena.call.speak("offer the discount")
    stage.advance(1)
    assert omar.moments == [Spoken(lena.call.sid, "offer the discount")]
    assert dana.moments == []


def test_a_coach_can_turn_to_another(stage: Stage) -> None:
    dana, omar, lena = (enters(stage, who) for who in (DANA, OMAR, LENA))
    change(stage, lena, coaching=True, call_sid_to_coach=omar.call.sid)
    change(stage, lena, call_sid_to_coach=dana.call.sid)
    assert hears(stage, dana, lena)
    assert not hears(stage, omar, lena)


@pytest.mark.parametrize("target", ["CA" + "0" * 32, None])
def test_nobody_can_be_coached_who_is_not_there(stage: Stage, target: str | None) -> None:
    lena, _ = enters(stage, LENA), enters(stage, OMAR)
    with pytest.raises(RestError) as caught:
        change(stage, lena, coaching=True, call_sid_to_coach=target)
    assert caught.value.code == 16028
    assert not part(stage, lena).coaching


def test_nobody_can_coach_themselves(stage: Stage) -> None:
    lena, _ = enters(stage, LENA), enters(stage, OMAR)
    with pytest.raises(RestError):
        change(stage, lena, coaching=True, call_sid_to_coach=lena.call.sid)


@pytest.mark.parametrize(
    ("beep", "on_exit", "result"),
    [
        ("true", False, "onEnter"),
        ("false", True, "onExit"),
        ("onEnter", True, "true"),
        ("onExit", False, "false"),
    ],
)
def test_the_beep_on_leaving_can_be_changed(
    stage: Stage, beep: str, on_exit: bool, result: str
) -> None:
    dana = enters(stage, DANA)
    part(stage, dana).beep = beep
    change(stage, dana, beep_on_exit=on_exit)
    assert part(stage, dana).beep == result


# announcements


def test_an_announcement_to_one_is_heard_by_one(stage: Stage) -> None:
    stage.pages["/announce"] = "<Say>this call is recorded for training</Say>"
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, announce=Address(f"{APP}/announce"))
    assert dana.hears_now == [Says("this call is recorded for training")]
    assert isinstance(omar.call.hearing[0], Room)
    stage.advance(5)
    assert isinstance(dana.call.hearing[0], Room)


def test_an_announcement_to_all_is_heard_by_all(stage: Stage) -> None:
    stage.pages["/announce"] = "<Say>one minute left</Say>"
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    update = ConferenceUpdate(announce=Address(f"{APP}/announce"))
    stage.carrier.update_conference(room(stage), update)
    stage.town.settle()
    assert dana.hears_now == omar.hears_now == [Says("one minute left")]
    stage.advance(5)
    assert isinstance(dana.call.hearing[0], Room)
    assert stage.last("/announce")["ConferenceSid"] == room(stage).sid


def test_its_end_is_told(stage: Stage) -> None:
    stage.pages["/announce"] = "<Say>one minute left</Say>"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, announce=Address(f"{APP}/announce"))
    stage.advance(5)
    told = stage.last("/room")
    assert told["StatusCallbackEvent"] == "announcement-end"
    assert told["AnnounceUrl"] == f"{APP}/announce"
    assert told["CallSid"] == dana.call.sid


def test_its_failure_is_told(stage: Stage) -> None:
    stage.pages["/announce"] = broken()
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, announce=Address(f"{APP}/announce"))
    told = stage.last("/room")
    assert told["StatusCallbackEvent"] == "announcement-fail"
    assert told["ReasonAnnouncementFailed"]


def test_a_new_announcement_replaces_the_old(stage: Stage) -> None:
    stage.pages["/one"], stage.pages["/two"] = f"<Say>{'x' * 150}</Say>", "<Say>two</Say>"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    for path in ("/one", "/two"):
        update = ConferenceUpdate(announce=Address(APP + path))
        stage.carrier.update_conference(room(stage), update)
        stage.advance(0.1)
    assert dana.hears_now == [Says("two")]
    stage.advance(1)
    assert isinstance(dana.call.hearing[0], Room)


def test_the_held_hear_an_announcement(stage: Stage) -> None:
    stage.pages["/announce"] = "<Say>we will be right back</Say>"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, hold=True)
    change(stage, dana, announce=Address(f"{APP}/announce"))
    assert dana.words() == ["we will be right back"]
    stage.advance(5)
    assert dana.hears_now == [HOLD_MUSIC]


# removing and ending


def test_removing_somebody_lets_their_call_go_on(stage: Stage) -> None:
    dana = enters(stage, DANA, after="<Say>outside</Say>")
    enters(stage, OMAR)
    stage.carrier.kick_participant(part(stage, dana))
    stage.advance(1)
    assert dana.words() == ["outside"]
    left = [a for a in stage.at("/room") if a["StatusCallbackEvent"] == "participant-leave"][-1]
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"


def test_the_reason_of_removal_is_a_choice(stage: Stage) -> None:
    stage.carrier.choices.kicked_reason = "participant_hung_up"
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    stage.carrier.kick_participant(part(stage, dana))
    stage.advance(0)
    left = [a for a in stage.at("/room") if a["StatusCallbackEvent"] == "participant-leave"][-1]
    assert left["ReasonParticipantLeft"] == "participant_hung_up"


def test_removing_the_last_ends_the_room(stage: Stage) -> None:
    dana = enters(stage, DANA)
    conference = room(stage)
    stage.carrier.kick_participant(part(stage, dana))
    assert conference.reason_conference_ended == "last-participant-kicked"


def test_removing_somebody_with_end_on_exit_ends_the_room(stage: Stage) -> None:
    dana, _ = enters(stage, DANA, "endConferenceOnExit='true'"), enters(stage, OMAR)
    stage.carrier.kick_participant(part(stage, dana))
    reason = room(stage).reason_conference_ended
    assert reason == "participant-with-end-conference-on-exit-kicked"


def test_ending_a_room_lets_everybody_go_on(stage: Stage) -> None:
    dana = enters(stage, DANA, after="<Say>goodbye</Say>")
    omar = enters(stage, OMAR, after="<Say>goodbye</Say>")
    stage.carrier.update_conference(room(stage), ConferenceUpdate(status="completed"))
    stage.advance(1)
    assert dana.words() == omar.words() == ["goodbye"]
    assert room(stage).participants == {}


def test_a_wait_can_be_changed_while_waiting(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say>still waiting</Say>"
    dana = enters(stage, DANA)
    change(stage, dana, wait=Address(f"{APP}/wait"))
    assert dana.hears_now == [Says("still waiting")]


def test_after_the_start_another_wait_changes_nothing(stage: Stage) -> None:
    dana, _ = enters(stage, DANA), enters(stage, OMAR)
    change(stage, dana, wait=Address(f"{APP}/wait"))
    assert stage.at("/wait") == []


# inviting


def test_somebody_invited_rings_and_comes_in(stage: Stage) -> None:
    dana = enters(stage, DANA)
    omar = stage.person(OMAR, after=2)
    invited = invites(stage, OMAR)
    assert invited.status == "queued"
    stage.advance(1)
    assert invited.status == "ringing"
    stage.advance(2)
    assert invited.status == "connected"
    assert hears(stage, dana, omar)


def test_the_others_hear_it_ring(stage: Stage) -> None:
    dana, lena = enters(stage, DANA), enters(stage, LENA)
    stage.person(OMAR, after=3)
    invites(stage, OMAR, Entrance(early_media=True))
    stage.advance(1)
    assert dana.call.hearing[-1] == Ringback()
    stage.advance(3)
    assert Ringback() not in dana.call.hearing
    assert lena.call.sid in next(f.heard for f in dana.call.hearing if isinstance(f, Room))


def test_who_is_alone_hears_it_ring_as_well(stage: Stage) -> None:
    """The room has not begun, and early media is for whoever waits in it."""
    dana = enters(stage, DANA)
    omar = stage.person(OMAR, after=3)
    invites(stage, OMAR, Entrance(early_media=True))
    stage.advance(1)
    assert dana.call.hearing == (Ringback(),)
    stage.advance(3)
    assert hears(stage, dana, omar)


def test_or_not(stage: Stage) -> None:
    dana, _ = enters(stage, DANA), enters(stage, LENA)
    stage.person(OMAR, after=3)
    invites(stage, OMAR, Entrance(early_media=False))
    stage.advance(1)
    assert Ringback() not in dana.call.hearing


def test_a_room_can_begin_with_an_invitation(stage: Stage) -> None:
    stage.person(OMAR, after=1)
    callback = ConferenceCallback(f"{APP}/room", "POST", EVERY)
    invites(stage, OMAR, Entrance(callback=callback))
    stage.advance(2)
    assert room(stage).friendly_name == "x"
    assert stage.last("/room")["StatusCallbackEvent"] == "participant-join"


def test_an_invited_legs_progress_is_told(stage: Stage) -> None:
    stage.person(OMAR)
    invites(
        stage,
        OMAR,
        status_callback=f"{APP}/leg",
        status_callback_events=("initiated", "ringing", "answered", "completed"),
    )
    stage.advance(3)
    statuses = [a["CallStatus"] for a in stage.at("/leg")]
    assert statuses == ["initiated", "ringing", "in-progress"]
    assert stage.last("/leg")["Direction"] == "outbound-api"


def test_somebody_who_does_not_come_is_told_of(stage: Stage) -> None:
    enters(stage, DANA)
    stage.person(OMAR, refuses="busy")
    invited = invites(stage, OMAR)
    stage.advance(2)
    assert invited.status == "failed"
    told = stage.last("/room")
    assert told["ReasonParticipantLeft"] == "participant_add_failed"
    assert told["ParticipantCallStatus"] == "busy"
    assert invited.call.sid not in room(stage).participants


def test_or_not_by_choice(stage: Stage) -> None:
    stage.carrier.choices.failed_add_event = False
    enters(stage, DANA)
    stage.asked.clear()
    stage.person(OMAR, refuses="busy")
    invites(stage, OMAR)
    stage.advance(2)
    assert stage.at("/room") == []


def test_an_invitation_can_be_cancelled_while_it_rings(stage: Stage) -> None:
    enters(stage, DANA)
    omar = stage.person(OMAR, after=None)
    invited = invites(stage, OMAR)
    stage.advance(2)
    stage.carrier.update_call(invited.call, CallUpdate(status="canceled"))
    stage.advance(1)
    assert omar.ended == 1
    assert list(room(stage).participants) != [invited.call.sid]
    assert not room(stage).ended


def test_a_room_whose_only_invitation_failed_is_over(stage: Stage) -> None:
    stage.person(OMAR, refuses="busy")
    invites(stage, OMAR)
    stage.advance(2)
    assert room(stage).ended


def test_an_invited_leg_ends_when_it_leaves(stage: Stage) -> None:
    enters(stage, DANA)
    omar = stage.person(OMAR)
    invited = invites(stage, OMAR)
    stage.advance(3)
    stage.carrier.kick_participant(invited)
    stage.advance(1)
    assert omar.call.status == "completed"


def test_an_invited_leg_can_be_moved_on(stage: Stage) -> None:
    enters(stage, DANA)
    omar = stage.person(OMAR)
    invites(stage, OMAR)
    stage.advance(3)
    stage.pages["/new"] = "<Say>moved</Say>"
    stage.redirect(omar.call, "/new")
    stage.advance(2)
    assert omar.words() == ["moved"]
    left = [a for a in stage.at("/room") if a["StatusCallbackEvent"] == "participant-leave"][-1]
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"


def test_who_answers_when_the_room_is_over_finds_a_new_one(stage: Stage) -> None:
    dana = enters(stage, DANA)
    stage.person(OMAR, after=5)
    invited = invites(stage, OMAR)
    stage.advance(2)
    dana.call.hang_up()
    stage.advance(5)
    old, new = stage.carrier.conferences.values()
    assert old.ended
    assert not new.ended
    assert invited.conference is new
    assert list(new.participants) == [invited.call.sid]


def test_or_is_hung_up_by_choice(stage: Stage) -> None:
    stage.carrier.choices.invited_after_room_ended = "hang-up"
    dana = enters(stage, DANA)
    omar = stage.person(OMAR, after=5)
    invites(stage, OMAR)
    stage.advance(2)
    dana.call.hang_up()
    stage.advance(6)
    assert omar.call.status == "completed"
    assert len(stage.carrier.conferences) == 1


def test_a_coach_can_be_invited(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    lena = stage.person(LENA)
    invites(stage, LENA, Entrance(coaching=True, call_sid_to_coach=omar.call.sid))
    stage.advance(3)
    assert hears(stage, omar, lena)
    assert not hears(stage, dana, lena)


def test_a_coach_for_nobody_is_not_invited(stage: Stage) -> None:
    enters(stage, DANA)
    with pytest.raises(RestError) as caught:
        invites(stage, LENA, Entrance(coaching=True, call_sid_to_coach="CA" + "0" * 32))
    assert caught.value.code == 16028
    assert len(stage.carrier.calls) == 1


def test_a_label_that_is_taken_is_not_invited(stage: Stage) -> None:
    enters(stage, DANA, "participantLabel='agent'")
    with pytest.raises(RestError) as caught:
        invites(stage, OMAR, Entrance(label="agent"))
    assert caught.value.code == 16025


def test_an_invited_participant_waits_with_a_document(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say>the customer will join shortly</Say>"
    omar = stage.person(OMAR)
    invites(stage, OMAR, Entrance(wait=Address(f"{APP}/wait")))
    stage.advance(2)
    assert omar.words() == ["the customer will join shortly"]


def test_a_failing_wait_keeps_an_invited_participant_out(stage: Stage) -> None:
    stage.pages["/wait"] = broken()
    omar = stage.person(OMAR)
    invites(stage, OMAR, Entrance(wait=Address(f"{APP}/wait")))
    stage.advance(2)
    assert omar.call.status == "completed"
    assert room(stage).ended


def test_a_warm_transfer(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR, "endConferenceOnExit='true'")
    change(stage, dana, hold=True)
    lena = stage.person(LENA)
    invites(stage, LENA)
    stage.advance(3)
    assert hears(stage, omar, lena)
    assert not hears(stage, dana, lena)
    change(stage, dana, hold=False)
    change(stage, lena, end_conference_on_exit=True)
    change(stage, omar, end_conference_on_exit=False)
    stage.carrier.kick_participant(part(stage, omar))
    stage.advance(1)
    assert not room(stage).ended
    assert hears(stage, dana, lena)
    lena.call.hang_up()
    stage.advance(1)
    assert room(stage).ended


def test_somebody_who_is_being_rung_can_be_uninvited(stage: Stage) -> None:
    enters(stage, DANA)
    omar = stage.person(OMAR, after=None)
    invited = invites(stage, OMAR)
    stage.advance(2)
    stage.carrier.kick_participant(invited)
    stage.advance(1)
    assert omar.call.status == "canceled"
    assert list(room(stage).participants) != [invited.call.sid]
    assert invited.call.sid not in room(stage).participants


def test_somebody_can_be_muted_and_held_before_coming_in(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), stage.person(OMAR, after=2)
    invited = invites(stage, OMAR)
    stage.advance(1)
    update = ParticipantUpdate(hold=True, muted=True, announce=Address(f"{APP}/announce"))
    stage.carrier.update_participant(invited, update)
    stage.advance(2)
    assert stage.at("/announce") == []
    assert omar.hears_now == [HOLD_MUSIC]
    assert not hears(stage, dana, omar)
    change(stage, omar, hold=False)
    assert hears(stage, omar, dana)
    assert not hears(stage, dana, omar)
