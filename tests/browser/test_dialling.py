"""Dialling out at the desk, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from agents.models import Agent
from calls.models import Call, Command, DialRules, DirectoryEntry, DoNotCall, Leg
from calls.services import lifecycle
from calls.states import CallState
from tests.browser.conftest import People
from tests.browser.scene import Scene
from tests.browser.test_desk import Tell, live_page

pytestmark = pytest.mark.browser

RUTH = "+15551230001"


def at_the_desk(people: People, name: str = "yuki") -> Page:
    page = live_page(people.at("/desk", name))
    expect(page.get_by_test_id("dial")).to_be_visible()
    return page


def press(page: Page, digits: str) -> None:
    for digit in digits:
        page.get_by_role("button", name=digit, exact=True).click()


def test_yuki_dials_with_the_keypad_and_calls_it_off(
    people: People, afternoon: Scene, tell: Tell
) -> None:
    page = at_the_desk(people)
    press(page, f"{RUTH}7")
    page.get_by_role("button", name="Delete the last digit").click()
    expect(page.get_by_test_id("dial-number")).to_have_value(RUTH)
    page.get_by_test_id("dial-now").click()
    pane = page.get_by_test_id("dialling")
    expect(pane).to_contain_text("Your own line is ringing")
    expect(pane).to_contain_text("60 minutes")
    expect(page.get_by_test_id("dial")).to_have_count(0)
    call = Call.objects.get(direction="outbound")
    assert call.customer_number == RUTH
    assert Command.objects.filter(call=call, verb="dial").count() == 1
    page.get_by_role("button", name="Call it off").click()
    expect(page.get_by_test_id("dialling")).to_have_count(0)
    call.refresh_from_db()
    assert call.outcome == "cancelled"
    Leg.objects.filter(call=call).update(state="canceled", ended_at=call.ended_at)
    tell(f"desk:{call.dialled_by_id}")
    expect(page.get_by_test_id("dial")).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Type a number, or choose somebody"),
        ("12", "too short"),
        ("+1 555 123 0001 2345 6789", "too long"),
        ("Nobody of that name", "A number has no letters"),
        ("+1 876 555 0123", "the administrator says which countries are"),
        ("+1 900 555 1234", "costs more than a call"),
    ],
)
def test_a_mistake_is_told_beside_what_was_typed(
    people: People, afternoon: Scene, typed: str, told: str
) -> None:
    page = at_the_desk(people)
    page.get_by_test_id("dial-number").fill(typed)
    page.get_by_test_id("dial-now").click()
    expect(page.get_by_test_id("dial-error")).to_contain_text(told)
    expect(page.get_by_test_id("dial-number")).to_have_value(typed)
    assert not Call.objects.filter(direction="outbound").exists()


def test_who_does_not_want_to_be_called_is_not(people: People, afternoon: Scene) -> None:
    DoNotCall.objects.create(number=RUTH)
    page = at_the_desk(people)
    page.get_by_test_id("dial-number").fill(RUTH)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("dial-error")).to_contain_text("not to be called")


def test_somebody_of_the_directory_is_found_by_name_and_dialled(
    people: People, afternoon: Scene
) -> None:
    DirectoryEntry.objects.create(name="Power company", number=RUTH, note="faults")
    page = at_the_desk(people)
    page.get_by_test_id("dial-number").fill("power")
    found = page.get_by_test_id("directory").get_by_text("Power company")
    found.click()
    page.get_by_test_id("dial-now").click()
    expect(page.get_by_test_id("dialling")).to_contain_text("Power company")
    assert Call.objects.get(direction="outbound").customer_name == "Power company"


def test_what_is_typed_is_not_lost_when_something_happens(
    people: People, afternoon: Scene, tell: Tell
) -> None:
    page = at_the_desk(people)
    page.get_by_test_id("dial-number").fill("+1555123")
    page.get_by_role("button", name="Go offline").focus()
    user = Agent.objects.get(user__username="yuki").user
    Agent.objects.filter(user=user).update(intent="break")
    tell(f"desk:{user.pk}")
    expect(page.get_by_test_id("status")).to_have_text("On a break")
    expect(page.get_by_test_id("dial-number")).to_have_value("+1555123")


def test_the_pane_follows_the_call_until_it_is_one_like_any_other(
    people: People, afternoon: Scene, tell: Tell
) -> None:
    page = at_the_desk(people)
    page.get_by_test_id("dial-number").fill(RUTH)
    page.get_by_test_id("dial-now").click()
    expect(page.get_by_test_id("dialling")).to_be_visible()
    call = Call.objects.get(direction="outbound")
    own = Leg.objects.get(call=call)
    now = call.arrived_at
    lifecycle.next_step(leg=own, now=now)
    tell(f"desk:{own.user_id}")
    expect(page.get_by_test_id("dialling-now")).to_contain_text("Press 1 on your phone")
    Leg.objects.filter(pk=own.pk).update(accepted_at=now, joined_at=now, in_room=True)
    customer = Leg.objects.create(
        call=call, role="customer", state="ringing", address=RUTH, planned_at=now
    )
    tell(f"desk:{own.user_id}")
    expect(page.get_by_test_id("dialling-now")).to_contain_text("It rings at the customer's")
    Leg.objects.filter(pk=customer.pk).update(state="in-progress", joined_at=now, in_room=True)
    Call.objects.filter(pk=call.pk).update(state=CallState.TALKING, answered_at=now)
    tell(f"desk:{own.user_id}")
    expect(page.get_by_test_id("live-call")).to_contain_text("On a call")
    expect(page.get_by_role("button", name="It is voicemail")).to_be_visible()


def test_a_limit_that_is_reached_is_on_the_board(people: People, afternoon: Scene) -> None:
    DialRules.objects.create(pk=1, calls_an_hour_all=0)
    board = live_page(people.at("/board", "sam"))
    page = at_the_desk(people)
    page.get_by_test_id("dial-number").fill(RUTH)
    page.get_by_test_id("dial-now").click()
    expect(page.get_by_test_id("dial-error")).to_contain_text("which is the limit")
    expect(board.get_by_test_id("dial-alarm")).to_contain_text("wanted to dial out")
