"""Whatever an element has a method for is asked by GET if it says so, and by POST otherwise."""

from __future__ import annotations

import re

import pytest

from sandbox.core.twiml.schema import SHAPES, WITHOUT_EFFECT
from tests.sandbox.core.stage import OMAR, Stage

TAPE = "recordingStatusCallback='/asked' recordingStatusCallbackMethod='GET'"
LEG = "statusCallback='/asked' statusCallbackMethod='GET'"
FOUND = "machineDetection='Enable' amdStatusCallback='/asked' amdStatusCallbackMethod='GET'"
LENA, SIP = "client:lena", "sip:omar@desk.test"
PAGES = [
    "<Redirect method='GET'>/asked</Redirect>",
    "<Gather timeout='1' actionOnEmptyResult='true' action='/asked' method='GET'/>",
    "<Gather input='speech' partialResultCallback='/asked' partialResultCallbackMethod='GET'/>",
    "<Record action='/asked' method='GET'/>",
    f"<Record action='/x' {TAPE}/>",
    f"<Dial action='/asked' method='GET' timeLimit='3'>{OMAR}</Dial>",
    f"<Dial referUrl='/asked' referMethod='GET'>{OMAR}</Dial>",
    f"<Dial record='true' timeLimit='3' {TAPE}>{OMAR}</Dial>",
    f"<Dial><Number url='/asked' method='GET'>{OMAR}</Number></Dial>",
    f"<Dial timeLimit='3'><Number {LEG}>{OMAR}</Number></Dial>",
    f"<Dial><Number {FOUND}>{OMAR}</Number></Dial>",
    "<Dial><Client url='/asked' method='GET'>lena</Client></Dial>",
    f"<Dial timeLimit='3'><Client {LEG}>lena</Client></Dial>",
    f"<Dial><Sip url='/asked' method='GET'>{SIP}</Sip></Dial>",
    f"<Dial timeLimit='3'><Sip {LEG}>{SIP}</Sip></Dial>",
    f"<Dial><Sip {FOUND}>{SIP}</Sip></Dial>",
    "<Dial><Conference waitUrl='/asked' waitMethod='GET'>x</Conference></Dial>",
    f"<Dial timeLimit='3'><Conference statusCallbackEvent='leave' {LEG}>x</Conference></Dial>",
    f"<Dial><Conference record='record-from-start' {TAPE}>taped</Conference></Dial>",
    "<Dial><Queue url='/asked' method='GET'>line</Queue></Dial>",
    "<Enqueue waitUrl='/asked' waitUrlMethod='GET'>q</Enqueue>",
    "<Enqueue action='/asked' method='GET' waitUrl='/leave'>q</Enqueue>",
    f"<Start><Recording {TAPE.replace('/asked', 'http://app.test/asked')}/></Start>"
    "<Pause length='3'/>",
]


def somebody(stage: Stage, page: str) -> None:
    """One more party, whose call runs this page."""
    stage.pages["/else"] = page
    stage.calls_out(url="/else")
    stage.advance(3)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_method_is_followed(stage: Stage, page: str, method: str) -> None:
    for address in (OMAR, LENA, SIP):
        stage.person(address)
    stage.pages["/leave"] = "<Leave/>"
    said = page if method == "GET" else re.sub(r" \w*[mM]ethod='GET'", "", page)
    stage.pages["/voice"] = f"{said}<Pause length='2'/>"
    somebody(stage, "<Enqueue waitUrl=''>line</Enqueue>")
    dana = stage.dials_in()
    somebody(stage, "<Dial><Conference>taped</Conference></Dial>")
    dana.call.speak("hello there, it is me")
    for leg in dana.call.children:
        leg.refer("sip:lena@desk.test")
    stage.advance(20)
    for call in list(stage.carrier.calls.values()):
        call.hang_up()
    stage.advance(5)
    assert {asked.method for asked in stage.at("/asked")} == {method}


def test_no_method_is_left_out() -> None:
    shown = {
        (element, name)
        for page in PAGES
        for element, attributes in re.findall(r"<(\w+)([^>]*)", page)
        for name in re.findall(r"(\w*[mM]ethod)=", attributes)
    }
    known = {
        (element, name)
        for element, shape in SHAPES.items()
        for name in shape.attributes - WITHOUT_EFFECT.get(element, frozenset())
        if name.lower().endswith("method")
    }
    assert known <= shown
