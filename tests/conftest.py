"""What every test stands on: a database, a browser, and a network that ends at this machine."""

import gc
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from playwright.sync_api import Browser, Playwright, sync_playwright
from pytest_django import DjangoDbBlocker

from callcenter import postgres
from tests.emptying import empty_tables
from tests.settings import CLUSTER

NO_BROWSER = (
    "No Chromium: the browser tests are skipped. Debian, Ubuntu: apt-get install chromium;"
    " elsewhere: .venv/bin/playwright install chromium"
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Start the tests' PostgreSQL before the first test that needs it; the last run stops it."""
    if os.environ["DATABASE_URL"] != CLUSTER.url:
        yield
        return
    with postgres.running(CLUSTER):
        _drop_databases_of_killed_runs()
        yield


def _drop_databases_of_killed_runs() -> None:
    with psycopg.connect(CLUSTER.url, autocommit=True) as connection:
        rows = connection.execute("select datname from pg_database").fetchall()
        for name in (row[0] for row in rows):
            run = re.match(r"test_callcenter_(\d+)", name)
            if run and not _alive(int(run[1])):
                connection.execute(f'drop database if exists "{name}" with (force)')


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# pytest-django's own of this name, by which it also knows that tests need a database, empties all
# tables and fills some again; see emptying.
@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database in which what is committed is seen by every connection, and gone afterwards."""
    with django_db_blocker.unblock():
        # Django's flush leaves the job queue's tables alone: jobs of tests elsewhere would be due
        # here, for callers who are gone.
        empty_tables()
        yield
        empty_tables()


# Chromium ---------------------------------------------------------------------------------------


def find_chromium() -> str | None:
    """The system's, or else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    system = next((path for name in names if (path := shutil.which(name))), None)
    if system:
        return system
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright"
    own = sorted(Path(folder).expanduser().glob("chromium-*/chrome-*/chrome"))
    return str(own[-1]) if own else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In CI none may be skipped: there they fail instead."""
    if find_chromium() or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report for report in terminalreporter.getreports("skipped") if _wants_browser(report)
    ]
    if skipped:
        terminalreporter.write_line("")
        terminalreporter.write_sep("!", f"{len(skipped)} browser tests did not run", red=True)
        terminalreporter.write_line(NO_BROWSER, red=True)


def _wants_browser(report: object) -> bool:
    return NO_BROWSER in str(getattr(report, "longrepr", ""))


@contextmanager
def playing(open_one: Callable[[Playwright], Browser]) -> Iterator[Browser]:
    """For one module at a time: while Playwright runs, its event loop counts as this thread's own,
    so that asyncio.run fails and Django takes the tests for asynchronous code."""
    outer = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = open_one(playwright)
        yield browser
        browser.close()
        # Of Django's, those that were opened while Playwright ran.
        connections.close_all()
    if outer is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium; give each person a `new_context()`, which is a browser of their own."""
    path = find_chromium()
    if path is None:
        pytest.fail(NO_BROWSER)
    arguments = ["--disable-dev-shm-usage"]
    with playing(lambda it: it.chromium.launch(executable_path=path, args=arguments)) as browser:
        yield browser


@pytest.fixture
def _process_as_it_was() -> Iterator[None]:
    """The web process is set up for speed at its start; the other tests are not."""
    before = sys.getswitchinterval()
    yield
    gc.unfreeze()
    sys.setswitchinterval(before)
