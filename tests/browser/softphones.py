"""Whoever has their line in the browser: what they see of it and do with it."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from agents.models import Agent, LineKind
from calls.models import Offer, Queue
from calls.states import LegRole, LegState
from tests.browser.conftest import People
from tests.browser.scene import Scene
from tests.sandbox.browsers.house import PATIENCE, Ears

SOON = 30.0
# What a test does to the silent telephone, and sees of what was done with it.
PHONE = "document.getElementById('softphone').phone"

# A machine whose microphones can be pulled out, and that does not take a steady tone for noise.
MACHINE = """
(() => {
  const devices = navigator.mediaDevices;
  const all = devices.enumerateDevices.bind(devices), open = devices.getUserMedia.bind(devices);
  const out = new Set();
  devices.enumerateDevices = async () => (await all()).filter((each) => (
    each.kind !== "audioinput" || ![...out].some((name) => each.label.includes(name))));
  devices.getUserMedia = async ({audio}) => {
    const id = audio.deviceId?.exact;
    if (id && !(await devices.enumerateDevices()).some((each) => each.deviceId === id))
      throw new DOMException("Requested device not found", "NotFoundError");
    const asked = id ? {deviceId: {exact: id}} : {};
    return open({audio: {
      ...asked, echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  };
  const changed = () => { devices.dispatchEvent(new Event("devicechange")); };
  window.unplug = (...names) => { names.forEach((name) => out.add(name)); changed(); };
  window.plugIn = (...names) => { names.forEach((name) => out.delete(name)); changed(); };
})();
"""


def browser_agent(scene: Scene, name: str = "Petra Ortiz", **facts: Any) -> Agent:
    """Somebody who serves the queue for billing and talks in the browser."""
    billing = Queue.objects.get(name="Billing")
    return scene.agent(name, billing, line_kind=LineKind.BROWSER, line_address="", **facts)


def offered_in_browser(scene: Scene, agent: Agent, caller: str = "Priya Nair") -> Offer:
    """The caller is offered, and nothing rings: the browser connects if the agent accepts."""
    waiting = scene.caller(Queue.objects.get(name="Billing"), caller, waited=20)
    leg = scene.leg(
        waiting.call,
        LegRole.AGENT,
        user=agent.user,
        address=f"client:{agent.identity}",
        state=LegState.PLANNED,
        planned_at=scene.ago(2),
        sid=None,
    )
    return Offer.objects.create(
        call=waiting.call,
        waiting=waiting,
        user=agent.user,
        leg=leg,
        offered_at=scene.ago(2),
        expires_at=scene.now + timedelta(seconds=60),
        reason={"because": "idle for longest of 2 free agents of Billing"},
    )


@dataclass
class Desk:
    """A page with a telephone in it."""

    page: Page

    @property
    def panel(self) -> Locator:
        return self.page.get_by_test_id("softphone")

    @property
    def line(self) -> Locator:
        return self.page.get_by_test_id("line")

    @property
    def remarks(self) -> Locator:
        return self.page.get_by_test_id("remarks")

    def is_live(self) -> "Desk":
        expect(self.page.locator("#connection")).to_have_text("Live")
        return self

    def is_ready(self) -> "Desk":
        self.is_live()
        expect(self.line).to_have_text("Ready")
        return self

    def happens(self, what: str) -> None:
        """To the silent telephone: `ends()`, `breaks()`, `rings('…')`."""
        self.page.evaluate(f"() => {{ {PHONE}.{what} }}")

    @property
    def done(self) -> list[list[Any]]:
        """What this page did with its telephone, one after the other, and with what."""
        found: list[list[Any]] = self.page.evaluate(f"{PHONE}.done")
        return found

    def did(self, what: str) -> list[Any]:
        """With what this page did that, each time."""
        return [with_ for did, with_ in self.done if did == what]

    def waits_for(self, what: str, times: int = 1) -> list[Any]:
        """Asked from here: the page's policy lets nothing be evaluated that comes later."""
        end = time.monotonic() + SOON
        while len(self.did(what)) < times:
            assert time.monotonic() < end, f"the telephone did not {what} {times} times"
            time.sleep(0.05)
        return self.did(what)

    def waits_until(self, expression: str) -> None:
        """The same for what is true of the page."""
        end = time.monotonic() + SOON
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.05)

    def orders(self, act: str, leg: str | UUID, *, kept_open: bool = False) -> None:
        """The pane asks something of the line, as a push would."""
        self.page.evaluate(
            """([act, leg, keptOpen]) => {
                document.getElementById("ordered")?.remove();
                const ordered = document.createElement("button");
                Object.assign(ordered, {id: "ordered", textContent: "Ordered"});
                Object.assign(ordered.dataset, {softphone: act});
                ordered.dataset[keptOpen ? "standby" : "leg"] = leg;
                document.getElementById("said").after(ordered);
                document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
            }""",
            [act, str(leg), kept_open],
        )

    def shows_talk(self, call: str) -> None:
        """The pane shows this talk, or none any more."""
        self.page.evaluate(
            """call => {
                document.getElementById("said").dataset.talk = call;
                if (!call) delete document.getElementById("said").dataset.talk;
                document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
            }""",
            call,
        )

    def takes_back(self) -> None:
        self.page.evaluate(
            """() => {
                document.getElementById("ordered").remove();
                document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
            }"""
        )

    def talks(self, leg: str = "a-leg") -> "Desk":
        """In a call that the pane ordered."""
        self.is_ready()
        self.orders("connect-now", leg)
        expect(self.line).to_have_text("Talking")
        self.takes_back()
        return self


def at_desk(people: People, name: str = "petra", silent: str = "", **browser: Any) -> Desk:
    """`silent`: how the telephone is at first, as JavaScript."""
    page = people.unopened(name, **browser)
    if silent:
        page.add_init_script(f"window.silent = {silent}")
    page.goto(f"{people.web.address}/desk")
    return Desk(page)


class Talker(Desk, Ears):
    """A desk, and the ears of whoever sits at it."""

    def __init__(self, people: People, **browser: object) -> None:
        page = people.unopened("petra", **browser)
        Ears.__init__(self, page, "petra")
        page.add_init_script(MACHINE)
        page.add_init_script(
            "window.remoteStream = () => document.getElementById('softphone').phone.remote"
        )
        self.loads = f"{people.web.address}/desk"
        page.goto(self.loads)

    def joins(self, leg: str) -> None:
        self.is_ready()
        self.orders("connect-now", leg)
        expect(self.line).to_have_text("Talking", timeout=PATIENCE * 1000)
        self.takes_back()
