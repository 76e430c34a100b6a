"""Recordings over the API: by whom, what for, and what is refused with a sentence."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Change, Command, Leg, Queue, Recording, RecordingGap
from calls.services import recordings
from calls.states import RecordingState, Verb
from tests import people
from tests.calls.api.programs import Program
from tests.people import at

pytestmark = pytest.mark.django_db
SID = "RE" + "1" * 32


@pytest.fixture
def talk(ruth: Call, dana: User, billing: Queue) -> Leg:
    """Ruth and Dana talk, in a queue that records on demand and says nothing of it."""
    Queue.objects.filter(pk=billing.pk).update(recording="on-demand", recording_consent="")
    people.talking(ruth, dana)
    return people.customer(ruth)


def recorded(talk: Leg) -> Recording:
    tape = Recording.objects.get(call=talk.call)
    recordings.told(
        leg=talk, recording_id=tape.pk, sid=SID, status="in-progress", seconds=None, now=at(5)
    )
    Command.objects.filter(call=talk.call).update(state="done", settled_at=at(5))
    tape.refresh_from_db()
    return tape


def test_a_program_has_a_call_recorded(crm: Program, talk: Leg) -> None:
    asked = crm.post(f"calls/{talk.call_id}/recording/start", {"reason": "a complaint"})
    assert asked.status_code == 202
    assert [order["verb"] for order in asked.json()["orders"]] == ["record"]
    assert recorded(talk).state == RecordingState.IN_PROGRESS
    again = crm.post(f"calls/{talk.call_id}/recording/start")
    assert (again.status_code, again.json()["code"]) == (409, "already-recording")


def test_a_dry_run_records_nothing(crm: Program, talk: Leg) -> None:
    planned = crm.post(f"calls/{talk.call_id}/recording/start?dry_run=1")
    assert planned.json()["steps"][0]["verb"] == "record"
    assert not Recording.objects.exists()
    assert not Change.objects.exists()


def test_a_pause_says_why(crm: Program, talk: Leg) -> None:
    crm.post(f"calls/{talk.call_id}/recording/start")
    recorded(talk)
    silent = crm.post(f"calls/{talk.call_id}/recording/pause", {"behaviour": "skip"})
    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (400, "reason")
    wrong = crm.post(f"calls/{talk.call_id}/recording/pause", {"reason": "x", "behaviour": "loud"})
    assert wrong.status_code == 400
    asked = crm.post(
        f"calls/{talk.call_id}/recording/pause", {"reason": "card number", "behaviour": "skip"}
    )
    assert asked.status_code == 202
    order = Command.objects.get(verb=Verb.PAUSE_RECORDING)
    assert (order.params["why"], order.params["behaviour"]) == ("card number", "skip")


def test_what_was_recorded_is_listed_with_its_gaps(crm: Program, talk: Leg, dana: User) -> None:
    crm.post(f"calls/{talk.call_id}/recording/start")
    tape = recorded(talk)
    RecordingGap.objects.create(
        recording=tape, began_at=at(7), ended_at=at(9), why="card number", by=dana
    )
    [listed] = crm.get(f"calls/{talk.call_id}/recordings").json()
    assert (listed["id"], listed["state"]) == (str(tape.pk), "in-progress")
    assert "sid" not in listed
    assert listed["gaps"][0]["why"] == "card number"
    sound = crm.get(f"recordings/{tape.pk}/sound")
    assert (sound.status_code, sound.json()["detail"]) == (
        404,
        "This recording is not ready yet.",
    )


def test_a_legal_hold_says_why_and_is_released(crm: Program, talk: Leg) -> None:
    empty = crm.post(f"calls/{talk.call_id}/legal-hold", {})
    assert empty.status_code == 400
    held = crm.post(f"calls/{talk.call_id}/legal-hold", {"reason": "a lawsuit"})
    assert held.json()["legal_hold"].startswith("a lawsuit (API key")
    released = crm.post(f"calls/{talk.call_id}/legal-hold/release")
    assert released.json()["legal_hold"] == ""


# News that contradicts ----------------------------------------------------------------------------


def told(talk: Leg, tape: Recording, sid: str, status: str, seconds: int = 0) -> str:
    stale = recordings.told(
        leg=talk, recording_id=tape.pk, sid=sid, status=status, seconds=seconds, now=at(60)
    )
    tape.refresh_from_db()
    return stale


def test_of_two_recordings_the_one_with_sound_is_kept(crm: Program, talk: Leg) -> None:
    crm.post(f"calls/{talk.call_id}/recording/start")
    tape, other = recorded(talk), "RE" + "2" * 32
    with pytest.raises(recordings.Unclear):
        told(talk, tape, other, "completed", 30)
    assert told(talk, tape, SID, "absent") == ""
    assert told(talk, tape, other, "completed", 30) == ""
    assert (tape.sid, tape.state, tape.seconds) == (other, "completed", 30)


def test_a_recording_too_many_is_deleted(crm: Program, talk: Leg) -> None:
    crm.post(f"calls/{talk.call_id}/recording/start")
    tape, other = recorded(talk), "RE" + "2" * 32
    told(talk, tape, SID, "completed", 30)
    assert "not RE" in told(talk, tape, other, "completed", 30)
    assert tape.sid == SID
    from_queue = tape.delete_after
    assert from_queue is not None
    assert from_queue - at(60) == timedelta(days=90)
