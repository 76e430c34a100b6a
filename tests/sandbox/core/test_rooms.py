"""Conferences from `<Dial><Conference>`: who comes in, who hears whom, how it ends."""

from __future__ import annotations

import pytest

from sandbox.core.conferences import Conference
from sandbox.core.sounds import HOLD_MUSIC, Beep, Room, Silence, Spoken
from tests.sandbox.core.stage import DANA, LENA, OMAR, Person, Stage, broken

CAROL = "+15550125"


def enters(
    stage: Stage, who: str, attributes: str = "", *, after: str = "", name: str = "x"
) -> Person:
    """Somebody answers our call and goes into the room."""
    path = f"/room-{who[1:]}-{len(stage.carrier.calls)}"
    stage.pages[path] = f"<Dial><Conference {attributes}>{name}</Conference></Dial>{after}"
    person = stage.person(who, after=0)
    stage.calls_out(who, url=path)
    stage.advance(0.6)
    return person


def room(stage: Stage) -> Conference:
    return list(stage.carrier.conferences.values())[-1]


def hears(stage: Stage, one: Person, other: Person) -> bool:
    return other.call.sid in room(stage).hears_whom()[one.call.sid]


def test_one_person_waits_with_music(stage: Stage) -> None:
    dana = enters(stage, DANA)
    assert room(stage).status == "init"
    assert dana.hears_now == [HOLD_MUSIC]


