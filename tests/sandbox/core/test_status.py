"""What a call's status can be, who is told of it, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.core.calls import Address, Call, Refusal
from sandbox.core.config import Config
from sandbox.core.endpoints import UnreachableLine
from sandbox.core.orders import CallOrder, CallUpdate
from tests.sandbox.core.stage import APP, OMAR, OURS, Stage, twiml

ALL = ("initiated", "ringing", "answered", "completed")


def rings(stage: Stage, events: tuple[str, ...] = ALL, to: str = OMAR, **more: Any) -> Call:
    order = CallOrder(
        to=to,
        from_=OURS,
        document=Address(f"{APP}/voice"),
        status_callback=f"{APP}/status",
        status_callback_events=events,
        **more,
    )
    return stage.calls_out(order=order)


def told(stage: Stage) -> list[tuple[str, str]]:
    return [(a["CallStatus"], a["SequenceNumber"]) for a in stage.at("/status")]


def test_a_call_that_is_answered_tells_its_four_events(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = "<Pause length='10'/>"
    call = rings(stage)
    stage.advance(30)
    assert told(stage) == [
        ("initiated", "0"),
        ("ringing", "1"),
        ("in-progress", "2"),
        ("completed", "3"),
    ]
    assert call.status == "completed"


def test_the_timeline_of_an_answered_call(stage: Stage) -> None:
    stage.person(after=2)
    stage.pages["/voice"] = "<Pause length='10'/>"
    rings(stage)
    stage.advance(30)
    story = [(round(a.at, 1), a.path, a["CallStatus"]) for a in stage.asked]
    assert story == [
        (0.0, "/status", "initiated"),
        (0.5, "/status", "ringing"),
        (2.5, "/status", "in-progress"),
        (2.5, "/voice", "in-progress"),
        (12.5, "/status", "completed"),
    ]


def test_it_is_queued_until_it_rings(stage: Stage) -> None:
    stage.person(after=2)
    call = rings(stage)
    assert call.status == "queued"
    stage.advance(1)
    assert call.status == "ringing"
    stage.advance(2)
    assert call.status == "in-progress"


def test_by_default_only_the_end_is_told(stage: Stage) -> None:
    stage.person()
    rings(stage, ())
    stage.advance(10)
    assert told(stage) == [("completed", "0")]


def test_the_sequence_counts_what_is_sent(stage: Stage) -> None:
    stage.person()
    rings(stage, ("ringing", "completed"))
    stage.advance(10)
    assert told(stage) == [("ringing", "0"), ("completed", "1")]


def test_the_sequence_may_count_everything_by_choice(stage: Stage) -> None:
    stage.carrier.choices.sequence_counts_unsubscribed = True
    stage.person()
    rings(stage, ("ringing", "completed"))
    stage.advance(10)
    assert told(stage) == [("ringing", "1"), ("completed", "3")]


@pytest.mark.parametrize("events", [("initiated ringing",), ("answered", "ended"), ("Completed",)])
def test_a_wrong_list_of_events_makes_a_call_that_tells_nothing(
    stage: Stage, events: tuple[str, ...]
) -> None:
    stage.person()
    call = rings(stage, events)
    stage.advance(10)
    assert call.status == "in-progress" or call.ended
    assert told(stage) == []
    assert 21626 in stage.codes()


def test_news_says_when_and_from_where(stage: Stage) -> None:
    stage.person()
    rings(stage)
    first = stage.at("/status")[0]
    assert first["CallbackSource"] == "call-progress-events"
    assert first["Timestamp"] == "Fri, 15 Jan 2027 08:00:00 +0000"


def test_the_end_says_how_long_it_was_in_seconds_and_in_minutes(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = "<Pause length='61'/>"
    rings(stage)
    stage.advance(80)
    last = stage.last("/status")
    assert last["CallDuration"] == "61"
    assert last["Duration"] == "2"
    assert last.get("SipResponseCode") is None


def test_before_the_end_nothing_is_said_of_duration(stage: Stage) -> None:
    stage.person()
    rings(stage)
    stage.advance(1)
    assert stage.last("/status").get("CallDuration") is None


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [("busy", "busy", "486"), ("no-answer", "no-answer", "487"), ("failed", "failed", "404")],
)
def test_a_refusal_is_told_with_its_code(
    stage: Stage, how: Refusal, status: str, code: str
) -> None:
    stage.person(refuses=how)
    call = rings(stage)
    stage.advance(2)
    last = stage.last("/status")
    assert (last["CallStatus"], last["SipResponseCode"]) == (status, code)
    assert (last["CallDuration"], last["Duration"]) == ("0", "0")
    assert call.duration == 0


def test_who_refuses_at_once_never_rang(stage: Stage) -> None:
    stage.person(refuses="busy")
    rings(stage)
    stage.advance(2)
    assert [status for status, _ in told(stage)] == ["initiated", "busy"]


def test_a_dead_address_fails_without_ringing(stage: Stage) -> None:
    stage.carrier.phones.connect("+15550404", UnreachableLine())
    rings(stage, to="+15550404")
    stage.advance(2)
    assert [status for status, _ in told(stage)] == ["initiated", "failed"]


def test_a_phone_that_nobody_picks_up_rings_for_a_minute(stage: Stage) -> None:
    stage.person(after=None)
    call = rings(stage)
    stage.advance(59.9)
    assert call.status == "ringing"
    stage.advance(0.2)
    assert call.status == "no-answer"
    assert stage.last("/status")["SipResponseCode"] == "487"


def test_an_address_nobody_knows_just_rings(stage: Stage) -> None:
    call = rings(stage, to="+15550199", timeout=10)
    stage.advance(11)
    assert call.status == "no-answer"


def test_a_terminal_status_never_changes(stage: Stage) -> None:
    omar = stage.person(after=2)
    call = rings(stage)
    stage.advance(1)
    stage.carrier.update_call(call, CallUpdate(status="canceled"))
    omar.call.answer()
    omar.call.hang_up()
    omar.call.refuse("busy")
    stage.advance(10)
    assert call.status == "canceled"
    assert omar.through == 0


def test_an_answer_that_crosses_the_cancel_ends_cleanly(stage: Stage) -> None:
    omar = stage.person(after=None)
    call = rings(stage)
    stage.advance(2)
    omar.call.answer()
    stage.carrier.update_call(call, CallUpdate(status="canceled"))
    stage.advance(5)
    assert call.status == "canceled"
    assert [s for s, _ in told(stage)][-1] == "canceled"
    assert omar.ended == 1


def test_cancelled_in_the_queue_tells_nobody() -> None:
    stage = Stage(Config(cps=1))
    rings(stage)
    second = rings(stage)
    stage.carrier.update_call(second, CallUpdate(status="canceled"))
    stage.asked.clear()
    stage.advance(1)
    assert second.status == "canceled"
    assert all(a["CallSid"] != second.sid for a in stage.asked)


def test_a_time_limit_ends_the_call(stage: Stage) -> None:
    stage.person()
    stage.pages["/voice"] = "<Pause length='600'/>"
    call = rings(stage, time_limit=30)
    stage.advance(31)
    assert call.status == "in-progress"
    stage.advance(1)
    assert call.status == "completed"
    assert call.duration == 30


def test_digits_are_sent_after_the_answer_and_before_the_document(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/voice"] = "<Say>hello</Say>"
    rings(stage, send_digits="ww1")
    stage.advance(10)
    assert len(omar.moments) == 1
    assert stage.last("/voice").at == pytest.approx(2.6)


def test_the_callers_id_may_be_another(stage: Stage) -> None:
    omar = stage.person()
    rings(stage, caller_id="+15550777")
    stage.advance(1)
    assert omar.call.from_ == "+15550777"


def test_an_applications_addresses_replace_the_requests(stage: Stage) -> None:
    stage.person()
    application = stage.carrier.add_application(stage.account, "desk")
    application.urls.voice_url = f"{APP}/app"
    application.urls.status_callback = f"{APP}/app-status"
    rings(stage, application=application)
    stage.advance(10)
    assert {a.path for a in stage.asked} == {"/app", "/app-status"}
    assert stage.last("/app")["ApplicationSid"] == application.sid


def test_an_answer_with_chatter_is_warned_of(stage: Stage) -> None:
    stage.person()
    stage.pages["/status"] = twiml("ok", "text/plain")
    rings(stage)
    assert stage.codes() == [15003]


def test_an_answer_of_empty_twiml_is_fine(stage: Stage) -> None:
    stage.person()
    stage.pages["/status"] = "<Response/>"
    rings(stage)
    assert stage.codes() == []


def test_news_that_cannot_be_delivered_is_noted_and_changes_nothing(stage: Stage) -> None:
    stage.person()
    stage.pages["/status"] = twiml("", delay=20)
    stage.pages["/voice"] = "<Pause length='30'/>"
    call = rings(stage)
    stage.advance(20)
    assert call.status == "in-progress"
    assert stage.codes()[0] == 11200


def test_a_lagging_reader_sees_an_older_status(stage: Stage) -> None:
    stage.person(after=2)
    call = rings(stage)
    stage.advance(2.6)
    assert call.status == "in-progress"
    assert call.status_seen(stage.carrier.now - 0.5) == "ringing"
    assert call.status_seen(stage.carrier.now - 60) == "queued"


def test_an_ended_call_can_be_taken_out_of_the_books(stage: Stage) -> None:
    stage.person(refuses="busy")
    call = rings(stage)
    stage.advance(2)
    stage.carrier.delete_call(call)
    assert call.sid not in stage.carrier.calls
