"""The API's small parts: who a client is, how much it may ask, and how pages are linked."""

import pytest
from django.contrib.auth.models import User

from calls.api.clients import Client
from calls.models import ApiKey, Call
from tests import people
from tests.calls.api.programs import Program, api_key
from tests.people import at

pytestmark = pytest.mark.django_db


def a_key() -> Client:
    api_key("calls:read")
    return Client(key=ApiKey.objects.get())


def test_a_stranger_has_no_name_and_no_calls(ruth: Call) -> None:
    assert (Client().name, list(Client().calls())) == ("", [])
    assert not Client().may_control(ruth)


def test_names_tell_keys_and_people_apart(dana: User) -> None:
    key, person = a_key(), Client(user=dana)
    assert key.name.startswith("key:")
    assert person.name == f"user:{dana.pk}"


def test_a_key_may_have_any_call_and_a_person_theirs(ruth: Call, dana: User, omar: User) -> None:
    people.talking(ruth, dana)
    key = a_key()
    assert list(key.calls()) == list(Client(user=dana).calls()) == [ruth]
    assert list(Client(user=omar).calls()) == []
    assert key.may_control(ruth)
    assert Client(user=dana).may_control(ruth)
    assert not Client(user=omar).may_control(ruth)


def test_a_reason_names_the_key_but_not_the_person(dana: User) -> None:
    assert Client(user=dana).reason("", "ended over the API") == "ended over the API"
    assert a_key().reason("fraud", "ended over the API") == "fraud (API key CRM)"


def test_pages_lead_forth_and_back(crm: Program, ruth: Call) -> None:
    people.rings(now=at(1))
    first = crm.get("calls", page_size=1).json()
    assert first["previous"] is None
    second = crm.client.get(first["next"]).json()
    assert (second["next"], second["results"][0]["id"]) == (None, str(ruth.pk))
    assert crm.client.get(second["previous"]).json()["results"] == first["results"]


def test_a_link_to_the_next_page_keeps_the_filters(crm: Program, ruth: Call) -> None:
    people.rings(now=at(1))
    link = crm.get("calls", page_size=1, queue="billing").json()["next"]
    assert "queue=billing" in link
    assert "page_size=1" in link


@pytest.mark.parametrize(("asked", "given"), [("3", 3), ("9999", 5), ("0", 5), ("many", 5)])
def test_a_page_has_its_limits(crm: Program, ruth: Call, asked: str, given: int) -> None:
    for seconds in range(4):
        people.rings(now=at(seconds))
    assert len(crm.results("calls", page_size=asked)) == given
