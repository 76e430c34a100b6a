"""What a supervisor sees and does on the board and on a call's page."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from agents.models import Agent
from calls import live
from calls.models import Call, Command, LineChange, Queue, Waiting
from calls.services import whole_lines
from tests.browser.conftest import People
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser


def test_the_board_shows_who_is_doing_what(people: People, afternoon: Scene) -> None:
    page = people.at("/board", "sam")
    agents = page.get_by_test_id("agents")
    expect(agents.get_by_role("row", name="Omar Haddad")).to_contain_text("On a call")
    expect(agents.get_by_role("row", name="Omar Haddad")).to_contain_text("Hugo Lefevre")
    expect(agents.get_by_role("row", name="Yuki Tanaka")).to_contain_text("missed a call")
    expect(page.get_by_test_id("live-calls")).to_contain_text("Ben Carter")


def test_the_board_changes_by_itself(
    people: People, afternoon: Scene, tell: Callable[..., None]
) -> None:
    page = people.at("/board", "sam")
    expect(page.locator("#connection")).to_have_text("Live")
    afternoon.caller(Queue.objects.get(name="Sales"), "Priya Nair", waited=3)
    tell(live.board())
    expect(page.get_by_test_id("live-calls")).to_contain_text("Priya Nair")


def test_sam_sends_tomas_on_a_break(people: People, afternoon: Scene) -> None:
    page = people.at("/board", "sam")
    row = page.get_by_test_id("agents").get_by_role("row", name="Tomas Novak")
    row.get_by_text("Change").click()
    row.get_by_label("Set Tomas Novak to").select_option(label="Training")
    row.get_by_role("button", name="Set Tomas Novak").click()
    page.get_by_test_id("confirm").click()
    expect(row).to_contain_text("On a break")
    assert Agent.objects.get(name="Tomas Novak").intent == "break"


def test_sam_ends_a_call_from_the_board(people: People, afternoon: Scene) -> None:
    page = people.at("/board", "sam")
    row = page.get_by_test_id("live-calls").get_by_role("row", name="Hugo Lefevre")
    row.get_by_text("More").click()
    row.get_by_test_id("end-call").click()
    expect(page.get_by_role("dialog")).to_contain_text("End the call of Hugo Lefevre?")
    with page.expect_response("**/end"):
        page.get_by_test_id("confirm").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert Command.objects.filter(verb="hang-up", ordered_by__username="sam").exists()


def test_sam_sends_a_whole_line_elsewhere_and_sees_how_far_it_is(
    people: People, afternoon: Scene, settings: Settings
) -> None:
    page = people.at("/board", "sam")
    expect(page.locator("#connection")).to_have_text("Live")
    row = page.get_by_role("row", name="Support").first
    row.get_by_test_id("whole-line").click()
    row.get_by_label("Send everybody to").select_option(label="Billing")
    row.get_by_test_id("preview-line").click()
    expect(row.get_by_test_id("line-preview")).to_contain_text("3")
    for caller in ("Marek Zielinski", "Julia Santos"):
        expect(row.get_by_role("status")).to_contain_text(caller)
    assert not LineChange.objects.exists()
    row.get_by_test_id("move-line").click()
    page.get_by_test_id("confirm").click()
    expect(row.get_by_test_id("line-change")).to_contain_text("0 of 3 sent to Billing")

    settings.LINE_CHANGE_RATE = 2  # a second
    change = LineChange.objects.get()
    whole_lines.carry_on(line_change_id=change.pk, now=timezone.now())
    expect(row.get_by_test_id("line-change")).to_contain_text("2 of 3 sent to Billing")
    whole_lines.carry_on(line_change_id=change.pk, now=timezone.now())
    expect(row.get_by_test_id("line-change")).to_be_hidden()
    assert Waiting.objects.in_line().filter(queue__name="Billing").count() == 4
    assert change.asked_by is not None
    assert change.asked_by.username == "sam"


def test_an_unfolded_choice_stays_open_through_a_push(
    people: People, afternoon: Scene, tell: Callable[..., None]
) -> None:
    page = people.at("/board", "sam")
    expect(page.locator("#connection")).to_have_text("Live")
    row = page.get_by_test_id("agents").get_by_role("row", name="Tomas Novak")
    row.get_by_text("Change").click()
    afternoon.caller(Queue.objects.get(name="Sales"), "Priya Nair", waited=3)
    tell(live.board())
    expect(page.get_by_test_id("live-calls")).to_contain_text("Priya Nair")
    expect(row.get_by_label("Set Tomas Novak to")).to_be_visible()


def test_a_calls_page_tells_its_story(people: People, afternoon: Scene) -> None:
    call = Call.objects.get(customer_name="Hugo Lefevre", ended_at=None)
    page = people.at(f"/calls/{call.pk}", "sam")
    expect(page.get_by_test_id("story")).to_contain_text("Ring Omar Haddad")
    expect(page.get_by_test_id("story")).to_contain_text("Hugo Lefevre is with Omar Haddad")
    expect(page.get_by_role("img", name="Omar Haddad, rang")).to_be_visible()


def test_a_calls_page_goes_on_by_itself(
    people: People, afternoon: Scene, tell: Callable[..., None]
) -> None:
    call = Call.objects.get(customer_name="Hugo Lefevre", ended_at=None)
    page = people.at(f"/calls/{call.pk}", "omar")
    expect(page.locator("#connection")).to_have_text("Live")
    afternoon.told(call, 0, "held", "Omar put Hugo on hold")
    tell(live.call(call.pk))
    expect(page.get_by_test_id("story")).to_contain_text("Omar put Hugo on hold")


def test_sam_finds_a_call_by_its_number(people: People, afternoon: Scene) -> None:
    page = people.at("/calls", "sam")
    page.get_by_label("Name or number").fill("(555) 040 7002")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_test_id("calls")).to_contain_text("Ravi Menon")
    expect(page.get_by_test_id("calls")).not_to_contain_text("Hugo Lefevre")


def test_the_list_of_calls_changes_by_itself(
    people: People, afternoon: Scene, tell: Callable[..., None]
) -> None:
    """Also what it missed while the server was away is there."""
    page = people.at("/calls", "sam")
    expect(page.locator("#connection")).to_have_text("Live")
    page.get_by_label("Name or number").fill("half a na")
    afternoon.caller(Queue.objects.get(name="Sales"), "Priya Nair", waited=3)
    tell(live.board())
    expect(page.get_by_test_id("calls")).to_contain_text("Priya Nair")
    expect(page.get_by_label("Name or number")).to_have_value("half a na")
    people.web.stop()
    expect(page.locator("#connection")).to_contain_text("Not connected")
    afternoon.caller(Queue.objects.get(name="Sales"), "Tove Lind", waited=1)
    people.web.start()
    expect(page.get_by_test_id("calls")).to_contain_text("Tove Lind")


def test_a_search_that_makes_no_sense_says_so(people: People, afternoon: Scene) -> None:
    page = people.at("/calls?since=2026-03-02&until=2026-03-01", "sam")
    expect(page.locator("#id_until_error")).to_contain_text("before the first day")
