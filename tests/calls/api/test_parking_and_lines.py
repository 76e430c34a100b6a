"""Over the API: calls are parked and retrieved, and everybody in a line is moved."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Command, LineChange, Offer, Parking, Queue
from calls.services import whole_lines
from calls.states import CallState, OrderState, Verb
from tests import people
from tests.calls.api.programs import Browser, Program, assert_problem
from tests.people import at

pytestmark = pytest.mark.django_db


def parked(crm: Program, call: Call, agent: User) -> None:
    """The call was parked while it was talked on, and the carrier has done it."""
    people.talking(call, agent, now=at(1))
    assert crm.post(f"calls/{call.pk}/park", {"reason": "needs a manager"}).status_code == 202
    Command.objects.filter(call=call).update(state=OrderState.DONE, settled_at=at(2))


def test_the_plan_for_parking_is_shown_and_nothing_is_done(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.talking(ruth, dana, now=at(1))
    plan = crm.post(f"calls/{ruth.pk}/park?dry_run=1").json()
    assert [step["verb"] for step in plan["steps"]] == ["park", "hang-up"]
    assert Call.objects.get(pk=ruth.pk).state == CallState.TALKING


def test_a_program_parks_a_call_and_it_is_listed(crm: Program, ruth: Call, dana: User) -> None:
    parked(crm, ruth, dana)
    [shown] = crm.results("parked", queue="billing")
    assert shown["call"] == str(ruth.pk)
    assert (shown["parked_by"], shown["reason"]) == (None, "needs a manager (API key CRM)")
    assert crm.results("parked", queue="sales") == []


def test_an_agent_of_the_queue_who_was_never_on_the_call_retrieves_it(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    parked(crm, ruth, dana)
    answered = Browser(omar).post(f"calls/{ruth.pk}/retrieve")
    assert answered.status_code == 202
    assert Offer.objects.get(pk=answered.json()["id"]).user == omar
    assert ruth.queue is not None
    sofia = people.make_supervisor("Sofia", ruth.queue)
    problem = Browser(sofia).post(f"calls/{ruth.pk}/retrieve", {"agent": dana.pk})
    assert "Omar was first" in assert_problem(problem, 409, "retrieved-already")["detail"]


def test_the_plan_for_retrieving_is_shown_and_no_line_rings(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    parked(crm, ruth, dana)
    path = f"calls/{ruth.pk}/retrieve?dry_run=1"
    assert "Ring Omar" in crm.post(path, {"agent": omar.pk}).json()["text"]
    assert not Offer.objects.filter(user=omar).exists()
    assert Parking.objects.get(call=ruth).ended_at is None
    crm.post(f"calls/{ruth.pk}/retrieve", {"agent": omar.pk})
    assert_problem(crm.post(path, {"agent": dana.pk}), 409, "retrieved-already")


def test_an_agent_retrieves_for_nobody_else(
    crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    parked(crm, ruth, dana)
    refused = Browser(omar).post(f"calls/{ruth.pk}/retrieve", {"agent": dana.pk})
    assert_problem(refused, 403, "permission-denied")
    assert crm.post(f"calls/{ruth.pk}/retrieve", {"agent": omar.pk}).status_code == 202


def test_agents_of_other_queues_know_nothing_of_a_parked_call(
    crm: Program, ruth: Call, dana: User, sales: Queue
) -> None:
    parked(crm, ruth, dana)
    sven = Browser(people.make_agent_user("Sven", sales))
    assert_problem(sven.post(f"calls/{ruth.pk}/retrieve"), 404)
    assert Parking.objects.filter(ended_at__isnull=True).count() == 1


def test_everybody_in_a_line_is_counted_first_and_then_moved(
    crm: Program, ruth: Call, sales: Queue
) -> None:
    people.make_agent_user("Sven", sales)
    seen = crm.post("queues/billing/callers?dry_run=1", {"to_queue": "sales"}).json()
    assert seen["text"] == "Send 1 caller from Billing to Sales"
    assert [UUID(caller["call"]) for caller in seen["callers"]] == [ruth.pk]
    answered = crm.post("queues/billing/callers", {"to_queue": "sales", "reason": "fire alarm"})
    assert answered.status_code == 202
    whole_lines.carry_on(line_change_id=answered.json()["id"], now=at(3))
    told = crm.client.get(answered["Location"]).json()
    assert (told["wanted"], told["done"], told["ended_at"] is not None) == (1, 1, True)
    assert Command.objects.get(call=ruth, verb=Verb.ENQUEUE).params["queue_name"] == "q-sales"


def test_a_change_of_a_line_is_stopped(crm: Program, ruth: Call) -> None:
    made = crm.post("queues/billing/callers", {"message": "Goodbye."}).json()
    assert crm.post(f"line-changes/{made['id']}/stop").json()["ended_at"] is not None
    whole_lines.carry_on(line_change_id=made["id"], now=at(3))
    assert Call.objects.get(pk=ruth.pk).state == CallState.WAITING
    assert LineChange.objects.get().done == 0
    assert_problem(crm.post(f"line-changes/{made['id']}/stop"), 409, "is-over")


def test_a_line_goes_to_one_place_only(crm: Program, ruth: Call, sales: Queue) -> None:
    body = {"to_queue": "sales", "message": "Goodbye."}
    assert_problem(crm.post("queues/billing/callers", body), 400, "invalid")
    assert_problem(crm.post("queues/sales/callers"), 409, "nobody-waits")
    assert_problem(crm.post("queues/billing/callers", {"to_queue": "billing"}), 409, "same-queue")
