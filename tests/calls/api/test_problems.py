"""Whatever goes wrong is a problem's document, and never a page."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from rest_framework.exceptions import ErrorDetail, ValidationError

from calls.api import problems
from calls.models import Call
from tests.calls.api.programs import Program, assert_problem, fields_of

pytestmark = pytest.mark.django_db


def test_an_address_that_is_not_there(crm: Program) -> None:
    for path in ("callz", "calls/", "", "orders/7", "../v2/calls"):
        assert_problem(crm.get(path), 404, "not-found")


def test_a_method_that_is_not_there(crm: Program, ruth: Call) -> None:
    answered = crm.client.delete(f"/api/v1/calls/{ruth.pk}")
    assert_problem(answered, 405, "method-not-allowed")
    assert "GET" in answered["Allow"]
    assert_problem(crm.get(f"calls/{ruth.pk}/end"), 405)


def test_another_kind_of_body(crm: Program, ruth: Call) -> None:
    answered = crm.client.post(f"/api/v1/calls/{ruth.pk}/end", {"reason": "a form"})
    assert_problem(answered, 415, "unsupported-media-type")


def test_json_that_is_none(crm: Program, ruth: Call) -> None:
    assert_problem(crm.post(f"calls/{ruth.pk}/end", "{"), 400, "parse-error")


def test_json_that_is_nested_without_end_is_the_clients_mistake(crm: Program, ruth: Call) -> None:
    for body in ("[" * 100_000, '{"reason":' * 5000 + "1" + "}" * 5000):
        assert_problem(crm.post(f"calls/{ruth.pk}/end", body), 400, "parse-error")


def test_a_field_whose_name_cannot_be_written_is_refused_by_name(crm: Program, ruth: Call) -> None:
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/end", r'{"\ud800": 1}'), 400, "invalid")
    assert fields_of(problem) == {r"\ud800"}


def test_a_filter_that_is_given_twice_is_refused_and_not_half_followed(crm: Program) -> None:
    problem = assert_problem(crm.get("calls?queue=billing&queue=sales"), 400, "invalid")
    assert fields_of(problem) == {"queue"}


def test_a_document_in_a_form_that_we_do_not_have_is_a_problem_in_json() -> None:
    assert_problem(Client().get("/api/v1/schema?format=xml"), 404, "not-found")


def test_an_answer_that_we_do_not_speak(crm: Program) -> None:
    answered = crm.client.get("/api/v1/calls", headers={"Accept": "text/html"})
    assert_problem(answered, 406, "not-acceptable")


def test_a_body_that_is_too_large(crm: Program, ruth: Call) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        answered = crm.post(f"calls/{ruth.pk}/end", {"reason": "x" * 500})
    assert_problem(answered, 413, "too-large")


def test_a_request_for_another_host() -> None:
    answered = Client(headers={"Host": "evil.example.com"}).get("/api/v1/calls")
    assert_problem(answered, 400)


def test_other_pages_keep_their_own_answers() -> None:
    request = RequestFactory().get("/desk")
    assert problems.bad_request(request, Exception())["Content-Type"].startswith("text/html")
    assert problems.server_error(request)["Content-Type"].startswith("text/html")


def test_what_never_reached_a_view_is_a_problem_too() -> None:
    answered: Any = problems.server_error(RequestFactory().get("/api/v1/calls"))
    assert (answered.status_code, answered["Content-Type"]) == (500, problems.MEDIA_TYPE)


def test_a_bug_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    answered = problems.answer(ZeroDivisionError("the secret is 42"))
    assert answered.status_code == 500
    assert "42" not in str(answered.data)
    assert "the secret is 42" in caplog.text


def test_a_database_that_is_away_asks_to_come_back() -> None:
    answered = problems.answer(OperationalError("connection refused"))
    assert (answered.status_code, answered["Retry-After"]) == (503, "5")


def test_mistakes_name_the_way_to_their_field() -> None:
    error = ValidationError(
        {"legs": [{"role": [ErrorDetail("Say which.")]}], "non_field_errors": ["Not so."]}
    )
    document = problems.describe(error)
    assert fields_of(document) == {"legs.role", ""}
    assert document["code"] == "invalid"


def test_an_answer_of_the_api_is_no_page_that_could_run_anything(crm: Program) -> None:
    assert crm.get("calls")["Content-Security-Policy"].startswith("default-src 'none'")
