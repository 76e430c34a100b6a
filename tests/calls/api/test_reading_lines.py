"""Who stands in line, who was offered whom, and what the carrier was asked."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from calls.models import Call, Command, Offer, Queue, Waiting
from calls.services import offers, queueing
from tests import people
from tests.calls.api.programs import Browser, Program, assert_problem, fields_of
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


def test_the_line_in_the_order_in_which_it_is_served(
    crm: Program, ruth: Call, billing: Queue, sales: Queue
) -> None:
    second = people.rings(now=at(10))
    elsewhere = people.rings(now=at(20))
    people.make_agent_user("Ines", sales)
    queueing.send_to_queue(call_id=elsewhere.pk, queue=sales, by=None, reason="", now=at(21))
    line = {place["call"]: place for place in crm.results("waiting")}
    assert [line[str(call.pk)]["position"] for call in (ruth, second, elsewhere)] == [1, 2, 1]
    assert line[str(ruth.pk)]["since"] == NOON.isoformat().replace("+00:00", "Z")
    assert line[str(ruth.pk)]["customer"]["name"] == "Ruth"


def test_two_who_came_at_once_do_not_share_a_place(crm: Program, ruth: Call) -> None:
    people.rings()
    assert [place["position"] for place in crm.results("waiting")] == [1, 2]


def test_somebody_for_whom_an_agent_is_coming_is_out_of_the_count(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.rings(now=at(10))
    people.took(ruth, dana, now=at(11))
    told = [(place["position"], place["agent_is_coming"]) for place in crm.results("waiting")]
    assert sorted(told, key=str) == [(1, False), (None, True)]


def test_who_has_left_is_not_in_line(crm: Program, ruth: Call) -> None:
    people.over(people.customer(ruth), now=at(5))
    assert crm.results("waiting") == []


def test_one_line_is_asked_for_alone(crm: Program, ruth: Call, sales: Queue) -> None:
    assert len(crm.results("waiting", queue="billing")) == 1
    assert crm.results("waiting", queue="sales") == []
    assert fields_of(assert_problem(crm.get("waiting", state="x"), 400)) == {"state"}


def test_positions_are_of_the_whole_line_also_for_who_sees_one_caller_of_it(
    ruth: Call, dana: User
) -> None:
    """Dana was rung for the second caller, and sees no other."""
    second = people.rings(now=at(10))
    offer = people.offered(second, dana, now=at(11))
    offers.decline(offer_id=offer.pk, user=dana, now=at(12))
    [place] = Browser(dana).results("waiting")
    assert (place["call"], place["position"]) == (str(second.pk), 2)


def test_a_longer_line_takes_no_more_statements(
    crm: Program, ruth: Call, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    crm.get("waiting")
    for seconds in range(5):
        people.rings(now=at(seconds))
    with django_assert_num_queries(3):  # the key, its rate, the line
        assert len(crm.results("waiting")) == 6


def test_offers_are_told_with_what_came_of_them(crm: Program, ruth: Call, dana: User) -> None:
    offer = people.offered(ruth, dana)
    offers.decline(offer_id=offer.pk, user=dana, now=at(3))
    [told] = crm.results("offers")
    assert (told["state"], told["agent"]["name"], told["queue"]) == ("declined", "Dana", "billing")
    assert told["because"] == "longest idle"


def test_offers_are_found_by_what_they_are(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    declined = people.offered(ruth, dana)
    offers.decline(offer_id=declined.pk, user=dana, now=at(3))
    open_offer = people.offered(ruth, omar, now=at(60))

    def found(**query: object) -> list[int]:
        return [offer["id"] for offer in crm.results("offers", **query)]

    assert found() == [open_offer.pk, declined.pk]
    assert found(agent=dana.pk) == found(state="declined") == [declined.pk]
    assert found(call=ruth.pk, queue="billing") == [open_offer.pk, declined.pk]
    assert found(offered_from=at(60).isoformat()) == [open_offer.pk]
    assert found(offered_to=at(60).isoformat()) == [declined.pk]
    assert fields_of(assert_problem(crm.get("offers", call="x"), 400)) == {"call"}


def test_an_offer_tells_who_else_could_have_been_asked(
    crm: Program, ruth: Call, dana: User
) -> None:
    offer = people.offered(ruth, dana)
    offer.reason = {"because": "longest idle", "candidates": [{"user": dana.pk, "name": "Dana"}]}
    offer.save()
    assert crm.get(f"offers/{offer.pk}").json()["candidates"] == [{"user": dana.pk, "name": "Dana"}]
    assert_problem(crm.get("offers/4711"), 404)


def test_agents_see_the_offers_that_they_missed(ruth: Call, dana: User, omar: User) -> None:
    offer = people.offered(ruth, dana)
    Offer.objects.filter(pk=offer.pk).update(state="missed", settled_at=at(20), leg=None)
    assert len(Browser(dana).results("offers")) == 1
    assert Browser(omar).results("offers") == []
    assert_problem(Browser(omar).get(f"offers/{offer.pk}"), 404)


def test_more_offers_take_no_more_statements(
    crm: Program, ruth: Call, dana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    waiting = Waiting.objects.get()
    for seconds in range(5):
        times = {"offered_at": at(seconds), "expires_at": at(20), "settled_at": at(20)}
        Offer.objects.create(call=ruth, waiting=waiting, user=dana, state="missed", **times)
    crm.get("offers")
    with django_assert_num_queries(3):
        assert len(crm.results("offers")) == 5


def test_an_order_is_shown_to_who_may_see_its_call(crm: Program, ruth: Call, omar: User) -> None:
    order = crm.post(f"calls/{ruth.pk}/end").json()["id"]
    assert crm.get(f"orders/{order}").json()["state"] == "pending"
    assert_problem(Browser(omar).get(f"orders/{order}"), 404)
    assert Command.objects.filter(pk=order).exists()
