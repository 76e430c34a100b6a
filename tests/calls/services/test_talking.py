"""Agent and customer come together in the room, and what follows when one of them goes."""

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Command, Leg, Offer, Queue, WrapUp
from calls.services import lifecycle, line, rooms
from calls.states import AgentGone, CallOutcome, CallState, LegState, OfferState, Verb, WaitingExit
from calls.steps import JoinRoom, Say, Wait
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


def ordered(verb: Verb) -> list[str]:
    orders = Command.objects.filter(verb=verb).select_related("leg")
    return sorted(order.leg.role for order in orders)


def again(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


def test_the_agent_in_the_room_brings_the_customer_in(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    assert ordered(Verb.JOIN_ROOM) == []
    rooms.entered(leg=leg, now=at(2))
    assert ordered(Verb.JOIN_ROOM) == ["customer"]
    assert again(call).state == CallState.WAITING


def test_a_caller_who_asks_what_next_meanwhile_is_brought_in_too(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    assert isinstance(lifecycle.next_step(leg=people.customer(call), now=at(1)), Wait)
    rooms.entered(leg=leg, now=at(2))
    assert isinstance(lifecycle.next_step(leg=people.customer(call), now=at(3)), JoinRoom)


def test_both_in_the_room_are_talking(call: Call, dana: User) -> None:
    people.talking(call, dana, now=at(10))
    now = again(call)
    assert (now.state, now.answered_at) == (CallState.TALKING, at(10))
    waiting = people.waiting_of(call)
    assert (waiting.exit, waiting.left_at) == (WaitingExit.CONNECTED, at(10))


def test_it_does_not_matter_who_is_heard_of_first(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=people.customer(call), now=at(2))
    rooms.entered(leg=leg, now=at(3))
    assert again(call).state == CallState.TALKING


def test_entering_twice_is_entering_once(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=leg, now=at(2))
    rooms.entered(leg=leg, now=at(3))
    assert ordered(Verb.JOIN_ROOM) == ["customer"]


def test_the_customer_hangs_up_and_the_agent_has_after_call_work(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    people.over(people.customer(call), now=at(60))
    assert (again(call).state, again(call).outcome) == (CallState.ENDED, CallOutcome.ANSWERED)
    assert ordered(Verb.HANG_UP) == ["agent"]
    assert WrapUp.objects.get(leg=leg).due_at == at(90)


def test_the_caller_hangs_up_while_the_agent_waits_in_the_room(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=leg, now=at(2))
    people.over(people.customer(call), now=at(3))
    assert ordered(Verb.HANG_UP) == ["agent"]
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert again(call).outcome == CallOutcome.ABANDONED
    assert not WrapUp.objects.exists()
    assert isinstance(lifecycle.next_step(leg=leg, now=at(4)), Say)


def test_the_agent_hangs_up_and_the_call_ends(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    people.over(leg, now=at(60))
    assert again(call).state == CallState.ENDING
    assert ordered(Verb.HANG_UP) == ["customer"]
    people.over(people.customer(call), now=at(61))
    assert again(call).outcome == CallOutcome.ANSWERED
    assert WrapUp.objects.get(leg=leg).started_at == at(60)


def test_the_agent_hangs_up_where_the_queue_keeps_the_customer(call: Call, dana: User) -> None:
    Queue.objects.update(agent_gone=AgentGone.REQUEUE)
    people.rings(number="+15551239999", now=at(1))
    leg = people.talking(call, dana, now=at(5))
    people.over(leg, now=at(60))
    waiting = people.waiting_of(call)
    assert again(call).state == CallState.WAITING
    assert (waiting.exit, waiting.since) == ("", NOON)
    assert line.position(waiting) == 1
    assert ordered(Verb.ENQUEUE) == ["customer"]


@pytest.mark.parametrize(("state", "sip"), [(LegState.FAILED, 0), (LegState.COMPLETED, 503)])
def test_an_agents_line_that_fails_never_costs_the_customer_the_call(
    call: Call, dana: User, state: LegState, sip: int
) -> None:
    leg = people.talking(call, dana)
    people.over(leg, state, now=at(60), sip=sip)
    assert again(call).state == CallState.WAITING
    assert line.position(people.waiting_of(call)) == 1


def test_a_caller_who_comes_back_stands_before_everybody(call: Call, dana: User) -> None:
    vip = people.make_queue("Vip", priority=9)
    people.make_number(vip, "+15550002000")
    people.make_agent_user("Vera", vip)
    people.rings("+15550002000", number="+15551230009")
    Queue.objects.update(agent_gone=AgentGone.REQUEUE)
    leg = people.talking(call, dana, now=at(5))
    urgent = people.rings(number="+15551230008", now=at(6))
    people.waiting_of(urgent).place = at(-900)
    urgent.waitings.update(place=at(-900))
    people.over(leg, now=at(9))
    assert people.waiting_of(call).place < at(-900)


def test_a_customer_brought_in_too_late_goes_back_to_the_music(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=leg, now=at(2))
    people.over(leg, now=at(3))
    rooms.entered(leg=people.customer(call), now=at(4))
    assert again(call).state == CallState.WAITING
    assert ordered(Verb.ENQUEUE) == ["customer"]


def test_somebody_left_alone_gets_the_next_step(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    rooms.left(leg=leg, now=at(60))
    assert again(call).alone_since == at(60)
    rooms.check_alone(call_id=call.id, since=at(60), now=at(60) + rooms.ALONE_PATIENCE)
    assert again(call).state == CallState.WAITING
    assert ordered(Verb.ENQUEUE) == ["customer"]
    assert ordered(Verb.HANG_UP) == ["agent"]


def test_whoever_comes_back_in_time_is_not_alone(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    rooms.left(leg=leg, now=at(60))
    rooms.entered(leg=leg, now=at(65))
    assert again(call).alone_since is None
    rooms.check_alone(call_id=call.id, since=at(60), now=at(80))
    assert again(call).state == CallState.TALKING


def test_an_early_look_at_somebody_alone_does_nothing(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    rooms.left(leg=leg, now=at(60))
    rooms.check_alone(call_id=call.id, since=at(60), now=at(70))
    assert again(call).state == CallState.TALKING


def test_a_customer_who_is_still_alone_is_ordered_back_again(call: Call, dana: User) -> None:
    rooms.entered(leg=people.customer(call), now=at(1))
    assert ordered(Verb.ENQUEUE) == ["customer"]
    rooms.check_alone(call_id=call.id, since=at(1), now=at(21))
    assert ordered(Verb.ENQUEUE) == ["customer", "customer"]
    assert again(call).alone_since == at(21)


def test_an_agent_who_falls_out_of_the_room_is_told_to_go_back_in(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    rooms.left(leg=leg, now=at(60))
    assert isinstance(lifecycle.next_step(leg=leg, now=at(61)), JoinRoom)


def test_ending_a_call_hangs_up_on_everybody(call: Call, dana: User) -> None:
    people.talking(call, dana)
    lifecycle.end_call(call_id=call.id, by=dana, reason="done at the desk", now=at(60))
    assert ordered(Verb.HANG_UP) == ["agent", "customer"]
    assert Command.objects.filter(ordered_by=dana).count() == 2
    assert WrapUp.objects.filter(user=dana).exists()


def test_ending_a_waiting_call_frees_the_place_at_once(call: Call, dana: User) -> None:
    offer = people.offered(call, dana)
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(5))
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert people.waiting_of(call).exit == WaitingExit.ENDED_BY_US
    people.over(people.customer(call), now=at(6))
    assert again(call).outcome == CallOutcome.ENDED_BY_US


def test_a_call_that_is_over_cannot_be_ended_again(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(5))
    with pytest.raises(lifecycle.CallIsOver):
        lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(6))


def test_a_late_ringing_does_not_reopen_an_ended_leg(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    people.over(leg, now=at(60))
    late = lifecycle.leg_progress(leg=leg, state=LegState.RINGING, sequence=1, now=at(61))
    assert late is False
    leg.refresh_from_db()
    assert (leg.state, leg.ended_at) == (LegState.COMPLETED, at(60))


def test_a_leg_that_is_over_is_in_no_room(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    people.over(leg, now=at(60))
    leg.refresh_from_db()
    assert (leg.in_room, leg.left_room_at) == (False, at(60))
    assert not Leg.objects.live().filter(user=dana).exists()


def test_both_hang_up_at_once_and_nothing_is_ordered_of_nobody(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    people.over(people.customer(call), now=at(60))
    people.over(leg, now=at(60))
    assert again(call).state == CallState.ENDED
    assert ordered(Verb.HANG_UP) == ["agent"]
    assert WrapUp.objects.count() == 1
