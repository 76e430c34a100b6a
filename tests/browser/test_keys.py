"""Rows that one goes to by key, and what is done there; what is refused is said in sight."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from agents.models import Agent, IntentChange
from calls import live
from calls.models import Queue, TextWhisper, TimelineEvent, WrapUp
from tests.browser.conftest import People
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser


def board_of_sam(people: People) -> Page:
    page = people.at("/board", "sam")
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def go_to(page: Page, row: Locator) -> None:
    """By the key for the next row, as often as it takes."""
    for _ in range(40):
        page.keyboard.press("j")
        if row.evaluate("node => node === document.activeElement"):
            return
    pytest.fail("that row is never come to")


def of_caller(page: Page, name: str) -> Locator:
    return page.get_by_test_id("live-calls").get_by_role("row", name=name)


def of_agent(page: Page, name: str) -> Locator:
    return page.get_by_test_id("agents").get_by_role("row", name=name)


def test_a_call_is_ended_without_a_mouse(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    go_to(page, of_caller(page, "Hugo Lefevre"))
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_contain_text("End the call of Hugo Lefevre?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_an_agent_is_written_to_without_a_mouse(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    go_to(page, of_caller(page, "Hugo Lefevre"))
    page.keyboard.press("t")
    page.keyboard.type("Offer him 10 %")
    page.keyboard.press("Enter")
    expect(of_caller(page, "Hugo Lefevre").get_by_test_id("text")).to_be_enabled()
    expect(page.locator("#said")).to_be_empty()
    assert TextWhisper.objects.get().text == "Offer him 10 %"


def test_an_agent_is_logged_out_by_key_and_it_is_kept_why(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    row = of_agent(page, "Tomas Novak")
    go_to(page, row)
    page.keyboard.press("c")
    row.get_by_placeholder("Why").fill("went home ill")
    row.get_by_test_id("log-out").click()
    expect(page.get_by_role("dialog")).to_contain_text("Log Tomas Novak out now?")
    page.get_by_test_id("confirm").click()
    expect(row.locator(".is")).to_have_text("Offline")
    assert Agent.objects.get(name="Tomas Novak").intent == "offline"
    assert IntentChange.objects.get().why == "set by a supervisor: went home ill"


def test_after_call_work_is_ended_by_key(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    row = of_agent(page, "Mira Lindqvist")
    go_to(page, row)
    page.keyboard.press("n")
    page.get_by_test_id("confirm").click()
    expect(row.locator(".is")).not_to_have_text("After-call work")
    assert not WrapUp.objects.filter(finished_at=None).exists()
    assert TimelineEvent.objects.filter(text__contains="finished Mira").exists()


def test_what_is_refused_is_said_where_it_is_seen(people: People, afternoon: Scene) -> None:
    page = people.at("/board", "sam", viewport={"width": 390, "height": 700})
    expect(page.locator("#connection")).to_have_text("Live")
    first = of_caller(page, "Marek Zielinski")
    first.get_by_test_id("to-front").click()
    said = page.get_by_text("That caller is the next already.")
    expect(said).to_be_visible()
    expect(said).to_be_in_viewport()


def test_where_a_call_may_not_be_sent_is_said(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    row = of_caller(page, "Marek Zielinski")
    go_to(page, row)
    page.keyboard.press("g")
    row.get_by_label("or to an address").fill("https://elsewhere.example.com/menu.xml")
    row.get_by_test_id("send-elsewhere").click()
    expect(page.get_by_role("dialog")).to_contain_text("Send Marek Zielinski elsewhere?")
    page.get_by_test_id("confirm").click()
    expect(page.locator("#said")).to_contain_text("elsewhere.example.com")
    expect(row.get_by_label("or to an address")).to_have_value(
        "https://elsewhere.example.com/menu.xml"
    )


def test_a_call_is_sent_to_another_line(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    row = of_caller(page, "Marek Zielinski")
    row.get_by_text("More").click()
    row.get_by_test_id("elsewhere").click()
    row.get_by_label("To a queue's line").select_option(label="Billing")
    row.get_by_test_id("send-elsewhere").click()
    page.get_by_test_id("confirm").click()
    expect(row.locator(".what")).to_have_text("Billing")


def test_a_row_that_one_is_in_goes_on_changing(
    people: People, afternoon: Scene, tell: Callable[..., None]
) -> None:
    page = board_of_sam(people)
    row = of_agent(page, "Tomas Novak")
    go_to(page, row)
    Agent.objects.filter(name="Tomas Novak").update(intent="offline")
    tell(live.board())
    expect(row.locator(".is")).to_have_text("Offline")
    expect(row).to_be_focused()


def test_the_keys_of_a_row_are_told(people: People, afternoon: Scene) -> None:
    page = board_of_sam(people)
    go_to(page, of_caller(page, "Hugo Lefevre"))
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys on this page")
    expect(keys).to_contain_text("The next row, the one before")
    expect(keys).to_contain_text("Barge: everybody hears you (in that row)")


def test_a_button_that_was_pressed_does_not_keep_its_words(
    people: People, afternoon: Scene, tell: Callable[..., None]
) -> None:
    """Grace says available, and a call comes: what she pressed is no button any more."""
    page = people.at("/desk", "grace")
    expect(page.locator("#connection")).to_have_text("Live")
    page.get_by_role("button", name="I am available").click()
    expect(page.get_by_test_id("status")).to_have_text("Available")
    waiting = afternoon.caller(Queue.objects.get(name="Sales"), "Priya Nair", waited=3)
    grace = Agent.objects.get(name="Grace Mbeki")
    afternoon.talking(waiting, grace, since=2)
    tell(live.desk(grace.user_id))
    expect(page.get_by_test_id("live-call")).to_contain_text("Priya Nair")
    expect(page.get_by_role("button", name="I am available")).to_have_count(0)
    expect(page.get_by_role("button", name="Break")).to_have_count(1)
