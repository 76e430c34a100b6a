"""A browser is lost in mid-call: a page loaded again, a crash, a network that was gone."""

import pytest

from agents.models import Agent
from agents.services.handoffs import Target
from calls import plans
from calls.models import Leg, Offer, WrapUp
from calls.services import changing, connecting, lifecycle
from calls.states import CallOutcome, CallState, OfferState, TransferState
from tests.journeys.handing import Handing, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.pages import in_browser, in_talk, page_of
from tests.journeys.people import Colleague, Visit
from tests.journeys.reaching_out import reaching
from tests.journeys.talks import hear_each_other, hears, hears_music
from tests.journeys.world import World

# The browser is lost ------------------------------------------------------------------------------


def test_the_page_is_loaded_again_and_the_call_goes_on_in_the_same_room(world: World) -> None:
    judge = Judge(world)
    dana, ana = in_talk(world)
    page_of(ana).returns = 6.0
    page_of(ana).is_lost()
    world.run(3)
    assert hears_music(dana.person)
    assert not any(quiet.longer_than(1, now=world.carrier.now) for quiet in dana.person.quiets)
    assert dana.call.state == CallState.TALKING
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=6)
    world.run(60)
    assert hear_each_other(dana.person, ana.phone)
    assert dana.call.waitings.count() == 1
    assert not WrapUp.objects.exists()
    judge.look([dana.person])
    judge.live_records_are_true()
    dana.hangs_up()
    world.run(60)
    assert WrapUp.objects.count() == 1
    judge.all_is_over()


def test_who_does_not_come_back_leaves_the_caller_next_in_line(world: World) -> None:
    judge = Judge(world)
    dana, ana = in_talk(world, agent_gone="end")
    page_of(ana).returns = None
    page_of(ana).is_lost()
    world.run(15)
    assert hears_music(dana.person)
    assert dana.call.state == CallState.TALKING
    ana.desk_freezes()
    world.run(10)
    assert dana.call.state == CallState.WAITING
    assert WrapUp.objects.get().user == ana.agent.user
    omar = in_browser(world, "Omar", dana.waiting.queue)
    page_of(omar).accepts = 1.0
    world.run_until(lambda: hear_each_other(dana.person, omar.phone))
    judge.look([dana.person])


def test_the_caller_gives_up_while_the_browser_is_away(world: World) -> None:
    judge = Judge(world)
    dana, ana = in_talk(world)
    page_of(ana).returns = 12.0
    page_of(ana).is_lost()
    world.run(5)
    dana.hangs_up()
    world.run(10)
    assert (dana.call.state, dana.call.outcome) == (CallState.ENDED, CallOutcome.ANSWERED)
    assert WrapUp.objects.get().user == ana.agent.user
    world.run(60)
    judge.all_is_over()


def test_a_reload_just_before_the_caller_was_there_costs_the_caller_nothing(world: World) -> None:
    """Scenario 2: nobody was with the caller yet, the place in line is as it was."""
    billing = world.queue("Billing")
    ana = in_browser(world, "Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run(1)
    leg = ana.offers[0].leg
    assert leg is not None
    world.outage.worker = True
    page_of(ana).connects(leg.pk)
    world.run(1)
    page_of(ana).is_lost()
    world.outage.worker = False
    world.run(5)
    assert ana.offers[0].state == OfferState.FAILED
    assert hears_music(dana.person)
    assert not Leg.objects.filter(in_place_of__isnull=False).exists()


def test_again_and_again_is_too_often(world: World) -> None:
    dana, ana = in_talk(world)
    for _ in range(5):
        page_of(ana).is_lost()
        world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=10)
        world.run(5)
    page_of(ana).is_lost()
    world.run(3)
    assert dana.call.state == CallState.WAITING


def test_an_end_that_was_asked_for_is_no_loss(world: World) -> None:

    dana, ana = in_talk(world)
    lifecycle.end_call(call_id=dana.call.pk, by=ana.agent.user, reason="done", now=world.now)
    world.run(5)
    assert dana.call.state == CallState.ENDED
    assert not Leg.objects.filter(in_place_of__isnull=False).exists()


def test_a_telephone_that_is_put_down_is_not_waited_for(world: World) -> None:
    billing = world.queue("Billing", agent_gone="end")
    omar = world.agent("Omar", billing)
    omar.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, omar.phone))
    omar.hangs_up()
    world.run(5)
    assert dana.call.state == CallState.ENDED
    assert Agent.objects.count() == 1
    assert Offer.objects.count() == 1


# With colleagues ----------------------------------------------------------------------------------


@pytest.fixture
def at(world: World) -> Handing:
    """Ruth talks with Dana; Omar is free. Both talk in the browser."""
    handed = handing(world, browsers=True)
    handed.omar.answers_after(2)
    return handed


