"""What holds for every page: it fits, everybody can read and operate it, nothing is blocked."""

import json
from typing import Any, Literal, cast

import pytest
from playwright.sync_api import Page, expect

from agents.models import Agent
from calls.models import Call
from calls.states import LegRole
from tests.browser.conftest import People
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser

PAGES = [
    ("", "/login/"),
    ("dana", "/desk"),
    ("omar", "/desk"),
    ("mira", "/desk"),
    ("yuki", "/desk"),
    ("sam", "/board"),
    ("sam", "/calls"),
    ("sam", "/calls/hugo"),
]
Scheme = Literal["light", "dark"]
# A page is judged by the rules of WCAG 2.2 A and AA, and by good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def open_page(people: People, name: str, path: str, **browser: Any) -> Page:
    hugo = Call.objects.get(customer_name="Hugo Lefevre", ended_at=None)
    page = people.at(path.replace("hugo", str(hugo.pk)), name, **browser)
    if page.locator("[ws-connect]").count():
        expect(page.locator("#connection")).to_have_text("Live")
    return page


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_everybody_can_read_and_operate_it(
    people: People, afternoon: Scene, axe: str, name: str, path: str
) -> None:
    """Wide and narrow, light and dark."""
    page = open_page(people, name, path)
    page.evaluate(axe)
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=cast(Scheme, scheme))
        assert barriers(page) == [], f"{width} pixels wide, {scheme}"


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_a_narrow_page_is_not_scrolled_sideways(
    people: People, afternoon: Scene, name: str, path: str
) -> None:
    page = open_page(people, name, path)
    for width in (768, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def barriers(page: Page) -> list[str]:
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    found = page.evaluate(f"axe.run(document, {options})")["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def test_nothing_inline_would_run(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "tomas")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in said for said in people.complaints)
    people.complaints.clear()


@pytest.mark.parametrize(
    ("name", "path"), [("omar", "/desk"), ("yuki", "/desk"), ("sam", "/board")]
)
def test_three_on_a_call_are_read_and_operated_everywhere(
    people: People, afternoon: Scene, axe: str, name: str, path: str
) -> None:
    """With everything unfolded that can be."""
    call = Call.objects.get(customer_name="Hugo Lefevre", ended_at=None)
    yuki = Agent.objects.get(name="Yuki Tanaka")
    afternoon.consulting(call.legs.get(role=LegRole.AGENT), yuki, since=20)
    page = open_page(people, name, path)
    for summary in page.locator("main details > summary").all():
        summary.click()
    page.evaluate(axe)
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=cast(Scheme, scheme))
        assert barriers(page) == [], f"{width} pixels wide, {scheme}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
