"""An agent talks in the browser: it connects when they accept, and the caller is then pulled."""

import pytest
from django.contrib.auth.models import User

from agents import presence, softphone
from agents.models import Supervisor
from calls.models import Call, Command, Leg, StandbyLeg, WrapUp
from calls.services import lifecycle, offers, watching
from calls.states import (
    CallState,
    LegState,
    OfferState,
    Verb,
    WatchMode,
)
from sandbox.core.calls import Direction
from sandbox.core.recordings import RecordingStatus
from tests.journeys.browsers import Browser
from tests.journeys.judging import Judge
from tests.journeys.keeping_open import is_idle, is_ready, on_standby
from tests.journeys.pages import in_browser, in_talk, page_of
from tests.journeys.people import Colleague, Visit
from tests.journeys.talks import hear_each_other, hears, hears_music, is_told
from tests.journeys.world import World


def test_dana_is_taken_in_the_browser_and_no_call_start_is_spent(world: World) -> None:
    judge, billing = Judge(world), world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    page_of(ana).accepts = 3.0
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=6)
    assert dana.call.state == CallState.TALKING
    assert not Command.objects.filter(verb=Verb.DIAL).exists()
    lines = world.carrier.calls.values()
    assert all(line.direction is Direction.INBOUND for line in lines)
    world.run(30)
    judge.look([dana.person])
    dana.hangs_up()
    world.run(30)
    assert not ana.phone.line_is_up
    assert WrapUp.objects.get().user == ana.agent.user
    judge.all_is_over()


def test_the_call_is_ended_at_the_desk(world: World) -> None:
    judge, billing = Judge(world), world.queue("Billing", wrap_up_seconds=0)
    ana = in_browser(world, "Ana", billing)
    page_of(ana).accepts = 1.0
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone))

    lifecycle.end_call(call_id=dana.call.pk, by=ana.agent.user, reason="done", now=world.now)
    world.run(5)
    assert dana.person.call is None
    assert ana.phone.call is None
    judge.all_is_over()


def test_nobody_accepts_and_the_caller_keeps_music_and_place(world: World) -> None:
    """Scenario 20."""
    judge, billing = Judge(world), world.queue("Billing", ring_seconds=15)
    ana = in_browser(world, "Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run(20)
    [offer] = ana.offers
    assert (offer.state, offer.note) == (OfferState.MISSED, "not accepted in time")
    assert hears_music(dana.person)
    assert dana.waiting.left_at is None
    assert ana.live_leg is None
    judge.look([dana.person])


def test_declined_at_the_desk_the_next_agent_is_asked(world: World) -> None:
    billing = world.queue("Billing")
    ana, omar = in_browser(world, "Ana", billing), in_browser(world, "Omar", billing)
    page_of(omar).accepts = 1.0
    dana = world.calls_in("Dana", billing)
    world.run(1)
    offers.decline(offer_id=ana.offers[0].pk, user=ana.agent.user, now=world.now)
    world.run_until(lambda: hear_each_other(dana.person, omar.phone))
    assert ana.live_leg is None
    assert Leg.objects.get(user=ana.agent.user).state == LegState.CANCELED


def test_the_caller_hangs_up_while_the_offer_is_open(world: World) -> None:
    """Scenario 3."""
    judge, billing = Judge(world), world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run(5)
    dana.hangs_up()
    world.run(5)
    assert ana.offers[0].state == OfferState.WITHDRAWN
    judge.all_is_over()


def test_a_press_that_comes_too_late_hears_that_the_caller_is_gone(world: World) -> None:
    """Scenario 28."""
    judge, billing = Judge(world), world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run(5)
    leg = ana.offers[0].leg
    dana.hangs_up()
    world.run(2)
    assert leg is not None
    page_of(ana).connects(leg.pk)
    world.run(1)
    assert is_told(ana.phone, "The caller is no longer there")
    world.run(30)
    assert ana.phone.call is None
    assert Call.objects.count() == 1
    late = Leg.objects.get(pk=leg.pk)
    assert (late.sid, late.answered_at) == (None, None)
    judge.look([])


@pytest.mark.parametrize("leg", ["5f1d7c3e-0000-4000-8000-000000000001", "nonsense"])
def test_a_call_that_is_not_known_is_said_so_and_nobody_is_queued(world: World, leg: str) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    page_of(ana).connects(leg)
    world.run(1)
    assert is_told(ana.phone, "not known here")
    world.run(60)
    assert ana.phone.call is None
    assert not Call.objects.exists()


def test_somebody_elses_call_is_not_taken(world: World) -> None:
    billing, sales = world.queue("Billing"), world.queue("Sales")
    ana, eve = in_browser(world, "Ana", billing), in_browser(world, "Eve", sales)
    dana = world.calls_in("Dana", billing)
    world.run(2)
    leg = ana.offers[0].leg
    assert leg is not None
    page_of(eve).connects(leg.pk)
    world.run(1)
    assert is_told(eve.phone, "not yours")
    assert ana.offers[0].state == OfferState.OFFERED
    assert hears_music(dana.person)
    page_of(ana).connects(leg.pk)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone))
    assert eve.phone.call is None or not hear_each_other(dana.person, eve.phone)


