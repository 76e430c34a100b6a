"""A live call is moved out of whatever it is in the middle of, however short or rare that is."""

from __future__ import annotations

import pytest

from sandbox.core.calls import Address, Call
from sandbox.core.orders import CallOrder, ParticipantUpdate
from sandbox.core.sounds import Silence, Talk
from tests.sandbox.core.stage import APP, OMAR, OURS, Person, Stage, broken, twiml

HELD = ParticipantUpdate(hold=True, hold_document=Address(f"{APP}/hold"))


def moved(stage: Stage, call: Call, seconds: float = 2) -> None:
    """Redirect the call and let it get there."""
    stage.pages["/new"] = "<Say>moved</Say><Pause length='60'/>"
    stage.asked.clear()
    stage.redirect(call, "/new")
    stage.advance(seconds)


def begins(stage: Stage, page: str, seconds: float = 5) -> Person:
    stage.pages["/voice"] = page
    dana = stage.dials_in()
    stage.advance(seconds)
    return dana


def agent(stage: Stage, page: str) -> Person:
    """Omar is rung by the application and his leg runs `page`."""
    stage.pages["/agent"] = page
    omar = stage.person()
    stage.calls_out(url="/agent")
    stage.advance(5)
    return omar


WAITS = "<Enqueue action='/old' waitUrl='/wait'>support</Enqueue><Say>never</Say>"


@pytest.mark.parametrize(
    "wait",
    [
        "<Say loop='0'>you are next</Say>",
        "<Play loop='0'>/song</Play>",
        "<Gather timeout='60' action='/pressed'/>",
        twiml("<Say>too late</Say>", delay=10),
    ],
)
def test_out_of_a_wait_document(stage: Stage, wait: str) -> None:
    stage.pages["/wait"] = wait
    dana = begins(stage, WAITS)
    moved(stage, dana.call)
    assert stage.story("/old", "/new", "/pressed") == ["/old", "/new"]
    assert stage.last("/old")["QueueResult"] == "redirected"
    assert dana.words()[-1] == "moved"
    stage.advance(30)
    assert "too late" not in dana.words()


def test_out_of_the_whisper_before_the_agent(stage: Stage) -> None:
    stage.pages["/whisper"] = "<Say loop='0'>recorded for quality</Say>"
    stage.pages["/dialled"] = "<Say>nobody there</Say>"
    dana = begins(stage, "<Enqueue action='/old' waitUrl=''>support</Enqueue>")
    omar = agent(stage, "<Dial action='/dialled'><Queue url='/whisper'>support</Queue></Dial>")
    assert dana.words()[-1] == "recorded for quality"
    moved(stage, dana.call)
    assert stage.last("/old")["QueueResult"] == "redirected"
    assert dana.words()[-1] == "moved"
    assert stage.last("/dialled")["DialCallStatus"] == "no-answer"
    assert omar.words() == ["nobody there"]


def test_an_agent_who_waits_for_a_caller(stage: Stage) -> None:
    begins(stage, "<Enqueue waitUrl=''>support</Enqueue>").call.hang_up()
    omar = agent(stage, "<Dial action='/old' timeout='60'><Queue>support</Queue></Dial>")
    moved(stage, omar.call)
    assert stage.story() == ["/old", "/new"]
    assert omar.words() == ["moved"]
    dana = begins(stage, "<Enqueue waitUrl=''>support</Enqueue>")
    assert dana.hears_now == [Silence()]


