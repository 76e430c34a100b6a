"""What an agent sees and does at the desk, in a real browser."""

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, WebSocketRoute, expect

from agents.models import Agent, BreakReason
from calls import live
from calls.models import Command, Offer, Queue, WorkerBeat, WrapUp
from calls.states import OfferState, OrderState
from tests.browser.conftest import People
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser

Tell = Callable[..., None]
RINGING = re.compile("favicon-ringing")


def status(page: Page) -> str:
    return page.get_by_test_id("status").inner_text()


def live_page(page: Page) -> Page:
    """Wait until the page is connected: only then does a push reach it."""
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def test_grace_says_that_she_is_available(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "grace")
    expect(page.get_by_test_id("status")).to_have_text("Offline")
    page.get_by_role("button", name="I am available").click()
    expect(page.get_by_test_id("status")).to_have_text("Available")
    assert Agent.objects.get(name="Grace Mbeki").intent == "available"


def test_a_break_has_a_reason(people: People, afternoon: Scene) -> None:
    page = live_page(people.at("/desk", "tomas"))
    page.get_by_label("Reason for the break").select_option(label="Training")
    page.get_by_role("button", name="Take a break").click()
    expect(page.get_by_test_id("me")).to_contain_text("On a break")
    expect(page.get_by_test_id("me")).to_contain_text("Training")


def choose_training(page: Page) -> None:
    """And look elsewhere: what has the focus is spared by pushes anyway."""
    page.get_by_label("Reason for the break").select_option(label="Training")
    page.get_by_role("button", name="Go offline").focus()


def chosen(page: Page) -> str:
    found = page.get_by_label("Reason for the break").locator("option:checked")
    return found.inner_text()


def test_a_reason_that_is_chosen_before_the_page_is_live_stays_chosen(
    people: People, afternoon: Scene
) -> None:
    """The first push comes when the choice was made."""
    held: list[tuple[WebSocketRoute, str | bytes]] = []

    def hold(page: WebSocketRoute) -> None:
        page.connect_to_server().on_message(lambda message: held.append((page, message)))

    page = people.at("/", "tomas")
    page.route_web_socket("**/ws/**", hold)
    page.goto(f"{people.web.address}/desk", wait_until="domcontentloaded")
    choose_training(page)
    while not any("desk" in str(message) for _, message in held):
        page.wait_for_timeout(20)
    for route, message in held:
        route.send(message)
    live_page(page)
    assert chosen(page) == "Training"
    page.get_by_role("button", name="Take a break").click()
    expect(page.get_by_test_id("me")).to_contain_text("On a break")
    assert BreakReason.objects.get(agent__name="Tomas Novak").name == "Training"


