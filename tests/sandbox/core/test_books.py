"""The carrier's books do not grow for ever, and a fault of its own ends one call only."""

from __future__ import annotations

import pytest

from sandbox.core.config import Config
from sandbox.core.effects import FetchAnswer
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import Run, Step
from tests.sandbox.core.stage import DANA, OMAR, Stage


@pytest.fixture
def small() -> Stage:
    return Stage(Config(cps=0, keep=5))


def test_ended_calls_make_room_for_new_ones(small: Stage) -> None:
    small.pages["/voice"] = "<Hangup/>"
    calls = [small.dials_in().call for _ in range(8)]
    assert list(small.carrier.calls.values()) == calls[-5:]


def test_a_living_call_stays_however_old(small: Stage) -> None:
    small.pages["/voice"] = "<Say>hello</Say><Pause length='600'/>"
    dana = small.dials_in()
    small.advance(1)
    small.pages["/voice"] = "<Hangup/>"
    for _ in range(8):
        small.dials_in()
    assert dana.call.sid in small.carrier.calls
    assert len(small.carrier.calls) == 5


def test_more_calls_may_live_than_are_kept(small: Stage) -> None:
    small.pages["/voice"] = "<Enqueue waitUrl=''>x</Enqueue>"
    for _ in range(9):
        small.dials_in()
    assert len(small.carrier.calls) == 9


def test_rooms_and_tapes_make_room_too(small: Stage) -> None:
    small.pages["/voice"] = "<Start><Recording/></Start><Dial><Conference>x</Conference></Dial>"
    for _ in range(8):
        small.dials_in().call.hang_up()
        small.advance(2)
    assert len(small.carrier.conferences) == 5
    assert len(small.carrier.recordings) == 5


def test_the_debugger_forgets_the_oldest(small: Stage) -> None:
    small.pages["/voice"] = "<Sing/>"
    calls = [small.dials_in().call for _ in range(8)]
    noted = [notification.call_sid for notification in small.carrier.notifications]
    assert noted == [call.sid for call in calls[-5:]]


def test_kept_answers_are_bounded(stage: Stage) -> None:
    stage.number.urls.voice_method = "GET"
    stage.pages["/voice"] = FetchAnswer(
        200, {"Content-Type": "text/xml", "ETag": "1"}, b"<Response/>"
    )
    for _ in range(1005):
        stage.dials_in()
    assert len(stage.carrier.http_cache) == 1000


async def stumble(run: Run, _: Element) -> Step:
    await run.switch.kernel.sleep(1)
    raise ZeroDivisionError("a fault of the carrier's own")


def test_a_fault_of_the_carrier_ends_its_call_and_is_raised(stage: Stage) -> None:
    stage.carrier.verbs = {**stage.carrier.verbs, "Echo": stumble}
    omar = stage.person()
    stage.pages["/voice"] = "<Say>hi</Say><Echo/>"
    dana = stage.dials_in(DANA)
    stage.pages["/voice"] = f"<Dial>{OMAR}</Dial>"
    other = stage.dials_in()
    with pytest.raises(ZeroDivisionError):
        stage.advance(5)
    stage.advance(5)
    assert dana.call.status == "failed"
    assert dana.ended == 1
    assert other.call.wires.peer is omar.call
