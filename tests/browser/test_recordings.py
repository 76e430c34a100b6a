"""A recording is played on its call's page, from where one clicks."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calls import live
from calls.models import Call, Recording, RecordingAccess, RecordingGap
from calls.states import LegRole, RecordingState
from sandbox.core.sounds import Room
from sandbox.core.waves import Part, wav
from tests.browser.conftest import People, Web
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser

SID = "RE" + "1" * 32
VOICES = (Room("CF", "call", frozenset({"CA"})),)


class Tape(BaseHTTPRequestHandler):
    """The carrier, as far as it has a minute of two voices, with a silence in it."""

    def do_GET(self) -> None:
        sound = wav([Part(20, VOICES), Part(10, (), silent=True), Part(30, VOICES)], 2)
        self.send_response(200)
        self.send_header("Content-Type", "audio/x-wav")
        self.send_header("Content-Length", str(len(sound)))
        self.end_headers()
        self.wfile.write(sound)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def carrier(web: Web) -> Iterator[None]:
    """It is asked for first, so that it outlives the pages that still load from it."""
    server = ThreadingHTTPServer(("127.0.0.1", web.carrier_port), Tape)
    Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def call(afternoon: Scene) -> Call:
    """Hugo's: a minute of it was recorded, but for his card number."""
    call = Call.objects.get(customer_name="Hugo Lefevre", ended_at=None)
    leg = call.legs.filter(role=LegRole.CUSTOMER).latest("planned_at")
    began = afternoon.ago(100)
    tape = Recording.objects.create(
        call=call,
        leg=leg,
        sid=SID,
        state=RecordingState.COMPLETED,
        because="every call is recorded",
        planned_at=began,
        began_at=began,
        ended_at=began + timedelta(seconds=60),
        seconds=60,
        delete_after=began + timedelta(days=90),
    )
    RecordingGap.objects.create(
        recording=tape,
        began_at=began + timedelta(seconds=20),
        ended_at=began + timedelta(seconds=30),
        why="card number",
    )
    afternoon.told(call, 60, "held", "The customer is on hold")
    return call


def until(page: Page, true: str) -> None:
    """The page's policy forbids to wait inside of it."""
    for _ in range(100):
        if page.evaluate(true):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {true}")


def test_a_supervisor_plays_a_call_from_a_moment_of_its_story(
    carrier: None, people: People, call: Call
) -> None:
    page = people.at(f"/calls/{call.pk}", "sam")
    sheet = page.get_by_test_id("recording")
    expect(sheet.get_by_test_id("gaps")).to_contain_text("card number (silent)")
    sheet.get_by_role("button", name="0:40 The customer is on hold").click()
    until(page, "document.querySelector('audio').currentTime >= 40")
    assert page.evaluate("document.querySelector('audio').duration") == pytest.approx(60, abs=0.1)
    until(page, "Number(document.querySelector('[data-head]').getAttribute('x1')) > 660")
    assert RecordingAccess.objects.get().by is not None


def test_one_side_is_heard_alone_and_a_push_does_not_choose_again(
    carrier: None, people: People, call: Call, tell: Callable[..., None]
) -> None:
    page = people.at(f"/calls/{call.pk}", "sam")
    sheet = page.get_by_test_id("recording")
    sheet.get_by_label("the caller").check()
    Recording.objects.update(because="the caller asked for it")
    tell(live.call(call.pk))
    expect(sheet).to_contain_text("the caller asked for it")
    expect(sheet.get_by_label("the caller")).to_be_checked()
    sheet.get_by_role("button", name="0:40 The customer is on hold").click()
    until(page, "document.querySelector('audio').currentTime > 40.3")
    sheet.get_by_label("both sides").check()
    until(page, "!document.querySelector('audio').paused")


def test_a_click_on_the_bar_plays_from_there(carrier: None, people: People, call: Call) -> None:
    page = people.at(f"/calls/{call.pk}", "sam")
    bar = page.locator("[data-bar]")
    box = bar.bounding_box()
    assert box is not None
    bar.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    until(page, "document.querySelector('audio').currentTime >= 30")
    now = page.evaluate("document.querySelector('audio').currentTime")
    assert now == pytest.approx(30, abs=5)


def test_it_can_be_read_and_operated_by_everybody(
    carrier: None, people: People, call: Call, axe: str
) -> None:
    page = people.at(f"/calls/{call.pk}", "sam")
    page.evaluate(axe)
    found = page.evaluate("axe.run('#recordings').then((told) => told.violations.map((v) => v.id))")
    assert found == []
    page.set_viewport_size({"width": 390, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
