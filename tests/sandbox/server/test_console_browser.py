"""Somebody sits at the console with a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.server.office import OFFICE, Office

pytestmark = pytest.mark.browser
NINA = "+15550100003"
MENU = (
    "<Response><Gather input='dtmf speech' numDigits='1' speechTimeout='1' action='/chosen'"
    " timeout='30'><Say>Press 1 for billing.</Say></Gather></Response>"
)


@pytest.fixture
def page(chromium: Browser, office: Office) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1300, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(office.url)
    expect(opened.locator("#link")).to_have_text("live")
    yield opened
    context.close()
    assert complaints == []


def test_a_visitor_calls_in_talks_and_hangs_up(page: Page, office: Office) -> None:
    office.app.documents["/voice"] = MENU
    page.get_by_label("From", exact=True).fill(NINA)
    page.get_by_label("To", exact=True).fill(OFFICE)
    page.get_by_role("button", name="Call in").click()
    call = page.get_by_role("article", name="Call of nina")
    expect(call).to_contain_text("in-progress")
    expect(call.locator(".verb")).to_have_text("Gather")
    call.get_by_label("Words for nina to say", exact=True).fill("billing, please")
    page.keyboard.press("Enter")
    office.until(lambda: office.app.at("/chosen"))
    assert office.app.at("/chosen")[0].params["SpeechResult"] == "billing, please"
    expect(page.get_by_text("No calls.")).to_be_visible()


def test_a_visitor_answers_a_ringing_telephone_by_keyboard(page: Page, office: Office) -> None:
    sid = (
        office.client()
        .calls.create(to=NINA, from_=OFFICE, twiml="<Response><Pause length='60'/></Response>")
        .sid
    )
    page.get_by_role("button", name="Answer the phone of nina").focus()
    page.keyboard.press("Enter")
    office.until(lambda: office.call(sid).answered)
    page.get_by_role("button", name="Hang up the phone of nina").press("Space")
    office.until(lambda: office.call(sid).ended)


def test_typing_survives_what_goes_on_meanwhile(page: Page, office: Office) -> None:
    call = office.dana_dials()
    words = page.get_by_label("Words for nina to say", exact=True)
    words.fill("I was just about to")
    for n in range(10):
        office.do(lambda n=n: office.server.world.town.people[NINA].writes(f"thought {n}"))  # type: ignore[misc]
    expect(page.locator(f"#leg-{call.sid} .last-note")).to_have_text("thought 9")
    expect(words).to_have_value("I was just about to")
    expect(words).to_be_focused()


def test_the_keypad_stays_open_and_presses_keys(page: Page, office: Office) -> None:
    office.app.documents["/voice"] = MENU.replace("numDigits='1'", "numDigits='2'")
    office.dana_dials()
    page.get_by_text("Keypad").click()
    page.get_by_role("button", name="nina presses 4").click()
    page.get_by_role("button", name="nina presses 2").click()
    office.until(lambda: office.app.at("/chosen"))
    assert office.app.at("/chosen")[0].params["Digits"] == "42"


def test_a_line_of_the_log_unfolds_and_is_found_again(page: Page, office: Office) -> None:
    office.dana_dials()
    line = page.locator("#log details", has_text="/voice").first
    line.locator("summary").click()
    expect(line).to_contain_text("CallSid")
    expect(line.locator("pre")).to_contain_text("<Say>Please hold the line.</Say>")
    office.client().calls.list(limit=1)
    expect(page.locator("#log details.line")).to_have_count(2)
    expect(line.locator("pre")).to_be_visible()
    page.get_by_label("Filter the log").fill("calls.json")
    expect(page.locator("#log details.line")).to_have_count(1)
    page.get_by_label("Filter the log").fill("nothing like it")
    expect(page.locator("#log")).to_contain_text("Nothing has gone over the wire")


def test_faults_are_turned_on_and_off(page: Page, office: Office) -> None:
    field = page.get_by_label("callback lost")
    field.fill("0.5")
    field.press("Tab")
    expect(page.locator("#bar")).to_contain_text("1 faults on")
    assert office.carrier.faults.callback_lost == 0.5
    page.get_by_role("button", name="All faults off").click()
    expect(field).to_have_value("0")
    expect(page.locator("#bar")).not_to_contain_text("faults")


def test_what_cannot_be_done_is_said(page: Page) -> None:
    page.get_by_label("To", exact=True).fill("+15558888888")
    page.get_by_role("button", name="Call in").click()
    expect(page.locator("#said")).to_contain_text("Nobody owns +15558888888")


@pytest.mark.parametrize("width", [360, 760, 1024, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(
    page: Page, office: Office, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    office.app.documents["/voice"] = (
        "<Response><Dial><Conference>a-room-with-quite-a-long-name-0123456789abcdef</Conference>"
        "</Dial></Response>"
    )
    office.dana_dials()
    expect(page.get_by_role("article", name="Call of nina")).to_be_visible()
    page.locator("#log details summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_that_can_be_used_has_a_name(page: Page, office: Office) -> None:
    call = office.dana_dials()
    expect(page.locator(f"#leg-{call.sid}")).to_be_visible()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select')].filter((each) => !(
            each.getAttribute('aria-label') || each.textContent.trim() || each.labels?.length
        )).map((each) => each.outerHTML)"""
    )
    assert nameless == []


def test_a_page_finds_its_way_back_after_a_broken_connection(page: Page, office: Office) -> None:
    office.run(office.server.console.close())
    expect(page.locator("#link")).to_have_text("live")
    office.dana_dials()
    expect(page.get_by_role("article", name="Call of nina")).to_be_visible()
