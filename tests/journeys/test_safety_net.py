"""What random days have found: two who act at one instant, and news that is lost."""

from collections.abc import Callable

import pytest

from agents import roster
from agents.availability import Status
from agents.services.handoffs import Target
from calls import plans
from calls.plans import CannotNow
from calls.services import changing, parking, queueing, transfers, watching
from calls.states import CallState, ChangeState, LegState, OfferState, WatchMode
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.company import differences
from tests.journeys.ears import Listener
from tests.journeys.handing import Handing, handing, outsider
from tests.journeys.talks import hear_each_other, hears, is_told, talking
from tests.journeys.test_supervisors import Floor, supervised
from tests.journeys.test_whole_line import begins, lines
from tests.journeys.world import World

# Two at one instant -------------------------------------------------------------------------------


def three_talk(world: World) -> Handing:
    """Ruth, Dana and Omar, who was added."""
    at = handing(world)
    at.omar.answers_after(1)
    at.adds(Target(user=at.omar.agent.user))
    world.run_until(lambda: at.ruth_is_with(at.dana.phone, at.omar.phone))
    return at


def test_two_agents_leave_at_one_instant_and_one_of_them_stays(world: World) -> None:
    at = three_talk(world)
    call = at.talk.call.pk
    transfers.leave(call_id=call, by=at.dana.agent.user, now=world.now)
    with pytest.raises(CannotNow, match="leave somebody alone"):
        transfers.leave(call_id=call, by=at.omar.agent.user, now=world.now)
    world.run(5)
    assert at.ruth_is_with(at.omar.phone)


def test_an_agent_is_dropped_and_the_other_leaves_at_one_instant(world: World) -> None:
    at = three_talk(world)
    omar = at.talk.leg_of(at.omar).pk
    changing.change(
        call_id=at.talk.call.pk,
        planning=lambda scene: plans.drop(scene, omar),
        by=None,
        now=world.now,
    )
    with pytest.raises(CannotNow, match="leave somebody alone"):
        transfers.leave(call_id=at.talk.call.pk, by=at.dana.agent.user, now=world.now)
    world.run(5)
    assert at.ruth_is_with(at.dana.phone)


@pytest.mark.parametrize("verb", [transfers.swap, transfers.three_way])
def test_who_says_it_second_is_told_that_it_is_being_done(
    world: World, verb: Callable[..., object]
) -> None:
    at = handing(world)
    at.omar.answers_after(1)
    at.consulting()
    verb(call_id=at.talk.call.pk, by=at.dana.agent.user, now=world.now)
    with pytest.raises(CannotNow, match="this moment"):
        verb(call_id=at.talk.call.pk, by=None, now=world.now)
    world.run(3)
    assert at.ruth_is_with(at.dana.phone)


@pytest.mark.parametrize("first", [transfers.complete, transfers.cancel])
def test_complete_and_cancel_at_one_instant_keep_somebody_with_the_customer(
    world: World, first: Callable[..., object]
) -> None:
    at = handing(world)
    at.omar.answers_after(1)
    at.consulting()
    second = transfers.cancel if first is transfers.complete else transfers.complete
    first(call_id=at.talk.call.pk, by=at.dana.agent.user, now=world.now)
    with pytest.raises(CannotNow, match="being ended"):
        second(call_id=at.talk.call.pk, by=None, now=world.now)
    world.run(5)
    stays = at.omar if first is transfers.complete else at.dana
    assert at.ruth_is_with(stays.phone)


def test_unmuted_by_two_at_one_instant(world: World) -> None:
    talk = talking(world)
    ruth = talk.ruth.leg.pk
    talk.does(plans.mute, ruth)
    changing.change(
        call_id=talk.call.pk,
        planning=lambda scene: plans.unmute(scene, ruth),
        by=None,
        now=world.now,
    )
    with pytest.raises(CannotNow, match="being unmuted already"):
        talk.does(plans.unmute, ruth)
    world.settle()
    assert hear_each_other(talk.ruth.person, talk.agents["Dana"].phone)


