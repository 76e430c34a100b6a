"""The agent hangs up, at every point of a call: the caller keeps the place, or is told."""

import pytest

from calls.states import AgentGone, CallOutcome, CallState, OfferState, WaitingExit
from tests.journeys.story import Story
from tests.journeys.world import World

BEFORE_TALKING = {
    "agent's phone rings": OfferState.BUSY,
    "agent asked for a key": OfferState.MISSED,
    "agent alone in the room": OfferState.FAILED,
}


@pytest.mark.parametrize("point", BEFORE_TALKING)
def test_the_caller_keeps_the_place_and_the_music(world: World, point: str) -> None:
    story = Story(world)
    story.to(point)
    place = story.dana.waiting.place
    story.ana.hangs_up()
    world.run(30)
    assert story.dana.call.state == CallState.WAITING
    assert story.dana.waiting.place <= place
    assert not [q for q in story.dana.person.quiets if q.longer_than(5, now=world.carrier.now)]
    assert story.ana.offers[0].state == BEFORE_TALKING[point]


@pytest.mark.parametrize("point", BEFORE_TALKING)
def test_the_next_agent_gets_the_caller(world: World, point: str) -> None:
    story = Story(world)
    story.to(point)
    story.ana.hangs_up()
    ben = world.agent("Ben", story.billing)
    ben.answers_after(1)
    world.run_until(lambda: story.dana.hears(ben.phone), within=30)
    world.run(20)
    assert len(story.ana.offers) == 1, "whoever let a caller down is not rung again by itself"
    story.dana.hangs_up()
    world.run(60)
    story.judge.all_is_over()


@pytest.mark.parametrize("point", BEFORE_TALKING)
def test_the_same_agent_may_have_the_caller_after_all(world: World, point: str) -> None:
    story = Story(world)
    story.to(point)
    story.ana.hangs_up()
    world.run(3)
    story.ana.answers_when_asked()
    story.ana.goes_available()
    world.run_until(lambda: story.dana.hears(story.ana.phone), within=60)


def test_an_agent_who_hangs_up_in_conversation_ends_the_call(world: World) -> None:
    story = Story(world, agent_gone=AgentGone.END)
    story.to("talking")
    world.run(20)
    story.ana.hangs_up()
    world.run(5)
    assert story.dana.person.call is None
    assert (story.dana.call.state, story.dana.call.outcome) == (
        CallState.ENDED,
        CallOutcome.ANSWERED,
    )
    world.run(60)
    story.judge.all_is_over()


def test_or_sends_the_caller_to_the_front_where_the_queue_says_so(world: World) -> None:
    story = Story(world, agent_gone=AgentGone.REQUEUE, wrap_up_seconds=0)
    story.to("talking")
    eli = world.calls_in("Eli", story.billing)
    world.run(20)
    story.ana.lets_it_ring()
    story.ana.hangs_up()
    world.run(5)
    assert story.dana.call.state == CallState.WAITING
    assert story.dana.waiting.place < eli.waiting.place
    assert story.dana.call.waitings.earliest("id").exit == WaitingExit.CONNECTED
    ben = world.agent("Ben", story.billing)
    ben.answers_after(1)
    world.run_until(lambda: story.dana.hears(ben.phone) or eli.hears(ben.phone), within=60)
    story.judge.look([story.dana.person, eli.person])
