"""Orders as the carrier hears them, and everything that it may answer."""

import asyncio
import base64
import logging
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from pytest_django import Settings

from calls.carrier import addresses, gateway
from calls.carrier.gateway import (
    AlreadyOver,
    Done,
    NoAnswer,
    Outcome,
    Passing,
    Refused,
    TooLate,
)
from calls.states import IN_ROOM_VERBS, RECORDING_VERBS, Verb
from tests.calls.carrier.scripted_carrier import SID, Answer, ScriptedCarrier, call, problem

LEG, CALL, ORDER = uuid4(), uuid4(), uuid4()
ROOM = "CF" + "0" * 32
RECORDING = "RE" + "0" * 32
OMAR = "+15550100002"
OURS = "+15550100000"
NOT_IN_PROGRESS = problem(400, 21220, "Call is not in-progress. Cannot redirect.")
GONE = problem(404, 20404, "The requested resource was not found")
PARAMS: dict[Verb, dict[str, Any]] = {
    Verb.DIAL: {"timeout": 20},
    Verb.STAND_BY: {"timeout": 30, "time_limit": 14400},
    Verb.JOIN_ROOM: {},
    Verb.ENQUEUE: {"queue_name": "billing"},
    Verb.PLAY_OUT: {"message": "We are closed.", "recourse": "hang-up"},
    Verb.REDIRECT: {"twiml": "<Response><Hangup/></Response>"},
    Verb.HANG_UP: {},
    Verb.PARK: {},
    Verb.SEND_DIGITS: {"digits": "12#"},
    **{verb: {} for verb in IN_ROOM_VERBS},
    Verb.COACH: {"muted": False, "coaching": True, "call_sid_to_coach": SID},
    **{verb: {"recording": str(LEG), "sid": RECORDING} for verb in RECORDING_VERBS},
}
STARTS = (Verb.DIAL, Verb.STAND_BY)
UPDATES = [verb for verb in Verb if verb not in STARTS]
REDIRECTS = [verb for verb in UPDATES if verb not in (Verb.HANG_UP, Verb.STOP_RECORDING)]
# Of a recording that is there, it is looked at the recording (test_recordings).
OF_THE_LEG = [verb for verb in UPDATES if verb not in RECORDING_VERBS - {Verb.RECORD}]


def ask(verb: Verb, sid: str | None = SID, **params: Any) -> Outcome:
    return asyncio.run(_ask(verb, sid, params or PARAMS[verb]))


async def _ask(verb: Verb, sid: str | None, params: dict[str, Any]) -> Outcome:
    try:
        return await gateway.ask(
            verb,
            sid=None if verb in STARTS and "standby" not in params else sid,
            to=OMAR,
            from_=OURS,
            params=params,
            leg_id=LEG,
            call_id=CALL,
            room=f"call-{CALL}",
            order_id=ORDER,
            conference_sid=ROOM,
        )
    finally:
        await gateway.close_async_client()


# What the carrier hears -------------------------------------------------------------------------


def test_an_agents_line_is_rung_with_our_leg_id_in_every_address(carrier: ScriptedCarrier) -> None:
    carrier.will_say((201, {"sid": SID, "status": "queued"}))
    assert ask(Verb.DIAL, timeout=18) == Done(SID, "queued")
    (asked,) = carrier.asked
    assert asked.method == "POST"
    assert asked.path.endswith("/Calls.json")
    assert dict(asked.form) == {
        "To": OMAR,
        "From": OURS,
        "Url": addresses.agent(LEG),
        "Method": "POST",
        "FallbackUrl": addresses.fallback(),
        "FallbackMethod": "POST",
        "StatusCallback": addresses.status(LEG),
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": "completed",
        "Timeout": "18",
    }


