"""The desk's telephone with Twilio's own SDK, at the sandbox carrier: what is signalled and heard.

What the carrier is asked when the browser calls is a document of the test's; a tone is the agent's
microphone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from agents.models import Agent
from sandbox.core.calls import Call
from tests.browser.conftest import People, Web, free_port
from tests.browser.scene import Scene
from tests.browser.softphones import Desk, Talker, browser_agent
from tests.sandbox.browsers.house import ADA, PATIENCE, House, open_browser
from tests.sandbox.server.office import OFFICE

pytestmark = pytest.mark.browser
VOICE = "<Response><Say loop='0'>You are in the room, and hear this.</Say></Response>"
MENU = (
    "<Response><Gather numDigits='3' timeout='60' action='/chosen'>"
    "<Say loop='0'>Dial an extension.</Say></Gather></Response>"
)
ROOM = "<Response><Dial><Conference beep='false' waitUrl=''>tea</Conference></Dial></Response>"
TOKEN_SECONDS = 14


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    place = House()
    yield place
    place.close()


@pytest.fixture(scope="module")
def web_process(
    house: House, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Web]:
    """One that knows the house's key, so that its tokens open the house's door."""
    carrier = urlsplit(house.url).port or 0
    told = {
        "SOFTPHONE_DRIVER": "twilio",
        "SOFTPHONE_TOKEN_SECONDS": str(TOKEN_SECONDS),
        "TWILIO_ACCOUNT_SID": house.account.sid,
        "TWILIO_API_KEY": house.key,
        "TWILIO_API_SECRET": house.secret,
        "TWILIO_TWIML_APP_SID": house.application.sid,
    }
    web = Web(free_port(), carrier_port=carrier, environment=told)
    with django_db_blocker.unblock():
        web.start()
    yield web
    web.stop()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One with a microphone that hums."""
    outer = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = open_browser(playwright, tmp_path_factory.mktemp("microphones"), ADA)
        yield browser
        browser.close()
    if outer is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def petra(web: Web) -> Agent:
    scene = Scene(timezone.now())
    scene.worker_runs()
    scene.queue("Billing")
    return browser_agent(scene)


@pytest.fixture
def desk(house: House, people: People, petra: Agent) -> Iterator[Talker]:
    house.app.documents["/voice"] = VOICE
    house.app.asked.clear()
    talker = Talker(people, permissions=["microphone"])
    yield talker
    talker.page.close()
    house.until(lambda: all(call.ended for call in house.carrier.calls.values()), PATIENCE)


def placed(house: House) -> Call:
    """The browser's own call that goes on."""
    (call,) = [each for each in house.carrier.calls.values() if not each.ended]
    found: Call = call
    return found


# Being there --------------------------------------------------------------------------------------


def test_the_line_registers_and_asks_nobody_but_us_and_the_carrier(
    house: House, desk: Talker, web: Web
) -> None:
    asked: set[str] = set()
    desk.page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    desk.page.on("websocket", lambda socket: asked.add(urlsplit(socket.url).netloc))
    desk.page.reload()
    desk.joins(str(uuid4()))
    desk.waits_for_sound()
    desk.page.evaluate("() => document.getElementById('softphone').phone.hangUp()")
    desk.is_ready()
    assert asked == {urlsplit(web.address).netloc, urlsplit(house.url).netloc}


def test_the_token_is_renewed_and_the_line_stays_reachable(
    house: House, desk: Talker, petra: Agent
) -> None:
    desk.is_ready()
    tokens: list[int] = []
    desk.page.on(
        "response",
        lambda answer: tokens.append(answer.status) if answer.url.endswith("/token") else None,
    )
    desk.page.wait_for_timeout((TOKEN_SECONDS + 2) * 1000)
    assert tokens[:2] == [200, 200]
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).to_be_empty()
    made = house.client().calls.create(
        to=f"client:{petra.identity}?leg=later", from_=OFFICE, twiml=VOICE
    )
    desk.orders("answer-now", "later")
    expect(desk.line).to_have_text("Talking")
    house.client().calls(made.sid).update(status="completed")
    desk.takes_back()
    desk.is_ready()