def test_two_tabs_connect_and_one_has_the_call(world: World) -> None:
    """Scenario 21."""
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run(2)
    leg = ana.offers[0].leg
    assert leg is not None
    page_of(ana).connects(leg.pk)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone))
    second = Browser(world.carrier, ana.agent.user, page_of(ana).app, name="Ana's other tab")
    second.connects(leg.pk)
    world.run(1)
    assert is_told(second, "answered already")
    world.run(10)
    assert second.call is None
    assert hear_each_other(dana.person, ana.phone)


def test_a_request_that_the_carrier_sends_again_is_the_same_call(world: World) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    page_of(ana).accepts = 1.0
    world.outage.next["browser"] = "500"
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=30)
    assert ana.offers[0].state == OfferState.ACCEPTED
    assert Call.objects.count() == 1


def test_the_web_is_away_as_the_browser_connects_and_it_is_asked_again(world: World) -> None:
    judge, billing = Judge(world), world.queue("Billing", ring_seconds=60)
    ana = in_browser(world, "Ana", billing)
    page_of(ana).accepts = 2.0
    dana = world.calls_in("Dana", billing)
    world.run(1)
    world.outage.web = True
    world.run(4)
    world.outage.web = False
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=30)
    assert Call.objects.count() == 1
    dana.hangs_up()
    world.run(120)
    judge.all_is_over()


def test_rung_through_the_carrier_the_browser_is_told_which_call_it_is(world: World) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing, browser_rings=True)
    ana.answers_after(2)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone))
    leg = Leg.objects.get(user=ana.agent.user)
    line = world.carrier.calls[leg.sid or ""]
    assert line.to == f"{ana.agent.address}?leg={leg.pk}"
    world.run(70)  # the reconciler has looked
    assert hear_each_other(dana.person, ana.phone)


def test_no_key_is_asked_for_in_a_browser(world: World) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing, browser_rings=True, confirm_by_key=True)
    ana.answers_after(2)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone))
    assert not ana.phone.has_heard("Press 1")


# What the page says of its line -------------------------------------------------------------------


def test_a_browser_without_microphone_is_asked_nothing_and_the_next_agent_is(world: World) -> None:
    billing = world.queue("Billing")
    ana, omar = in_browser(world, "Ana", billing), in_browser(world, "Omar", billing)
    page_of(ana).state = "no_microphone"
    page_of(omar).accepts = 1.0
    world.run(11)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, omar.phone))
    assert not ana.offers
    page_of(ana).state = "ready"
    page_of(ana).accepts = 1.0
    ruth = world.calls_in("Ruth", billing)
    world.run_until(lambda: hear_each_other(ruth.person, ana.phone), within=15)


def test_a_page_loaded_again_between_calls_is_rung_again_and_stays_on_standby(
    world: World,
) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing, may_stand_by=True)
    on_standby(world, ana)
    page_of(ana).is_lost()
    world.run_until(lambda: is_ready(ana), within=10)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=5)


# Standby, listening, trying out -------------------------------------------------------------------