def test_a_line_that_is_kept_open_is_known_by_its_own_id_and_limited(
    carrier: ScriptedCarrier,
) -> None:
    carrier.will_say((201, {"sid": SID, "status": "queued"}))
    assert ask(Verb.STAND_BY) == Done(SID, "queued")
    told = dict(carrier.asked[0].form)
    assert told["Url"] == addresses.standby(LEG)
    assert told["StatusCallback"] == addresses.standby_status(LEG)
    assert told["TimeLimit"] == "14400"


@pytest.mark.parametrize("verb", [Verb.DIAL, Verb.HANG_UP])
def test_a_leg_that_is_lent_is_told_to_ask_instead_of_being_rung_or_ended(
    carrier: ScriptedCarrier, verb: Verb
) -> None:
    carrier.will_say(call("in-progress"))
    assert ask(verb, timeout=20, standby=str(CALL)) == Done(SID, "in-progress")
    assert carrier.asked[0].path.endswith(f"/Calls/{SID}.json")
    told = dict(carrier.asked[0].form)
    assert told["Url"] == addresses.standby(CALL)
    assert "Status" not in told
    assert "To" not in told


@pytest.mark.parametrize(
    ("verb", "outcome"), [(Verb.DIAL, TooLate()), (Verb.HANG_UP, AlreadyOver())]
)
def test_a_leg_that_is_lent_and_has_ended_cannot_be_brought_and_is_gone_already(
    carrier: ScriptedCarrier, verb: Verb, outcome: Outcome
) -> None:
    carrier.will_say(NOT_IN_PROGRESS, call("completed"))
    assert ask(verb, standby=str(CALL)) == outcome


@pytest.mark.parametrize("verb", [Verb.DIAL, Verb.HANG_UP])
def test_to_move_a_leg_that_is_lent_twice_does_no_harm(
    carrier: ScriptedCarrier, verb: Verb
) -> None:
    carrier.will_say(problem(500, 20500))
    assert isinstance(ask(verb, standby=str(CALL)), Passing)


def test_all_four_moments_of_a_leg_are_asked_for_one_by_one(carrier: ScriptedCarrier) -> None:
    """In one word the carrier would ring and then tell us nothing."""
    carrier.will_say((201, {"sid": SID, "status": "queued"}))
    ask(Verb.DIAL)
    events = carrier.asked[0].all("StatusCallbackEvent")
    assert events == ["initiated", "ringing", "answered", "completed"]


@pytest.mark.parametrize(
    ("verb", "params", "spoken"),
    [
        (Verb.JOIN_ROOM, {"announcement": "This call is recorded."}, ["Say", "Dial"]),
        (Verb.JOIN_ROOM, {}, ["Dial"]),
        (Verb.ENQUEUE, {"queue_name": "billing"}, ["Enqueue"]),
        (Verb.ENQUEUE, {"queue_name": "billing", "greeting": "Back."}, ["Say", "Enqueue"]),
        (Verb.PLAY_OUT, {"message": "Closed.", "recourse": "hang-up"}, ["Say", "Hangup"]),
        (
            Verb.PLAY_OUT,
            {"message": "Closed.", "recourse": "voicemail"},
            ["Say", "Say", "Record", "Hangup"],
        ),
        (Verb.REDIRECT, {"twiml": "<Response><Reject/></Response>"}, ["Reject"]),
    ],
)
def test_a_live_leg_is_given_its_next_document(
    carrier: ScriptedCarrier, verb: Verb, params: dict[str, Any], spoken: list[str]
) -> None:
    carrier.will_say(call("in-progress"))
    assert asyncio.run(_ask(verb, SID, params)) == Done(SID, "in-progress")
    (asked,) = carrier.asked
    assert asked.path.endswith(f"/Calls/{SID}.json")
    (document,) = asked.all("Twiml")
    assert [verb.tag for verb in ElementTree.fromstring(document)] == spoken


def test_the_room_is_the_calls_own(carrier: ScriptedCarrier) -> None:
    carrier.will_say(call("in-progress"))
    ask(Verb.JOIN_ROOM)
    room = ElementTree.fromstring(carrier.asked[0].all("Twiml")[0]).find("./Dial/Conference")
    assert room is not None
    assert room.text == f"call-{CALL}"