# News that is lost --------------------------------------------------------------------------------


def loses_news_of_rooms(world: World) -> None:
    world.outage.lost = lambda fetch: "/conference/" in fetch.url


@pytest.fixture
def floor(world: World) -> Floor:
    return supervised(world)


def test_who_hears_a_supervisor_is_put_right_where_the_news_was_lost(floor: Floor) -> None:
    floor.joins(WatchMode.LISTEN)
    loses_news_of_rooms(floor.world)
    floor.switches(WatchMode.WHISPER)
    floor.world.outage.lost = None
    assert floor.who_hears_sofia() == {"Dana"}
    assert differences(floor.world)
    floor.world.run(45)
    assert not differences(floor.world)
    assert floor.modes() == ["listen", "whisper"]


@pytest.mark.parametrize(
    ("was", "wanted", "ears"),
    [
        (WatchMode.WHISPER, WatchMode.BARGE, {"Dana", "Ruth"}),
        (WatchMode.BARGE, WatchMode.WHISPER, {"Dana"}),
        (WatchMode.WHISPER, WatchMode.LISTEN, set()),
    ],
)
def test_each_change_of_a_coach_is_put_right_where_the_news_was_lost(
    floor: Floor, was: WatchMode, wanted: WatchMode, ears: set[str]
) -> None:
    floor.joins(was)
    loses_news_of_rooms(floor.world)
    floor.switches(wanted)
    floor.world.outage.lost = None
    assert differences(floor.world)
    floor.world.run(35)
    assert not differences(floor.world)
    assert floor.who_hears_sofia() == ears
    assert floor.modes() == [was, wanted]


@pytest.mark.parametrize("mode", list(WatchMode))
def test_a_supervisor_whose_coming_in_was_not_told_is_shown_as_they_are_when_found(
    floor: Floor, mode: WatchMode
) -> None:
    loses_news_of_rooms(floor.world)
    floor.does(watching.watch, mode=mode)
    floor.world.run(5)
    floor.world.outage.lost = None
    floor.world.run_until(lambda: floor.leg().in_room)
    assert not differences(floor.world)
    assert floor.modes() == [mode]


def test_a_supervisor_in_the_room_has_answered_whatever_was_lost(floor: Floor) -> None:
    floor.world.outage.lost = lambda fetch: "/status/" in fetch.url
    floor.world.carrier.faults.webhook_next.append("500")
    floor.does(watching.watch, mode=WatchMode.LISTEN)
    floor.world.run(10)
    assert floor.leg().state == LegState.IN_PROGRESS


