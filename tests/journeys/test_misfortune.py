"""The carrier, our web, our worker and our database misbehave; callers are not lost."""

import pytest

from calls.models import Call, CarrierEvent, Command, Leg
from calls.states import CallOutcome, CallState, NewsState, OrderState
from sandbox.core.faults import RestFault
from tests.journeys.conftest import MakeWorld
from tests.journeys.world import World


def test_web_down_for_a_minute_keeps_a_new_caller_on_the_line(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    world.outage.web = True
    dana = world.calls_in("Dana", billing)
    world.run(60)
    assert dana.person.has_heard("one moment")
    assert dana.person.call is not None
    world.outage.web = False
    world.run_until(lambda: dana.hears(ana.phone), within=60)


def test_web_down_for_a_minute_keeps_a_waiting_caller(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.takes_break()
    dana = world.calls_in("Dana", billing)
    world.run(10)
    world.outage.web = True
    world.run(90)
    world.outage.web = False
    world.run(60)
    assert dana.person.call is not None
    assert dana.call.state == CallState.WAITING
    ana.answers_after(1)
    ana.goes_available()
    world.run_until(lambda: dana.hears(ana.phone))


def test_a_worker_that_was_away_catches_up(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    world.outage.worker = True
    dana, eli = world.calls_in("Dana", billing), world.calls_in("Eli", billing)
    world.run(40)
    eli.hangs_up()
    world.run(5)
    world.outage.worker = False
    world.run_until(lambda: dana.hears(ana.phone))
    assert eli.call.outcome == CallOutcome.ABANDONED


@pytest.mark.parametrize("fault", ["429", "500", "503", "refused", "timeout"])
def test_an_order_that_fails_for_a_moment_reaches_the_carrier_in_the_end(
    world: World, fault: RestFault
) -> None:
    """Scenario 33, at the first order of a call."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    ben = world.agent("Ben", billing)
    ben.answers_after(1)
    world.carrier.faults.rest_next = [fault]
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone) or dana.hears(ben.phone), within=90)
    world.run(60)
    assert Leg.objects.live().count() == 2, "nobody is rung who is not in the call"


def test_a_carrier_that_is_down_for_long_is_visible_and_recovers(world: World) -> None:
    """Scenario 33: orders queue, and are carried out or given up visibly."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    world.carrier.faults.rest_refused = 1.0
    dana = world.calls_in("Dana", billing)
    world.run(120)
    assert dana.call.state == CallState.WAITING
    assert Command.objects.exclude(state=OrderState.DONE).exists()
    world.carrier.faults.rest_refused = 0.0
    ana.goes_available()
    world.run_until(lambda: dana.hears(ana.phone), within=90)


@pytest.mark.parametrize("seed", range(6))
def test_news_that_is_late_repeated_and_reordered_does_no_harm(
    make_world: MakeWorld, seed: int
) -> None:
    world = make_world(seed=seed)
    faults = world.carrier.faults
    faults.callback_late = faults.callback_repeated = faults.callback_reordered = 0.4
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone), within=90)
    dana.hangs_up()
    world.run(60)
    assert dana.call.outcome == CallOutcome.ANSWERED
    assert not Leg.objects.live().exists()
    assert not CarrierEvent.objects.filter(state__in=[NewsState.PENDING, NewsState.FAILED]).exists()


def test_news_that_is_lost_is_found_by_the_reconciler(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    world.carrier.faults.callback_lost = 1.0
    dana.hangs_up()
    world.run(120)
    assert dana.call.state == CallState.ENDED
    assert not Leg.objects.live().exists()
    assert all(call.ended for call in world.carrier.calls.values())


def test_a_pull_whose_news_is_lost_still_brings_caller_and_agent_together(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    world.carrier.faults.callback_lost = 1.0
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone), within=180)
    assert Call.objects.get().state in {CallState.WAITING, CallState.TALKING}
    world.run(60)
    assert Call.objects.get().state == CallState.TALKING
