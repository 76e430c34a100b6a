"""A caller set aside, and fetched again: what they hear, and every way that it can go."""

import pytest
from django.db import transaction

from agents.screens import draw_board
from calls import plans
from calls.models import Change, Offer, Parking, WrapUp
from calls.services import lifecycle, offers, parking, queueing
from calls.states import CallState, ChangeState, OfferState, ParkingExit
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.judging import Judge
from tests.journeys.people import Colleague
from tests.journeys.talks import Talk, hear_each_other, hears_music, is_told, talking
from tests.journeys.test_supervisors import supervisor
from tests.journeys.world import World


def parks(talk: Talk, *, token: str = "") -> Change:
    dana = talk.agents["Dana"].agent.user
    made = parking.park(
        call_id=talk.call.pk, by=dana, reason="needs the manager", token=token, now=talk.world.now
    )
    talk.world.settle()
    return Change.objects.get(pk=made.change.pk)


def retrieves(talk: Talk, who: Colleague) -> Offer:
    offer = parking.retrieve(
        call_id=talk.call.pk,
        user=who.agent.user,
        address=who.agent.line_address,
        confirm_by_key=who.agent.confirm_by_key,
        now=talk.world.now,
    )
    talk.world.settle()
    return offer


def parked(world: World, **queue: object) -> Talk:
    """Ruth talked with Dana, who has parked her; Omar is at his desk, on a break."""
    talk = talking(world, agents=("Dana", "Omar"), **queue)
    assert parks(talk).state == ChangeState.DONE
    return talk


def the_parking(talk: Talk) -> Parking:
    return Parking.objects.get(call=talk.call)


def test_a_parked_caller_hears_music_and_the_agent_is_freed(world: World) -> None:
    talk = parked(world)
    world.run(2)
    assert talk.call.state == CallState.PARKED
    assert is_told(talk.ruth.person, "Please stay on the line")
    world.run(5)
    assert hears_music(talk.ruth.person)
    assert talk.agents["Dana"].live_leg is None
    assert WrapUp.objects.filter(call=talk.call, user=talk.agents["Dana"].agent.user).exists()


def test_the_board_tells_by_whom_and_why_and_when_the_caller_goes_back(world: World) -> None:
    talk = parked(world)
    sam = supervisor(world, "Sam", talk.queue)
    shown = draw_board(sam.agent.user)
    assert "by dana: needs the manager" in shown
    assert the_parking(talk).returns_at.isoformat() in shown


def test_the_music_goes_on_for_as_long_as_somebody_is_parked(world: World) -> None:
    talk = parked(world, park_seconds=900)
    world.run(600)
    assert talk.call.state == CallState.PARKED
    now = world.carrier.now
    assert not any(quiet.longer_than(5, now=now) for quiet in talk.ruth.person.quiets)


def test_any_agent_of_the_queue_retrieves_the_caller(world: World) -> None:
    talk = parked(world)
    omar = talk.agents["Omar"]
    world.run(5)
    omar.answers_after(3)
    retrieves(talk, omar)
    world.run(2)
    assert hears_music(talk.ruth.person)
    world.run(5)
    assert hear_each_other(talk.ruth.person, omar.phone)
    assert talk.call.state == CallState.TALKING
    there = the_parking(talk)
    assert (there.exit, there.retrieved_by) == (ParkingExit.RETRIEVED, omar.agent.user)


def test_whoever_parked_the_caller_may_retrieve_them(world: World) -> None:
    talk = parked(world)
    world.run(5)
    retrieves(talk, talk.agents["Dana"])
    world.run(5)
    assert hear_each_other(talk.ruth.person, talk.agents["Dana"].phone)


def test_whoever_asks_second_is_told_who_was_first(world: World) -> None:
    talk = parked(world)
    omar = talk.agents["Omar"]
    offer = retrieves(talk, omar)
    with pytest.raises(plans.CannotNow, match="Omar was first"):
        retrieves(talk, talk.agents["Dana"])
    assert retrieves(talk, omar).pk == offer.pk


def test_nobody_on_another_call_can_retrieve(world: World) -> None:
    talk = parked(world)
    eve = world.calls_in("Eve", talk.queue)
    omar = talk.agents["Omar"]
    omar.answers_after(1)
    omar.goes_available()
    world.run_until(lambda: hear_each_other(eve.person, omar.phone))
    with pytest.raises(plans.CannotNow, match="on another call"):
        retrieves(talk, omar)
    assert talk.call.state == CallState.PARKED


def test_an_agent_who_does_not_answer_leaves_the_caller_first_in_line(world: World) -> None:
    talk = parked(world, ring_seconds=10)
    talk.agents["Omar"].lets_it_ring()
    retrieves(talk, talk.agents["Omar"])
    world.run(15)
    assert Offer.objects.latest("id").state == OfferState.MISSED
    assert talk.call.state == CallState.WAITING
    assert the_parking(talk).exit == ParkingExit.RETURNED
    with pytest.raises(plans.CannotNow, match="Omar did not take the call"):
        retrieves(talk, talk.agents["Dana"])
    dana = talk.agents["Dana"]
    world.run(40)  # her after-call work is over by then
    assert hear_each_other(talk.ruth.person, dana.phone)


