"""What random days have found: two who act at one instant, and news that is lost."""

from collections.abc import Callable

import pytest

from agents.services.handoffs import Target
from calls import plans
from calls.plans import CannotNow
from calls.services import changing, transfers, watching
from calls.states import CallState, ChangeState, LegState, WatchMode
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.company import differences
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