def test_a_consult_rings_the_browser_and_asks_for_no_key(world: World, at: Handing) -> None:
    at.omar.confirms_by_key()
    at.consulting()
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    at.completes()
    world.run(5)
    assert hear_each_other(at.ruth, at.omar.phone)
    assert at.dana.phone.call is None
    assert not Leg.objects.filter(in_place_of__isnull=False).exists()


def test_a_caller_is_sent_on_to_a_browser(world: World, at: Handing) -> None:
    at.sends_on()
    world.run_until(lambda: hear_each_other(at.ruth, at.omar.phone))
    assert at.dana.phone.call is None


def test_who_consults_loads_the_page_again_and_the_caller_hears_nothing_of_it(
    world: World, at: Handing
) -> None:
    judge = Judge(world)
    at.consulting()
    page_of(at.dana).returns = 6.0
    page_of(at.dana).is_lost()
    world.run(1)
    assert at.omar.phone.has_heard("One moment: the line of Dana was lost")
    assert at.ruth_hears_only_music()
    world.run_until(lambda: hear_each_other(at.dana.phone, at.omar.phone), within=6)
    world.run(60)
    assert at.ruth_hears_only_music()
    assert at.transfer.state == TransferState.CONSULTING
    at.cancels()
    world.run(5)
    assert hear_each_other(at.ruth, at.dana.phone)
    assert at.omar.phone.call is None
    judge.live_records_are_true()


def test_who_is_consulted_comes_back_and_the_caller_hears_nothing_of_it(
    world: World, at: Handing
) -> None:
    at.consulting()
    page_of(at.omar).is_lost()
    world.run_until(lambda: hear_each_other(at.dana.phone, at.omar.phone), within=10)
    world.run(40)
    assert at.ruth_hears_only_music()
    at.completes()
    world.run(5)
    assert hear_each_other(at.ruth, at.omar.phone)


def test_who_consults_does_not_come_back_and_the_second_has_the_caller(
    world: World, at: Handing
) -> None:
    at.consulting()
    page_of(at.dana).returns = None
    page_of(at.dana).is_lost()
    world.run(15)
    assert at.ruth_hears_only_music()
    world.run(10)
    assert at.transfer.state == TransferState.FIRST_GONE
    assert hear_each_other(at.ruth, at.omar.phone)


@pytest.mark.parametrize("returns", [8.0, None])
def test_the_second_hangs_up_while_the_first_is_away_and_the_caller_waits_for_the_first(
    world: World, at: Handing, returns: float | None
) -> None:
    lawyer = outsider(world)
    at.consulting(Target(number=lawyer.phone.number))
    page_of(at.dana).returns = returns
    page_of(at.dana).is_lost()
    world.run(2)
    lawyer.hangs_up()
    world.run(4)
    assert at.transfer.state == TransferState.SECOND_GONE
    assert at.ruth_hears_only_music()
    assert at.talk.call.state == CallState.TALKING
    if returns is not None:
        world.run_until(lambda: at.ruth_is_with(at.dana.phone), within=6)
        world.run(30)
        assert at.ruth_is_with(at.dana.phone)
    else:
        world.run(16)
        assert at.talk.call.state == CallState.WAITING
    assert at.talk.call.waitings.count() == (1 if returns else 2)


def test_three_talk_and_two_go_on_while_one_browser_comes_back(world: World, at: Handing) -> None:
    at.consulting()
    at.brings_all_together()
    world.run(2)
    assert at.ruth_is_with(at.dana.phone, at.omar.phone)
    page_of(at.dana).returns = 8.0
    page_of(at.dana).is_lost()
    world.run(5)
    assert hear_each_other(at.ruth, at.omar.phone)
    assert not hears_music(at.ruth)
    world.run_until(lambda: at.ruth_is_with(at.dana.phone, at.omar.phone), within=6)
    world.run(40)
    assert at.ruth_is_with(at.dana.phone, at.omar.phone)


def test_the_other_one_hangs_up_meanwhile_and_the_caller_hears_music(
    world: World, at: Handing
) -> None:
    lawyer = outsider(world)
    at.adds(Target(number=lawyer.phone.number))
    world.run_until(lambda: at.ruth_is_with(at.dana.phone, lawyer.phone))
    page_of(at.dana).returns = 12.0
    page_of(at.dana).is_lost()
    world.run(3)
    assert at.ruth_is_with(lawyer.phone)
    lawyer.hangs_up()
    world.run(3)
    assert hears_music(at.ruth)
    world.run_until(lambda: at.ruth_is_with(at.dana.phone), within=10)


def test_somebody_comes_in_meanwhile_and_the_caller_is_with_them(world: World, at: Handing) -> None:
    at.omar.answers_after(6)
    at.adds(Target(user=at.omar.agent.user))
    page_of(at.dana).returns = None
    page_of(at.dana).is_lost()
    world.run(4)
    assert hears_music(at.ruth)
    world.run(6)
    assert at.ruth_is_with(at.omar.phone)
    world.run(30)
    assert at.ruth_is_with(at.omar.phone)


