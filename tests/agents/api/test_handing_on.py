"""Transfers, third parties and leaving, as programs and people ask for them over the API."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from calls.models import Call, Change, Command, Leg, Queue, Transfer
from calls.services import rooms, second_party
from calls.states import LegRole, OrderState, TransferState, Verb
from tests import people
from tests.calls.api.programs import Browser, Program, api_key, assert_problem, fields_of
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

LAWYER = "+15550009999"


@pytest.fixture
def omar(billing: Queue) -> User:
    return people.make_agent_user("Omar", billing)


@pytest.fixture
def ruth(dana: User) -> Call:
    """Ruth talks with Dana."""
    call = people.rings(now=NOON, name="Ruth")
    people.talking(call, dana, now=at(5))
    return call


@pytest.fixture
def crm() -> Program:
    return Program(api_key("calls:read", "calls:write"))


def begin(program: Program, call: Call, **body: Any) -> Any:
    return program.post(f"calls/{call.pk}/transfer", {"kind": "warm"} | body)


def comes_in(call: Call, user: User) -> Leg:
    """The held customer's agent is joined by the one who is asked."""
    for order in Command.objects.filter(call=call, state=OrderState.PENDING):
        order.state, order.settled_at = OrderState.DONE, at(20)
        order.save()
    leg = Leg.objects.select_related("call").get(call=call, role=LegRole.CONSULT, user=user)
    leg.sid = people.call_sid()
    leg.save()
    second_party.answered(leg_id=leg.pk, now=at(20))
    second_party.pressed(leg_id=leg.pk, digits="1", now=at(21))
    rooms.entered(leg=leg, now=at(22))
    return leg


def test_a_transfer_is_answered_with_its_change_and_told_in_the_list(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    answered = begin(crm, ruth, agent=omar.pk, reason="a refund", notes="Order 7")
    assert answered.status_code == 202
    made = answered.json()
    assert [order["verb"] for order in made["orders"]] == ["hold", "dial"]
    [told] = crm.results(f"calls/{ruth.pk}/transfers")
    assert told["state"] == "ringing"
    assert told["to_agent"]["name"] == told["second"]["name"] == "Omar"
    assert (told["reason"], told["notes"]) == ("a refund", "Order 7")
    assert told["started_by"]["name"] == "Dana"


def test_the_plan_is_shown_and_nothing_is_done(crm: Program, ruth: Call, omar: User) -> None:
    for kind, verbs in (("warm", ["hold", "dial"]), ("blind", ["hold", "dial", "hang-up"])):
        answered = crm.post(f"calls/{ruth.pk}/transfer?dry_run=1", {"kind": kind, "agent": omar.pk})
        assert answered.status_code == 200
        assert [step["verb"] for step in answered.json()["steps"]] == verbs
    planned = crm.post(f"calls/{ruth.pk}/add?dry_run=1", {"number": LAWYER})
    assert planned.json()["text"] == f"Dana adds {LAWYER}"
    assert not Transfer.objects.exists()
    assert not Change.objects.exists()
    assert not Leg.objects.filter(user=omar).exists()


def test_the_same_key_again_rings_nobody_twice(crm: Program, ruth: Call, omar: User) -> None:
    body = {"kind": "warm", "agent": omar.pk}
    first, again = (
        crm.post(f"calls/{ruth.pk}/transfer", body, idempotency_key="k1") for _ in range(2)
    )
    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotent-Replayed"] == "true"
    assert Leg.objects.filter(user=omar).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"agent": 1, "queue": "billing"},
        {"agent": 987654},
        {"queue": "nowhere"},
        {"number": "5550100"},
        {"number": "+1555000999\x00"},
        {"number": LAWYER, "kind": "tepid"},
        {"number": LAWYER, "shows": "+15550000000"},
        {"number": LAWYER, "coaching": True},
        {"number": LAWYER, "from_leg": "x"},
    ],
)
def test_what_makes_no_sense_is_explained(crm: Program, ruth: Call, body: dict[str, Any]) -> None:
    assert_problem(begin(crm, ruth, **body), 400, "invalid")
    assert not Transfer.objects.exists()


def test_a_field_that_is_nobodys_business_is_named(crm: Program, ruth: Call) -> None:
    """Scenario 30: whose leg hears whom is not for the sender to say."""
    problem = assert_problem(begin(crm, ruth, number=LAWYER, call_sid_to_coach="CA1"), 400)
    assert fields_of(problem) == {"call_sid_to_coach"}


