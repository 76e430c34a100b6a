"""Integrators' programs change live calls: what callers and agents hear, and what is answered."""

from typing import Any

import pytest
from django.core.cache import cache

from calls.models import Call, Command
from calls.states import CallOutcome, CallState, Verb
from tests.calls.api.programs import Program, api_key, assert_problem, fields_of
from tests.journeys.people import Visit
from tests.journeys.world import World

pytestmark = pytest.mark.journey

SORRY = "<Response><Say>We will call you back tomorrow.</Say><Hangup/></Response>"


@pytest.fixture
def crm(world: World) -> Program:
    """The world comes first: it brings the database."""
    cache.clear()
    return Program(api_key("calls:read", "calls:write", "queues:read", "agents:read"))


@pytest.fixture
def dana(world: World) -> Visit:
    """Dana talks with Ana, whom she reached through Billing."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(2)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    return dana


def state_of(crm: Program, answered: Any) -> str:
    """What became of the order that was answered with."""
    assert answered.status_code == 202, answered.content
    return str(crm.client.get(answered["Location"]).json()["state"])


def test_a_call_that_a_program_ends_is_over_for_everybody(
    world: World, crm: Program, dana: Visit
) -> None:
    answered = crm.post(f"calls/{dana.call.pk}/end", {"reason": "fraud"})
    assert state_of(crm, answered) == "pending"
    world.run(3)
    assert state_of(crm, answered) == "done"
    assert dana.person.call is None
    assert not dana.call.legs.filter(ended_at__isnull=True).exists()
    assert crm.get(f"calls/{dana.call.pk}").json()["outcome"] == CallOutcome.ANSWERED


def test_a_caller_is_sent_to_another_line_and_is_heard_there(
    world: World, crm: Program, dana: Visit
) -> None:
    sales = world.queue("Sales")
    omar = world.agent("Omar", sales)
    omar.answers_after(2)
    answered = crm.post(f"calls/{dana.call.pk}/redirect", {"queue": "sales"})
    world.run_until(lambda: dana.hears(omar.phone), within=30)
    assert state_of(crm, answered) == "done"
    assert dana.call.queue == sales


def test_a_caller_hears_what_a_program_has_written(world: World, crm: Program, dana: Visit) -> None:
    answered = crm.post(f"calls/{dana.call.pk}/redirect", {"twiml": SORRY})
    world.run_until(lambda: dana.person.has_heard("call you back tomorrow"), within=10)
    world.run(10)
    assert state_of(crm, answered) == "done"
    assert (dana.call.state, dana.call.outcome) == (CallState.ENDED, CallOutcome.REDIRECTED)


def test_a_carrier_that_is_away_is_asked_when_it_is_back(
    world: World, crm: Program, dana: Visit
) -> None:
    """Scenario 33: the write is taken, its order waits visibly, and is carried out."""
    world.carrier.faults.rest_refused = 1.0
    answered = crm.post(f"calls/{dana.call.pk}/end")
    world.run(8)
    assert state_of(crm, answered) == "pending"
    assert crm.get("calls", state="ending").json()["results"][0]["id"] == str(dana.call.pk)
    world.carrier.faults.rest_refused = 0.0
    world.run(15)
    assert state_of(crm, answered) == "done"
    assert dana.person.call is None


def test_a_repeat_while_the_carrier_is_away_is_no_second_order(
    world: World, crm: Program, dana: Visit
) -> None:
    world.carrier.faults.rest_refused = 1.0
    path = f"calls/{dana.call.pk}/end"
    answers = [crm.post(path, {}, Idempotency_Key="one") for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    world.carrier.faults.rest_refused = 0.0
    world.run(15)
    ended = Command.objects.filter(verb=Verb.HANG_UP, leg=dana.leg)
    assert [order.state for order in ended] == ["done"]


def test_ending_a_call_that_the_caller_ends_this_moment_is_a_success(
    world: World, crm: Program, dana: Visit
) -> None:
    """Scenario 24: the caller is gone, and we have not been told yet."""
    world.outage.worker = True
    dana.hangs_up()
    answered = crm.post(f"calls/{dana.call.pk}/end")
    world.outage.worker = False
    world.run(5)
    assert state_of(crm, answered) == "already-over"
    assert_problem(crm.post(f"calls/{dana.call.pk}/end"), 409, "call-is-over")


def test_redirecting_a_caller_who_is_gone_this_moment_comes_too_late(
    world: World, crm: Program, dana: Visit
) -> None:
    world.outage.worker = True
    dana.hangs_up()
    answered = crm.post(f"calls/{dana.call.pk}/redirect", {"twiml": SORRY})
    world.outage.worker = False
    world.run(5)
    assert state_of(crm, answered) in ("too-late", "dropped")
    assert dana.call.state == CallState.ENDED


def test_a_program_that_names_another_party_moves_nobody(
    world: World, crm: Program, dana: Visit
) -> None:
    """Scenario 30."""
    sid = str(dana.leg.sid)
    for extra in ({"CallSid": sid}, {"coaching": True}, {"leg": str(dana.leg.pk)}):
        body: dict[str, Any] = {"twiml": SORRY, **extra}
        problem = assert_problem(crm.post(f"calls/{dana.call.pk}/redirect", body), 400)
        assert fields_of(problem) == set(extra)
    world.run(3)
    assert Call.objects.get().state == CallState.TALKING


def test_a_program_reads_along_while_a_call_goes_by(world: World, crm: Program) -> None:
    """In line, offered, talking, wrapped up: the lists say so at each point."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing, available=False)
    dana = world.calls_in("Dana", billing)
    assert crm.results("waiting") == []
    assert crm.results("calls")[0]["outcome"] == CallOutcome.UNSTAFFED
    dana.hangs_up()
    ana.goes_available()
    eli = world.calls_in("Eli", billing)
    world.run_until(lambda: bool(crm.results("waiting")))
    assert crm.results("waiting")[0]["call"] == str(eli.call.pk)
    world.run_until(lambda: crm.results("agents")[0]["status"] == "ringing")
    assert crm.results("offers")[0]["state"] == "offered"
    world.run(1)
    assert crm.results("queues")[0]["now"]["agents_available"] == 0