def test_who_comes_back_into_a_consult_leaves_the_caller_out_of_it(
    world: World, at: Handing
) -> None:
    """The first had gone back to the caller while the second's line rang."""
    at.omar.answers_after(8)
    at.consults()
    world.run(1)
    at.talk.does(plans.resume, at.talk.leg_of(at.talk.ruth).pk, by=at.dana.agent.user)
    world.run(1)
    assert at.ruth_is_with(at.dana.phone)
    page_of(at.dana).returns = 10.0
    page_of(at.dana).is_lost()
    world.run_until(lambda: hear_each_other(at.dana.phone, at.omar.phone), within=20)
    for _ in range(5):
        world.run(1)
        assert at.ruth_hears_only_music()


def test_on_hold_by_hand_the_caller_stays_on_hold(world: World) -> None:
    dana, ana = in_talk(world)
    scene_hold(dana, ana, world)
    page_of(ana).is_lost()
    world.run(10)
    assert ana.phone.call is not None
    assert hears_music(dana.person)
    assert dana.leg.on_hold


def scene_hold(dana: Visit, ana: Colleague, world: World) -> None:
    def planned(scene: plans.Scene) -> plans.Plan:
        return plans.hold(scene, dana.leg.pk)

    changing.change(call_id=dana.call.pk, planning=planned, by=ana.agent.user, now=world.now)
    world.run(2)


def test_who_was_muted_in_the_room_comes_back_muted(world: World) -> None:
    at = handing(world, browsers=True)
    at.talk.does(plans.mute, at.talk.leg_of(at.dana).pk)
    for lost in range(2):
        page_of(at.dana).returns = 1.0 + lost
        page_of(at.dana).is_lost()
        world.run_until(lambda: hears(at.dana.phone, at.ruth), within=6)
        world.run(2)
        assert not hears(at.ruth, at.dana.phone)
        assert at.talk.leg_of(at.dana).muted
    at.talk.does(plans.unmute, at.talk.leg_of(at.dana).pk)
    page_of(at.dana).is_lost()
    world.run_until(lambda: at.ruth_is_with(at.dana.phone), within=6)


def test_a_consulted_one_who_was_muted_comes_back_muted(world: World, at: Handing) -> None:
    at.consulting()
    at.talk.does(plans.mute, at.talk.leg_of(at.omar).pk)
    page_of(at.omar).is_lost()
    world.run(5)
    assert hears(at.omar.phone, at.dana.phone)
    assert not hears(at.dana.phone, at.omar.phone)
    assert at.talk.leg_of(at.omar).muted


def test_a_page_that_crashed_without_a_word_is_known_by_the_next_one(world: World) -> None:
    """The carrier still has the old line up: nobody is heard on it, and nothing says so."""
    dana, ana = in_talk(world)
    crashed = page_of(ana)
    line = crashed.call
    crashed.call = None
    crashed.returns = 0.5
    connecting.are_on_no_call(user_ids=[ana.agent.user_id], now=world.now)
    world.settle()
    assert line is not None
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=5)
    assert line.ended
    assert ana.phone.call is not line
    assert dana.call.waitings.count() == 1


def test_a_page_that_has_just_come_into_the_room_is_not_taken_for_gone(world: World) -> None:
    dana, ana = in_talk(world)
    page_of(ana).is_lost()
    world.run_until(lambda: hear_each_other(dana.person, ana.phone), within=5)
    connecting.are_on_no_call(user_ids=[ana.agent.user_id], now=world.now)
    world.run(5)
    assert hear_each_other(dana.person, ana.phone)


# Dialling out -------------------------------------------------------------------------------------


def test_who_dialled_out_in_the_browser_comes_back_to_whom_they_called(world: World) -> None:
    out = reaching(world, browser=True)
    out.dials()
    out.until_talking()
    world.run(5)
    page_of(out.dana).returns = 4.0
    page_of(out.dana).is_lost()
    world.run(2)
    assert hears_music(out.ruth.phone)
    world.run_until(lambda: hear_each_other(out.ruth.phone, out.dana.phone), within=6)
    out.ruth.hangs_up()
    world.run(5)
    assert out.wrap_up is not None
    assert out.dana.live_leg is None


def test_a_page_closed_while_it_rings_outside_ends_the_attempt(world: World) -> None:
    out = reaching(world, browser=True)
    out.ruth.lets_it_ring()
    out.dials()
    out.until_ringing()
    page_of(out.dana).is_lost()
    world.run(5)
    assert out.call.state == CallState.ENDED
    assert out.ruth.phone.call is None
    assert not Leg.objects.filter(in_place_of__isnull=False).exists()
