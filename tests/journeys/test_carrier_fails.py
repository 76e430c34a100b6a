"""The carrier fails, at each order. Callers are served in the end."""

from collections.abc import Callable

import pytest

from calls.models import Command, Leg
from calls.services import lifecycle, queueing
from calls.states import AgentGone, CallOutcome, CallState, OrderState, Verb
from sandbox.core.calls import CallStatus
from sandbox.core.errors import RestError, too_many_requests
from sandbox.core.legs import end_leg
from sandbox.rest import RestAnswer, RestRequest
from sandbox.rest.answers import refusal
from tests.journeys.story import Story
from tests.journeys.world import World

HANG_UP = "<Response><Say>Somebody will call you back.</Say></Response>"
NO_ANSWER = 120.0


# What is asked, and what comes of it -------------------------------------------------------------


def is_asked(verb: Verb, request: RestRequest) -> bool:
    """Whether this request is that order, by what it says."""
    form = dict(request.form)
    if request.method != "POST":
        return False
    document = form.get("Twiml", "")
    return {
        Verb.DIAL: "To" in form,
        Verb.HANG_UP: form.get("Status") == "completed",
        Verb.JOIN_ROOM: "<Conference" in document,
        Verb.ENQUEUE: "<Enqueue" in document,
        Verb.PLAY_OUT: "<Hangup" in document and "<Conference" not in document,
        Verb.REDIRECT: document == HANG_UP,
    }[verb]


class Ambush:
    """The carrier fails at the next orders of this kind, and is well again afterwards."""

    def __init__(self, world: World, verb: Verb, how: str, *, times: int = 1) -> None:
        self.world, self.verb, self.how = world, verb, how
        self.met, self.times = False, times
        world.driver.ambush = self

    def __call__(self, request: RestRequest) -> RestAnswer | None:
        if not self.times or not is_asked(self.verb, request):
            return None
        self.met = True
        self.times -= 1
        return _WAYS[self.how](self.world, request)


def _the_line_ends(world: World, request: RestRequest) -> None:
    """It has ended this moment; the news of it is on its way."""
    sid = request.path.rsplit("/", 1)[1].removesuffix(".json")
    end_leg(world.carrier, world.carrier.calls[sid], CallStatus.COMPLETED)


def _over(world: World, request: RestRequest) -> None:
    _the_line_ends(world, request)


def _gone(world: World, request: RestRequest) -> RestAnswer:
    _the_line_ends(world, request)
    return refusal(RestError(20404, 404, "The requested resource was not found"))


def _done_without_answer(world: World, request: RestRequest) -> RestAnswer:
    world.driver.ambush = None
    done = world.driver.rest(request)
    return RestAnswer(done.status, done.headers, done.body, delay=NO_ANSWER)


_WAYS: dict[str, Callable[[World, RestRequest], RestAnswer | None]] = {
    "refused": lambda _world, _request: refusal(RestError(21205, 400, "Url is not valid")),
    "over": _over,
    "gone": _gone,
    "done, but no answer": _done_without_answer,
    "429": lambda _world, _request: refusal(too_many_requests()),
    "503": lambda _world, _request: refusal(RestError(20503, 503, "Service Unavailable")),
    "500": lambda _world, _request: refusal(RestError(20500, 500, "Internal Server Error")),
    "connection refused": lambda _world, _request: RestAnswer(0, refuse=True),
}
EVERY_WAY = list(_WAYS)
# To each order that is asked again, these are one.
EVERY_KIND = [way for way in EVERY_WAY if way not in ("429", "500", "connection refused")]
WHERE_NO_LINE_IS_YET = [way for way in EVERY_WAY if way not in ("over", "gone")]


def finish(story: Story) -> None:
    """Whoever is still there hangs up; then nothing is left, here or at the carrier."""
    story.judge.was_troubled = True
    story.judge.look([story.dana.person])
    story.judge.live_records_are_true()
    if story.dana.person.call is not None:
        story.dana.hangs_up()
    story.world.run(90)
    story.judge.all_is_over()


# Orders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WHERE_NO_LINE_IS_YET)
def test_an_agents_phone_that_cannot_be_rung_at_first(world: World, way: str) -> None:
    story = Story(world)
    story.to("waiting")
    ambush = Ambush(world, Verb.DIAL, way)
    story.ana.answers_when_asked()
    ben = world.agent("Ben", story.billing)
    ben.answers_after(1)
    story.ana.goes_available()
    world.run_until(
        lambda: story.dana.hears(story.ana.phone) or story.dana.hears(ben.phone), within=60
    )
    assert ambush.met
    world.run(40)
    assert Leg.objects.live().count() == 2, "nobody is rung who is not in the call"
    finish(story)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_a_caller_who_cannot_be_brought_to_the_agent_at_first(world: World, way: str) -> None:
    story = Story(world)
    ambush = Ambush(world, Verb.JOIN_ROOM, way)
    story.to("agent asked for a key")
    story.ana.presses("1")
    assert ambush.met
    story.ana.answers_when_asked()
    if way in ("over", "gone"):
        world.run(30)
        assert story.dana.call.state == CallState.ENDED
    else:
        world.run_until(lambda: story.dana.hears(story.ana.phone), within=90)
        world.run(30)
    finish(story)