def test_a_number_of_another_country_is_refused_with_a_sentence(crm: Program, ruth: Call) -> None:
    problem = assert_problem(begin(crm, ruth, number="+18765550123"), 409, "number-not-allowed")
    assert "the administrator says which countries" in problem["detail"]


def test_the_administrator_says_which_numbers_are_allowed(
    crm: Program, ruth: Call, settings: Settings
) -> None:
    settings.OUTSIDE_PREFIXES = ["+49", "+1876555"]
    assert_problem(begin(crm, ruth, number=LAWYER), 409, "number-not-allowed")
    assert begin(crm, ruth, number="+18765550123").status_code == 202


def test_an_agent_who_is_on_this_call_or_not_free_is_not_asked(
    crm: Program, ruth: Call, dana: User, billing: Queue
) -> None:
    assert_problem(begin(crm, ruth, agent=dana.pk), 409, "on-this-call")
    noor = people.make_agent_user("Noor", billing, intent="offline")
    problem = assert_problem(begin(crm, ruth, agent=noor.pk), 409, "not-free")
    assert problem["detail"] == "Noor is not free: offline."


def test_a_queue_that_is_closed_is_not_asked(crm: Program, ruth: Call) -> None:
    sales = people.make_queue("Sales")
    sales.opening_hours.create(weekday=0, opens="00:00", closes="00:01")
    assert_problem(begin(crm, ruth, queue="sales"), 409, "queue-closed")


def test_a_consult_is_swapped_and_completed(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    begin(crm, ruth, agent=omar.pk)
    Leg.objects.filter(call=ruth, role=LegRole.CUSTOMER).update(held_at=at(10))
    comes_in(ruth, omar)
    swapped = crm.post(f"calls/{ruth.pk}/transfer/swap?dry_run=1").json()
    assert [step["verb"] for step in swapped["steps"]] == ["hold", "resume"]
    completed = crm.post(f"calls/{ruth.pk}/transfer/complete")
    assert [order["verb"] for order in completed.json()["orders"]] == ["resume", "hang-up"]
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/transfer/complete"), 409)
    assert "being ended already" in problem["detail"]


def test_whoever_is_only_consulted_does_not_conduct(
    ruth: Call, dana: User, omar: User, crm: Program
) -> None:
    begin(crm, ruth, agent=omar.pk)
    comes_in(ruth, omar)
    for verb in ("swap", "three-way", "complete", "cancel"):
        assert_problem(Browser(omar).post(f"calls/{ruth.pk}/transfer/{verb}"), 403)
    assert Browser(dana).post(f"calls/{ruth.pk}/transfer/cancel").status_code == 202


def test_whoever_is_rung_declines(ruth: Call, dana: User, omar: User, crm: Program) -> None:
    begin(crm, ruth, agent=omar.pk)
    assert_problem(Browser(dana).post(f"calls/{ruth.pk}/transfer/decline"), 409, "not-asked")
    assert_problem(crm.post(f"calls/{ruth.pk}/transfer/decline"), 409, "not-asked")
    assert Browser(omar).post(f"calls/{ruth.pk}/transfer/decline").status_code == 204
    assert Transfer.objects.get().state == TransferState.DECLINED


def test_somebody_is_added_and_the_agent_leaves(
    ruth: Call, dana: User, omar: User, crm: Program
) -> None:
    assert crm.post(f"calls/{ruth.pk}/add", {"agent": omar.pk}).status_code == 202
    assert_problem(Browser(dana).post(f"calls/{ruth.pk}/leave"), 409, "would-be-alone")
    assert comes_in(ruth, omar).role == LegRole.AGENT
    left = Browser(dana).post(f"calls/{ruth.pk}/leave")
    assert [order["verb"] for order in left.json()["orders"]] == [Verb.HANG_UP]
    assert_problem(crm.post(f"calls/{ruth.pk}/leave"), 409, "not-in-it")


def test_a_supervisor_hands_on_for_the_agent(ruth: Call, billing: Queue, omar: User) -> None:
    sofia = people.make_supervisor("Sofia", billing)
    answered = Browser(sofia).post(f"calls/{ruth.pk}/transfer", {"kind": "blind", "agent": omar.pk})
    assert answered.json()["asked_by"]["name"] == "Sofia"
    transfer = Transfer.objects.get()
    assert transfer.started_by.first_name == "Dana"
    assert transfer.from_leg == Leg.objects.get(call=ruth, role=LegRole.AGENT)
