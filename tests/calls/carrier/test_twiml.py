"""What each step sounds like, and where the carrier goes next."""

import xml.etree.ElementTree as ElementTree
from uuid import UUID, uuid4
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import steps
from calls.carrier import addresses, twiml
from calls.states import Recourse

LEG = UUID("6f9619ff-8b86-4d01-b42d-00c04fc964ff")
CALL = UUID("7f9619ff-8b86-4d01-b42d-00c04fc964ff")
ALL_STEPS: list[steps.Step] = [
    steps.Wait(leg_id=LEG, greeting="Welcome.", queue_name="billing"),
    steps.Announce(leg_id=LEG, sentences=("You are next.",), music_url="https://a.test/m.mp3"),
    steps.JoinRoom(leg_id=LEG, call_id=CALL, room=f"call-{CALL}"),
    steps.Parked(leg_id=LEG, text="One moment.", music_url="https://a.test/m.mp3"),
    steps.AskForKey(leg_id=LEG, text="Press 1."),
    steps.StandBy(line_id=LEG, text="You are on standby."),
    steps.PlayOut(leg_id=LEG, message="We are closed.", recourse=Recourse.VOICEMAIL),
    steps.PlayOut(leg_id=LEG, message="We are closed.", recourse=Recourse.HANG_UP),
    steps.OneMoment(resume_url="https://a.test/twilio/resume"),
    steps.Leave(),
    steps.Say(text="Goodbye."),
    steps.HangUp(),
    steps.Nothing(),
]


def verbs(step: steps.Step) -> list[Element]:
    root = ElementTree.fromstring(twiml.render(step))
    assert root.tag == "Response"
    return list(root)


def names(step: steps.Step) -> list[str]:
    return [verb.tag for verb in verbs(step)]


def test_a_caller_is_greeted_and_then_waits() -> None:
    say, enqueue = verbs(steps.Wait(leg_id=LEG, greeting="Welcome.", queue_name="billing"))
    assert say.text == "Welcome."
    assert enqueue.text == "billing"
    assert enqueue.attrib == {
        "action": addresses.queue_left(LEG),
        "method": "POST",
        "waitUrl": addresses.wait(LEG),
        "waitUrlMethod": "POST",
    }


def test_a_caller_without_a_greeting_waits_at_once() -> None:
    assert names(steps.Wait(leg_id=LEG, greeting="", queue_name="billing")) == ["Enqueue"]


def test_a_waiting_caller_hears_each_sentence_and_then_music() -> None:
    step = steps.Announce(
        leg_id=LEG, sentences=("You are number 2.", "About 3 minutes."), music_url="https://a/m"
    )
    first, second, play, _ = verbs(step)
    assert (first.text, second.text, play.text) == (
        "You are number 2.",
        "About 3 minutes.",
        "https://a/m",
    )


def test_a_round_takes_its_time_even_if_its_music_cannot_be_fetched() -> None:
    step = steps.Announce(leg_id=LEG, sentences=(), music_url="https://a/gone")
    _, pause = verbs(step)
    assert (pause.tag, pause.get("length")) == ("Pause", "3")


def test_whoever_stands_by_waits_in_silence_and_the_line_asks_again() -> None:
    pause, redirect = verbs(steps.StandBy(line_id=LEG))
    assert (pause.tag, pause.get("length")) == ("Pause", "180")
    assert redirect.text == addresses.standby(LEG)


def test_a_beep_is_heard_before_the_voice_and_before_the_room() -> None:
    (gather,) = verbs(steps.AskForKey(leg_id=LEG, text="Press 1.", sound_url="https://a/beep"))
    assert [verb.tag for verb in gather] == ["Play", "Say"]
    room = steps.JoinRoom(leg_id=LEG, call_id=CALL, room="call", sound_url="https://a/beep")
    assert names(room) == ["Play", "Dial"]


def test_the_key_that_keeps_a_line_open_is_told_at_its_own_address() -> None:
    (gather,) = verbs(steps.AskForKey(leg_id=LEG, text="Press 1.", for_standby=True))
    assert gather.get("action") == addresses.standby_key(LEG)


def test_without_music_the_next_round_still_takes_its_time() -> None:
    (pause,) = verbs(steps.Announce(leg_id=LEG, sentences=(), music_url=""))
    assert (pause.tag, pause.get("length")) == ("Pause", "20")