def test_a_leg_may_be_sent_to_an_address_instead(carrier: ScriptedCarrier) -> None:
    carrier.will_say(call("in-progress"))
    ask(Verb.REDIRECT, url="https://partner.test/voice")
    assert carrier.asked[0].all("Url") == ["https://partner.test/voice"]
    assert carrier.asked[0].all("Twiml") == []


def test_a_leg_is_ended_whatever_it_is_doing(carrier: ScriptedCarrier) -> None:
    """`canceled` would leave alone a line that was answered a moment ago."""
    carrier.will_say(call("completed"))
    assert ask(Verb.HANG_UP) == Done(SID, "completed")
    assert carrier.asked[0].form == [("Status", "completed")]


# What the carrier answers -----------------------------------------------------------------------


@pytest.mark.parametrize("verb", REDIRECTS)
@pytest.mark.parametrize("said", [[GONE], [NOT_IN_PROGRESS, call("completed")]])
def test_a_change_of_a_leg_that_has_ended_is_too_late(
    carrier: ScriptedCarrier, verb: Verb, said: list[Answer]
) -> None:
    carrier.will_say(*said)
    assert ask(verb) == TooLate()


@pytest.mark.parametrize(
    "said",
    [
        [GONE],
        [NOT_IN_PROGRESS, call("completed")],
        [NOT_IN_PROGRESS, call("canceled")],
        [NOT_IN_PROGRESS, GONE],
    ],
)
def test_a_hang_up_of_a_leg_that_has_ended_is_what_was_wanted(
    carrier: ScriptedCarrier, said: list[Answer]
) -> None:
    carrier.will_say(*said)
    assert ask(Verb.HANG_UP) == AlreadyOver()


@pytest.mark.parametrize("verb", OF_THE_LEG)
@pytest.mark.parametrize("alive", ["ringing", "in-progress", "queued"])
def test_not_in_progress_said_of_a_living_leg_passes(
    carrier: ScriptedCarrier, verb: Verb, alive: str
) -> None:
    """The moments around an answer."""
    carrier.will_say(NOT_IN_PROGRESS, call(alive))
    outcome = ask(verb)
    assert isinstance(outcome, Passing)
    assert (outcome.http_status, outcome.code) == (400, 21220)


def test_not_in_progress_passes_while_the_leg_cannot_be_looked_at(
    carrier: ScriptedCarrier,
) -> None:
    carrier.will_say(NOT_IN_PROGRESS, problem(503, 20503))
    assert isinstance(ask(Verb.JOIN_ROOM), Passing)


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("said", [problem(429, 20429), problem(503, 20503)])
def test_what_the_carrier_never_processed_is_asked_again(
    carrier: ScriptedCarrier, verb: Verb, said: Answer
) -> None:
    carrier.will_say(said)
    outcome = ask(verb)
    assert isinstance(outcome, Passing)
    assert outcome.http_status == said[0]


@pytest.mark.parametrize("verb", UPDATES)
@pytest.mark.parametrize("said", [problem(500, 20500), (502, "<html>bad gateway</html>")])
def test_a_change_that_may_have_happened_is_asked_again(
    carrier: ScriptedCarrier, verb: Verb, said: Answer
) -> None:
    carrier.will_say(said)
    assert isinstance(ask(verb), Passing)


@pytest.mark.parametrize("verb", STARTS)
@pytest.mark.parametrize("said", [problem(500, 20500), (502, "<html>bad gateway</html>")])
def test_a_line_that_may_be_ringing_already_is_not_rung_again(
    carrier: ScriptedCarrier, said: Answer, verb: Verb
) -> None:
    carrier.will_say(said)
    assert isinstance(ask(verb), NoAnswer)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (Verb.DIAL, problem(400, 21211, "The number is not valid.")),
        (Verb.DIAL, problem(404, 20404)),
        (Verb.DIAL, problem(401, 20003, "Authenticate")),
        (Verb.JOIN_ROOM, problem(400, 21218)),
        (Verb.HANG_UP, problem(403, 20403)),
    ],
)
def test_what_the_carrier_would_refuse_again_is_refused(
    carrier: ScriptedCarrier, verb: Verb, said: Answer
) -> None:
    carrier.will_say(said)
    outcome = ask(verb)
    assert isinstance(outcome, Refused)
    assert outcome.http_status == said[0]
    assert len(carrier.asked) == 1


