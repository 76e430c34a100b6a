"""What the carrier has, as the reconciler reads it."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from calls.carrier import gateway
from calls.carrier.gateway import CarrierCall, CarrierParticipant, CarrierRoom, CarrierTrouble
from tests.calls.carrier.scripted_carrier import SID, ScriptedCarrier, call, page, problem

OTHER = "CA" + "2" * 32
ROOM = "CF" + "3" * 32


def test_every_live_call_is_read_whatever_it_is_doing(carrier: ScriptedCarrier) -> None:
    carrier.will_say(
        page("calls", {"sid": SID, "status": "queued", "direction": "outbound-api"}),
        page("calls"),
        page("calls", {"sid": OTHER, "status": "in-progress", "direction": "inbound"}),
    )
    assert [live.sid for live in gateway.live_calls()] == [SID, OTHER]
    asked = [dict(asked.query)["Status"] for asked in carrier.asked]
    assert asked == ["queued", "ringing", "in-progress"]


def test_only_calls_in_progress_have_a_start_to_ask_by(carrier: ScriptedCarrier) -> None:
    carrier.will_say(page("calls"))
    gateway.live_calls(since=datetime(2026, 3, 1, 9, tzinfo=UTC))
    starts = [dict(asked.query).get("StartTime>") for asked in carrier.asked]
    assert starts == [None, None, "2026-03-01T09:00:00Z"]


def test_one_call_is_read_in_our_words(carrier: ScriptedCarrier) -> None:
    began = "Sun, 01 Mar 2026 09:00:00 +0000"
    said = {"to": "+15550100002", "from": "+15550100000", "start_time": began}
    carrier.will_say(call("in-progress", **said))
    assert gateway.fetch_call(SID) == CarrierCall(
        sid=SID,
        status="in-progress",
        direction="outbound-api",
        to="+15550100002",
        from_="+15550100000",
        parent_sid="",
        started_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        ended_at=None,
    )


def test_a_call_that_the_carrier_does_not_know_is_none(carrier: ScriptedCarrier) -> None:
    carrier.will_say(problem(404, 20404))
    assert gateway.fetch_call(SID) is None


def test_rooms_are_read_by_name(carrier: ScriptedCarrier) -> None:
    talking = {"sid": ROOM, "friendly_name": "call-7", "status": "in-progress"}
    alone = {"sid": "CF2", "friendly_name": "call-8", "status": "init"}
    carrier.will_say(page("conferences", alone), page("conferences", talking))
    assert gateway.live_rooms() == [
        CarrierRoom("CF2", "call-8", "init"),
        CarrierRoom(ROOM, "call-7", "in-progress"),
    ]
    assert [dict(asked.query)["Status"] for asked in carrier.asked] == ["init", "in-progress"]


def test_who_is_in_a_room_is_read_by_label(carrier: ScriptedCarrier) -> None:
    dana = {"call_sid": SID, "label": "leg-1", "muted": False, "hold": True, "status": "connected"}
    carrier.will_say(page("participants", dana, dana | {"call_sid": OTHER, "label": None}))
    assert gateway.participants(ROOM) == [
        CarrierParticipant(SID, "leg-1", muted=False, hold=True, status="connected"),
        CarrierParticipant(OTHER, "", muted=False, hold=True, status="connected"),
    ]


def test_nobody_is_in_a_room_that_has_ended(carrier: ScriptedCarrier) -> None:
    carrier.will_say(problem(404, 20404))
    assert gateway.participants(ROOM) == []


@pytest.mark.parametrize("said", [problem(500, 20500), problem(401, 20003), (200, "not JSON")])
def test_a_carrier_in_trouble_is_not_taken_for_an_empty_one(
    carrier: ScriptedCarrier, said: tuple[int, str]
) -> None:
    carrier.will_say(said)
    for read in (gateway.live_calls, gateway.live_rooms):
        with pytest.raises(CarrierTrouble):
            read()
    with pytest.raises(CarrierTrouble):
        gateway.fetch_call(SID)
    with pytest.raises(CarrierTrouble):
        gateway.participants(ROOM)


def test_a_silent_carrier_is_not_waited_for(carrier: ScriptedCarrier, settings: Settings) -> None:
    settings.CARRIER_TIMEOUT = 0.1
    carrier.hang = True
    with pytest.raises(CarrierTrouble, match="Timeout"):
        gateway.live_rooms()
