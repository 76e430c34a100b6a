"""Who gets the caller when several people, lines and accidents compete."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from agents.availability import Intent
from agents.services import shifts
from calls.models import Command, Leg, Offer
from calls.states import CallOutcome, CallState, LegRole, LegState, OfferState, OrderState, Verb
from sandbox.core.calls import CallStatus
from tests.journeys.people import Colleague
from tests.journeys.world import World


def test_a_caller_is_with_exactly_one_agent_when_two_are_free(world: World) -> None:
    billing = world.queue("Billing")
    ana, ben = world.agent("Ana", billing), world.agent("Ben", billing)
    ana.answers_after(2)
    ben.answers_after(2)
    dana = world.calls_in("Dana", billing)
    world.run(20)
    assert [dana.hears(ana.phone), dana.hears(ben.phone)].count(True) == 1
    assert Offer.objects.filter(call=dana.call).count() == 1


def test_two_callers_and_two_agents_are_paired_off(world: World) -> None:
    billing = world.queue("Billing")
    ana, ben = world.agent("Ana", billing), world.agent("Ben", billing)
    for agent in (ana, ben):
        agent.answers_after(2)
    dana, eli = world.calls_in("Dana", billing), world.calls_in("Eli", billing)
    world.run(20)
    heard = {(who.person.name, agent.phone.name) for who in (dana, eli) for agent in (ana, ben)
             if who.hears(agent.phone)}  # fmt: skip
    assert len(heard) == 2
    assert len({agent for _, agent in heard}) == 2


def test_an_agent_whose_line_dies_after_winning_costs_the_caller_nothing(world: World) -> None:
    """Scenario 2: offered again, in the same place."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing, confirm_by_key=True)
    ana.answers_after(2, presses="1")
    dana = world.calls_in("Dana", billing)
    place = dana.waiting.place
    world.run_until(lambda: any(offer.state == OfferState.ACCEPTED for offer in ana.offers))
    assert ana.phone.call is not None
    ana.phone.call.hang_up()
    ben = world.agent("Ben", billing)
    ben.answers_after(2)
    world.run_until(lambda: dana.hears(ben.phone), within=60)
    assert dana.call.waitings.earliest("id").place == place


def test_a_caller_who_hangs_up_stops_the_agents_phone_at_once(world: World) -> None:
    """Scenario 3."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: ana.phone.call is not None)
    ringing = ana.phone.call
    assert ringing is not None
    dana.hangs_up()
    world.run(1)
    assert ringing.ended
    assert ana.offers[-1].state == OfferState.WITHDRAWN
    assert dana.call.outcome == CallOutcome.ABANDONED
    world.run(5)
    assert ana.live_leg is None


def test_an_answer_that_crosses_the_cancel_ends_cleanly(world: World) -> None:
    """Scenario 28."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: ana.phone.call is not None)
    assert ana.phone.call is not None
    assert dana.person.call is not None
    dana.person.call.hang_up()
    ana.phone.call.answer()
    world.run(10)
    assert ana.phone.call is None
    assert ana.live_leg is None
    assert dana.call.state == CallState.ENDED
    assert not Command.objects.filter(state=OrderState.PENDING).exists()


def takes_a_break(ana: Colleague) -> None:
    ana.takes_break()


def goes_offline(ana: Colleague) -> None:
    ana.goes_offline()


def is_set_offline(ana: Colleague) -> None:
    sam = User.objects.create_superuser("sam")
    agent = ana.fresh()
    shifts.force(agent=agent, intent=Intent.OFFLINE, reason=None, by=sam, now=ana.world.now)
    ana.world.settle()


@pytest.mark.parametrize("leaves", [takes_a_break, goes_offline, is_set_offline])
def test_an_agent_who_leaves_while_her_phone_rings_passes_the_caller_on_at_once(
    world: World, leaves: Callable[[Colleague], None]
) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    dana = world.calls_in("Dana", billing)
    place = dana.waiting.place
    world.run_until(lambda: ana.phone.call is not None)
    ben = world.agent("Ben", billing)
    ben.answers_after(1)
    leaves(ana)
    world.run(5)
    assert ana.phone.call is None
    assert dana.hears(ben.phone)
    assert dana.waiting.place == place
    assert [offer.state for offer in ana.offers] == [OfferState.WITHDRAWN]
    eli = world.calls_in("Eli", billing)
    ana.answers_after(1)
    ana.goes_available()
    world.run_until(lambda: eli.hears(ana.phone), within=5)


def test_a_missed_call_sets_the_agent_aside_and_keeps_the_callers_place(world: World) -> None:
    """Scenario 20, missed."""
    billing = world.queue("Billing", ring_seconds=15)
    ana = world.agent("Ana", billing)
    dana = world.calls_in("Dana", billing)
    place = dana.waiting.place
    world.run(40)
    assert [offer.state for offer in ana.offers] == [OfferState.MISSED]
    assert dana.waiting.place == place
    assert dana.waiting.left_at is None
    ana.answers_after(1)
    world.run(30)
    assert len(ana.offers) == 1, "set aside until they say available again"
    ana.goes_available()
    world.run_until(lambda: dana.hears(ana.phone))


