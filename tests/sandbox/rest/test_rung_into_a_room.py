"""What may be ordered for somebody who is rung into a room, and what comes of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.core.calls import Call, Callee
from tests.sandbox.rest.house import APP, DANA, NUMBER, OMAR, Answering, House, room
from tests.sandbox.rest.refusals import refused


class Machine(Answering):
    """A mailbox with a long greeting."""

    def callee(self, call: Call) -> Callee:
        return Callee(kind="machine", greeting=8.0)


@pytest.fixture
def meeting(house: House) -> House:
    """Dana sits in a room of her own."""
    house.pages["/room"] = room("meeting", "waitUrl=''")
    house.person(DANA)
    house.call(to=DANA, page="/room")
    house.person(OMAR)
    return house


def rung(house: House, name: str = "meeting", seconds: float = 5, **order: Any) -> Call:
    """Omar's leg, so long after he was ordered."""
    asked = house.client.conferences(name).participants.create(to=OMAR, from_=NUMBER, **order)
    house.advance(seconds)
    return house.carrier.calls[str(asked.call_sid)]


def told(house: House, path: str) -> list[dict[str, str]]:
    return [dict(each.params) for each in house.asked if urlsplit(each.url).path == path]


def test_the_leg_is_recorded_from_its_answer(meeting: House) -> None:
    leg = rung(
        meeting,
        record=True,
        recording_channels="dual",
        recording_status_callback=f"{APP}/tape",
        recording_status_callback_event=["in-progress", "completed"],
    )
    leg.hang_up()
    meeting.advance(2)
    assert [news["RecordingStatus"] for news in told(meeting, "/tape")] == [
        "in-progress",
        "completed",
    ]
    (tape,) = meeting.client.calls(leg.sid).recordings.list()
    assert (tape.channels, tape.source) == (2, "OutboundAPI")


def test_the_room_is_recorded_and_tells_what_goes_on(house: House) -> None:
    house.person(OMAR)
    house.person(DANA)
    rung(
        house,
        "fresh",
        conference_record="record-from-start",
        conference_recording_status_callback=f"{APP}/tape",
        conference_status_callback=f"{APP}/news",
        conference_status_callback_event=["start", "join", "end"],
    )
    house.client.conferences("fresh").participants.create(to=DANA, from_=NUMBER)
    house.advance(10)
    for call in list(house.carrier.calls.values()):
        call.hang_up()
    house.advance(2)
    assert [news["StatusCallbackEvent"] for news in told(house, "/news")] == [
        "participant-join",
        "participant-join",
        "conference-start",
        "conference-end",
    ]
    assert [news["RecordingSource"] for news in told(house, "/tape")] == ["Conference"]


def test_a_machine_is_found_while_it_is_in_the_room(meeting: House) -> None:
    meeting.carrier.phones.connect(OMAR, Machine())
    leg = rung(
        meeting,
        seconds=12,
        machine_detection="Enable",
        amd_status_callback=f"{APP}/amd",
    )
    (verdict,) = told(meeting, "/amd")
    assert (verdict["CallSid"], verdict["AnsweredBy"]) == (leg.sid, "machine_start")
    assert meeting.client.calls(leg.sid).fetch().answered_by == "machine_start"
    assert leg.conference_sid is not None


def test_a_time_limit_ends_the_leg(meeting: House) -> None:
    assert not rung(meeting, seconds=9, time_limit=10).ended
    meeting.advance(3)
    (leg,) = meeting.client.calls.list(to=OMAR)
    assert leg.status == "completed"


def test_it_rings_so_long_and_no_longer(meeting: House) -> None:
    meeting.carrier.phones.disconnect(OMAR)
    leg = rung(
        meeting,
        seconds=6,
        timeout=7,
        status_callback=f"{APP}/leg",
        status_callback_event=["ringing", "completed"],
    )
    assert leg.status == "ringing"
    meeting.advance(2)
    assert [news["CallStatus"] for news in told(meeting, "/leg")] == ["ringing", "no-answer"]


def test_another_number_and_a_name_may_be_shown(meeting: House) -> None:
    meeting.carrier.add_caller_id(meeting.account, "+15550142", "dana's mobile")
    leg = rung(meeting, caller_id="+15550142", caller_display_name="Dana")
    assert (leg.from_, leg.caller_name) == ("+15550142", "Dana")


def test_a_wait_of_ones_own_is_heard_before_the_start(house: House) -> None:
    house.pages["/wait"] = "<Response><Say>please wait</Say></Response>"
    house.person(OMAR)
    rung(house, "fresh", wait_url=f"{APP}/wait", wait_method="GET")
    waits = [each.method for each in house.asked if urlsplit(each.url).path == "/wait"]
    assert waits == ["GET"]


def test_the_first_says_how_many_there_may_be(house: House) -> None:
    house.person(OMAR)
    for _ in range(2):
        rung(house, "small", max_participants=2)
    with refused(16020):
        rung(house, "small")
    assert len(house.carrier.calls) == 2
