"""Answering machine detection: who picked up, when that is known, and who is told."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from sandbox.core.amd import judge
from sandbox.core.calls import Address, Call
from sandbox.core.endpoints import Callee
from sandbox.core.orders import CallOrder, MachineDetection
from tests.sandbox.core.stage import APP, OMAR, OURS, Person, Stage

Mode = Literal["Enable", "DetectMessageEnd"]
PERSON = Callee("person", greeting=1.0)
CHATTY = Callee("person", greeting=4.0)
MACHINE = Callee("machine", greeting=8.0)
QUIET_MACHINE = Callee("machine", greeting=8.0, beep=False)
SHORT_MACHINE = Callee("machine", greeting=1.5)
ENDLESS_MACHINE = Callee("machine", greeting=90.0)
FAX = Callee("fax")
SILENCE = Callee("silence")


@pytest.mark.parametrize(
    ("callee", "mode", "answered_by", "after"),
    [
        (PERSON, "Enable", "human", 2.2),
        (PERSON, "DetectMessageEnd", "human", 2.2),
        (MACHINE, "Enable", "machine_start", 2.4),
        (MACHINE, "DetectMessageEnd", "machine_end_beep", 8.0),
        (QUIET_MACHINE, "DetectMessageEnd", "machine_end_silence", 9.2),
        (ENDLESS_MACHINE, "DetectMessageEnd", "machine_end_other", 30.0),
        (FAX, "Enable", "fax", 1.0),
        (FAX, "DetectMessageEnd", "fax", 1.0),
        (SILENCE, "Enable", "unknown", 5.0),
        (CHATTY, "Enable", "machine_start", 2.4),
        (SHORT_MACHINE, "Enable", "human", 2.7),
    ],
)
def test_the_verdict(callee: Callee, mode: Mode, answered_by: str, after: float) -> None:
    verdict = judge(callee, MachineDetection(mode=mode))
    assert verdict.answered_by == answered_by
    assert verdict.after == pytest.approx(after)


def test_thresholds_move_the_verdict() -> None:
    patient = MachineDetection(speech_threshold_ms=5000, speech_end_threshold_ms=500)
    assert judge(CHATTY, patient).answered_by == "human"
    assert judge(CHATTY, patient).after == pytest.approx(4.5)


def test_a_silent_line_is_given_up_after_its_own_time() -> None:
    assert judge(SILENCE, MachineDetection(silence_timeout_ms=2000)).after == 2


def test_when_time_runs_out_it_is_unknown() -> None:
    verdict = judge(SILENCE, MachineDetection(timeout=3))
    assert (verdict.answered_by, verdict.after) == ("unknown", 3)


def rings(stage: Stage, is_a: Callee, *, send_digits: str = "", **detection: Any) -> Call:
    stage.pages["/voice"] = "<Say>hello</Say><Pause length='60'/>"
    stage.person(after=1, is_a=is_a)
    order = CallOrder(
        to=OMAR,
        from_=OURS,
        document=Address(f"{APP}/voice"),
        send_digits=send_digits,
        machine_detection=MachineDetection(**detection),
        status_callback=f"{APP}/status",
    )
    call = stage.calls_out(order=order)
    stage.advance(1.5)
    return call


def test_the_call_is_silent_until_the_verdict_and_then_asks_with_it(stage: Stage) -> None:
    call = rings(stage, PERSON)
    stage.advance(2)
    assert call.status == "in-progress"
    assert stage.at("/voice") == []
    stage.advance(1)
    assert stage.last("/voice")["AnsweredBy"] == "human"
    assert call.answered_by == "human"


def test_the_verdict_is_said_once_and_again_at_the_end(stage: Stage) -> None:
    call = rings(stage, MACHINE)
    stage.pages["/voice"] = "<Redirect>/second</Redirect>"
    stage.pages["/second"] = "<Say>hello</Say>"
    stage.advance(10)
    assert stage.last("/voice")["AnsweredBy"] == "machine_start"
    assert stage.last("/second").get("AnsweredBy") is None
    assert stage.last("/status")["AnsweredBy"] == "machine_start"
    assert call.ended


def test_asynchronously_the_document_runs_at_once(stage: Stage) -> None:
    call = rings(
        stage, MACHINE, asynchronous=True, mode="DetectMessageEnd", callback_url=f"{APP}/amd"
    )
    assert stage.last("/voice").get("AnsweredBy") is None
    stage.advance(8)
    assert call.answered_by is None
    stage.advance(1)
    told = stage.last("/amd").params
    assert told == {
        "CallSid": call.sid,
        "AccountSid": stage.account.sid,
        "AnsweredBy": "machine_end_beep",
        "MachineDetectionDuration": "8300",
    }
    assert call.answered_by == "machine_end_beep"


def test_what_the_callback_answers_changes_nothing(stage: Stage) -> None:
    call = rings(stage, PERSON, asynchronous=True, callback_url=f"{APP}/amd")
    stage.pages["/amd"] = "<Hangup/>"
    stage.advance(5)
    assert call.status == "in-progress"


def test_the_verdict_may_come_by_get(stage: Stage) -> None:
    rings(stage, PERSON, asynchronous=True, callback_url=f"{APP}/amd", callback_method="GET")
    stage.advance(5)
    assert stage.last("/amd").method == "GET"


def test_digits_to_send_switch_it_off(stage: Stage) -> None:
    call = rings(stage, PERSON, send_digits="1")
    stage.advance(5)
    assert call.answered_by is None
    assert stage.last("/voice").get("AnsweredBy") is None


def test_hanging_up_before_the_verdict_asks_nobody(stage: Stage) -> None:
    call = rings(stage, PERSON)
    stage.advance(1)
    call.hang_up()
    stage.advance(10)
    assert stage.at("/voice") == []
    assert call.status == "completed"


def test_an_asynchronous_verdict_dies_with_the_call(stage: Stage) -> None:
    call = rings(stage, MACHINE, asynchronous=True, callback_url=f"{APP}/amd")
    stage.hang_up(call)
    stage.advance(10)
    assert stage.at("/amd") == []


def test_or_is_unknown_by_choice(stage: Stage) -> None:
    stage.carrier.choices.amd_reports_unknown_on_hangup = True
    call = rings(stage, MACHINE, asynchronous=True, callback_url=f"{APP}/amd")
    stage.hang_up(call)
    stage.advance(10)
    assert stage.last("/amd")["AnsweredBy"] == "unknown"


def test_a_call_can_be_redirected_while_it_is_listened_to(stage: Stage) -> None:
    call = rings(stage, PERSON)
    stage.pages["/new"] = "<Pause length='60'/>"
    stage.redirect(call, "/new")
    stage.advance(5)
    assert stage.at("/voice") == []
    assert len(stage.at("/new")) == 1


def dials(stage: Stage, is_a: Callee, attributes: str) -> Person:
    stage.pages["/voice"] = (
        f"<Dial><Number {attributes} amdStatusCallback='/amd'>{OMAR}</Number></Dial>"
    )
    omar = stage.person(after=1, is_a=is_a)
    stage.dials_in()
    stage.advance(10)
    return omar


def test_a_dialled_number_can_be_listened_to(stage: Stage) -> None:
    omar = dials(stage, MACHINE, "machineDetection='Enable'")
    assert stage.last("/amd")["AnsweredBy"] == "machine_start"
    assert stage.last("/amd")["CallSid"] == omar.call.sid
    assert omar.call.status == "in-progress"


def test_its_tuning_counts(stage: Stage) -> None:
    dials(
        stage,
        CHATTY,
        "machineDetection='Enable' machineDetectionSpeechThreshold='5000'",
    )
    assert stage.last("/amd")["AnsweredBy"] == "human"


@pytest.mark.parametrize(
    "attributes", ["", "machineDetection='Maybe'", "machineDetection='Enable' sendDigits='1'"]
)
def test_without_asking_nobody_listens(stage: Stage, attributes: str) -> None:
    dials(stage, MACHINE, attributes)
    assert stage.at("/amd") == []
