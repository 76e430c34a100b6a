"""Everybody comes to their own page, and to no other."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser


def test_an_agent_comes_to_the_desk(people: People, afternoon: Scene) -> None:
    page = people.at("/", "dana")
    expect(page).to_have_url(f"{people.web.address}/desk")
    expect(page.get_by_test_id("status")).to_have_text("Ringing")


def test_a_supervisor_comes_to_the_board(people: People, afternoon: Scene) -> None:
    page = people.at("/", "sam")
    expect(page).to_have_url(f"{people.web.address}/board")
    expect(page.get_by_test_id("queues")).to_contain_text("Billing")


def test_an_admin_watches_over_every_queue(people: People, afternoon: Scene) -> None:
    page = people.at("/", "ada")
    expect(page).to_have_url(f"{people.web.address}/board")
    expect(page.get_by_test_id("queues")).to_contain_text("Billing")
    expect(page.get_by_role("link", name="Settings")).to_be_visible()


def test_a_wrong_password_is_said_so(people: People, afternoon: Scene) -> None:
    page = people.at("/login/")
    people.sign_in(page, "dana", password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("enter a correct username and password")
    expect(page.get_by_label("User name")).to_have_value("dana")


def test_who_has_no_role_is_told_so(people: People, afternoon: Scene) -> None:
    afternoon.person("Charlie Nobody")
    page = people.at("/login/")
    people.sign_in(page, "charlie")
    expect(page.get_by_role("heading")).to_have_text("Not for you")
    people.complaints.clear()  # the browser reports the refusal


def test_who_signs_out_is_at_the_door_again(people: People, afternoon: Scene) -> None:
    page = people.at("/desk", "grace")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{people.web.address}/desk")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