def test_a_slept_machine_with_an_expired_token_is_reached_again(
    house: House, desk: Talker, petra: Agent
) -> None:
    desk.is_ready()
    desk.page.route("**/softphone/token", lambda route: route.abort())
    expect(desk.line).to_have_text("Not connected", timeout=(TOKEN_SECONDS + 5) * 1000)
    desk.page.unroute("**/softphone/token")
    desk.page.evaluate("document.dispatchEvent(new Event('resume'))")
    expect(desk.line).to_have_text("Ready", timeout=PATIENCE * 1000)


def test_all_of_the_sdks_sounds_are_ours(desk: Talker, web: Web) -> None:
    desk.is_ready()
    names = desk.page.evaluate("Object.values(Twilio.Device.SoundName)")
    given = desk.page.evaluate("document.getElementById('softphone').phone.sounds")
    assert set(given) == set(names)
    assert len(names) == 15


# Calls --------------------------------------------------------------------------------------------


def test_the_browser_connects_for_its_leg_and_hears_the_room(
    house: House, desk: Talker, petra: Agent
) -> None:
    desk.joins("leg-1")
    (asked,) = house.app.at("/voice")
    assert (asked.params["From"], asked.params["leg"]) == (f"client:{petra.identity}", "leg-1")
    desk.waits_for_sound()
    house.do(placed(house).hang_up)
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).to_be_empty()


def test_what_rings_in_the_browser_is_answered(house: House, desk: Talker, petra: Agent) -> None:
    desk.is_ready()
    house.client().calls.create(to=f"client:{petra.identity}?leg=leg-2", from_=OFFICE, twiml=VOICE)
    desk.orders("answer", "leg-2")
    desk.page.get_by_role("button", name="Ordered").click()
    expect(desk.line).to_have_text("Talking")
    desk.waits_for_sound()
    house.do(placed(house).hang_up)
    desk.takes_back()
    expect(desk.line).to_have_text("Ready")


def test_a_call_that_is_refused_is_told_to_the_server(
    house: House, desk: Talker, petra: Agent
) -> None:
    desk.is_ready()
    house.app.documents["/voice"] = "<Response><Reject reason='busy'/></Response>"
    desk.orders("connect", "8f6a3c1e-0000-4000-8000-000000000001")
    with desk.page.expect_request("**/softphone/trouble") as told:
        desk.page.get_by_role("button", name="Ordered").click()
    assert json.loads(told.value.post_data or "")["leg"] == "8f6a3c1e-0000-4000-8000-000000000001"
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).not_to_be_empty()


def test_digits_reach_the_other_side(house: House, desk: Talker) -> None:
    house.app.documents |= {"/voice": MENU, "/chosen": VOICE}
    desk.joins("leg-3")
    desk.page.keyboard.press("n")
    desk.panel.get_by_role("button", name="4", exact=True).click()
    desk.page.keyboard.type("20")
    house.until(lambda: bool(house.app.at("/chosen")), PATIENCE)
    assert house.app.at("/chosen")[0].params["Digits"] == "420"


def test_mute_is_silence_at_the_other_side(house: House, desk: Talker) -> None:
    house.app.documents["/voice"] = "<Response><Record timeout='0' maxLength='60'/></Response>"
    desk.joins("leg-4")
    meter = desk.panel.get_by_label("Level of my microphone")
    desk.waits_until("document.querySelector('#softphone meter').value > 0.05")
    desk.page.keyboard.press("u")
    expect(desk.page.get_by_test_id("mute-me")).to_have_text("Muted")
    expect(meter).to_have_js_property("value", 0)
    assert (
        desk.page.evaluate(
            "document.getElementById('softphone').phone.microphone.getAudioTracks()[0].enabled"
        )
        is False
    )