def test_a_problem_in_the_newer_form_is_understood_too(carrier: ScriptedCarrier) -> None:
    said = {"type": "about:blank", "title": "Gone", "status": 404, "code": 20404}
    carrier.will_say((404, said))
    assert ask(Verb.JOIN_ROOM) == TooLate()


def test_a_silent_carrier_is_not_waited_for(carrier: ScriptedCarrier, settings: Settings) -> None:
    settings.CARRIER_TIMEOUT = 0.1
    carrier.hang = True
    assert isinstance(ask(Verb.DIAL), NoAnswer)
    assert isinstance(ask(Verb.JOIN_ROOM), Passing)


def test_a_carrier_that_was_never_reached_is_asked_again(settings: Settings) -> None:
    settings.CARRIER_API_URL = "http://127.0.0.1:1"
    assert isinstance(ask(Verb.DIAL), Passing)
    assert isinstance(ask(Verb.HANG_UP), Passing)


def test_an_answer_that_nobody_can_read_is_no_answer(carrier: ScriptedCarrier) -> None:
    carrier.will_say((201, "<html>welcome to the hotel network</html>"))
    assert isinstance(ask(Verb.DIAL), NoAnswer)


# What is never asked ----------------------------------------------------------------------------


def test_a_document_that_is_too_long_is_refused_before_it_is_sent(carrier: ScriptedCarrier) -> None:
    outcome = ask(Verb.REDIRECT, twiml=f"<Response><Say>{'a' * 4000}</Say></Response>")
    assert isinstance(outcome, Refused)
    assert carrier.asked == []


def test_a_leg_that_the_carrier_has_not_named_cannot_be_changed(carrier: ScriptedCarrier) -> None:
    assert isinstance(ask(Verb.HANG_UP, sid=None), Refused)
    assert carrier.asked == []


# How it is asked --------------------------------------------------------------------------------


def test_one_connection_serves_many_orders(carrier: ScriptedCarrier) -> None:
    carrier.will_say(call("completed"))

    async def many() -> None:
        for _ in range(3):
            await _ask_keeping_the_client()
        await gateway.close_async_client()

    asyncio.run(many())
    assert len({asked.connection for asked in carrier.asked}) == 1


async def _ask_keeping_the_client() -> Outcome:
    return await gateway.ask(
        Verb.HANG_UP,
        sid=SID,
        to=OMAR,
        from_=OURS,
        params={},
        leg_id=LEG,
        call_id=CALL,
        room="",
        order_id=ORDER,
        conference_sid="",
    )


def test_an_api_key_speaks_for_the_account(carrier: ScriptedCarrier, settings: Settings) -> None:
    settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET = "SK" + "2" * 32, "secret"
    carrier.will_say(call("completed"))
    ask(Verb.HANG_UP)
    (asked,) = carrier.asked
    given = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode()
    assert given == f"SK{'2' * 32}:secret"
    assert settings.TWILIO_ACCOUNT_SID in asked.path


def test_a_region_in_the_environment_does_not_bend_our_address(
    carrier: ScriptedCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    carrier.will_say(call("completed"))
    assert ask(Verb.HANG_UP) == Done(SID, "completed")


def test_no_log_names_a_whole_number(
    carrier: ScriptedCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    carrier.will_say((201, {"sid": SID, "status": "queued"}))
    ask(Verb.DIAL)
    told = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert any("+1…0002" in line for line in told)
    assert not any(OMAR in line for line in told)
