"""Somebody at the carrier's phone page, with a microphone that hums."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.sandbox.browsers.house import HERE, PATIENCE, Ears

PERSON = HERE / "person.js"
NOBODY = "Nobody on the line."


class Visitor(Ears):
    """They call in as a customer, hear, press keys and hang up."""

    def __init__(self, page: Page, carrier: str, number: str) -> None:
        super().__init__(page, "visitor")
        page.add_init_script(path=PERSON)
        page.goto(f"{carrier}/phone")
        page.get_by_label("Your number").fill(number)
        page.get_by_label("Your number").press("Tab")
        self.state = page.locator("#state")
        self.hears = page.locator("#hears")
        self.problem = page.locator("#problem")

    def calls(self, number: str) -> None:
        self.page.locator("#to").fill(number)
        self.presses("Call")

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def is_connected_with(self, number: str) -> None:
        expect(self.state).to_have_text(f"On the line with {number}", timeout=PATIENCE * 1000)

    def has_nobody_on_the_line(self) -> None:
        expect(self.state).to_have_text(NOBODY, timeout=PATIENCE * 1000)
