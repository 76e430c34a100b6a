"""Who talks here, each with a browser of their own in whose microphone a tone of theirs sounds."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    expect,
)

from agents.models import Agent, LineState
from tests.browser.conftest import EXPECTED
from tests.browser.scene import PASSWORD
from tests.conftest import find_chromium
from tests.sandbox.browsers.house import FLAGS, Ears, tone_file
from tests.sandbox.browsers.visitor import PERSON, Visitor
from tests.voices.place import FRONT_DOOR, Place, Way

# Hertz of what each says. None is near another, a multiple of another, or a note of the music.
DANA, ADA, BEN, SAM, SPARE = 620.0, 1010.0, 1330.0, 1730.0, 2290.0
MOBILE = "+15550100077"  # Dana's
CLEOS = "+15558000300"
SOON = 30_000.0  # milliseconds


class Desk(Ears):
    """An agent's page, with their telephone in it."""

    def __init__(self, page: Page, place: Place, name: str) -> None:
        super().__init__(page, name)
        self.place = place
        page.add_init_script(path=PERSON)

    def signs_in(self) -> Desk:
        """As everybody does; the desk opens by itself."""
        self.page.goto(f"{self.place.web_url}/login/?next=/desk")
        self.page.get_by_label("User name").fill(self.name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        return self

    def is_ready(self) -> Desk:
        """Calls can come: the page is live, and its telephone is known to the carrier."""
        expect(self.page.locator("#connection")).to_have_text("Live", timeout=SOON)
        expect(self.line).to_have_text("Ready", timeout=SOON)
        self._is_known_to_be_ready()
        return self

    def _is_known_to_be_ready(self) -> None:
        """The page tells the call centre, a moment later."""
        ready = Agent.objects.filter(user__username=self.name, line_state=LineState.READY)
        patience = time.monotonic() + SOON / 1000
        while not ready.exists():
            assert time.monotonic() < patience, f"{self.name}'s line is not known to be ready"
            self.page.wait_for_timeout(50)

    def is_available(self) -> Desk:
        """And calls may come, also where an earlier one did not reach them."""
        status = self.is_ready().page.get_by_test_id("status")
        expect(status).to_have_text(re.compile("Available|Set aside"), timeout=SOON)
        if status.inner_text() != "Available":
            self.page.get_by_test_id("available").click()
        expect(status).to_have_text("Available", timeout=SOON)
        return self

    def tab(self, path: str) -> Page:
        """Another page of the same browser."""
        other = self.page.context.new_page()
        other.goto(f"{self.place.web_url}{path}")
        expect(other.locator("#connection")).to_have_text("Live", timeout=SOON)
        return other

    def another_tab(self) -> Desk:
        """The same desk once more in the same browser."""
        other = Desk(self.page.context.new_page(), self.place, self.name)
        other.page.goto(f"{self.place.web_url}/desk")
        return other

    def is_frozen(self) -> None:
        """Its scripts stand still, as browsers do to tabs that nobody looks at; sockets stay."""
        self._session = self.page.context.new_cdp_session(self.page)
        self._session.send("Debugger.enable")
        self._session.send("Debugger.pause")

    def is_thawed(self) -> None:
        self._session.send("Debugger.resume")
        self._session.detach()

    @property
    def panel(self) -> Locator:
        return self.page.get_by_test_id("softphone")

    @property
    def line(self) -> Locator:
        return self.page.get_by_test_id("line")

    @property
    def remarks(self) -> Locator:
        return self.page.get_by_test_id("remarks")

    def is_offered_a_call(self) -> None:
        expect(self.page.get_by_test_id("offer")).to_be_visible(timeout=SOON)

    def accepts(self) -> None:
        button = self.page.get_by_test_id("accept")
        expect(button).to_be_visible(timeout=SOON)
        button.click()

    def talks(self) -> None:
        expect(self.line).to_have_text("Talking", timeout=SOON)

    def listens(self, seconds: float) -> None:
        """And says nothing but the tone."""
        self.page.wait_for_timeout(seconds * 1000)

    def is_in_no_call(self) -> None:
        expect(self.line).to_have_text("Ready", timeout=SOON)

    def hangs_up(self) -> None:
        self.page.get_by_test_id("hang-up").click()
        self.page.get_by_test_id("confirm").click()

    def confirms(self, key: str) -> None:
        """What this key does is asked about first."""
        self.page.keyboard.press(key)
        self.page.get_by_test_id("confirm").click()

    @property
    def caller(self) -> Locator:
        return self.page.locator("[data-testid=party][data-role=customer]")

    def does(self, what: str) -> None:
        """Something with the caller: hold, resume."""
        self.caller.get_by_test_id(what).click(timeout=SOON)


@dataclass
class Street:
    """Everybody's browsers, opened when somebody comes for the first time, and kept."""

    playwright: Playwright
    place: Place
    folder: Path
    way: Way  # Ada's, to the carrier
    browsers: dict[float, Browser] = field(default_factory=dict)
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def dana(self) -> Visitor:
        """A customer, at the carrier's phone page."""
        return Visitor(self._page(DANA), self.place.carrier_url, MOBILE)

    def dana_calls(self, number: str = FRONT_DOOR) -> Visitor:
        dana = self.dana()
        dana.calls(number)
        return dana

    def cleo(self) -> Visitor:
        """An agent without a desk, at her telephone; she sounds like Ben."""
        return Visitor(self._page(BEN), self.place.carrier_url, CLEOS)

    def ada(self) -> Desk:
        return Desk(self._page(ADA), self.place, "ada").signs_in()

    def ben(self) -> Desk:
        return Desk(self._page(BEN), self.place, "ben").signs_in()

    def sam(self) -> Desk:
        return Desk(self._page(SAM), self.place, "sam").signs_in()

    def go_home(self) -> list[str]:
        """All pages are closed; what they complained of."""
        for context in self.contexts:
            context.close()
        said, self.complaints = self.complaints, []
        self.contexts.clear()
        return said

    def close(self) -> None:
        for browser in self.browsers.values():
            browser.close()

    def _page(self, tone: float) -> Page:
        if tone not in self.browsers:
            self.browsers[tone] = self._browser(tone)
        context = self.browsers[tone].new_context(viewport={"width": 1280, "height": 800})
        context.on("console", self._heard)
        context.on("weberror", lambda each: self.complaints.append(str(each.error)))
        self.contexts.append(context)
        return context.new_page()

    def _browser(self, tone: float) -> Browser:
        own = [f"--use-file-for-fake-audio-capture={tone_file(self.folder, tone)}"]
        if tone == ADA:
            here = "127.0.0.1"
            own.append(
                f"--host-resolver-rules=MAP {here}:{self.place.carrier_port} {here}:{self.way.port}"
            )
        return self.playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *own])

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in EXPECTED):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")
