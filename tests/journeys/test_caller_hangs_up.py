"""The caller hangs up, at every point of a call: nobody is left ringing, waiting or alone."""

import pytest

from calls.models import Leg, Queue
from calls.states import CallOutcome, CallState, OfferState, WaitingExit
from tests.journeys.story import IN_LINE, POINTS, Story
from tests.journeys.world import World

AN_AGENT_IS_ASKED = POINTS[3:]


@pytest.mark.parametrize("point", POINTS)
def test_a_caller_who_hangs_up_leaves_nobody_behind(world: World, point: str) -> None:
    story = Story(world)
    story.to(point)
    story.dana.hangs_up()
    world.run(4)
    assert not Leg.objects.live().exists()
    assert story.ana.phone.call is None, "her phone is free again at once"
    world.run(90)
    story.judge.all_is_over()


@pytest.mark.parametrize("point", IN_LINE)
def test_a_caller_who_hangs_up_before_talking_has_abandoned(world: World, point: str) -> None:
    story = Story(world)
    story.to(point)
    story.dana.hangs_up()
    world.run(10)
    call = story.dana.call
    assert (call.state, call.outcome) == (CallState.ENDED, CallOutcome.ABANDONED)
    assert call.answered_at is None
    assert not call.wrap_ups.exists()
    assert {waiting.exit for waiting in call.waitings.all()} <= {WaitingExit.ABANDONED}
    assert {offer.state for offer in call.offers.all()} <= {OfferState.WITHDRAWN}


@pytest.mark.parametrize("point", AN_AGENT_IS_ASKED)
def test_an_agent_whose_caller_hung_up_gets_the_next_one(world: World, point: str) -> None:
    story = Story(world, wrap_up_seconds=0)
    story.to(point)
    story.dana.hangs_up()
    story.ana.answers_when_asked()
    eli = world.calls_in("Eli", story.billing)
    world.run_until(lambda: eli.hears(story.ana.phone), within=45)


def test_a_caller_who_hangs_up_in_conversation_was_answered(world: World) -> None:
    story = Story(world)
    story.to("talking")
    world.run(20)
    story.dana.hangs_up()
    world.run(5)
    call = story.dana.call
    assert (call.state, call.outcome) == (CallState.ENDED, CallOutcome.ANSWERED)
    assert story.dana.waiting.exit == WaitingExit.CONNECTED
    assert call.wrap_ups.get().user == story.ana.agent.user
    world.run(60)
    story.judge.all_is_over()


def test_a_caller_who_hangs_up_on_the_closing_message_leaves_none(world: World) -> None:
    story = Story(world)
    Queue.objects.update(is_active=False)
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.run_until(lambda: story.dana.person.has_heard("closed"))
    story.dana.hangs_up()
    world.run(10)
    assert story.dana.call.outcome == CallOutcome.CLOSED
    story.judge.all_is_over()


def test_a_caller_who_hangs_up_in_mid_message_has_left_it(world: World) -> None:
    story = Story(world)
    Queue.objects.update(is_active=False)
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.run_until(lambda: story.dana.person.has_heard("beep"))
    world.run(1)
    assert story.dana.person.call is not None
    story.dana.person.call.speak("please call me back about my bill, it is wrong once more")
    world.run(3)
    story.dana.hangs_up()
    world.run(10)
    assert story.dana.call.outcome == CallOutcome.VOICEMAIL
    story.judge.all_is_over()


def test_a_caller_of_whom_we_hear_only_that_they_hung_up_is_on_record(world: World) -> None:
    story = Story(world)
    world.outage.web = True
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.run(3)
    world.outage.web = False
    story.dana.hangs_up()
    world.run(30)
    assert story.dana.call.outcome == CallOutcome.ABANDONED
    story.judge.all_is_over()
