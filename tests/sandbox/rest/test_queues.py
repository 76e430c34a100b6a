"""`/Queues` and `/Members`: who waits, and how somebody is called out of the line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.rest.house import APP, DANA, OMAR, TALK, WAIT, House
from tests.sandbox.rest.refusals import refused


@pytest.fixture
def sid(house: House) -> str:
    """The queue "support", empty."""
    created = house.client.queues.create(friendly_name="support", max_size=20)
    return str(created.sid)


@pytest.fixture
def waiting(house: House, sid: str) -> list[str]:
    """dana, then omar five seconds later, wait in it."""
    house.pages["/voice"] = WAIT
    dana = house.dial_in(DANA)
    house.advance(3)
    omar = house.dial_in(OMAR)
    return [dana.sid, omar.sid]


def test_a_queue_is_made(house: House) -> None:
    queue = house.client.queues.create(friendly_name="sales")
    assert queue.sid is not None
    assert (queue.friendly_name, queue.max_size, queue.current_size) == ("sales", 1000, 0)
    assert house.client.queues(queue.sid).fetch().average_wait_time == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"friendly_name": ""}, 20001),
        ({"friendly_name": "x" * 65}, 20002),
        ({"max_size": 0}, 20001),
        ({"max_size": 5001}, 20001),
    ],
)
def test_an_order_for_a_queue_is_judged(house: House, changes: dict[str, Any], code: int) -> None:
    with refused(code):
        house.client.queues.create(**({"friendly_name": "sales"} | changes))


def test_two_queues_cannot_share_a_name(house: House, sid: str) -> None:
    with refused(22003, text="support"):
        house.client.queues.create(friendly_name="support")


def test_queues_are_listed(house: House, sid: str) -> None:
    sales = house.client.queues.create(friendly_name="sales")
    assert [queue.sid for queue in house.client.queues.list()] == [sales.sid, sid]
    assert len(list(house.client.queues.stream(page_size=1))) == 2


def test_a_queue_is_renamed_and_resized(house: House, sid: str) -> None:
    changed = house.client.queues(sid).update(friendly_name="help", max_size=5)
    assert (changed.friendly_name, changed.max_size) == ("help", 5)
    assert house.client.queues(sid).update(max_size=6).friendly_name == "help"


def test_an_empty_queue_is_deleted(house: House, sid: str) -> None:
    assert house.client.queues(sid).delete() is True
    with refused(20404, 404):
        house.client.queues(sid).fetch()


def test_a_queue_with_callers_is_not_deleted(house: House, sid: str, waiting: list[str]) -> None:
    with refused(22001):
        house.client.queues(sid).delete()


def test_callers_are_members_in_order(house: House, sid: str, waiting: list[str]) -> None:
    members = house.client.queues(sid).members.list()
    assert [member.call_sid for member in members] == waiting
    assert [member.position for member in members] == [1, 2]
    assert members[0].wait_time - members[1].wait_time == 5
    assert house.client.queues(sid).fetch().current_size == 2


def test_members_are_paged_from_the_front(house: House, sid: str, waiting: list[str]) -> None:
    streamed = house.client.queues(sid).members.stream(page_size=1)
    assert [member.call_sid for member in streamed] == waiting


def test_a_member_is_found_by_call_and_at_the_front(
    house: House, sid: str, waiting: list[str]
) -> None:
    members = house.client.queues(sid).members
    assert members("Front").fetch().call_sid == waiting[0]
    assert members(waiting[1]).fetch().position == 2


def test_the_front_is_taken_out_and_runs_another_document(
    house: House, sid: str, waiting: list[str]
) -> None:
    house.pages["/agent"] = TALK
    taken = house.client.queues(sid).members("Front").update(url=f"{APP}/agent")
    assert (taken.call_sid, taken.position) == (waiting[0], 1)
    house.advance(2)
    assert house.asked[-1].url == f"{APP}/agent"
    assert dict(house.asked[-1].params)["CallSid"] == waiting[0]
    assert [m.call_sid for m in house.client.queues(sid).members.list()] == waiting[1:]


def test_somebody_further_back_is_taken_out(house: House, sid: str, waiting: list[str]) -> None:
    house.client.queues(sid).members(waiting[1]).update(url=f"{APP}/agent", method="GET")
    house.advance(2)
    assert [m.call_sid for m in house.client.queues(sid).members.list()] == waiting[:1]
    assert house.asked[-1].method == "GET"


def test_nobody_is_taken_out_twice(house: House, sid: str, waiting: list[str]) -> None:
    member = house.client.queues(sid).members(waiting[0])
    member.update(url=f"{APP}/agent")
    with refused(21220, 400, "is not in queue"):
        member.update(url=f"{APP}/agent")


def test_the_front_of_an_empty_queue_is_20404(house: House, sid: str) -> None:
    with refused(20404, 404):
        house.client.queues(sid).members("Front").update(url=f"{APP}/agent")


def test_a_call_that_nobody_knows_is_20404(house: House, sid: str) -> None:
    with refused(20404, 404):
        house.client.queues(sid).members("CA" + "0" * 32).update(url=f"{APP}/agent")


def test_a_call_that_does_not_wait_is_no_member(house: House, sid: str) -> None:
    house.person(DANA)
    with refused(20404, 404):
        house.client.queues(sid).members(house.call()).fetch()


@pytest.mark.parametrize("url", ["", "/agent"])
def test_taking_somebody_out_needs_an_address(
    house: House, sid: str, waiting: list[str], url: str
) -> None:
    with refused(21205):
        house.client.queues(sid).members("Front").update(url=url)


def test_a_caller_who_hung_up_is_no_member(house: House, sid: str, waiting: list[str]) -> None:
    house.carrier.calls[waiting[0]].hang_up()
    house.advance(1)
    assert [m.call_sid for m in house.client.queues(sid).members.list()] == waiting[1:]


def test_another_accounts_queue_is_20404(house: House, sid: str) -> None:
    globex = house.carrier.add_account(name="Globex")
    stranger = house.sign_in(globex.sid, globex.auth_token)
    with refused(20404, 404):
        stranger.queues(sid).fetch()
    assert stranger.queues.list() == []
