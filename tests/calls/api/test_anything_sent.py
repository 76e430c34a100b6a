"""Whatever is sent to any address of the API, it answers with JSON of its own, and never breaks."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.models import Call
from tests.calls.api.programs import Program

pytestmark = pytest.mark.django_db

JSON = ("application/json", "application/problem+json")
DOCUMENT = Client(headers={"Host": "localhost"}).get("/api/v1/schema?format=json").json()
QUERIES = [
    (path.removeprefix("/api/v1/"), parameter["name"])
    for path, operations in DOCUMENT["paths"].items()
    for parameter in operations.get("get", {}).get("parameters", ())
    if parameter["in"] == "query"
]
WRITES = ("end", "redirect")
FIELDS = ("reason", "queue", "twiml", "coaching", "")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
bodies = anything | st.dictionaries(st.sampled_from(FIELDS), anything)
patient = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def crm(crm: Program, settings: Any) -> Program:
    settings.API_RATE = ""
    return crm


@given(bodies, st.sampled_from(WRITES))
@patient
def test_any_body_of_a_write_is_done_or_explained(
    crm: Program, ruth: Call, body: Any, write: str
) -> None:
    answered = crm.post(f"calls/{ruth.pk}/{write}", body)
    assert answered.status_code in (202, 400, 409)
    assert answered["Content-Type"] in JSON


@given(st.sampled_from(QUERIES), st.text(max_size=30))
@patient
def test_any_value_in_a_query_finds_something_or_is_explained(
    crm: Program, ruth: Call, query: tuple[str, str], value: str
) -> None:
    path, name = query
    answered = crm.get(path, **{name: value})
    assert answered.status_code in (200, 400, 404)
    assert answered["Content-Type"] in JSON


@given(st.text(max_size=40).filter(lambda path: not path.startswith(("docs", "schema"))))
@patient
def test_any_address_is_answered_with_a_document(crm: Program, path: str) -> None:
    answered = crm.get(path.replace("?", "").replace("#", ""))
    assert answered.status_code in (200, 400, 404)
    assert answered["Content-Type"] in JSON


@given(st.text(min_size=1, max_size=60))
@patient
def test_any_credential_is_taken_or_refused(credential: str) -> None:
    answered = Client(headers={"Authorization": credential}).get("/api/v1/calls")
    assert answered.status_code == 401
    assert answered["Content-Type"] == "application/problem+json"
