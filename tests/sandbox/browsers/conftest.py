"""A house for each module, two browsers with a tone each, and people who sit at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.sandbox.browsers.house import ADA, BEN, PATIENCE, House, Phone, open_browser


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    place = House()
    yield place
    place.close()


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[float, Browser]]:
    folder = tmp_path_factory.mktemp("microphones")
    with sync_playwright() as playwright:
        opened = {hertz: open_browser(playwright, folder, hertz) for hertz in (ADA, BEN)}
        yield opened
        for browser in opened.values():
            browser.close()


@pytest.fixture(autouse=True)
def nobody_left(house: House) -> Iterator[None]:
    """Closed pages hang up; the next test finds the line free."""
    yield
    house.until(lambda: all(call.ended for call in house.carrier.calls.values()), PATIENCE)


@pytest.fixture
def ada(browsers: dict[float, Browser], house: House) -> Iterator[Phone]:
    yield from _somebody("ada", ADA, browsers, house)


@pytest.fixture
def ben(browsers: dict[float, Browser], house: House) -> Iterator[Phone]:
    yield from _somebody("ben", BEN, browsers, house)


def _somebody(
    name: str, hertz: float, browsers: dict[float, Browser], house: House
) -> Iterator[Phone]:
    context = browsers[hertz].new_context()
    yield Phone(context.new_page(), house, name, hertz)
    context.close()
