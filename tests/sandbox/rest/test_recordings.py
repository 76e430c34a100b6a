"""Recordings of calls and rooms, and their sound."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import pytest

from tests.sandbox.rest.house import ACCOUNT, APP, CARRIER, DANA, OMAR, House, room
from tests.sandbox.rest.refusals import refused


@pytest.fixture
def call(house: House) -> str:
    house.person(DANA)
    return house.call()


def record(house: House, call: str, seconds: float = 10, **options: Any) -> str:
    """A finished recording of so many seconds."""
    started = house.client.calls(call).recordings.create(**options)
    house.advance(seconds)
    house.client.calls(call).recordings("Twilio.CURRENT").update(status="stopped")
    house.advance(2)
    return str(started.sid)


# of a call


def test_a_call_in_progress_is_recorded(house: House, call: str) -> None:
    started = house.client.calls(call).recordings.create(recording_channels="dual")
    assert (started.status, started.source) == ("in-progress", "StartCallRecordingAPI")
    assert (started.channels, started.track, started.duration) == (2, "both", None)
    assert (started.call_sid, started.conference_sid) == (call, None)


def test_only_a_call_in_progress_can_be_recorded(house: House) -> None:
    sid = house.call(to=OMAR)
    with refused(21220, text="Requested resource is not eligible for recording"):
        house.client.calls(sid).recordings.create()


def test_a_recording_is_paused_resumed_and_stopped(house: House, call: str) -> None:
    started = house.client.calls(call).recordings.create()
    recording = house.client.calls(call).recordings(started.sid)
    assert recording.update(status="paused", pause_behavior="skip").status == "paused"
    assert recording.update(status="in-progress").status == "in-progress"
    house.advance(2)
    recording.update(status="stopped")
    house.advance(2)
    assert recording.fetch().status == "completed"


def test_a_skipped_pause_is_not_in_the_sound(house: House, call: str) -> None:
    started = house.client.calls(call).recordings.create()
    current = house.client.calls(call).recordings("Twilio.CURRENT")
    house.advance(4)
    current.update(status="paused", pause_behavior="skip")
    house.advance(10)
    current.update(status="in-progress")
    house.advance(3)
    current.update(status="stopped")
    house.advance(2)
    assert house.client.recordings(started.sid).fetch().duration == "7"


def test_current_means_the_one_that_runs(house: House, call: str) -> None:
    started = house.client.calls(call).recordings.create()
    assert house.client.calls(call).recordings("Twilio.CURRENT").fetch().sid == started.sid


def test_without_one_that_runs_current_is_20404(house: House, call: str) -> None:
    with refused(20404, 404):
        house.client.calls(call).recordings("Twilio.CURRENT").update(status="stopped")


@pytest.mark.parametrize("status", ["", "completed", "absent", "rewound"])
def test_a_recording_is_only_paused_resumed_or_stopped(
    house: House, call: str, status: str
) -> None:
    house.client.calls(call).recordings.create()
    with refused(20001):
        house.client.calls(call).recordings("Twilio.CURRENT").update(status=status)


def test_a_pause_skips_or_is_silent(house: House, call: str) -> None:
    house.client.calls(call).recordings.create()
    with refused(20001, text="hum"):
        current = house.client.calls(call).recordings("Twilio.CURRENT")
        current.update(status="paused", pause_behavior="hum")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("recording_channels", "stereo", 20001),
        ("recording_track", "left", 20001),
        ("trim", "no", 20001),
        ("recording_status_callback", "/done", 21205),
        ("recording_status_callback_method", "PUT", 21209),
        ("recording_status_callback_event", ["soon"], 20001),
    ],
)
def test_an_order_to_record_is_judged(
    house: House, call: str, name: str, value: Any, code: int
) -> None:
    with refused(code):
        house.client.calls(call).recordings.create(**{name: value})


def test_a_finished_recording_is_told_of(house: House, call: str) -> None:
    sid = record(house, call, recording_status_callback=f"{APP}/done")
    (told,) = [dict(fetch.params) for fetch in house.asked if fetch.url == f"{APP}/done"]
    assert (told["RecordingSid"], told["RecordingStatus"]) == (sid, "completed")
    assert told["RecordingUrl"] == f"{CARRIER}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}"


def test_recordings_of_a_call_are_its_own(house: House, call: str) -> None:
    sid = record(house, call)
    other = house.call()
    assert [each.sid for each in house.client.calls(call).recordings.list()] == [sid]
    assert house.client.calls(other).recordings.list() == []
    with refused(20404, 404):
        house.client.calls(other).recordings(sid).fetch()


def test_recordings_are_filtered_by_date(house: House, call: str) -> None:
    sid = record(house, call)
    recordings = house.client.calls(call).recordings
    assert [each.sid for each in recordings.list(date_created="2026-11-04")] == [sid]
    assert recordings.list(date_created_after="2026-11-05") == []


def test_a_recording_that_runs_is_not_deleted(house: House, call: str) -> None:
    started = house.client.calls(call).recordings.create()
    with refused(20009, 409):
        house.client.calls(call).recordings(started.sid).delete()


# of the account


def test_all_recordings_of_the_account(house: House, call: str) -> None:
    first, second = record(house, call), record(house, call)
    assert [each.sid for each in house.client.recordings.list()] == [second, first]
    assert [each.sid for each in house.client.recordings.stream(page_size=1)] == [second, first]
    assert len(house.client.recordings.list(call_sid=call)) == 2
    assert house.client.recordings.list(call_sid="CA" + "0" * 32) == []
    assert house.client.recordings.list(conference_sid="CF" + "0" * 32) == []


def test_a_deleted_recording_leaves_its_metadata(house: House, call: str) -> None:
    sid = record(house, call)
    assert house.client.recordings(sid).delete() is True
    assert house.client.recordings.list() == []
    with refused(20404, 404):
        house.client.recordings(sid).fetch()
    assert house.client.recordings(sid).fetch(include_soft_deleted=True).status == "deleted"
    assert [each.sid for each in house.client.recordings.list(include_soft_deleted=True)] == [sid]


def test_deleting_under_the_call_is_deleting(house: House, call: str) -> None:
    sid = record(house, call)
    assert house.client.calls(call).recordings(sid).delete() is True
    assert house.send("GET", f"Recordings/{sid}.wav", auth=None).status == 404


# the sound


def test_the_sound_is_a_wav_of_the_right_length_and_channels(house: House, call: str) -> None:
    sid = record(house, call, seconds=10, recording_channels="dual")
    fetched = house.send("GET", f"Recordings/{sid}.wav", auth=None)
    assert (fetched.status, fetched.headers["Content-Type"]) == (200, "audio/x-wav")
    with wave.open(io.BytesIO(fetched.body)) as sound:
        assert sound.getnchannels() == 2
        assert round(sound.getnframes() / sound.getframerate()) == 10


def test_the_recording_url_itself_is_the_wav(house: House, call: str) -> None:
    sid = record(house, call)
    media_url = house.client.recordings(sid).fetch().media_url
    assert media_url == f"{CARRIER}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}"
    plain = house.send("GET", f"Recordings/{sid}", auth=None)
    assert plain.body == house.send("GET", f"Recordings/{sid}.wav", auth=None).body


def test_the_sound_is_not_there_before_it_is_complete(house: House, call: str) -> None:
    started = house.client.calls(call).recordings.create()
    assert house.send("GET", f"Recordings/{started.sid}.wav", auth=None).status == 404


def test_mp3_is_not_carried(house: House, call: str) -> None:
    sid = record(house, call)
    answered = house.send("GET", f"Recordings/{sid}.mp3", auth=None)
    assert answered.status == 501
    assert f"{sid}.wav" in json.loads(answered.body)["message"]


def test_there_is_no_sound_in_an_account_that_does_not_exist(house: House, call: str) -> None:
    sid = record(house, call)
    path = f"/2010-04-01/Accounts/AC{'0' * 32}/Recordings/{sid}.wav"
    assert house.send("GET", path, auth=None).status == 404


# of a room


@pytest.fixture
def meeting(house: House) -> str:
    """A room that is recorded from its start, with dana and omar."""
    house.pages["/room"] = room("meeting", "record='record-from-start'")
    for number in (DANA, OMAR):
        house.person(number)
        house.call(to=number, page="/room")
    (found,) = house.client.conferences.list()
    return str(found.sid)


def test_a_rooms_recording_is_found_under_the_room(house: House, meeting: str) -> None:
    (recording,) = house.client.conferences(meeting).recordings.list()
    assert (recording.conference_sid, recording.source) == (meeting, "Conference")
    assert recording.channels == 1
    fetched = house.client.conferences(meeting).recordings(recording.sid).fetch()
    assert fetched.status == "in-progress"


def test_a_rooms_recording_is_paused_and_stopped(house: House, meeting: str) -> None:
    current = house.client.conferences(meeting).recordings("Twilio.CURRENT")
    assert current.update(status="paused").status == "paused"
    assert current.update(status="in-progress").status == "in-progress"
    current.update(status="stopped")
    house.advance(2)
    (recording,) = house.client.recordings.list(conference_sid=meeting)
    assert recording.status == "completed"


def test_a_rooms_recording_is_deleted(house: House, meeting: str) -> None:
    house.client.conferences(meeting).update(status="completed")
    house.advance(3)
    (recording,) = house.client.conferences(meeting).recordings.list()
    assert house.client.conferences(meeting).recordings(recording.sid).delete() is True
    assert house.client.conferences(meeting).recordings.list() == []


def test_a_rooms_recording_is_not_another_rooms(house: House, meeting: str) -> None:
    (recording,) = house.client.conferences(meeting).recordings.list()
    house.person("+15550179")
    other = house.client.conferences("other").participants.create(from_="+15550100", to="+15550179")
    with refused(20404, 404):
        house.client.conferences(other.conference_sid).recordings(recording.sid).fetch()
