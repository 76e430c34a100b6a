"""Calls are found and told, to whom they are for, in few statements."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from calls import outbox
from calls.models import Call, Disposition, Queue
from calls.services import offers, wrapups
from calls.states import CallState, Verb
from tests import people
from tests.calls.api.programs import Program, assert_problem, fields_of
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


def ids(found: list[dict[str, object]]) -> list[str]:
    return [str(call["id"]) for call in found]


def test_the_newest_call_comes_first(crm: Program, ruth: Call) -> None:
    later = people.rings(number="+15551230002", now=at(60))
    assert ids(crm.results("calls")) == [str(later.pk), str(ruth.pk)]


def test_a_call_in_the_list_says_who_rang_whom_and_what_became_of_it(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.talking(ruth, dana, now=at(10))
    [found] = crm.results("calls")
    assert found["customer"] == {"number": "+15551230001", "name": "Ruth", "withheld": False}
    assert (found["queue"], found["number"]) == ("billing", people.OUR_NUMBER)
    assert (found["state"], found["outcome"], found["ended_at"]) == ("talking", None, None)
    assert found["agents"] == [{"id": dana.pk, "name": "Dana"}]


@pytest.mark.parametrize("raw", ["anonymous", "", "+266696687", "Restricted", "sip:anonymous@x"])
def test_a_caller_who_withholds_the_number_has_none(
    crm: Program, billing: Queue, dana: User, raw: str
) -> None:
    people.rings(number=raw)
    [found] = crm.results("calls")
    assert found["customer"] == {"number": None, "name": "", "withheld": True}


def test_a_caller_from_a_sip_address_has_that_for_a_number(
    crm: Program, billing: Queue, dana: User
) -> None:
    people.rings(number="sip:ruth@pbx.example.com")
    [found] = crm.results("calls")
    assert found["customer"]["number"] == "sip:ruth@pbx.example.com"


def test_calls_are_found_by_what_they_are(crm: Program, ruth: Call, sales: Queue) -> None:
    other = Call.objects.create(
        queue=sales, arrived_at=at(60), ended_at=at(90), state=CallState.ENDED, outcome="abandoned"
    )
    assert ids(crm.results("calls", queue="billing")) == [str(ruth.pk)]
    assert ids(crm.results("calls", state="waiting")) == [str(ruth.pk)]
    assert ids(crm.results("calls", outcome="abandoned")) == [str(other.pk)]
    assert ids(crm.results("calls", arrived_from=at(60).isoformat())) == [str(other.pk)]
    assert ids(crm.results("calls", arrived_to=at(60).isoformat())) == [str(ruth.pk)]
    assert crm.results("calls", queue="nowhere") == []


def test_a_plus_sign_that_became_a_space_still_finds_the_caller(crm: Program, ruth: Call) -> None:
    assert ids(crm.results("calls", customer_number="+15551230001")) == [str(ruth.pk)]
    spoilt = crm.client.get("/api/v1/calls?customer_number=+15551230001")
    assert ids(spoilt.json()["results"]) == [str(ruth.pk)]


def test_the_same_customer_twice_is_found_twice(crm: Program, ruth: Call) -> None:
    people.rings(number="+15551230001", now=at(60))
    assert len(crm.results("calls", customer_number="+15551230001")) == 2


def test_calls_are_found_by_who_was_rung_for_them(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    people.talking(ruth, dana)
    assert ids(crm.results("calls", agent=dana.pk)) == [str(ruth.pk)]
    assert crm.results("calls", agent=omar.pk) == []


def test_a_misspelt_filter_is_refused_and_does_not_find_everything(
    crm: Program, ruth: Call
) -> None:
    problem = assert_problem(crm.get("calls", sate="waiting"), 400, "invalid")
    assert fields_of(problem) == {"sate"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "sleeping"),
        ("agent", "dana"),
        ("agent", "99999999999999"),
        ("arrived_from", "yesterday"),
        ("queue", "bil\x00ling"),
        ("customer_number", "\x00"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(
    crm: Program, db: None, name: str, value: str
) -> None:
    assert fields_of(assert_problem(crm.get("calls", **{name: value}), 400)) == {name}


def test_pages_hold_every_call_once_also_when_more_arrive_meanwhile(
    crm: Program, billing: Queue, dana: User
) -> None:
    rung = [people.rings(now=at(seconds // 2)) for seconds in range(6)]
    seen: list[str] = []
    query: dict[str, str] = {"page_size": "2"}
    while True:
        page = crm.get("calls", **query).json()
        seen += ids(page["results"])
        people.rings(now=at(1000))
        if page["next"] is None:
            break
        query = dict(parse_qsl(urlsplit(page["next"]).query))
    assert sorted(seen) == sorted(str(call.pk) for call in rung)


@pytest.mark.parametrize("cursor", ["x", "cD1ub3RhZGF0ZQ==", "bz0tMQ==", "cD0lMDA="])
def test_a_made_up_cursor_is_a_problem_not_a_crash(crm: Program, ruth: Call, cursor: str) -> None:
    for path in ("calls", "offers", "queues"):
        assert crm.get(path, cursor=cursor).status_code in (200, 400)


def test_a_cursor_that_cannot_be_read_is_told_like_any_other_mistake(crm: Program) -> None:
    assert_problem(crm.get("calls", cursor="x"), 400, "parse-error")


def test_a_call_is_told_whole(crm: Program, ruth: Call, dana: User) -> None:
    leg = people.talking(ruth, dana, now=at(10))
    people.over(people.customer(ruth), now=at(70))
    people.over(leg, now=at(71))
    solved = Disposition.objects.create(name="Solved")
    wrap_up = leg.wrap_up
    wrapups.finish(
        wrap_up_id=wrap_up.pk, user=dana, disposition_id=solved.pk, notes="Refund.", now=at(80)
    )
    people.news("status", leg=leg, now=at(71), CallStatus="completed")
    told = crm.get(f"calls/{ruth.pk}").json()
    assert [leg["role"] for leg in told["legs"]] == ["customer", "agent"]
    assert told["legs"][1]["user"] == {"id": dana.pk, "name": "Dana"}
    assert [offer["state"] for offer in told["offers"]] == ["accepted"]
    assert told["offers"][0]["because"] == "longest idle"
    assert (told["wrap_ups"][0]["disposition"], told["wrap_ups"][0]["notes"]) == (
        "Solved",
        "Refund.",
    )
    assert {"arrived", "waiting", "ended", "order:dial", "news:status"} <= {
        entry["kind"] for entry in told["timeline"]
    }


def test_the_timeline_is_in_the_order_in_which_it_happened(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.talking(ruth, dana, now=at(10))
    outbox.put(leg=people.customer(ruth), verb=Verb.HANG_UP, reason="a test", now=at(5))
    moments = [entry["at"] for entry in crm.get(f"calls/{ruth.pk}").json()["timeline"]]
    assert moments == sorted(moments)


def test_a_call_that_is_not_there_is_404(crm: Program, db: None) -> None:
    assert_problem(crm.get("calls/00000000-0000-0000-0000-000000000000"), 404)
    assert_problem(crm.get("calls/not-an-id"), 404)


def _many(dana: User, omar: User, count: int) -> None:
    for number in range(count):
        call = people.rings(now=at(number))
        people.over(people.talking(call, dana, now=at(number)), now=at(number))


def test_a_longer_list_takes_no_more_statements(
    crm: Program,
    billing: Queue,
    dana: User,
    omar: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    billing.wrap_up_seconds = 0
    billing.save()
    crm.get("calls")  # writes down when the key was last used
    for count in (1, 4):
        _many(dana, omar, count)
        with django_assert_num_queries(4):  # the key, its rate, the calls, who talked
            crm.results("calls")


def test_a_call_with_more_offers_and_legs_takes_no_more_statements(
    crm: Program,
    ruth: Call,
    dana: User,
    omar: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    crm.get("calls")
    for number in range(3):
        offer = people.offered(ruth, dana, now=at(number))
        offers.withdraw(offer=offer, why="a test", now=at(number))
        people.over(people.line_of(offer), now=at(number))
    with django_assert_max_num_queries(13):
        told = crm.get(f"calls/{ruth.pk}").json()
    assert len(told["offers"]) == 3


def test_arrived_from_and_to_are_in_any_time_zone(crm: Program, ruth: Call) -> None:
    berlin = (NOON + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S+01:00")
    assert len(crm.results("calls", arrived_from=berlin)) == 1
