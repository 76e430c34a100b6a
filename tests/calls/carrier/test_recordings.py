"""Recordings as the carrier is asked for them, and what it may answer."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from calls.carrier import addresses, gateway
from calls.carrier.gateway import AlreadyOver, Done, Outcome, Passing, TooLate
from calls.states import Verb
from tests.calls.carrier.scripted_carrier import SID, Answer, ScriptedCarrier, problem

LEG, RECORDING = uuid4(), uuid4()
TAPE = "RE" + "1" * 32
NOT_ELIGIBLE = problem(400, 21220, "Requested resource is not eligible for recording")


def tape(status: str, source: str = "StartCallRecordingAPI", sid: str = TAPE) -> Answer:
    return 200, {"sid": sid, "call_sid": SID, "status": status, "source": source}


def listed(*tapes: Answer) -> Answer:
    return 200, {"recordings": [body for _, body in tapes], "page": 0, "page_size": 50, "uri": ""}


def ask(verb: Verb, **params: Any) -> Outcome:
    return asyncio.run(_ask(verb, {"recording": str(RECORDING), **params}))


async def _ask(verb: Verb, params: dict[str, Any]) -> Outcome:
    try:
        return await gateway.ask(
            verb,
            sid=SID,
            to="",
            from_="",
            params=params,
            leg_id=LEG,
            call_id=uuid4(),
            room="",
            order_id=uuid4(),
            conference_sid="",
        )
    finally:
        await gateway.close_async_client()


def test_both_sides_are_recorded_and_the_news_names_our_recording(carrier: ScriptedCarrier) -> None:
    carrier.will_say(tape("in-progress"))
    assert ask(Verb.RECORD) == Done(TAPE, "in-progress")
    [asked] = carrier.asked
    assert asked.path.endswith(f"/Calls/{SID}/Recordings.json")
    assert asked.all("RecordingStatusCallbackEvent") == ["in-progress", "completed", "absent"]
    form = dict(asked.form)
    assert form["RecordingChannels"] == "dual"
    assert form["RecordingStatusCallback"] == addresses.call_recording(LEG, RECORDING)
    assert f"?recording={RECORDING}#" in form["RecordingStatusCallback"]


def test_asked_once_more_a_recording_that_runs_is_the_one(carrier: ScriptedCarrier) -> None:
    other = tape("in-progress", "DialVerb", "RE" + "2" * 32)
    carrier.will_say(listed(other, tape("completed"), tape("paused")))
    assert ask(Verb.RECORD, again=True) == Done(TAPE, "paused")
    assert [asked.method for asked in carrier.asked] == ["GET"]


def test_asked_once_more_one_is_begun_where_none_runs(carrier: ScriptedCarrier) -> None:
    carrier.will_say(listed(), tape("in-progress"))
    assert ask(Verb.RECORD, again=True) == Done(TAPE, "in-progress")


@pytest.mark.parametrize("behaviour", ["silence", "skip"])
def test_a_pause_says_how(carrier: ScriptedCarrier, behaviour: str) -> None:
    carrier.will_say(tape("paused"))
    assert ask(Verb.PAUSE_RECORDING, sid=TAPE, behaviour=behaviour) == Done(TAPE, "paused")
    [asked] = carrier.asked
    assert asked.path.endswith(f"/Recordings/{TAPE}.json")
    assert dict(asked.form) == {"Status": "paused", "PauseBehavior": behaviour}


def test_a_recording_without_a_name_is_the_one_that_runs(carrier: ScriptedCarrier) -> None:
    carrier.will_say(tape("stopped"))
    ask(Verb.STOP_RECORDING)
    assert carrier.asked[0].path.endswith("/Recordings/Twilio.CURRENT.json")


def test_what_is_so_already_is_done(carrier: ScriptedCarrier) -> None:
    carrier.will_say(NOT_ELIGIBLE, tape("paused"))
    assert ask(Verb.PAUSE_RECORDING, sid=TAPE) == Done(TAPE, "paused")


@pytest.mark.parametrize("status", ["completed", "processing", "stopped", "absent"])
def test_a_recording_that_is_over_is_paused_too_late(carrier: ScriptedCarrier, status: str) -> None:
    carrier.will_say(NOT_ELIGIBLE, tape(status))
    assert ask(Verb.PAUSE_RECORDING, sid=TAPE) == TooLate()


@pytest.mark.parametrize("status", ["completed", "processing", "absent"])
def test_and_has_been_stopped(carrier: ScriptedCarrier, status: str) -> None:
    carrier.will_say(NOT_ELIGIBLE, tape(status))
    assert ask(Verb.STOP_RECORDING, sid=TAPE) == AlreadyOver()


def test_a_time_out_at_the_carrier_passes(carrier: ScriptedCarrier) -> None:
    carrier.will_say(problem(408, 20408, "timeout"))
    assert isinstance(ask(Verb.RESUME_RECORDING, sid=TAPE), Passing)


@pytest.mark.parametrize("sid", [TAPE, SID])
def test_deleting_what_is_not_there_is_deleting(carrier: ScriptedCarrier, sid: str) -> None:
    carrier.will_say(problem(404, 20404, "not found"))
    gateway.delete(sid)
    assert carrier.asked[0].method == "DELETE"


def test_deleting_what_is_not_complete_is_trouble(carrier: ScriptedCarrier) -> None:
    carrier.will_say(problem(400, 20009, "Cannot delete this resource before it is complete"))
    with pytest.raises(gateway.CarrierTrouble, match="before it is complete"):
        gateway.delete(TAPE)