@pytest.mark.parametrize("way", EVERY_KIND)
def test_a_caller_who_cannot_be_sent_back_to_the_music_at_first(world: World, way: str) -> None:
    story = Story(world, agent_gone=AgentGone.REQUEUE, wrap_up_seconds=0)
    story.to("talking")
    ambush = Ambush(world, Verb.ENQUEUE, way)
    story.ana.lets_it_ring()
    story.ana.hangs_up()
    world.run(60)
    assert ambush.met
    over = way in ("over", "gone")
    assert story.dana.call.state == (CallState.ENDED if over else CallState.WAITING)
    assert over or story.dana.person.has_heard("next in line")
    finish(story)


@pytest.mark.parametrize("way", EVERY_KIND)
def test_a_caller_who_waited_too_long_and_cannot_be_told_at_first(world: World, way: str) -> None:
    story = Story(world, max_wait_seconds=60)
    ambush = Ambush(world, Verb.PLAY_OUT, way)
    story.to("waiting")
    world.run(120)
    assert ambush.met
    assert way in ("over", "gone") or story.dana.person.has_heard("lines are busy")
    assert story.dana.call.state == CallState.ENDED
    finish(story)


def test_a_caller_in_conversation_is_sent_elsewhere(world: World) -> None:
    story = Story(world)
    story.to("talking")
    queueing.send_to_twiml(
        call_id=story.dana.call.id, twiml=HANG_UP, by=None, reason="closing", now=world.now
    )
    world.run(20)
    assert story.dana.person.has_heard("call you back")
    assert story.dana.call.outcome == CallOutcome.REDIRECTED
    finish(story)


@pytest.mark.parametrize("way", EVERY_KIND)
def test_a_caller_who_cannot_be_sent_elsewhere_at_first(world: World, way: str) -> None:
    """Sent after all, or, where the carrier says no, back in line: never in between."""
    story = Story(world)
    story.to("talking")
    ambush = Ambush(world, Verb.REDIRECT, way)
    queueing.send_to_twiml(
        call_id=story.dana.call.id, twiml=HANG_UP, by=None, reason="closing", now=world.now
    )
    world.run(40)
    assert ambush.met
    sent = story.dana.person.has_heard("call you back")
    expected = CallState.WAITING if way == "refused" else CallState.ENDED
    assert story.dana.call.state == expected
    assert sent == (way not in ("over", "gone", "refused"))
    finish(story)


@pytest.mark.parametrize("way", EVERY_KIND)
def test_a_call_that_cannot_be_ended_at_first(world: World, way: str) -> None:
    story = Story(world)
    story.to("talking")
    ambush = Ambush(world, Verb.HANG_UP, way)
    lifecycle.end_call(call_id=story.dana.call.id, by=None, reason="abuse", now=world.now)
    world.run(60)
    assert ambush.met
    assert story.dana.person.call is None
    assert story.ana.phone.call is None
    finish(story)


@pytest.mark.parametrize("way", EVERY_KIND)
def test_a_phone_that_cannot_be_stopped_ringing_at_first(world: World, way: str) -> None:
    story = Story(world)
    story.to("agent's phone rings")
    ambush = Ambush(world, Verb.HANG_UP, way)
    story.dana.hangs_up()
    world.run(60)
    assert ambush.met
    assert story.ana.phone.call is None
    finish(story)


def test_a_phone_that_cannot_be_stopped_ringing_does_not_hold_up_the_next(world: World) -> None:
    """Orders of one leg are one after another; other legs of the call do not wait for them."""
    story = Story(world)
    story.to("agent's phone rings")
    stuck = story.ana.phone.call
    assert stuck is not None

    def cannot_be_stopped(request: RestRequest) -> RestAnswer | None:
        is_it = stuck.sid in request.path and is_asked(Verb.HANG_UP, request)
        return refusal(RestError(20503, 503, "Service Unavailable")) if is_it else None

    world.driver.ambush = cannot_be_stopped
    world.carrier.config.cps = 0
    ben = world.agent("Ben", story.billing)
    ben.answers_after(1)
    story.ana.takes_break()
    world.run_until(lambda: story.dana.hears(ben.phone), within=4)
    assert not stuck.ended
    world.driver.ambush = None
    world.run(10)
    assert stuck.ended
    finish(story)


def test_what_the_carrier_refused_is_kept_with_its_code(world: World) -> None:
    story = Story(world)
    story.to("waiting")
    Ambush(world, Verb.DIAL, "refused")
    story.ana.goes_available()
    world.run(1)
    # The next offer may be made in the same moment.
    order = Command.objects.get(verb=Verb.DIAL, state=OrderState.REFUSED)
    assert (order.http_status, order.carrier_code) == (400, 21205)
