"""What a room tells the application: which events, in which order, with which fields."""

from __future__ import annotations

import pytest

from sandbox.core.conferences import Conference
from sandbox.core.orders import ConferenceUpdate, ParticipantUpdate
from tests.sandbox.core.stage import DANA, LENA, OMAR, Asked, Person, Stage

EVERY = "start end join leave mute hold modify speaker announcement"
LOUD = f"statusCallback='/room' statusCallbackEvent='{EVERY}'"


def enters(stage: Stage, who: str, attributes: str = LOUD) -> Person:
    path = f"/room-{who[1:]}"
    stage.pages[path] = f"<Dial><Conference waitUrl='' {attributes}>x</Conference></Dial>"
    person = stage.person(who, after=0)
    stage.calls_out(who, url=path)
    stage.advance(0.6)
    return person


def room(stage: Stage) -> Conference:
    return list(stage.carrier.conferences.values())[-1]


def events(stage: Stage) -> list[str]:
    return [asked["StatusCallbackEvent"] for asked in stage.at("/room")]


def of(stage: Stage, event: str) -> list[Asked]:
    return [a for a in stage.at("/room") if a["StatusCallbackEvent"] == event]


def test_the_life_of_a_room(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    omar.call.hang_up()
    stage.advance(1)
    dana.call.hang_up()
    stage.advance(1)
    assert events(stage) == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]


def test_the_events_are_numbered_in_order(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR)
    dana.call.hang_up()
    omar.call.hang_up()
    stage.advance(1)
    assert [asked["SequenceNumber"] for asked in stage.at("/room")] == list("123456")


def test_numbering_may_begin_at_zero_by_choice(stage: Stage) -> None:
    stage.carrier.choices.conference_first_sequence = 0
    enters(stage, DANA)
    assert stage.last("/room")["SequenceNumber"] == "0"


def test_the_start_may_come_before_the_join_by_choice(stage: Stage) -> None:
    stage.carrier.choices.start_before_join = True
    enters(stage, DANA)
    enters(stage, OMAR)
    assert events(stage) == ["participant-join", "conference-start", "participant-join"]


def test_every_event_names_the_room(stage: Stage) -> None:
    dana = enters(stage, DANA)
    enters(stage, OMAR)
    dana.call.hang_up()
    stage.advance(1)
    for asked in stage.at("/room"):
        assert asked["ConferenceSid"] == room(stage).sid
        assert asked["FriendlyName"] == "x"
        assert asked["AccountSid"] == stage.account.sid
        assert asked["Timestamp"].endswith("+0000")


def test_a_join_describes_the_participant(stage: Stage) -> None:
    dana = enters(stage, DANA, f"{LOUD} participantLabel='customer' muted='true'")
    told = stage.last("/room").params
    assert told["CallSid"] == dana.call.sid
    assert told["ParticipantLabel"] == "customer"
    assert told["Muted"] == "true"
    assert told["Hold"] == "false"
    assert told["Coaching"] == "false"
    assert told["StartConferenceOnEnter"] == "true"
    assert told["EndConferenceOnExit"] == "false"


def test_a_coachs_join_says_whom(stage: Stage) -> None:
    dana = enters(stage, DANA)
    enters(stage, OMAR, f"coach='{dana.call.sid}'")
    told = of(stage, "participant-join")[-1]
    assert (told["Coaching"], told["CallSidToCoach"]) == ("true", dana.call.sid)


def test_a_leave_says_why(stage: Stage) -> None:
    enters(stage, DANA)
    omar = enters(stage, OMAR)
    omar.call.hang_up()
    stage.advance(1)
    told = of(stage, "participant-leave")[-1]
    assert told["CallSid"] == omar.call.sid
    assert told["ReasonParticipantLeft"] == "participant_hung_up"
    assert told["ParticipantCallStatus"] == "completed"


