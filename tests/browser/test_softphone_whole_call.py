"""A whole call talked in the browser: every process is real, and a tone is each one's voice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Error, expect, sync_playwright

from agents.models import Agent, LineKind
from calls.models import Call, PhoneNumber
from calls.states import CallOutcome
from sandbox.audio.sound import of_waves
from sandbox.audio.tones import tone
from sandbox.drivers.heard import AUDIO
from sandbox.drivers.server import Server
from sandbox.drivers.sounding import Sounding
from sandbox.people.person import Person
from sandbox.world import World
from tests.browser.conftest import People, Web
from tests.browser.scene import Scene
from tests.browser.softphones import Talker
from tests.journeys.programs import Centre, SandboxThread
from tests.sandbox.browsers.house import ADA, BEN, open_browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NUMBER, INES = "+15557000100", "+15550407001"
SOON = 30_000
# What browsers call through, as the sandbox's own demo has it.
DESKS = """    api keys: {{SK{fives}: {fives}}}
    applications:
      - name: Desks
        sid: AP{fives}
        voice url: {web}/twilio/browser
        fallback url: {fallback}/twilio/fallback
        status callback: {web}/twilio/browser-status
    numbers:"""


class HeardSandbox(SandboxThread):
    """The carrier with sound."""

    def __init__(self, town: str, *, port: int) -> None:
        super().__init__(town, port=port)
        self.server = Server(self.world, self.clock, host="127.0.0.1", port=port, audio=AUDIO)

    def hums(self, person: Person, hertz: float) -> None:
        """They say a tone for two minutes."""

        def say(_: World) -> None:
            assert isinstance(self.server.audio, Sounding)
            assert person.call is not None
            self.server.audio.floor.say(person.call, of_waves(tone(hertz, 120.0)))

        self.do(say)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    outer = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = open_browser(playwright, tmp_path_factory.mktemp("microphones"), ADA)
        yield browser
        browser.close()
    if outer is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def petra(transactional_db: None) -> Agent:
    made = Scene(timezone.now())
    made.outcomes()
    billing = made.queue("Billing", wrap_up_seconds=120)
    PhoneNumber.objects.update_or_create(e164=NUMBER, defaults={"queue": billing})
    return made.agent(
        "Petra Ortiz", billing, intent="offline", intent_since=None, idle_since=None,
        line_kind=LineKind.BROWSER, line_address="", seen_at=None,
    )  # fmt: skip


@pytest.fixture
def centre(petra: Agent, tmp_path: Path) -> Iterator[Centre]:
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    made = Centre(url, tmp_path, settings="tests.settings")
    yield made
    made.stop()


@pytest.fixture
def sandbox(centre: Centre) -> Iterator[HeardSandbox]:
    desks = DESKS.format(fives="5a" * 16, web=centre.address, fallback=centre.fallback_address)
    nobody = "  nina: {number: +15550100003}\n"
    town = centre.town(NUMBER, nobody).replace("    numbers:", desks, 1)
    made = HeardSandbox(town, port=centre.carrier_port)
    made.start()
    centre.start()
    yield made
    centre.stop()
    made.stop()


@pytest.fixture
def office(chromium: Browser, centre: Centre, sandbox: HeardSandbox) -> Iterator[People]:
    there = People(chromium, Web(centre.web_port, centre.carrier_port))
    yield there
    for context in there.contexts:
        context.close()
    assert [said for said in there.complaints if "htmx:sendAbort" not in said] == []


def ines_calls(world: World) -> Person:
    ines = Person(world.carrier, INES, name="Ines")
    ines.lifts(NUMBER, caller_name="Ines Marchetti")
    return ines


def test_a_caller_is_talked_with_in_the_browser_reloaded_and_let_go(
    office: People, sandbox: HeardSandbox, centre: Centre
) -> None:
    desk = Talker(office, permissions=["microphone"])
    desk.is_ready()
    desk.page.get_by_role("button", name="I am available").click()
    expect(desk.page.get_by_test_id("status")).to_have_text("Available", timeout=SOON)

    ines = sandbox.do(ines_calls)
    expect(desk.page.get_by_test_id("offer")).to_contain_text("Ines Marchetti", timeout=SOON)
    desk.page.keyboard.press("y")
    expect(desk.line).to_have_text("Talking", timeout=SOON)
    expect(desk.page.get_by_test_id("live-call")).to_contain_text("Ines", timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    sandbox.hums(ines, BEN)
    desk.waits_to_hear(BEN)
    desk.waits_not_to_hear(ADA)

    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.page.reload()
    expect(desk.line).to_have_text("Talking", timeout=SOON)
    desk.waits_to_hear(BEN)
    expect(desk.page.get_by_test_id("line-lost")).to_have_count(0, timeout=SOON)

    desk.page.get_by_test_id("hang-up").click()
    desk.page.get_by_test_id("confirm").click()
    sandbox.wait_until(lambda _: ines.call is None)
    expect(desk.line).to_have_text("Ready", timeout=SOON)
    expect(desk.page.get_by_test_id("wrap-up")).to_contain_text("Ines", timeout=SOON)
    assert Call.objects.get().outcome == CallOutcome.ANSWERED


def test_a_test_call_is_heard(office: People, sandbox: HeardSandbox, centre: Centre) -> None:
    desk = Talker(office, permissions=["microphone"])
    desk.is_ready()
    # For five seconds: a machine that is busy may be deaf then.
    assert any(_hears_herself(desk) for _ in range(3))
    expect(desk.line).to_have_text("Ready", timeout=SOON)


def _hears_herself(desk: Talker) -> bool:
    expect(desk.line).to_have_text("Ready", timeout=SOON)
    desk.page.get_by_role("button", name="Test call").click()
    try:
        desk.waits_for_sound()  # the sentence
        desk.waits_to_hear(ADA)  # and then herself
    except (AssertionError, Error):
        return False
    return True
