"""One call centre of programs and its street of browsers for each module, and who works there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone
from playwright.sync_api import sync_playwright
from pytest_django import DjangoDbBlocker

from agents.models import LineKind, Membership
from calls.models import Call, PhoneNumber
from calls.states import CallState, RecordingPolicy
from sandbox.drivers.heard import AUDIO, WITHOUT_AUDIO
from tests.browser.scene import Scene
from tests.conftest import NO_BROWSER, find_chromium
from tests.emptying import empty_tables
from tests.journeys.programs import PATIENCE, wait_until
from tests.voices.people import CLEOS, Street
from tests.voices.place import DOORS, Place, Way

HERE = Path(__file__).parent
NO_SOUND = f"The carrier is not heard, so the tests of voices are skipped: {WITHOUT_AUDIO}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First of all tests: one worker then has all of them, and one set of browsers sounds."""
    items.sort(key=lambda item: HERE not in item.path.parents)
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(240))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.getreports("skipped")
    if any(NO_SOUND in str(report.longrepr) for report in skipped):
        terminalreporter.write_sep("!", "nobody was heard in these tests", red=True)
        terminalreporter.write_line(NO_SOUND, red=True)


@pytest.fixture(scope="module")
def place(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    if AUDIO is None and not os.environ.get("CI"):
        pytest.skip(NO_SOUND)
    with django_db_blocker.unblock():
        database = connection.settings_dict
        url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
        empty_tables()
        somebody_works_here()
        made = Place(url, tmp_path_factory.mktemp("place"))
        try:
            made.start()
            yield made
        finally:
            made.stop()
            empty_tables()


def somebody_works_here() -> None:
    """Ada takes calls of Billing, Ben those of Sales, which are recorded, and of Billing if need
    be; Cleo has a telephone alone, and takes those of Support. Sam watches over all."""
    made = Scene(timezone.now())
    plain = {"greeting": "", "recording_consent": "", "wrap_up_seconds": 0}
    billing = made.queue("Billing", **plain)
    sales = made.queue("Sales", recording=RecordingPolicy.ALL, **plain)
    support = made.queue("Support", **plain)
    for number, queue in zip(DOORS, (billing, sales, support), strict=True):
        PhoneNumber.objects.filter(queue=queue).update(e164=number)
    browser = {"line_kind": LineKind.BROWSER, "line_address": "", "seen_at": None}
    made.agent("Ada Winter", billing, may_stand_by=True, **browser)
    ben = made.agent("Ben Carter", sales, **browser)
    Membership.objects.create(agent=ben, queue=billing, priority=2)
    made.agent("Cleo Marsh", support, line_address=CLEOS, needs_desk=False)
    sam = made.agent("Sam Rivera", **browser)
    made.supervises(sam.user, billing, sales, support)


@pytest.fixture(scope="module")
def everybody(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    if not find_chromium():
        pytest.fail(NO_BROWSER)
    way = Way(place.carrier_port)
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        # While Playwright runs, Django takes this thread for an asynchronous one.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        there = Street(playwright, place, tmp_path_factory.mktemp("microphones"), way)
        yield there
        there.close()
        # Of Django's, those that were opened while Playwright ran.
        connections.close_all()
    way.close()


# pytest-django's own of this name, by which it knows that tests need a database, would empty it
# between two tests, under the feet of the programs.
@pytest.fixture
def transactional_db(place: Place) -> None:
    """What is committed is seen by the programs, and lasts for the module."""


@pytest.fixture
def street(everybody: Street, place: Place, transactional_db: None) -> Iterator[Street]:
    """At the end all lines are over, here and there, before the next begins."""
    yield everybody
    everybody.way.mend()
    place.hang_everybody_up()
    complaints = everybody.go_home()
    wait_until(lambda: not place.live_calls, within=PATIENCE)
    wait_until(lambda: not Call.objects.exclude(state=CallState.ENDED).exists(), within=PATIENCE)
    assert complaints == []