def test_a_line_that_is_busy_is_told_from_one_that_is_rejected_and_one_that_fails(
    world: World,
) -> None:
    """Scenario 20."""
    billing = world.queue("Billing")
    outcomes = {}
    for name, refusal in (("Bea", ("busy", 486)), ("Fay", ("failed", 404))):
        agent = world.agent(name, billing)
        agent.phone.refusal = refusal  # type: ignore[assignment]
        outcomes[name] = agent
    outcomes["Ron"] = world.agent("Ron", billing)
    outcomes["Ron"].rejects_after(2)
    world.calls_in("Dana", billing)
    world.run(60)
    assert {name: agent.offers[0].state for name, agent in outcomes.items()} == {
        "Bea": OfferState.BUSY,
        "Fay": OfferState.FAILED,
        "Ron": OfferState.DECLINED,
    }


def test_a_mailbox_that_answers_does_not_take_the_call(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing, confirm_by_key=True)
    ana.answers_after(3)
    dana = world.calls_in("Dana", billing)
    world.run(60)
    assert ana.offers[0].state == OfferState.MISSED
    assert dana.call.state == CallState.WAITING
    assert not dana.hears(ana.phone)


def test_wrap_up_in_one_queue_holds_for_all_queues(world: World) -> None:
    """Scenario 11."""
    billing, support = world.queue("Billing", wrap_up_seconds=60), world.queue("Support")
    ana = world.agent("Ana", billing, support)
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    world.calls_in("Eli", support)
    dana.hangs_up()
    world.run(40)
    assert len(ana.offers) == 1
    world.run(40)
    assert len(ana.offers) == 2


def test_a_heavier_queue_without_agents_does_not_starve_a_lighter_one(world: World) -> None:
    """Scenario 13."""
    heavy, light = world.queue("Heavy", priority=50), world.queue("Light")
    hal = world.agent("Hal", heavy)
    hal.phone.refusal = ("busy", 486)
    ana = world.agent("Ana", light)
    ana.answers_after(1)
    for number in range(3):
        world.calls_in(f"Heavy caller {number}", heavy)
    dana = world.calls_in("Dana", light)
    world.run_until(lambda: dana.hears(ana.phone))


def test_an_agent_who_becomes_free_during_an_announcement_is_connected_at_once(
    world: World,
) -> None:
    """Scenario 10."""
    billing = world.queue("Billing", greeting="Welcome. " * 50)
    ana = world.agent("Ana", billing)
    ana.takes_break()
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run(3)
    assert dana.person.call is not None
    ana.goes_available()
    began = world.now
    world.run_until(lambda: dana.hears(ana.phone), within=12)
    assert world.now - began < timedelta(seconds=12)


def test_a_frozen_desk_is_offered_no_calls(world: World) -> None:
    """Scenario 22: signed in is not reachable."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    world.agent("Ben", billing).takes_break()
    ana.desk_freezes()
    world.run(600)
    dana = world.calls_in("Dana", billing)
    world.run(30)
    assert ana.offers == []
    ana.opens_desk()
    ana.answers_after(1)
    world.run_until(lambda: dana.hears(ana.phone))


def test_answered_but_gone_before_joining_sends_the_caller_to_the_front(world: World) -> None:
    """Scenario 6: nobody is "answered" for hours."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run(1)
    eli = world.calls_in("Eli", billing)
    world.run_until(lambda: ana.phone.call is not None)
    assert ana.phone.call is not None
    ana.phone.call.answer()
    ana.phone.call.hang_up()
    world.run(30)
    assert dana.call.state == CallState.WAITING
    assert dana.waiting.place < eli.waiting.place
    ben = world.agent("Ben", billing)
    ben.answers_after(1)
    world.run_until(lambda: dana.hears(ben.phone))


def test_hanging_up_what_has_just_ended_is_already_done(world: World) -> None:
    """Scenario 24."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    assert ana.phone.call is not None
    assert dana.person.call is not None
    dana.person.call.hang_up()
    ana.phone.call.hang_up()
    world.run(10)
    over = Command.objects.filter(verb=Verb.HANG_UP).values_list("state", flat=True)
    assert set(over) <= {OrderState.DONE, OrderState.ALREADY_OVER, OrderState.DROPPED}
    assert not Leg.objects.live().exists()


def test_the_carrier_refuses_a_redirect_for_a_moment_around_answer(world: World) -> None:
    """Scenario 24: 21220 although the leg is alive."""
    world.carrier.faults.not_in_progress_window_ms = 1500
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(0)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone), within=30)


def test_every_leg_of_a_finished_day_is_over_at_both_ends(world: World) -> None:
    billing = world.queue("Billing")
    agents = [world.agent(name, billing) for name in ("Ana", "Ben", "Cleo")]
    for agent in agents:
        agent.answers_after(2)
    visits = [world.calls_in(f"Caller {number}", billing) for number in range(6)]
    world.run(30)
    for visit in visits:
        if visit.person.call is not None:
            visit.hangs_up()
    world.run(60)
    assert not Leg.objects.live().exists()
    assert all(call.ended for call in world.carrier.calls.values())
    finished = Leg.objects.filter(role=LegRole.CUSTOMER, state=LegState.COMPLETED)
    assert finished.count() == 6
    assert {call.status for call in world.carrier.calls.values()} <= set(CallStatus)