def test_a_browser_on_standby_is_moved_from_call_to_call(world: World) -> None:
    judge, billing = Judge(world), world.queue("Billing", wrap_up_seconds=0)
    ana = in_browser(world, "Ana", billing, may_stand_by=True, confirm_by_key=True)
    on_standby(world, ana)
    [line] = world.carrier.calls.values()
    assert line.to == f"{ana.agent.address}?standby={StandbyLeg.objects.get().pk}"
    for name in ("Dana", "Ruth"):
        caller = world.calls_in(name, billing)
        world.run(5)
        assert hear_each_other(caller.person, ana.phone)
        caller.hangs_up()
        world.run_until(lambda: is_idle(ana))
    assert ana.phone.calls == 1
    judge.look([])


def test_a_page_loaded_again_on_standby_comes_back_to_its_caller(world: World) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing, may_stand_by=True)
    on_standby(world, ana)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=5)
    world.run(70)
    page_of(ana).is_lost()
    world.run(0.5)
    assert hears_music(dana.person)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=5)
    world.run(60)
    assert hear_each_other(dana.person, ana.phone)
    dana.hangs_up()
    world.run_until(lambda: is_idle(ana), within=120)


def test_a_microphone_is_tried_out_and_nothing_of_it_is_kept(world: World) -> None:
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    page_of(ana).connects("", test="1")
    world.run_until(lambda: ana.phone.has_heard("hear how you sound"), within=10)
    world.run(5)
    assert ana.phone.call is not None
    ana.phone.call.speak("Do you hear me?")
    world.run_until(lambda: ana.phone.has_heard("That was it"), within=30)
    world.run(2)
    assert ana.phone.call is None
    [kept] = world.carrier.recordings.values()
    world.run(90)
    assert kept.status is RecordingStatus.DELETED
    assert not Call.objects.exists()


def test_who_says_nothing_is_told_to_look_at_the_microphone(world: World) -> None:
    ana = in_browser(world, "Ana", world.queue("Billing"))
    page_of(ana).connects("", test="1")
    world.run_until(lambda: ana.phone.has_heard("Look at your microphone"), within=60)
    world.run(5)
    assert ana.phone.call is None


def supervised(world: World) -> tuple[Visit, Colleague, Colleague]:
    """Dana talks with Ana; Sofia, who has a desk of her own, watches over them."""
    dana, ana = in_talk(world)
    queue = dana.waiting.queue
    sofia = in_browser(world, "Sofia", available=False)
    Supervisor.objects.create(user=sofia.agent.user).queues.add(queue)
    sofia.answers_after(0.5)
    return dana, ana, sofia


def test_a_supervisor_listens_in_the_browser_and_no_key_is_asked_for(world: World) -> None:
    dana, ana, sofia = supervised(world)
    user = User.objects.get(pk=sofia.agent.user_id)
    watching.watch(call_id=dana.call.pk, by=user, mode=WatchMode.LISTEN, now=world.now)
    world.run(1)
    wanted = softphone.wanted(user)
    assert wanted is None or wanted.act == "answer-now"
    world.run(3)
    assert hears(sofia.phone, dana.person)
    assert hears(sofia.phone, ana.phone)
    assert not hears(dana.person, sofia.phone)
    page_of(sofia).is_lost()
    world.run(30)
    assert sofia.live_leg is None
    assert hear_each_other(dana.person, ana.phone)


def test_a_supervisor_without_an_open_desk_is_told_to_open_it(world: World) -> None:
    dana, _, sofia = supervised(world)
    presence.closed(user_id=sofia.agent.user_id, now=world.now)
    user = User.objects.get(pk=sofia.agent.user_id)
    with pytest.raises(watching.MayNot, match="open it first"):
        watching.watch(call_id=dana.call.pk, by=user, mode=WatchMode.LISTEN, now=world.now)


def test_a_supervisor_whom_all_hear_is_with_the_caller_while_the_agents_page_is_away(
    world: World,
) -> None:
    dana, ana, sofia = supervised(world)
    user = User.objects.get(pk=sofia.agent.user_id)
    watching.watch(call_id=dana.call.pk, by=user, mode=WatchMode.BARGE, now=world.now)
    world.run_until(lambda: hear_each_other(dana.person, sofia.phone))
    page_of(ana).returns = 8.0
    page_of(ana).is_lost()
    world.run(3)
    assert hear_each_other(dana.person, sofia.phone)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=10)