def test_entering_a_room_beeps_for_nobody_and_leaving_it_ends_it_for_nobody() -> None:
    (dial,) = verbs(steps.JoinRoom(leg_id=LEG, call_id=CALL, room="call-7"))
    (room,) = dial
    assert dial.attrib == {"action": addresses.room_left(LEG), "method": "POST"}
    assert room.text == "call-7"
    assert room.attrib == {
        "beep": "false",
        "startConferenceOnEnter": "true",
        "endConferenceOnExit": "false",
        "waitUrl": "",
        "participantLabel": str(LEG),
        "statusCallback": addresses.conference(CALL),
        "statusCallbackMethod": "POST",
        "statusCallbackEvent": "start end join leave mute hold modify announcement",
    }


def test_everybody_brings_the_same_news_address_to_a_room() -> None:
    """Only the first one's counts, and anybody may be the first."""
    rooms = [
        verbs(steps.JoinRoom(leg_id=leg, call_id=CALL, room="call-7"))[0][0]
        for leg in (LEG, uuid4())
    ]
    assert len({room.get("statusCallback") for room in rooms}) == 1
    assert len({room.get("participantLabel") for room in rooms}) == 2


def test_an_announcement_is_heard_before_the_room_is_entered() -> None:
    step = steps.JoinRoom(leg_id=LEG, call_id=CALL, room="call-7", announcement="A call.")
    assert names(step) == ["Say", "Dial"]


def test_whoever_answers_is_asked_for_one_key_and_silence_is_reported_too() -> None:
    (gather,) = verbs(steps.AskForKey(leg_id=LEG, text="Press 1.", timeout_seconds=6))
    assert gather[0].text == "Press 1."
    assert gather.attrib == {
        "action": addresses.agent_key(LEG),
        "method": "POST",
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "6",
        "actionOnEmptyResult": "true",
    }


def test_a_caller_who_cannot_be_queued_may_leave_a_message() -> None:
    step = steps.PlayOut(leg_id=LEG, message="We are closed.", recourse=Recourse.VOICEMAIL)
    say, invitation, record, hangup = verbs(step)
    assert say.text == "We are closed."
    assert "after the tone" in (invitation.text or "")
    assert record.get("action") == addresses.voicemail(LEG)
    assert record.get("recordingStatusCallback") == addresses.recording(LEG)
    assert record.get("playBeep") == "true"
    assert hangup.tag == "Hangup"


def test_a_caller_who_may_not_leave_a_message_is_let_go() -> None:
    step = steps.PlayOut(leg_id=LEG, message="We are closed.", recourse=Recourse.HANG_UP)
    assert names(step) == ["Say", "Hangup"]


def test_one_moment_keeps_the_line_and_asks_again() -> None:
    step = steps.OneMoment(resume_url="https://a.test/twilio/resume?attempt=1", seconds=3)
    say, pause, redirect = verbs(step)
    assert say.text == "One moment, please."
    assert pause.get("length") == "3"
    assert redirect.text == "https://a.test/twilio/resume?attempt=1"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (steps.Leave(), ["Leave"]),
        (steps.Say(text="Goodbye."), ["Say", "Hangup"]),
        (steps.HangUp(), ["Hangup"]),
        (steps.Nothing(), []),
    ],
)
def test_the_short_ones(step: steps.Step, expected: list[str]) -> None:
    assert names(step) == expected


@pytest.mark.parametrize("step", ALL_STEPS, ids=lambda step: type(step).__name__)
def test_every_document_could_also_be_sent_inside_an_order(step: steps.Step) -> None:
    document = twiml.render(step)
    assert len(document) <= 4000
    for element in ElementTree.fromstring(document).iter():
        for name, value in element.attrib.items():
            if name in {"action", "waitUrl", "statusCallback", "recordingStatusCallback"}:
                assert value == "" or value.startswith("http"), name


def test_a_step_that_has_no_document_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="no document"):
        twiml.render("waiting")  # type: ignore[arg-type]


@given(st.text(max_size=60))
def test_no_name_breaks_out_of_its_sentence(text: str) -> None:
    (say, hangup) = verbs(steps.Say(text=f"Dana {text}"))
    assert say.tag == "Say"
    assert len(say) == 0
    assert (say.text or "").startswith("Dana")
    assert hangup.tag == "Hangup"
