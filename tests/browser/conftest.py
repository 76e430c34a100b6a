"""A real server on the tests' database, and people with browsers of their own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django import DjangoDbBlocker

from callcenter.demo.plan import SERVER
from calls import live
from tests.browser.scene import PASSWORD, Scene, busy_afternoon

CHECKOUT = Path(__file__).parent.parent.parent
PATIENCE = 30.0
# What the console says of a page that was cut off, and of a form that was filled in wrongly.
# Nothing else may be there.
EXPECTED = (
    "WebSocket connection to",
    "net::ERR_",
    "[object Event]",
    "htmx:sendError",
    "htmx:afterRequest",
    "status of 422",
)

expect.set_options(timeout=10_000)


@dataclass(slots=True)
class Web:
    """Our web process, which a test may stop and start again."""

    port: int
    carrier_port: int  # where the carrier would be
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        told = os.environ | {
            "DATABASE_URL": _address_of_the_test_database(),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": self.address,
            "CARRIER_API_URL": f"http://127.0.0.1:{self.carrier_port}",
            "SOFTPHONE_DRIVER": "silent",
            **self.environment,
        }
        command = [sys.executable, "-m", "uvicorn", "callcenter.asgi:application"]
        options = ["--port", str(self.port), *SERVER]
        self.process = subprocess.Popen(
            [*command, *options],
            env=told,
            cwd=CHECKOUT,
        )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """At once, as when the machine fails."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.process = None

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        pytest.fail("the web process does not start")


def _address_of_the_test_database() -> str:
    database = connection.settings_dict
    return f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def web_process(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Web]:
    web = Web(free_port(), carrier_port=free_port())
    with django_db_blocker.unblock():
        web.start()
    yield web
    web.stop()


@pytest.fixture
def web(web_process: Web, transactional_db: None) -> Web:
    """The web process, on a database that is empty before each test."""
    if web_process.process is None:
        web_process.start()
    return web_process


@pytest.fixture
def afternoon(web: Web) -> Scene:
    """Dana is offered a call, omar talks, mira wraps up, sam watches over all of it."""
    return busy_afternoon(timezone.now())


@dataclass
class People:
    """Each has a browser of their own; what its console complains of is collected."""

    browser: Browser
    web: Web
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def at(self, path: str, name: str = "", **browser: Any) -> Page:
        """A page of that path, with that person signed in; their second page is a second tab."""
        page = self.unopened(name, **browser)
        page.goto(self.web.address + path)
        return page

    def unopened(self, name: str = "", **browser: Any) -> Page:
        """A page that is nowhere yet, so that something may be put into it first."""
        context = self._context(browser)
        if name:
            session = self._session(name)
            context.add_cookies([{"name": "sessionid", "value": session, "url": self.web.address}])
        page = context.new_page()
        self._listen(page)
        return page

    def _session(self, name: str) -> str:
        """The session of somebody who has signed in."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        return str(client.cookies["sessionid"].value)

    def tab(self, page: Page, path: str) -> Page:
        """Another tab of the same browser."""
        other = page.context.new_page()
        self._listen(other)
        other.goto(self.web.address + path)
        return other

    def sign_in(self, page: Page, name: str, password: str = PASSWORD) -> None:
        page.goto(f"{self.web.address}/login/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    def _context(self, browser: dict[str, Any]) -> BrowserContext:
        usual = {"viewport": {"width": 1280, "height": 800}}
        self.contexts.append(self.browser.new_context(**usual | browser))
        return self.contexts[-1]

    def _listen(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(x in message.text for x in EXPECTED):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")


@pytest.fixture
def people(chromium: Browser, web: Web) -> Iterator[People]:
    """No page may complain: a refused script or style, an error, a missing file."""
    there = People(chromium, web)
    yield there
    for context in there.contexts:
        context.close()
    assert there.complaints == []


@pytest.fixture
def tell() -> Callable[..., None]:
    """Announce what a test has changed, as the service that would have changed it does."""

    return live.announce


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source."""
    path = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
    if not path.exists():
        pytest.fail("axe-core is not there: python3 -m callcenter.bootstrap fetches it")
    return path.read_text()
