"""A whole call centre that a browser looks at: all programs, and Ines, who calls.

What is in it is a fixture of the test's own, `scene`; who else is on the telephone is the test's
`sandbox`, which it begins with `running`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from sandbox.people.person import Person
from sandbox.world import World
from tests.browser.conftest import People, Web
from tests.browser.scene import Scene
from tests.journeys.programs import Centre, SandboxThread

NUMBER, INES = "+15557000100", "+15550407001"
SOON = 30_000
Sandbox = TypeVar("Sandbox", bound=SandboxThread)


@pytest.fixture
def centre(scene: Scene, tmp_path: Path) -> Iterator[Centre]:
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    made = Centre(url, tmp_path, settings="tests.settings")
    yield made
    made.stop()


@contextmanager
def running(centre: Centre, sandbox: Sandbox) -> Iterator[Sandbox]:
    """The carrier, and then whoever asks it."""
    sandbox.start()
    centre.start()
    yield sandbox
    centre.stop()
    sandbox.stop()


@pytest.fixture
def office(chromium: Browser, centre: Centre, sandbox: SandboxThread) -> Iterator[People]:
    there = People(chromium, Web(centre.web_port, centre.carrier_port))
    yield there
    for context in there.contexts:
        context.close()
    # Finishing overtakes the keeping of notes that are being kept this moment.
    assert [said for said in there.complaints if "htmx:sendAbort" not in said] == []


def ines_calls(world: World) -> Person:
    ines = Person(world.carrier, INES, name="Ines")
    ines.lifts(NUMBER, caller_name="Ines Marchetti")
    return ines


def connected(page: Page) -> Page:
    expect(page.locator("#connection")).to_have_text("Live", timeout=SOON)
    return page
