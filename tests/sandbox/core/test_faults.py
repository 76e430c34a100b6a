"""A carrier that misbehaves, on demand and repeatably."""

from __future__ import annotations

from random import Random

import pytest

from sandbox.core.calls import Address, Call
from sandbox.core.faults import Faults, RestFault, WebhookFault
from sandbox.core.orders import CallOrder
from sandbox.core.twiml.run import APOLOGY
from tests.sandbox.core.stage import APP, OMAR, OURS, Stage

ALL = ("initiated", "ringing", "answered", "completed")


def rings(stage: Stage) -> Call:
    stage.person(after=1)
    stage.pages["/voice"] = "<Pause length='3'/>"
    order = CallOrder(
        to=OMAR,
        from_=OURS,
        document=Address(f"{APP}/voice"),
        status_callback=f"{APP}/status",
        status_callback_events=ALL,
    )
    return stage.calls_out(order=order)


def told(stage: Stage) -> list[str]:
    return [asked["CallStatus"] for asked in stage.at("/status")]


def test_without_faults_everything_comes_once_and_in_order(stage: Stage) -> None:
    rings(stage)
    stage.advance(60)
    assert told(stage) == ["initiated", "ringing", "in-progress", "completed"]


def test_lost_news_never_comes(stage: Stage) -> None:
    stage.carrier.faults.callback_next = ["lost", "lost"]
    rings(stage)
    stage.advance(60)
    assert told(stage) == ["in-progress", "completed"]
    assert [a["SequenceNumber"] for a in stage.at("/status")] == ["2", "3"]


def test_repeated_news_is_the_same_twice(stage: Stage) -> None:
    stage.carrier.faults.callback_next = ["repeated"]
    rings(stage)
    stage.advance(0.4)
    first, second = stage.at("/status")
    assert first.params == second.params
    token = "I-Twilio-Idempotency-Token"
    assert first.fetch.headers[token] == second.fetch.headers[token]


def test_reordered_news_is_overtaken(stage: Stage) -> None:
    stage.carrier.faults.callback_next = ["reordered"]
    rings(stage)
    stage.advance(60)
    assert told(stage) == ["ringing", "in-progress", "initiated", "completed"]


def test_the_end_may_come_before_the_answer(stage: Stage) -> None:
    rings(stage)
    stage.advance(1)
    stage.carrier.faults.callback_next = ["late"]
    stage.carrier.faults.callback_delay = (10, 10)
    stage.advance(60)
    assert told(stage)[-2:] == ["completed", "in-progress"]


def test_late_news_says_when_it_happened(stage: Stage) -> None:
    stage.carrier.faults.callback_next = ["late"]
    stage.carrier.faults.callback_delay = (30, 30)
    rings(stage)
    stage.advance(60)
    assert stage.last("/status").at == pytest.approx(30)
    assert stage.last("/status")["Timestamp"].endswith("08:00:00 +0000")


def test_chances_are_chances(stage: Stage) -> None:
    stage.carrier.faults.callback_lost = 0.5
    for _ in range(20):
        rings(stage)
    stage.advance(60)
    assert 20 < len(told(stage)) < 60


def test_the_same_seed_misbehaves_in_the_same_way() -> None:
    def story(seed: int) -> list[tuple[float, str]]:
        stage = Stage(seed=seed)
        stage.carrier.faults.callback_lost = 0.3
        stage.carrier.faults.callback_late = 0.3
        for _ in range(5):
            rings(stage)
        stage.advance(60)
        return [(a.at, a["CallSid"] + a["CallStatus"]) for a in stage.at("/status")]

    assert story(3) == story(3)
    assert story(3) != story(4)


def test_a_slow_application_is_asked_and_given_up(stage: Stage) -> None:
    stage.carrier.faults.webhook_next = ["slow"]
    stage.pages["/voice"] = "<Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(14.9)
    assert len(stage.at("/voice")) == 1
    assert dana.words() == []
    stage.advance(0.2)
    assert dana.words() == [APOLOGY]


def test_a_slow_application_can_be_just_quick_enough(stage: Stage) -> None:
    stage.carrier.faults.webhook_next = ["slow"]
    stage.carrier.faults.webhook_slow_seconds = 8
    stage.pages["/voice"] = "<Say>hello</Say>"
    dana = stage.dials_in()
    stage.advance(7.9)
    assert dana.words() == []
    stage.advance(0.2)
    assert dana.words() == ["hello"]


@pytest.mark.parametrize(
    ("fault", "code"), [("500", 11200), ("404", 11200), ("refused", 11205), ("garbage", 12100)]
)
def test_an_application_may_seem_broken(stage: Stage, fault: WebhookFault, code: int) -> None:
    retries = 2 if fault == "refused" else 1
    stage.carrier.faults.webhook_next = [fault] * retries
    dana = stage.dials_in()
    assert stage.asked == []
    assert stage.codes() == [code]
    assert dana.words() == [APOLOGY]


def test_a_broken_request_is_saved_by_the_fallback(stage: Stage) -> None:
    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/fallback"] = "<Say>one moment</Say>"
    stage.carrier.faults.webhook_next = ["500"]
    dana = stage.dials_in()
    assert dana.words() == ["one moment"]


def test_faults_of_documents_leave_news_alone(stage: Stage) -> None:
    stage.carrier.faults.webhook_failing = 1.0
    call = rings(stage)
    stage.advance(60)
    assert told(stage) == ["initiated", "ringing", "in-progress", "completed"]
    assert call.status == "completed"
    assert stage.at("/voice") == []


@pytest.mark.parametrize("fault", ["429", "500", "503", "timeout", "refused"])
def test_rest_faults_are_taken_one_by_one(fault: RestFault) -> None:
    faults = Faults(rest_next=[fault])
    assert faults.rest_fault() == fault
    assert faults.rest_fault() is None


@pytest.mark.parametrize(
    ("switch", "fault"),
    [
        ("rest_429", "429"),
        ("rest_5xx", "500"),
        ("rest_timeout", "timeout"),
        ("rest_refused", "refused"),
    ],
)
def test_rest_faults_have_chances(switch: str, fault: RestFault) -> None:
    faults = Faults(dice=Random(1))
    setattr(faults, switch, 0.5)
    seen = [faults.rest_fault() for _ in range(200)]
    assert 60 < seen.count(fault) < 140
    assert set(seen) == {fault, None}


@pytest.mark.parametrize(
    ("switch", "fault"),
    [("webhook_slow", "slow"), ("webhook_failing", "500"), ("webhook_refused", "refused")],
)
def test_webhook_faults_have_chances(switch: str, fault: str) -> None:
    faults = Faults(dice=Random(1))
    setattr(faults, switch, 1.0)
    assert faults.webhook_fault() == fault


def test_several_things_can_happen_to_one_callback() -> None:
    faults = Faults(callback_late=1.0, callback_repeated=1.0, callback_delay=(3, 3))
    fate = faults.callback_fate()
    assert (fate.copies, fate.delay) == (2, 3)