def test_a_customer_on_hold_unheard_is_not_left_so_by_a_complete(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(1)
    loses_news_of_rooms(world)
    at.consults()
    world.outage.lost = None
    world.run(6)
    assert not at.talk.ruth.leg.on_hold
    assert at.completes().state == ChangeState.DONE
    world.run(3)
    assert at.ruth_is_with(at.omar.phone)


def test_a_customer_on_hold_unheard_is_taken_off_it_where_no_agent_is_left(world: World) -> None:
    at, lawyer = handing(world), outsider(world)
    at.adds(Target(number=lawyer.phone.number))
    world.run_until(lambda: at.ruth_is_with(lawyer.phone))
    loses_news_of_rooms(world)
    at.talk.does(plans.hold, at.talk.ruth.leg.pk)
    world.outage.lost = None
    at.dana.hangs_up()
    assert not hears(at.ruth, lawyer.phone)
    world.run(45)
    assert at.ruth_is_with(lawyer.phone)


def test_what_everybody_was_to_be_told_is_said_although_the_order_fails(world: World) -> None:
    billing, _, [visit] = lines(world, 1)

    def refuses(request: RestRequest) -> RestAnswer | None:
        moves = request.method == "POST" and "/Calls/" in request.path
        return RestAnswer(400, {}, b'{"code": 21218, "message": "no"}') if moves else None

    world.driver.ambush = refuses
    begins(world, billing, message="We close because of a storm.")
    world.run(60)
    assert visit.person.has_heard("because of a storm")
    assert visit.call.state == CallState.ENDED
    assert not is_told(visit.person, "We are closed now")


def test_a_customer_whom_the_carrier_could_not_take_off_hold_is_taken_off_it_later(
    world: World,
) -> None:
    at = handing(world)
    at.omar.answers_after(1)
    at.consulting()
    world.carrier.faults.rest_refused = 1.0
    at.cancels()
    at.omar.hangs_up()
    world.run(60)
    assert at.ruth_hears_only_music()
    world.carrier.faults.rest_refused = 0.0
    world.run(45)
    assert at.ruth_is_with(at.dana.phone)


# Nobody stays alone -------------------------------------------------------------------------------


def cannot_end(world: World, person: Listener) -> None:
    """The carrier fails whatever is asked of this line."""
    line = person.call
    assert line is not None

    def fails(request: RestRequest) -> RestAnswer | None:
        asked = request.method == "POST" and line.sid in request.path
        return RestAnswer(500, {}, b"{}") if asked else None

    world.driver.ambush = fails


@pytest.mark.parametrize("where", ["another line", "a document", "the parking place"])
def test_an_agent_whose_line_could_not_be_ended_is_not_left_in_the_room(
    world: World, where: str
) -> None:
    talk, sales = talking(world), world.queue("Sales")
    dana, call = talk.agents["Dana"], talk.call.pk
    cannot_end(world, dana.phone)
    if where == "another line":
        queueing.send_to_queue(call_id=call, queue=sales, by=None, reason="", now=world.now)
    elif where == "a document":
        twiml = "<Response><Pause length='300'/></Response>"
        queueing.send_to_twiml(call_id=call, twiml=twiml, by=None, reason="", now=world.now)
    else:
        parking.park(call_id=call, by=None, now=world.now)
    world.run(60)
    assert dana.phone.call is not None
    world.driver.ambush = None
    world.run(45)
    assert dana.phone.call is None


def test_a_supervisor_whose_line_could_not_be_ended_is_not_left_in_the_room(floor: Floor) -> None:
    floor.joins(WatchMode.LISTEN)
    cannot_end(floor.world, floor.sofia.phone)
    sales = floor.world.queue("Sales")
    call = floor.talk.call.pk
    queueing.send_to_queue(call_id=call, queue=sales, by=None, reason="", now=floor.world.now)
    floor.world.run(60)
    floor.world.driver.ambush = None
    floor.world.run(45)
    assert floor.sofia.phone.call is None


# Who does not come --------------------------------------------------------------------------------


def standing(at: Handing) -> str:
    [known] = roster.standings(agent_ids=[at.omar.agent.pk], now=at.world.now)
    return known.status


@pytest.mark.parametrize("verb", [Handing.consults, Handing.sends_on, Handing.adds])
def test_who_misses_a_colleague_is_set_aside_as_who_misses_a_caller(
    world: World, verb: Callable[..., object]
) -> None:
    at = handing(world, ring_seconds=10)
    at.omar.lets_it_ring()
    verb(at, Target(user=at.omar.agent.user))
    world.run(40)
    assert standing(at) == Status.SET_ASIDE
    assert [offer.state for offer in at.omar.offers] == [OfferState.MISSED]
    at.omar.goes_available()
    assert standing(at) == Status.AVAILABLE


def test_who_declines_a_colleague_or_is_called_off_is_not_set_aside(world: World) -> None:
    at = handing(world)
    at.omar.rejects_after(2)
    at.consults()
    world.run(10)
    assert standing(at) == Status.AVAILABLE
    at.omar.lets_it_ring()
    at.consults()
    world.run(3)
    at.cancels()
    world.run(3)
    assert standing(at) == Status.AVAILABLE
    at.adds(Target(user=at.omar.agent.user))
    world.run(3)
    at.talk.does(plans.drop, at.talk.leg_of(at.omar).pk)
    world.run(3)
    assert standing(at) == Status.AVAILABLE
