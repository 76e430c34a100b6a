"""Somebody at the carrier's phone page, with a microphone that hums."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.sandbox.browsers.house import HERE, PATIENCE, Ears

PERSON = HERE / "person.js"
NOBODY = "Nobody on the line."
AT_ONCE = """
document.addEventListener("DOMContentLoaded", () => {
  const number = document.getElementById("number");
  number.value = "%s";
  number.dispatchEvent(new Event("change"));
});
"""


class Visitor(Ears):
    """They call in as a customer, hear, press keys and hang up."""

    def __init__(self, page: Page, carrier: str, number: str) -> None:
        super().__init__(page, "visitor")
        page.add_init_script(path=PERSON)
        self.address, self.number = f"{carrier}/phone", number
        self.is_at_the_phone()
        self.state = page.locator("#state")
        self.hears = page.locator("#hears")
        self.problem = page.locator("#problem")

    def is_at_the_phone(self) -> None:
        self.page.goto(self.address)
        self.page.get_by_label("Your number").fill(self.number)
        self.page.get_by_label("Your number").press("Tab")

    def says_who_they_are_at_once(self, number: str) -> None:
        """While the page's line to the carrier is still being opened."""
        self.page.add_init_script(AT_ONCE % number)
        self.page.goto(self.address)

    def is_told_late(self) -> None:
        """What the carrier says before a call is dialled arrives only once it is."""

        def between(page: WebSocketRoute) -> None:
            carrier = page.connect_to_server()
            held: list[str | bytes] | None = []

            def from_carrier(said: str | bytes) -> None:
                if held is None:
                    page.send(said)
                else:
                    held.append(said)

            def from_page(said: str | bytes) -> None:
                nonlocal held
                if '"dial"' in str(said):
                    for each in held or []:
                        page.send(each)
                    held = None
                carrier.send(said)

            carrier.on_message(from_carrier)
            page.on_message(from_page)

        self.page.route_web_socket("**/phone/line**", between)
        self.is_at_the_phone()
        self.page.wait_for_timeout(500)

    def calls(self, number: str) -> None:
        self.page.locator("#to").fill(number)
        self.presses("Call")

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def is_connected_with(self, number: str) -> None:
        expect(self.state).to_have_text(f"On the line with {number}", timeout=PATIENCE * 1000)

    def has_nobody_on_the_line(self) -> None:
        expect(self.state).to_have_text(NOBODY, timeout=PATIENCE * 1000)