def test_a_test_call_says_what_it_is(house: House, desk: Talker) -> None:
    desk.is_ready()
    desk.page.get_by_role("button", name="Test call").click()
    house.until(lambda: bool(house.app.at("/voice")), PATIENCE)
    assert house.app.at("/voice")[0].params["test"] == "1"
    desk.waits_for_sound()
    desk.page.get_by_role("button", name="End the test").click()
    expect(desk.line).to_have_text("Ready")


# What goes wrong on the way -----------------------------------------------------------------------


def test_the_loss_of_the_signalling_in_a_call_is_survived(house: House, desk: Talker) -> None:
    desk.joins("leg-5")
    desk.waits_for_sound()
    house.drop_sockets()
    expect(desk.line).to_have_text("Talking", timeout=PATIENCE * 1000)
    desk.waits_for_sound()
    expect(desk.remarks).to_be_empty()
    house.do(placed(house).hang_up)
    desk.is_ready()


def test_after_a_reload_the_browser_is_in_the_same_room_again(house: House, desk: Talker) -> None:
    house.app.documents["/voice"] = ROOM
    desk.joins("leg-6")
    first = placed(house).sid
    desk.page.reload()
    house.until(lambda: house.carrier.calls[first].ended, PATIENCE)
    desk.orders("rejoin", "leg-6")
    expect(desk.line).to_have_text("Talking", timeout=PATIENCE * 1000)
    assert [asked.params["leg"] for asked in house.app.at("/voice")] == ["leg-6", "leg-6"]
    assert placed(house).sid != first


def test_a_microphone_that_is_pulled_out_is_followed_by_the_next(
    house: House, desk: Talker, people: People
) -> None:
    desk.is_ready()
    desk.page.keyboard.press("b")
    first, second = desk.page.get_by_label("Microphone", exact=True).locator("option").all()[1:3]
    names = (first.inner_text(), second.inner_text())
    desk.page.get_by_label("Microphone", exact=True).select_option(label=names[0])
    desk.joins("leg-7")
    desk.page.evaluate("name => unplug(name)", names[0])
    expect(desk.remarks).to_contain_text(f"“{names[0]}” is gone. You are heard through")
    expect(desk.line).to_have_text("Talking")
    desk.waits_until("document.querySelector('#softphone meter').value > 0.05")
    desk.page.evaluate("unplug('')")
    expect(desk.remarks).to_contain_text("nobody hears you")
    assert desk.panel.get_attribute("data-is") == "no_device"
    desk.page.evaluate("name => plugIn('', name)", names[0])
    expect(desk.remarks).to_contain_text("You are heard again, through")
    desk.waits_until("document.querySelector('#softphone meter').value > 0.05")
    # The SDK itself falls to the default microphone, and complains if that is gone in the same
    # moment; nobody can catch it.
    people.complaints[:] = [each for each in people.complaints if "Device not found" not in each]


def test_a_microphone_that_is_refused_keeps_no_caller_waiting(house: House, desk: Talker) -> None:
    desk.is_ready()
    desk.page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException("Permission denied", "NotAllowedError"); }; }"""
    )
    desk.orders("connect", "8f6a3c1e-0000-4000-8000-000000000002")
    with desk.page.expect_request("**/softphone/trouble") as told:
        desk.page.get_by_role("button", name="Ordered").click()
    assert json.loads(told.value.post_data or "")["code"] == 31401
    expect(desk.remarks).to_contain_text("did not let this page use the microphone")
    assert house.app.at("/voice") == []


def test_of_two_windows_only_the_newer_rings(
    house: House, desk: Talker, people: People, petra: Agent
) -> None:
    desk.is_ready()
    newer = Desk(people.tab(desk.page, "/desk")).is_ready()
    expect(desk.line).to_have_text("In another window")
    rings = "document.getElementById('softphone').phone.rings"
    house.client().calls.create(
        to=f"client:{petra.identity}?leg=leg-8", from_=OFFICE, twiml=VOICE, timeout=2
    )
    newer.waits_until(f"{rings}.includes('leg-8')")
    assert desk.page.evaluate(rings) == []
    newer.page.close()
