"""We fail, at every question and all news: once, or for a while. Callers are served in the end."""

import pytest
from django.db.models import Q

from calls.models import Command, Queue, Voicemail
from calls.states import AgentGone, CallOutcome, CallState, OrderState, WaitingExit
from sandbox.core.effects import Fetch
from tests.journeys.story import Story
from tests.journeys.test_carrier_fails import finish
from tests.journeys.world import Mishap, World

# Questions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
@pytest.mark.parametrize("kind", ["voice", "wait", "agent", "agent-key"])
def test_a_question_that_we_do_not_answer_costs_nobody_the_call(
    world: World, kind: str, mishap: Mishap
) -> None:
    story = Story(world)
    story.ana.answers_when_asked()
    world.outage.next[kind] = mishap
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.run(6)
    story.ana.goes_available()
    world.run_until(lambda: story.dana.hears(story.ana.phone), within=150)
    assert kind not in world.outage.next
    world.run(20)
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_an_agent_who_needs_no_key_is_asked_for_none_when_we_do_not_answer_at_first(
    world: World, mishap: Mishap
) -> None:
    story = Story(world)
    story.to("waiting")
    ben = world.agent("Ben", story.billing)
    ben.answers_after(1)
    world.outage.next["agent"] = mishap
    world.run_until(lambda: story.dana.hears(ben.phone), within=60)
    assert "agent" not in world.outage.next
    assert not ben.phone.has_heard("Press 1")
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_a_room_whose_end_we_do_not_hear_of_ends_all_the_same(world: World, mishap: Mishap) -> None:
    story = Story(world, agent_gone=AgentGone.REQUEUE)
    story.to("talking")
    world.outage.next["room-left"] = mishap
    story.ana.lets_it_ring()
    story.ana.hangs_up()
    world.run(60)
    assert story.dana.call.state == CallState.WAITING
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_a_caller_who_leaves_the_line_while_we_do_not_answer(world: World, mishap: Mishap) -> None:
    """The wait document says leave, and the next question fails."""
    story = Story(world, max_wait_seconds=40)
    story.to("waiting")
    world.outage.next["queue-left"] = mishap
    world.carrier.faults.rest_refused = 1.0
    world.run(60)
    world.carrier.faults.rest_refused = 0.0
    world.run(60)
    assert story.dana.person.has_heard("lines are busy")
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
@pytest.mark.parametrize("kind", ["wait", "agent", "agent-key", "queue-left", "room-left"])
def test_a_question_that_we_do_not_answer_again_and_again_is_answered_in_the_end(
    world: World, kind: str, mishap: Mishap
) -> None:
    """Nor the resume question that follows from it, for a while."""
    story = Story(world, agent_gone=AgentGone.REQUEUE, wrap_up_seconds=0)
    story.ana.answers_when_asked()
    world.outage.still |= {kind: mishap, "resume": mishap}
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.run(6)
    story.ana.goes_available()
    world.run(40)
    if kind == "room-left" and story.ana.phone.call is not None:
        story.ana.hangs_up()
        world.run(20)
    assert story.dana.person.call is not None
    world.outage.still.clear()
    story.ana.goes_available()
    world.run_until(lambda: story.dana.hears(story.ana.phone), within=150)
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_a_new_caller_whom_we_do_not_answer_again_and_again_is_served_in_the_end(
    world: World, mishap: Mishap
) -> None:
    story = Story(world)
    story.ana.answers_when_asked()
    story.ana.goes_available()
    world.outage.still |= {"voice": mishap, "resume": mishap}
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.run(60)
    assert story.dana.person.call is not None
    assert story.dana.person.has_heard("One moment")
    world.outage.still.clear()
    world.run_until(lambda: story.dana.hears(story.ana.phone), within=60)
    finish(story)


# A message ---------------------------------------------------------------------------------------


def leaves_a_message(story: Story) -> None:
    """Dana hears that nobody is there, and speaks after the tone."""
    Queue.objects.update(is_active=False)
    story.dana.person.lifts(story.billing.numbers.get().e164)
    story.world.run_until(lambda: story.dana.person.has_heard("beep"))
    story.world.run(1)
    assert story.dana.person.call is not None
    story.dana.person.call.speak("please call me back about my bill, it is wrong once more")


def has_left_a_message(story: Story) -> None:
    assert story.dana.call.outcome == CallOutcome.VOICEMAIL
    assert Voicemail.objects.get().seconds >= 3


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_a_message_whose_end_we_do_not_hear_of_is_kept_and_asked_for_once(
    world: World, mishap: Mishap
) -> None:
    story = Story(world)
    world.outage.still["voicemail"] = mishap
    leaves_a_message(story)
    world.run(60)
    assert story.dana.person.call is None
    assert story.dana.person.has_heard("Goodbye")
    sids = {dict(asked.params).get("RecordingSid") for asked in world.requests}
    assert len(sids - {None}) == 1, "nobody is asked for a second message"
    has_left_a_message(story)
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_a_message_is_kept_though_we_take_no_news_of_the_recording(
    world: World, mishap: Mishap
) -> None:
    """The question at its end tells of the recording as well."""
    story = Story(world)
    world.outage.still["recording"] = mishap
    leaves_a_message(story)
    world.run(60)
    has_left_a_message(story)
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_the_message_of_who_hung_up_is_kept_though_we_take_no_news_of_the_recording(
    world: World, mishap: Mishap
) -> None:
    story = Story(world)
    world.outage.still["recording"] = mishap
    leaves_a_message(story)
    world.run(4)
    story.dana.hangs_up()
    world.run(30)
    has_left_a_message(story)
    finish(story)


# News --------------------------------------------------------------------------------------------


def test_a_caller_whose_coming_in_is_never_told_is_found_in_the_room(world: World) -> None:
    """Nobody is rung again, and the two who talk are not parted."""
    story = Story(world)
    story.to("agent alone in the room")

    def tells_of_dana(fetch: Fetch) -> bool:
        said = dict(fetch.params)
        here = said.get("ParticipantLabel") == str(story.dana.leg.id)
        return here and said.get("StatusCallbackEvent") == "participant-join"

    world.outage.lost = tells_of_dana
    world.run_until(lambda: story.dana.hears(story.ana.phone), within=5)
    world.run(12)
    assert story.dana.call.state == CallState.TALKING
    assert story.dana.waiting.exit == WaitingExit.CONNECTED
    for _ in range(30):
        world.run(2)
        assert story.dana.hears(story.ana.phone)
    assert len(story.ana.offers) == 1
    finish(story)


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
@pytest.mark.parametrize("kind", ["status", "conference", "number-status"])
def test_news_that_we_do_not_take_is_sent_again_or_found_out(
    world: World, kind: str, mishap: Mishap
) -> None:
    story = Story(world)
    story.ana.answers_when_asked()
    story.ana.goes_available()
    story.dana.person.lifts(story.billing.numbers.get().e164)
    world.outage.next[kind] = mishap
    world.run_until(lambda: story.dana.hears(story.ana.phone), within=60)
    world.run(10)
    story.dana.hangs_up()
    world.run(90)
    story.judge.was_troubled = True
    story.judge.all_is_over()
    assert not Command.objects.filter(Q(state=OrderState.UNKNOWN)).exists()
