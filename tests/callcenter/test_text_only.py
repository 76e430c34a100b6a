"""A NUL character, wherever it is put, is a mistake of whoever sent it, and said so."""

from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.calls.api.programs import Program, api_key, assert_problem, fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    """An admin; a failure of ours is answered as one, as it would be out there."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("ada"))
    return client


def assert_refused(answered: Any, where: str) -> None:
    assert answered.status_code == 400
    assert f"There is a NUL character in {where}." in answered.content.decode()
    assert "Content-Security-Policy" in answered.headers


@pytest.mark.parametrize(
    "path", ["/admin/calls/queue/a%00b/change/", "/static/css/%00.css", "/nowhere/%00"]
)
def test_in_an_address_it_is_refused(ada: Client, path: str) -> None:
    assert_refused(ada.get(path), "the address")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/admin/calls/command/?state__exact=%00", "state__exact"),
        ("/admin/calls/call/?q=%00", "q"),
        ("/admin/calls/queue/?name=%00", "name"),
        ("/admin/calls/queue/?a%00=1", r"a\0"),
        ("/calls?q=in%00es", "q"),
        ("/desk?q=1&q=%00", "q"),
        ("/login/?next=%00", "next"),
    ],
)
def test_in_a_query_its_field_is_named(ada: Client, path: str, field: str) -> None:
    assert_refused(ada.get(path), f"the field {field}")


@pytest.mark.parametrize(
    ("path", "field"),
    [("calls?queue=%00", "queue"), ("calls?cursor=%00", "cursor"), ("schema?%00", r"\0")],
)
def test_in_a_query_of_the_api_it_is_a_mistake_of_that_field(path: str, field: str) -> None:
    answered = Program(api_key("calls:read")).get(path)
    assert fields_of(assert_problem(answered, 400, "invalid")) == {field}


@pytest.mark.parametrize("path", ["queues/%00", "calls/%00", "%00"])
def test_in_an_address_of_the_api_it_is_a_problem(path: str) -> None:
    problem = assert_problem(Program(api_key("calls:read")).get(path), 400, "parse-error")
    assert problem["detail"] == "There is a NUL character in the address."


@pytest.mark.parametrize(("name", "value"), [("username", "a%00"), ("a%00", "b")])
def test_in_a_form_it_is_refused(ada: Client, name: str, value: str) -> None:
    form = "application/x-www-form-urlencoded"
    typed = ada.post("/login/", f"{name}={value}", content_type=form)
    parts = ada.post("/login/", {unquote(name): unquote(value)})
    for answered in (typed, parts):
        assert_refused(answered, f"the field {unquote(name)}".replace("\0", r"\0"))


def test_in_an_action_of_the_admin_it_is_refused(ada: Client) -> None:
    sent = {"action": "revoke", "_selected_action": ["\0"]}
    assert_refused(ada.post("/admin/calls/apikey/", sent), "the field _selected_action")


def test_in_a_cookie_it_is_refused() -> None:
    """A quoted cookie may spell any character."""
    client = Client(raise_request_exception=False)
    client.cookies.load("sessionid=" + "a" * 12)
    client.cookies["sessionid"].set("sessionid", "", '"aaaaaaaaaaa\\000"')
    assert_refused(client.get("/desk"), "a cookie")


def test_what_is_only_written_like_one_is_text(ada: Client) -> None:
    assert ada.get("/calls?q=%2500").status_code == 200
    assert ada.get(r"/admin/calls/call/?q=\0").status_code == 200


def test_what_does_not_fit_its_field_is_a_mistake_too(ada: Client) -> None:
    answered = ada.get("/admin/procrastinate/procrastinatejob/?status__exact=odd")
    assert answered.status_code == 400
    assert "does not fit its field" in answered.content.decode()
