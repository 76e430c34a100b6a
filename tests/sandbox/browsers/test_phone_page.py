"""The carrier's own phone page: a visitor calls in with a microphone, hears, and presses keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.sandbox.browsers.house import ADA, BEN, PATIENCE, House, Phone
from tests.sandbox.browsers.visitor import NOBODY, Visitor
from tests.sandbox.server.office import OFFICE

pytestmark = pytest.mark.browser
MINE = "+15550100077"
MENU = (
    "<Response><Gather numDigits='1' timeout='60' action='/chosen'>"
    "<Say loop='0'>For billing press one.</Say></Gather></Response>"
)
WAIT = "<Response><Enqueue waitUrl='/music'>support</Enqueue></Response>"
MUSIC = "<Response><Say loop='0'>You are next.</Say></Response>"


@pytest.fixture
def visitor(browsers: dict[float, Browser], house: House) -> Iterator[Visitor]:
    context = browsers[BEN].new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    yield Visitor(page, house.url, MINE)
    context.close()
    assert complaints == []


def test_a_visitor_calls_in_waits_and_talks_to_a_desk(
    house: House, visitor: Visitor, ada: Phone
) -> None:
    """Menu, line, agent: each is heard, and at the end the agent hears the visitor's microphone."""
    talk = "<Response><Dial><Client>ada</Client></Dial></Response>"
    house.app.documents |= {"/voice": MENU, "/chosen": WAIT, "/music": MUSIC, "/agent": talk}
    ada.registers()
    visitor.calls(OFFICE)
    visitor.is_connected_with(OFFICE)
    visitor.waits_for_sound()
    visitor.presses("Press 1")
    expect(visitor.hears).to_contain_text("You are next", timeout=PATIENCE * 1000)
    visitor.waits_for_sound()
    (call,) = [each for each in house.carrier.calls.values() if not each.ended]
    house.client().calls(call.sid).update(url=f"{house.app_url}/agent")
    ada.waits_for("incoming")
    ada.accepts()
    ada.waits_to_hear(BEN)
    visitor.waits_to_hear(ADA)
    visitor.waits_not_to_hear(BEN)
    visitor.presses("Mute")
    ada.waits_not_to_hear(BEN)
    visitor.presses("Hang up")
    ada.waits_for("disconnect")
    expect(visitor.state).to_have_text(NOBODY)


def test_a_call_outlives_the_late_news_that_nobody_was_on_the_line(
    house: House, visitor: Visitor
) -> None:
    """The carrier's answer to the number comes when the call is already being made."""
    house.app.documents["/voice"] = MENU
    visitor.is_told_late()
    visitor.calls(OFFICE)
    visitor.is_connected_with(OFFICE)
    visitor.waits_for_sound()
    visitor.presses("Hang up")
    expect(visitor.state).to_have_text(NOBODY)


def test_a_visitors_own_voice_is_a_message(house: House, visitor: Visitor) -> None:
    """For as long as they speak: it is no silence that ends it."""
    tape = "<Response><Record timeout='2' maxLength='5' action='/kept'/></Response>"
    house.app.documents |= {"/voice": tape, "/kept": "<Response><Hangup/></Response>"}
    visitor.calls(OFFICE)
    house.until(lambda: bool(house.app.at("/kept")), PATIENCE)
    assert house.app.at("/kept")[0].params["RecordingDuration"] == "5"
    expect(visitor.state).to_have_text("Nobody on the line.", timeout=PATIENCE * 1000)


def test_a_visitor_is_called_and_answers(house: House, visitor: Visitor) -> None:
    twiml = "<Response><Say loop='0'>This is the shop.</Say></Response>"
    house.until(lambda: MINE in house.server.world.town.people, PATIENCE)
    made = house.client().calls.create(to=MINE, from_=OFFICE, twiml=twiml)
    expect(visitor.state).to_have_text(f"{OFFICE} is calling", timeout=PATIENCE * 1000)
    visitor.presses("Answer")
    visitor.waits_for_sound()
    house.client().calls(made.sid).update(status="completed")
    visitor.has_nobody_on_the_line()


def test_who_types_before_the_carrier_is_there_is_heard(house: House, visitor: Visitor) -> None:
    other = "+15550100088"
    visitor.says_who_they_are_at_once(other)
    house.until(lambda: other in house.server.world.town.people, PATIENCE)
    house.app.documents["/voice"] = MENU
    visitor.calls(OFFICE)
    visitor.is_connected_with(OFFICE)
    assert house.app.at("/voice")[-1].params["From"] == other


def test_what_cannot_be_is_said(house: House, visitor: Visitor) -> None:
    visitor.calls("+19995550000")
    expect(visitor.problem).to_contain_text("Nobody owns", timeout=PATIENCE * 1000)
    visitor.calls("the shop")
    expect(visitor.problem).to_contain_text("is no number", timeout=PATIENCE * 1000)


def test_who_closes_the_page_hangs_up(house: House, visitor: Visitor) -> None:
    house.app.documents["/voice"] = MENU
    visitor.calls(OFFICE)
    visitor.is_connected_with(OFFICE)
    visitor.page.goto("about:blank")
    house.until(lambda: all(call.ended for call in house.carrier.calls.values()), PATIENCE)


def test_the_console_leads_there(house: House, visitor: Visitor) -> None:
    visitor.page.goto(house.url)
    expect(visitor.page.get_by_role("link", name="Phone")).to_have_attribute("href", "/phone")