def test_two_people_make_a_conference(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    assert room(stage).status == "in-progress"
    assert dana.hears_now == [Room(room(stage).sid, "x", frozenset({omar.call.sid}))]
    assert hears(stage, dana, omar)
    assert hears(stage, omar, dana)


def test_what_is_said_reaches_everybody_else(stage: Stage) -> None:
    dana, omar, lena = (enters(stage, who) for who in (DANA, OMAR, LENA))
    dana.moments.clear()
    dana.call.speak("hello all")
    stage.advance(1)
    assert Spoken(dana.call.sid, "hello all") in omar.moments
    assert Spoken(dana.call.sid, "hello all") in lena.moments
    assert dana.moments == []


def test_a_room_waits_for_somebody_who_may_start_it(stage: Stage) -> None:
    quiet = "startConferenceOnEnter='false'"
    dana, omar = enters(stage, DANA, quiet), enters(stage, OMAR, quiet)
    assert room(stage).status == "init"
    assert not hears(stage, dana, omar)
    assert omar.hears_now == [HOLD_MUSIC]
    enters(stage, LENA)
    assert room(stage).status == "in-progress"
    assert hears(stage, dana, omar)


def test_one_who_may_start_it_cannot_alone(stage: Stage) -> None:
    enters(stage, LENA)
    assert room(stage).status == "init"
    enters(stage, DANA, "startConferenceOnEnter='false'")
    assert room(stage).status == "in-progress"


def test_the_same_name_is_the_same_room(stage: Stage) -> None:
    enters(stage, DANA)
    enters(stage, OMAR)
    assert len(stage.carrier.conferences) == 1


def test_another_name_is_another_room(stage: Stage) -> None:
    dana, omar = enters(stage, DANA, name="x"), enters(stage, OMAR, name="y")
    assert len(stage.carrier.conferences) == 2
    assert dana.call.conference_sid != omar.call.conference_sid


def test_a_name_can_be_used_again_when_its_room_is_over(stage: Stage) -> None:
    enters(stage, DANA).call.hang_up()
    stage.advance(1)
    enters(stage, OMAR)
    first, second = stage.carrier.conferences.values()
    assert first.status == "completed"
    assert second.status == "init"


def test_somebody_muted_hears_and_is_not_heard(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR, "muted='true'")
    assert hears(stage, omar, dana)
    assert not hears(stage, dana, omar)
    omar.call.speak("can you hear me")
    stage.advance(1)
    assert all(not isinstance(m, Spoken) for m in dana.moments)


def test_a_coach_hears_all_and_is_heard_by_one(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    lena = enters(stage, LENA, f"coach='{omar.call.sid}'")
    assert hears(stage, lena, dana)
    assert hears(stage, lena, omar)
    assert hears(stage, omar, lena)
    assert not hears(stage, dana, lena)


def test_a_coach_needs_somebody_to_coach(stage: Stage) -> None:
    enters(stage, DANA)
    stage.pages["/lena"] = (
        "<Dial action='/done'><Conference coach='CA00000000000000000000000000000000'>x"
        "</Conference></Dial>"
    )
    stage.pages["/done"] = "<Hangup/>"
    stage.person(LENA, after=0)
    stage.calls_out(LENA, url="/lena")
    stage.advance(1)
    assert 13240 in stage.codes()
    assert stage.last("/done")["DialCallStatus"] == "failed"


def test_whoever_hangs_up_has_left(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    omar.call.hang_up()
    stage.advance(1)
    assert list(room(stage).participants) == [dana.call.sid]
    assert room(stage).status == "in-progress"
    assert dana.hears_now == [Room(room(stage).sid, "x", frozenset())]


def test_the_last_to_leave_ends_the_room(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    omar.call.hang_up()
    dana.call.hang_up()
    stage.advance(1)
    assert room(stage).status == "completed"
    assert room(stage).reason_conference_ended == "last-participant-left"
    assert room(stage).call_sid_ending_conference == dana.call.sid
    assert room(stage).hears_whom() == {}


def test_somebody_with_end_on_exit_ends_it_for_all(stage: Stage) -> None:
    dana = enters(stage, DANA, after="<Say>all alone</Say>")
    omar = enters(stage, OMAR, "endConferenceOnExit='true'")
    omar.call.hang_up()
    stage.advance(2)
    assert room(stage).reason_conference_ended == "participant-with-end-conference-on-exit-left"
    assert room(stage).call_sid_ending_conference == omar.call.sid
    assert dana.words() == ["all alone"]


def test_after_the_room_the_action_is_asked(stage: Stage) -> None:
    stage.pages["/voice"] = "<Dial action='/done'><Conference>x</Conference></Dial>"
    stage.pages["/done"] = "<Say>done</Say>"
    dana = stage.dials_in()
    omar = enters(stage, OMAR, "endConferenceOnExit='true'")
    omar.call.hang_up()
    stage.advance(2)
    told = stage.last("/done")
    assert told["DialCallStatus"] == "answered"
    assert told.get("DialCallSid") is None
    assert told.get("DialCallDuration") is None
    assert dana.words() == ["done"]


def test_hanging_up_asks_the_action_in_vain(stage: Stage) -> None:
    stage.pages["/voice"] = "<Dial action='/done'><Conference>x</Conference></Dial>"
    stage.pages["/done"] = "<Say>done</Say>"
    dana = stage.dials_in()
    dana.call.hang_up()
    stage.advance(2)
    assert stage.last("/done")["CallStatus"] == "completed"
    assert dana.words() == []


def test_star_leaves_the_room_and_goes_on(stage: Stage) -> None:
    stage.pages["/voice"] = (
        "<Dial hangupOnStar='true'><Conference>x</Conference></Dial><Say>outside</Say>"
    )
    dana = stage.dials_in()
    omar = enters(stage, OMAR)
    dana.call.press("*")
    stage.advance(1)
    assert dana.words() == ["outside"]
    assert list(room(stage).participants) == [omar.call.sid]


def test_keys_in_a_room_are_collected_by_nobody(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    dana.call.press("12345#")
    stage.advance(2)
    assert room(stage).status == "in-progress"
    assert all(isinstance(moment, Beep) for moment in omar.moments)


def test_a_time_limit_takes_somebody_out(stage: Stage) -> None:
    stage.pages["/voice"] = "<Dial timeLimit='20'><Conference>x</Conference></Dial><Say>over</Say>"
    dana = stage.dials_in()
    stage.advance(21)
    assert dana.words() == ["over"]


# labels and places


def test_a_label_finds_its_participant(stage: Stage) -> None:
    dana = enters(stage, DANA, "participantLabel='customer'")
    found = room(stage).find("customer")
    assert found is not None
    assert found.call is dana.call
    assert room(stage).find(dana.call.sid) is found
    assert room(stage).find("nobody") is None
    assert room(stage).find("") is None


def test_a_label_is_there_once_and_the_second_goes_on_with_the_next_verb(stage: Stage) -> None:
    enters(stage, DANA, "participantLabel='agent'")
    omar = enters(stage, OMAR, "participantLabel='agent'", after="<Say>taken</Say>")
    assert 16025 in stage.codes()
    stage.advance(1)
    assert omar.words() == ["taken"]


def test_a_room_has_its_places(stage: Stage) -> None:
    enters(stage, DANA, "maxParticipants='2'")
    enters(stage, OMAR)
    lena = enters(stage, LENA, after="<Say>full</Say>")
    stage.advance(1)
    assert lena.words() == ["full"]
    assert 16020 in stage.codes()


# beeps


@pytest.mark.parametrize(
    ("beep", "entering", "leaving"),
    [("true", 1, 1), ("false", 0, 0), ("onEnter", 1, 0), ("onExit", 0, 1)],
)
def test_a_beep_tells_of_coming_and_going(
    stage: Stage, beep: str, entering: int, leaving: int
) -> None:
    dana = enters(stage, DANA)
    enters(stage, OMAR, "beep='false'")
    dana.moments.clear()
    lena = enters(stage, LENA, f"beep='{beep}'")
    assert dana.moments.count(Beep()) == entering
    lena.call.hang_up()
    stage.advance(1)
    assert dana.moments.count(Beep()) == entering + leaving


# waiting


def test_an_empty_wait_is_silence(stage: Stage) -> None:
    dana = enters(stage, DANA, "waitUrl=''")
    assert dana.hears_now == [Silence()]
    assert stage.asked[-1].path != ""


def test_a_wait_document_is_heard_until_the_start(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say>you are the first one here, please wait</Say>"
    dana = enters(stage, DANA, "waitUrl='/wait'")
    assert dana.words() == ["you are the first one here, please wait"]
    omar = enters(stage, OMAR, "waitUrl='/wait'")
    assert hears(stage, dana, omar)
    assert omar.words() == []
    assert len(stage.at("/wait")) == 1


def test_a_wait_document_is_not_asked_again_and_leaves_silence(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say>please wait</Say>"
    dana = enters(stage, DANA, "waitUrl='/wait'")
    stage.advance(60)
    assert len(stage.at("/wait")) == 1
    assert dana.hears_now == [Silence()]


def test_a_wait_document_can_loop_by_itself(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say>please wait some more time</Say><Redirect>/wait</Redirect>"
    enters(stage, DANA, "waitUrl='/wait'")
    stage.advance(10)
    assert len(stage.at("/wait")) > 4


def test_a_wait_document_is_told_of_the_room(stage: Stage) -> None:
    stage.pages["/wait"] = "<Pause/><Redirect>/more</Redirect>"
    stage.pages["/more"] = "<Pause/>"
    dana = enters(stage, DANA, "waitUrl='/wait' waitMethod='GET'")
    stage.advance(2)
    assert stage.last("/wait").method == "GET"
    assert stage.last("/wait")["CallSid"] == dana.call.sid
    assert stage.last("/more")["ConferenceSid"] == room(stage).sid


def test_a_failing_wait_document_keeps_somebody_out(stage: Stage) -> None:
    stage.pages["/wait"] = broken()
    dana = enters(stage, DANA, "waitUrl='/wait'", after="<Say>no room</Say>")
    stage.advance(1)
    assert dana.words() == ["no room"]
    assert stage.carrier.conferences == {}
    assert stage.codes() == [11200, 16110]


def test_a_wait_document_may_not_do_other_things(stage: Stage) -> None:
    stage.pages["/wait"] = "<Gather/><Hangup/><Say>please wait</Say>"
    dana = enters(stage, DANA, "waitUrl='/wait'")
    stage.advance(0.1)
    assert stage.codes() == [12200, 12200]
    assert dana.words() == ["please wait"]


def test_hanging_up_while_waiting_ends_the_unstarted_room(stage: Stage) -> None:
    dana = enters(stage, DANA)
    dana.call.hang_up()
    stage.advance(1)
    assert room(stage).status == "completed"
    assert dana.call.status == "completed"


# recording


def test_a_room_is_recorded_from_its_start_to_its_end(stage: Stage) -> None:
    record = (
        "record='record-from-start' recordingStatusCallback='/tape'"
        " recordingStatusCallbackEvent='in-progress completed'"
    )
    dana = enters(stage, DANA, record)
    stage.advance(20)
    assert stage.carrier.recordings == {}
    omar = enters(stage, OMAR)
    stage.advance(10)
    omar.call.hang_up()
    dana.call.hang_up()
    stage.advance(1)
    told = stage.last("/tape")
    assert [a["RecordingStatus"] for a in stage.at("/tape")] == ["in-progress", "completed"]
    assert told["ConferenceSid"] == room(stage).sid
    assert told["RecordingSource"] == "Conference"
    assert told["RecordingChannels"] == "1"
    assert told["RecordingDuration"] == "10"
    assert told.get("CallSid") is None


def test_the_wait_may_be_on_the_tape_by_choice(stage: Stage) -> None:
    stage.carrier.choices.room_recording_has_wait = True
    dana = enters(stage, DANA, "record='record-from-start'")
    stage.advance(20)
    omar = enters(stage, OMAR)
    stage.advance(10)
    omar.call.hang_up()
    dana.call.hang_up()
    stage.advance(1)
    (tape,) = stage.carrier.recordings.values()
    assert tape.duration is not None
    assert tape.duration > 29


def test_only_the_first_participants_recording_callback_counts(stage: Stage) -> None:
    dana = enters(stage, DANA)
    enters(stage, OMAR, "record='record-from-start' recordingStatusCallback='/tape'")
    stage.advance(5)
    dana.call.hang_up()
    stage.hang_up(next(iter(room(stage).participants.values())).call)
    stage.advance(1)
    assert len(stage.carrier.recordings) == 1
    assert stage.at("/tape") == []