def test_the_end_says_who_and_why(stage: Stage) -> None:
    enters(stage, DANA)
    omar = enters(stage, OMAR, "endConferenceOnExit='true' participantLabel='agent'")
    omar.call.hang_up()
    stage.advance(1)
    told = of(stage, "conference-end")[-1]
    assert told["CallSidEndingConference"] == omar.call.sid
    assert told["ParticipantLabelEndingConference"] == "agent"
    assert told["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert told["Reason"]


def test_when_the_moderator_goes_the_others_leave_before_the_end(stage: Stage) -> None:
    dana, omar = enters(stage, DANA), enters(stage, OMAR, "endConferenceOnExit='true'")
    omar.call.hang_up()
    stage.advance(1)
    assert events(stage)[-3:] == ["participant-leave", "participant-leave", "conference-end"]
    first, second = of(stage, "participant-leave")
    assert (first["CallSid"], first["ReasonParticipantLeft"]) == (
        omar.call.sid,
        "participant_hung_up",
    )
    assert (second["CallSid"], second["ReasonParticipantLeft"]) == (
        dana.call.sid,
        "moderator_ended_conference",
    )


def test_or_after_it_by_choice(stage: Stage) -> None:
    stage.carrier.choices.leaves_before_end = False
    enters(stage, DANA)
    omar = enters(stage, OMAR, "endConferenceOnExit='true'")
    omar.call.hang_up()
    stage.advance(1)
    assert events(stage)[-3:] == ["participant-leave", "conference-end", "participant-leave"]


def test_a_room_ended_over_rest_says_so(stage: Stage) -> None:
    enters(stage, DANA)
    enters(stage, OMAR)
    stage.carrier.update_conference(room(stage), ConferenceUpdate(status="completed"))
    stage.advance(1)
    reasons = {a["ReasonParticipantLeft"] for a in of(stage, "participant-leave")}
    assert reasons == {"conference_ended_via_api"}
    told = of(stage, "conference-end")[-1]
    assert told["ReasonConferenceEnded"] == "conference-ended-via-api"
    assert told.get("CallSidEndingConference") is None


def test_only_the_first_participants_settings_count(stage: Stage) -> None:
    enters(stage, DANA, "statusCallback='/first' statusCallbackEvent='join'")
    enters(stage, OMAR, "statusCallback='/second' statusCallbackEvent='join leave'")
    assert len(stage.at("/first")) == 2
    assert stage.at("/second") == []


def test_a_first_participant_without_settings_silences_the_room(stage: Stage) -> None:
    enters(stage, DANA, "")
    enters(stage, OMAR, LOUD)
    assert stage.at("/room") == []


def test_the_settings_outlive_the_first_participant(stage: Stage) -> None:
    dana = enters(stage, DANA)
    enters(stage, OMAR, "")
    dana.call.hang_up()
    stage.advance(1)
    enters(stage, LENA, "statusCallback='/other' statusCallbackEvent='join'")
    assert of(stage, "participant-join")[-1]["CallSid"] == list(room(stage).participants)[-1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("join", {"participant-join"}),
        ("leave", {"participant-leave"}),
        ("start end", {"conference-start", "conference-end"}),
        ("", set()),
    ],
)
def test_only_what_was_asked_for_is_told(stage: Stage, wanted: str, expected: set[str]) -> None:
    setting = f"statusCallback='/room' statusCallbackEvent='{wanted}'"
    dana, omar = enters(stage, DANA, setting), enters(stage, OMAR, setting)
    dana.call.hang_up()
    omar.call.hang_up()
    stage.advance(1)
    assert set(events(stage)) == expected


def test_who_speaks_is_told_for_as_long_as_they_do(stage: Stage) -> None:
    dana = enters(stage, DANA)
    enters(stage, OMAR)
    stage.asked.clear()
    at = stage.now
    dana.call.speak("x" * 30)
    stage.advance(5)
    assert [(round(a.at - at), a["StatusCallbackEvent"]) for a in stage.at("/room")] == [
        (0, "participant-speech-start"),
        (2, "participant-speech-stop"),
    ]
    assert stage.last("/room")["CallSid"] == dana.call.sid


def test_the_muted_are_not_noticed_speaking(stage: Stage) -> None:
    enters(stage, DANA)
    omar = enters(stage, OMAR, "muted='true'")
    omar.call.speak("hello?")
    stage.advance(2)
    assert "participant-speech-start" not in events(stage)


def test_mute_and_hold_are_told_both_ways(stage: Stage) -> None:
    enters(stage, DANA)
    enters(stage, OMAR)
    stage.asked.clear()
    person = room(stage).present()[0]
    for update in (
        ParticipantUpdate(muted=True),
        ParticipantUpdate(muted=False),
        ParticipantUpdate(hold=True),
        ParticipantUpdate(hold=False),
    ):
        stage.carrier.update_participant(person, update)
        stage.advance(0.1)
    assert events(stage) == [
        "participant-mute",
        "participant-unmute",
        "participant-hold",
        "participant-unhold",
    ]


def test_what_is_so_already_is_not_told(stage: Stage) -> None:
    enters(stage, DANA)
    enters(stage, OMAR)
    stage.asked.clear()
    person = room(stage).present()[0]
    stage.carrier.update_participant(person, ParticipantUpdate(muted=False, hold=False))
    stage.advance(1)
    assert events(stage) == []


def test_other_changes_are_modifications(stage: Stage) -> None:
    enters(stage, DANA)
    enters(stage, OMAR)
    stage.asked.clear()
    person = room(stage).present()[0]
    stage.carrier.update_participant(person, ParticipantUpdate(end_conference_on_exit=True))
    stage.advance(0.1)
    assert events(stage) == ["participant-modify"]
    assert stage.last("/room")["EndConferenceOnExit"] == "true"


def test_an_unstarted_room_tells_its_end_unless_chosen_otherwise(stage: Stage) -> None:
    enters(stage, DANA).call.hang_up()
    stage.advance(1)
    assert events(stage) == ["participant-join", "participant-leave", "conference-end"]
    stage.carrier.choices.end_event_of_unstarted_room = False
    stage.asked.clear()
    enters(stage, OMAR).call.hang_up()
    stage.advance(1)
    assert events(stage) == ["participant-join", "participant-leave"]
