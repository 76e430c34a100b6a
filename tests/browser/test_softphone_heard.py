"""The desk's telephone with Twilio's own SDK, at the sandbox carrier: what is signalled and heard.

What the carrier is asked when the browser calls is a document of the test's; a tone is the agent's
microphone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django import DjangoDbBlocker

from agents.models import Agent
from tests.browser.conftest import People, Web, free_port
from tests.browser.scene import Scene
from tests.browser.softphones import Desk, Talker, browser_agent
from tests.conftest import find_chromium
from tests.sandbox.browsers.house import ADA, FLAGS, PATIENCE, House, humming
from tests.sandbox.server.office import OFFICE

pytestmark = pytest.mark.browser
VOICE = "<Response><Say loop='0'>You are in the room, and hear this.</Say></Response>"
MENU = (
    "<Response><Gather numDigits='3' timeout='60' action='/chosen'>"
    "<Say loop='0'>Dial an extension.</Say></Gather></Response>"
)
ROOM = "<Response><Dial><Conference beep='false' waitUrl=''>tea</Conference></Dial></Response>"
TOKEN_SECONDS = 8


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
    with humming(tmp_path_factory.mktemp("microphones"), ADA) as browser:
        yield browser


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


def test_a_microphone_that_is_pulled_out_is_followed_by_the_next(
    house: House, desk: Talker, people: People
) -> None:
    desk.is_ready()
    desk.page.keyboard.press("b")
    first, second = desk.page.get_by_label("Microphone", exact=True).locator("option").all()[1:3]
    names = (first.inner_text(), second.inner_text())
    desk.page.get_by_label("Microphone", exact=True).select_option(label=names[0])
    desk.waits_until("document.querySelectorAll('#softphone meter')[1].value > 0.05")
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


@pytest.fixture
def asking(chromium: Browser, web: Web) -> Iterator[People]:
    """Their browser asks before it lets a page use the microphone."""
    flags = [flag for flag in FLAGS if flag != "--use-fake-ui-for-media-stream"]
    launched = chromium.browser_type.launch(executable_path=find_chromium(), args=flags)
    there = People(launched, web)
    yield there
    launched.close()
    assert there.complaints == []


def test_a_line_starts_by_itself_once_the_microphone_is_allowed(
    house: House, asking: People, petra: Agent
) -> None:
    desk = Talker(asking)
    expect(desk.line).to_have_text("No microphone allowed")
    expect(desk.page.get_by_test_id("allow")).to_be_visible()
    desk.page.context.grant_permissions(["microphone"])
    desk.is_ready()
    expect(desk.remarks).to_be_empty()


def test_a_microphone_that_is_not_allowed_when_asked_for_is_none(
    house: House, asking: People, petra: Agent
) -> None:
    desk = Talker(asking)
    desk.page.get_by_test_id("allow").click()
    expect(desk.remarks).to_contain_text("did not let this page use the microphone")
    expect(desk.line).to_have_text("No microphone allowed")
    desk.page.context.grant_permissions(["geolocation"])  # and nothing else
    expect(desk.remarks).to_contain_text("blocked for this page")
    expect(desk.page.get_by_test_id("allow")).to_be_hidden()


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


def test_who_had_muted_themselves_sends_no_sound_after_a_reload(house: House, desk: Talker) -> None:
    house.app.documents["/voice"] = ROOM
    desk.joins("leg-9")
    desk.page.keyboard.press("u")
    desk.page.once("dialog", lambda asked: asked.accept())
    desk.page.reload()
    desk.is_ready()
    desk.orders("rejoin", "leg-9")
    expect(desk.line).to_have_text("Talking", timeout=PATIENCE * 1000)
    track = "document.getElementById('softphone').phone.microphone.getAudioTracks()[0]"
    assert desk.page.evaluate(f"{track}.enabled") is False