def test_what_comes_of_a_retrieval_is_told_of_its_own_parking(world: World) -> None:
    """Dana parks the caller twice and fetches her twice: late news of the first is not of the
    second."""
    talk = parked(world)
    dana = talk.agents["Dana"]
    world.run(5)
    first = retrieves(talk, dana)
    world.run_until(lambda: hear_each_other(talk.ruth.person, dana.phone))
    parks(talk)
    world.run(5)
    retrieves(talk, dana)
    world.run_until(lambda: hear_each_other(talk.ruth.person, dana.phone))
    with transaction.atomic():
        offers.settle(talk.call, first, OfferState.WITHDRAWN, "late news", world.now)
    exits = Parking.objects.order_by("id").values_list("exit", flat=True)
    assert list(exits) == [ParkingExit.RETURNED, ParkingExit.RETRIEVED]


def test_nobody_retrieves_and_the_caller_is_next_in_line(world: World) -> None:
    talk = parked(world, park_seconds=60)
    eve = world.calls_in("Eve", talk.queue)
    talk.agents["Dana"].takes_break()
    world.run(61)
    assert the_parking(talk).exit == ParkingExit.RETURNED
    assert talk.call.state == CallState.WAITING
    assert talk.ruth.waiting.place < eve.waiting.place
    with pytest.raises(plans.CannotNow, match="back in line"):
        retrieves(talk, talk.agents["Omar"])


def test_a_timer_that_is_lost_is_made_good(world: World) -> None:
    talk = parked(world, park_seconds=60)
    world.outage.worker = True
    world.run(90)
    assert talk.call.state == CallState.PARKED
    world.outage.worker = False
    world.run(35)
    assert the_parking(talk).exit == ParkingExit.RETURNED


def test_a_parked_caller_who_hangs_up_ends_the_call(world: World) -> None:
    talk = parked(world)
    world.run(20)
    talk.ruth.hangs_up()
    world.run(2)
    assert talk.call.state == CallState.ENDED
    assert the_parking(talk).exit == ParkingExit.ABANDONED
    with pytest.raises(plans.CannotNow, match="not parked"):
        retrieves(talk, talk.agents["Omar"])


def test_a_caller_who_hangs_up_while_being_retrieved_frees_the_agent(world: World) -> None:
    talk = parked(world)
    talk.agents["Omar"].answers_after(10)
    retrieves(talk, talk.agents["Omar"])
    world.run(3)
    talk.ruth.hangs_up()
    world.run(3)
    assert talk.agents["Omar"].live_leg is None
    assert Offer.objects.latest("id").state == OfferState.WITHDRAWN


def test_a_parked_call_can_be_ended_and_sent_elsewhere(world: World) -> None:
    talk, sales = parked(world), world.queue("Sales")
    world.agent("Sven", sales)
    queueing.send_to_queue(call_id=talk.call.pk, queue=sales, by=None, reason="", now=world.now)
    world.settle()
    assert the_parking(talk).exit == ParkingExit.REDIRECTED
    lifecycle.end_call(call_id=talk.call.pk, by=None, reason="", now=world.now)
    world.run(2)
    assert talk.call.state == CallState.ENDED


def test_the_carrier_will_not_park_and_the_conversation_goes_on(world: World) -> None:
    talk = talking(world)

    def refuses(request: RestRequest) -> RestAnswer | None:
        moves = request.method == "POST" and "/Calls/" in request.path
        return RestAnswer(400, {}, b'{"code": 21218, "message": "no"}') if moves else None

    world.driver.ambush = refuses
    made = parks(talk)
    world.driver.ambush = None
    world.run(30)
    assert made.state == ChangeState.FAILED
    assert hear_each_other(talk.ruth.person, talk.agents["Dana"].phone)
    assert talk.call.state == CallState.TALKING
    assert not Parking.objects.exists()
    world.run(200)
    Judge(world).look(())  # nor does a timer miss what is not there


def test_the_carrier_will_not_park_and_the_agent_is_gone_meanwhile(world: World) -> None:
    talk = talking(world, agents=("Dana", "Omar"))
    talk.agents["Dana"].takes_break()
    back = world.carrier.now + 20

    def is_away(request: RestRequest) -> RestAnswer | None:
        moves = request.method == "POST" and "/Calls/" in request.path
        return RestAnswer(500, {}, b"{}") if moves and world.carrier.now < back else None

    world.driver.ambush = is_away
    parks(talk)
    talk.agents["Dana"].hangs_up()
    world.run(30)
    assert talk.call.state == CallState.WAITING
    world.run(30)
    assert is_told(talk.ruth.person, "You are next in line") or hears_music(talk.ruth.person)


def test_a_double_click_parks_once(world: World) -> None:
    talk = talking(world)
    assert parks(talk, token="once").pk == parks(talk, token="once").pk
    assert Parking.objects.count() == 1


def test_what_cannot_be_parked_is_refused_with_a_sentence(world: World) -> None:
    talk = parked(world)
    with pytest.raises(plans.CannotNow, match="parked already"):
        parks(talk)
    world.run(300)
    eve = world.calls_in("Eve", talk.queue)
    with pytest.raises(plans.CannotNow, match="talking with somebody"):
        parking.park(call_id=eve.call.pk, by=None, now=world.now)