def test_a_chosen_reason_survives_every_push(people: People, afternoon: Scene, tell: Tell) -> None:
    tomas = Agent.objects.get(name="Tomas Novak")
    page = live_page(people.at("/desk", "tomas"))
    choose_training(page)
    BreakReason.objects.create(name="Coffee")  # now the first of the list
    tell(live.desk(tomas.user_id))
    options = page.get_by_label("Reason for the break").locator("option")
    expect(options).to_have_count(4)
    assert chosen(page) == "Training"
    waiting = afternoon.caller(Queue.objects.get(name="Billing"), "Priya Nair", waited=20)
    offer = afternoon.offered(waiting, tomas)
    tell(live.desk(tomas.user_id))
    expect(page.get_by_test_id("offer")).to_be_visible()
    assert chosen(page) == "Training"
    page.get_by_role("button", name="Break", exact=True).click()
    expect(page.get_by_role("button", name="Break", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    tomas.refresh_from_db()
    assert (tomas.after_call, offer.state) == ("break", OfferState.OFFERED)
    assert tomas.after_call_reason is not None
    assert tomas.after_call_reason.name == "Training"


def test_a_reason_that_is_no_longer_offered_is_not_kept(
    people: People, afternoon: Scene, tell: Tell
) -> None:
    page = live_page(people.at("/desk", "tomas"))
    choose_training(page)
    BreakReason.objects.filter(name="Training").update(is_active=False)
    tell(live.desk(Agent.objects.get(name="Tomas Novak").user_id))
    expect(page.get_by_label("Reason for the break").locator("option")).to_have_count(2)
    assert chosen(page) == "Lunch (30 min)"


def test_an_offer_comes_by_itself_and_can_be_declined(
    people: People, afternoon: Scene, tell: Tell
) -> None:
    tomas = Agent.objects.get(name="Tomas Novak")
    page = live_page(people.at("/desk", "tomas"))
    waiting = afternoon.caller(Queue.objects.get(name="Billing"), "Priya Nair", waited=20)
    offer = afternoon.offered(waiting, tomas)
    tell(live.desk(tomas.user_id))
    expect(page.get_by_test_id("offer")).to_contain_text("Priya Nair")
    expect(page).to_have_title("☎ Priya Nair")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", RINGING)
    expect(page.get_by_test_id("announced")).to_contain_text("Incoming call from Priya Nair")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_test_id("offer")).to_be_hidden()
    expect(page).to_have_title("Desk · Call centre")
    expect(page.locator("link[rel=icon]")).not_to_have_attribute("href", RINGING)
    offer.refresh_from_db()
    assert offer.state == OfferState.DECLINED


def test_an_offer_shows_who_calls_and_what_was_before(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "dana")
    expect(page.get_by_test_id("offer")).to_contain_text("Ines Marchetti")
    expect(page.get_by_test_id("history")).to_contain_text("old VAT number")


def test_hanging_up_asks_first(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "omar")
    page.get_by_role("button", name="Hang up").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("End the call with Hugo Lefevre?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert not Command.objects.filter(verb="hang-up").exists()


def test_hanging_up_is_ordered_and_shown_as_pending(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "omar")
    page.get_by_role("button", name="Hang up").click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("pending").first).to_contain_text("Hang up")
    orders = Command.objects.filter(verb="hang-up", state=OrderState.PENDING)
    assert {order.ordered_by and order.ordered_by.username for order in orders} == {"omar"}


def test_after_this_call_is_remembered_on_the_desk(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "omar")
    button = page.get_by_role("button", name="Go offline")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert Agent.objects.get(name="Omar Haddad").after_call == "offline"


def test_what_is_being_written_survives_a_push(
    people: People, afternoon: Scene, tell: Tell
) -> None:
    page = live_page(people.at("/desk", "mira"))
    page.get_by_label("What came of the call?").select_option(label="Solved")
    notes = page.get_by_label("Notes")
    notes.fill("Line is stable again")
    page.get_by_role("button", name="Finish").focus()
    mira = Agent.objects.get(name="Mira Lindqvist")
    Agent.objects.filter(pk=mira.pk).update(after_call="offline")
    tell(live.desk(mira.user_id))
    expect(page.get_by_role("button", name="Go offline")).to_have_attribute("aria-pressed", "true")
    expect(notes).to_have_value("Line is stable again")
    expect(page.get_by_role("button", name="Finish")).to_be_focused()


def test_notes_are_kept_as_they_are_written(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "mira")
    page.get_by_label("Notes").press_sequentially("Will call again on Monday")
    expect(page.locator("#notes-kept")).to_contain_text("Kept at")
    assert "Will call again on Monday" in WrapUp.objects.get(finished_at=None).notes


def test_finishing_without_an_outcome_says_what_to_do(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "mira")
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#disposition-error")).to_have_text("Choose what came of the call.")
    expect(page.get_by_label("Notes")).to_have_value("Router restarted, line is stable. ")


def test_finishing_frees_the_agent(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "mira")
    page.get_by_label("What came of the call?").select_option(label="Call back wanted")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_test_id("idle")).to_contain_text("Ready for the next call")
    done = WrapUp.objects.order_by("-started_at").select_related("disposition").first()
    assert done is not None
    assert done.disposition is not None
    assert done.disposition.name == "Call back wanted"