def test_a_callee_who_is_being_whispered_to(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/whisper"] = "<Gather timeout='60'><Say>press one</Say></Gather><Hangup/>"
    stage.pages["/old"] = "<Say>nobody came</Say><Pause length='60'/>"
    dana = begins(stage, f"<Dial action='/old'><Number url='/whisper'>{OMAR}</Number></Dial>")
    assert omar.words() == ["press one"]
    moved(stage, omar.call)
    assert omar.words()[-1] == "moved"
    assert omar.call.status == "in-progress"
    assert stage.last("/old").get("DialCallDuration") is None
    assert dana.words() == ["nobody came"]


def test_a_caller_whose_callee_is_being_whispered_to(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/whisper"] = "<Gather timeout='60'><Say>press one</Say></Gather><Hangup/>"
    dana = begins(stage, f"<Dial action='/old'><Number url='/whisper'>{OMAR}</Number></Dial>")
    moved(stage, dana.call)
    assert omar.call.ended
    assert stage.story("/old", "/new") == ["/old", "/new"]
    assert dana.words() == ["moved"]


def test_somebody_who_waits_in_a_room_with_a_document(stage: Stage) -> None:
    stage.pages["/wait"] = "<Say loop='0'>please wait</Say>"
    dana = begins(stage, "<Dial><Conference waitUrl='/wait'>x</Conference></Dial>")
    moved(stage, dana.call)
    assert dana.words()[-1] == "moved"
    assert [room.status for room in stage.carrier.conferences.values()] == ["completed"]


def test_somebody_on_hold(stage: Stage) -> None:
    stage.pages["/hold"] = "<Say loop='0'>on hold</Say>"
    dana = begins(stage, "<Dial><Conference>x</Conference></Dial>")
    omar = agent(stage, "<Dial><Conference>x</Conference></Dial>")
    (room,) = stage.carrier.conferences.values()
    stage.carrier.update_participant(room.participants[dana.call.sid], HELD)
    stage.advance(2)
    assert dana.words()[-1] == "on hold"
    moved(stage, dana.call)
    assert dana.words()[-1] == "moved"
    assert list(room.participants) == [omar.call.sid]


def test_somebody_who_hears_an_announcement(stage: Stage) -> None:
    stage.pages["/news"] = "<Say loop='0'>attention</Say>"
    dana = begins(stage, "<Dial><Conference>x</Conference></Dial>")
    agent(stage, "<Dial><Conference>x</Conference></Dial>")
    (room,) = stage.carrier.conferences.values()
    news = ParticipantUpdate(announce=Address(f"{APP}/news"))
    stage.carrier.update_participant(room.participants[dana.call.sid], news)
    stage.advance(1)
    moved(stage, dana.call)
    assert dana.words()[-1] == "moved"


def test_while_keys_are_sent_after_the_answer(stage: Stage) -> None:
    omar = stage.person()
    document = Address(f"{APP}/voice")
    order = CallOrder(to=OMAR, from_=OURS, document=document, send_digits="WWWWWWWW1")
    call = stage.calls_out(order=order)
    stage.advance(3)
    moved(stage, call)
    assert omar.words() == ["moved"]
    stage.advance(10)
    assert stage.at("/voice") == []


def test_while_the_apology_is_read(stage: Stage) -> None:
    stage.pages["/voice"] = broken()
    dana = stage.dials_in()
    stage.advance(1)
    assert "application error" in dana.words()[-1]
    moved(stage, dana.call)
    assert dana.words()[-1] == "moved"
    assert dana.call.status == "in-progress"


def test_while_the_fallback_is_asked(stage: Stage) -> None:
    stage.number.urls.voice_fallback_url = f"{APP}/fallback"
    stage.pages["/voice"] = "<Say>hello</Say><Redirect>/broken</Redirect>"
    stage.pages["/broken"] = broken()
    stage.pages["/fallback"] = twiml("<Say>too late</Say>", delay=5)
    dana = stage.dials_in()
    stage.advance(2)
    moved(stage, dana.call, 10)
    assert dana.words() == ["hello", "moved"]


def test_into_a_talk_and_out_again(stage: Stage) -> None:
    omar = stage.person()
    dana = begins(stage, "<Enqueue waitUrl=''>support</Enqueue>")
    stage.pages["/talk"] = f"<Dial>{OMAR}</Dial>"
    stage.redirect(dana.call, "/talk")
    stage.advance(5)
    assert dana.hears_now == [Talk(omar.call.sid)]
    moved(stage, dana.call)
    assert (dana.words()[-1], omar.call.ended) == ("moved", True)