def test_a_decline_that_comes_too_late_says_what_happened(people: People, afternoon: Scene) -> None:
    page = people.at("/", "dana")
    page.route_web_socket("**/ws/**", lambda socket: None)  # the news does not reach the page
    page.goto(f"{people.web.address}/desk")
    afternoon.rang_out(Offer.objects.get(state=OfferState.OFFERED))
    page.get_by_role("button", name="Decline").click()
    expect(page.locator("#said")).to_contain_text("already over")
    expect(page.get_by_test_id("status")).to_have_text("Set aside")


def test_the_line_counts_live(people: People, afternoon: Scene, tell: Tell) -> None:
    billing = Queue.objects.get(name="Billing")
    page = live_page(people.at("/desk", "tomas"))
    row = page.locator(f"#queue-{billing.pk}")
    expect(row).to_contain_text("1 waiting")
    afternoon.caller(billing, "Priya Nair", waited=3)
    tell(live.queue(billing.pk))
    expect(row).to_contain_text("2 waiting")


def test_grace_needs_no_mouse(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "grace")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="I am available")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("status")).to_have_text("Available")


def test_the_older_of_two_desks_says_so_and_stops(people: People, afternoon: Scene) -> None:
    older = live_page(people.at("/desk", "tomas"))
    newer = live_page(people.tab(older, "/desk"))
    expect(older.get_by_test_id("elsewhere")).to_contain_text("open in another window")
    expect(older.get_by_role("button", name="Take a break")).to_be_hidden()
    expect(newer.get_by_test_id("status")).to_have_text("Available")
    older.get_by_role("link", name="Use this window instead").click()
    expect(newer.get_by_test_id("elsewhere")).to_be_visible()
    expect(older.get_by_test_id("status")).to_have_text("Available")


def test_a_page_that_was_cut_off_catches_up(people: People, afternoon: Scene) -> None:
    page = live_page(people.at("/desk", "tomas"))
    people.web.stop()
    expect(page.locator("#connection")).to_contain_text("Not connected")
    afternoon.caller(Queue.objects.get(name="Billing"), "Priya Nair", waited=3)
    people.web.start()
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.get_by_test_id("queue").filter(has_text="Billing")).to_contain_text("2 waiting")


def test_an_action_while_the_server_is_away_is_said_not_to_have_happened(
    people: People, afternoon: Scene
) -> None:
    page = live_page(people.at("/desk", "tomas"))
    people.web.stop()
    page.get_by_role("button", name="Go offline").click()
    expect(page.locator("#said")).to_contain_text("Nothing was changed")
    assert Agent.objects.get(name="Tomas Novak").intent == "available"


def test_an_open_desk_is_seen(people: People, afternoon: Scene) -> None:
    Agent.objects.filter(name="Paulo Reis").update(seen_at=None)
    page = people.at("/desk", "paulo")
    expect(page.get_by_test_id("status")).to_have_text("Available")
    seen = Agent.objects.get(name="Paulo Reis").seen_at
    assert seen is not None


def test_a_worker_that_is_gone_is_said_so_and_the_page_works(
    people: People, afternoon: Scene
) -> None:
    WorkerBeat.objects.all().delete()
    page = people.at("/desk", "grace")
    expect(page.locator("#upkeep")).to_contain_text("The worker is not running.")
    page.get_by_role("button", name="I am available").click()
    expect(page.get_by_test_id("status")).to_have_text("Available")


def test_who_was_signed_out_elsewhere_is_told_that_nothing_was_changed(
    people: People, afternoon: Scene
) -> None:
    page = live_page(people.at("/desk", "tomas"))
    Session.objects.all().delete()
    page.get_by_role("button", name="Go offline").click()
    expect(page.locator("#said")).to_contain_text("You are signed out")
    assert Agent.objects.get(name="Tomas Novak").intent == "available"
