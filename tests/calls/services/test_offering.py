"""A call is offered to one agent; how that comes out is told apart."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Command, Leg, Offer, Queue
from calls.services import glance, lifecycle, offering, offers
from calls.states import LegState, OfferState, OrderState, Verb
from calls.steps import AskForKey, JoinRoom, Say
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


@pytest.fixture
def offer(call: Call, dana: User) -> Offer:
    return people.offered(call, dana)


def orders(verb: Verb) -> list[Command]:
    return list(Command.objects.filter(verb=verb).order_by("ordered_at"))


def test_an_offer_rings_the_agents_line(call: Call, dana: User) -> None:
    offer = people.offered(call, dana)
    (dial,) = orders(Verb.DIAL)
    assert (dial.leg, dial.params) == (offer.leg, {"timeout": 20})
    assert offer.expires_at == at(20)
    assert offer.reason == {"because": "longest idle"}


def test_the_agents_phone_shows_the_number_that_was_called(offer: Offer) -> None:
    assert people.line_of(offer).our_number == people.OUR_NUMBER


def test_a_caller_is_offered_to_one_agent_at_a_time(call: Call, offer: Offer, omar: User) -> None:
    again = offering.make(
        waiting=people.waiting_of(call),
        user=omar,
        address="+15559000001",
        confirm_by_key=True,
        reason={},
        now=at(1),
    )
    assert again is None
    assert Leg.objects.filter(user=omar).count() == 0
    assert len(orders(Verb.DIAL)) == 1


def test_an_agent_is_offered_one_caller_at_a_time(call: Call, offer: Offer, dana: User) -> None:
    other = people.rings(number="+15551230001")
    again = offering.make(
        waiting=people.waiting_of(other),
        user=dana,
        address="+15559000001",
        confirm_by_key=True,
        reason={},
        now=at(1),
    )
    assert again is None


def test_a_caller_whom_an_agent_takes_is_not_offered_to_another(
    call: Call, dana: User, omar: User
) -> None:
    people.took(call, dana)
    waiting = people.waiting_of(call)
    made = offering.make(
        waiting=waiting, user=omar, address="+1555", confirm_by_key=True, reason={}, now=at(1)
    )
    assert made is None


def test_a_caller_who_is_gone_is_not_offered(call: Call, dana: User) -> None:
    waiting = people.waiting_of(call)
    people.over(people.customer(call), now=at(1))
    made = offering.make(
        waiting=waiting, user=dana, address="+1555", confirm_by_key=True, reason={}, now=at(1)
    )
    assert made is None


def test_whoever_answers_is_asked_for_a_key(offer: Offer) -> None:
    leg = people.line_of(offer)
    step = offers.agent_answered(leg_id=leg.id, now=at(18))
    assert isinstance(step, AskForKey)
    assert "Billing" in step.text
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED
    assert offer.expires_at == at(18) + offers.KEY_PATIENCE


@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        ("+12125550123", "Ines Okoro", "A call for Billing from Ines Okoro."),
        ("+12125550123", "", "A call for Billing from 1, 2 1 2, 5 5 5, 0 1 2 3."),
        ("+12125550123", "+12125550123", "A call for Billing from 1, 2 1 2, 5 5 5, 0 1 2 3."),
        ("anonymous", "ANONYMOUS", "A call for Billing from a withheld number."),
    ],
)
def test_whoever_answers_hears_who_calls(
    billing: Queue, dana: User, number: str, name: str, said: str
) -> None:
    leg = people.line_of(people.offered(people.rings(number=number, name=name), dana))
    step = offers.agent_answered(leg_id=leg.id, now=at(3))
    assert isinstance(step, AskForKey)
    assert step.text == f"{said} Press 1 to take it, or 2 to decline."
    assert glance.prompt_for_key(leg.id) == step


def test_an_answer_that_we_did_not_hear_of_is_heard_of_when_the_line_asks_again(
    call: Call, offer: Offer
) -> None:
    leg = people.line_of(offer)
    step = lifecycle.resume(sid=leg.sid or "", now=at(18))
    assert isinstance(step, AskForKey)
    offer.refresh_from_db()
    assert offer.expires_at == at(18) + offers.KEY_PATIENCE


def test_who_needs_no_key_takes_the_call_when_the_line_asks_again(call: Call, dana: User) -> None:
    leg = people.line_of(people.offered(call, dana, by_key=False))
    assert isinstance(lifecycle.resume(sid=leg.sid or "", now=at(4)), JoinRoom)


def test_key_1_takes_the_call_and_claims_the_caller(call: Call, offer: Offer) -> None:
    leg = people.line_of(offer)
    offers.agent_answered(leg_id=leg.id, now=at(3))
    step = offers.agent_pressed(leg_id=leg.id, digits="1", now=at(6))
    assert step == JoinRoom(leg_id=leg.id, call_id=call.id, room=call.room)
    offer.refresh_from_db()
    assert (offer.state, offer.settled_at) == (OfferState.ACCEPTED, at(6))
    assert people.waiting_of(call).claimed_at == at(6)


def test_the_same_key_told_twice_changes_nothing(offer: Offer) -> None:
    leg = people.line_of(offer)
    first = offers.agent_pressed(leg_id=leg.id, digits="1", now=at(6))
    assert offers.agent_pressed(leg_id=leg.id, digits="1", now=at(7)) == first
    offer.refresh_from_db()
    assert offer.settled_at == at(6)


def test_an_agent_who_needs_no_key_takes_the_call_by_answering(call: Call, dana: User) -> None:
    leg = people.line_of(people.offered(call, dana, by_key=False))
    assert isinstance(offers.agent_answered(leg_id=leg.id, now=at(4)), JoinRoom)


def test_a_mailbox_presses_nothing_and_the_offer_is_missed(call: Call, offer: Offer) -> None:
    leg = people.line_of(offer)
    offers.agent_answered(leg_id=leg.id, now=at(15))
    assert isinstance(offers.agent_pressed(leg_id=leg.id, digits="", now=at(24)), Say)
    offer.refresh_from_db()
    assert (offer.state, offer.note) == (OfferState.MISSED, "answered, but no key was pressed")
    assert people.waiting_of(call).claimed_at is None


def test_another_key_declines(offer: Offer) -> None:
    offers.agent_pressed(leg_id=people.line_of(offer).id, digits="2", now=at(5))
    offer.refresh_from_db()
    assert offer.state == OfferState.DECLINED


def test_declining_at_the_desk_stops_the_ringing(call: Call, offer: Offer, dana: User) -> None:
    offers.decline(offer_id=offer.id, user=dana, now=at(4))
    offer.refresh_from_db()
    assert offer.state == OfferState.DECLINED
    assert [order.leg_id for order in orders(Verb.HANG_UP)] == [offer.leg_id]
    assert people.waiting_of(call).left_at is None


def test_nobody_declines_for_somebody_else(offer: Offer, omar: User) -> None:
    with pytest.raises(offers.NotYourOffer):
        offers.decline(offer_id=offer.id, user=omar, now=at(4))


def test_what_is_settled_cannot_be_declined(offer: Offer, dana: User) -> None:
    offers.withdraw(offer=offer, why="the caller hung up", now=at(1))
    with pytest.raises(offers.OfferIsSettled):
        offers.decline(offer_id=offer.id, user=dana, now=at(2))


@pytest.mark.parametrize(
    ("state", "sip", "outcome"),
    [
        (LegState.NO_ANSWER, 487, OfferState.MISSED),
        (LegState.BUSY, 486, OfferState.BUSY),
        (LegState.BUSY, 603, OfferState.DECLINED),
        (LegState.FAILED, 404, OfferState.FAILED),
        (LegState.FAILED, 0, OfferState.FAILED),
        (LegState.COMPLETED, 0, OfferState.MISSED),
        (LegState.CANCELED, 0, OfferState.MISSED),
    ],
)
def test_missed_declined_busy_and_failed_are_told_apart(
    call: Call, offer: Offer, state: LegState, sip: int, outcome: OfferState
) -> None:
    people.over(people.line_of(offer), state, now=at(20), sip=sip)
    offer.refresh_from_db()
    assert offer.state == outcome
    waiting = people.waiting_of(call)
    assert (waiting.left_at, waiting.claimed_at, waiting.since) == (None, None, NOON)


def test_a_line_that_rings_out_is_missed(offer: Offer) -> None:
    lifecycle.leg_progress(leg=people.line_of(offer), state=LegState.RINGING, sequence=1, now=at(1))
    offers.expire(offer_id=offer.id, now=at(20))
    offer.refresh_from_db()
    assert (offer.state, offer.note) == (OfferState.MISSED, "the line rang out")
    assert len(orders(Verb.HANG_UP)) == 1


def test_a_line_that_never_began_to_ring_is_nobodys_miss(offer: Offer) -> None:
    offers.expire(offer_id=offer.id, now=at(20))
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN


def test_an_answered_line_is_given_time_for_the_key(offer: Offer) -> None:
    offers.agent_answered(leg_id=people.line_of(offer).id, now=at(19))
    offers.expire(offer_id=offer.id, now=at(20))
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED
    offers.expire(offer_id=offer.id, now=at(19) + offers.KEY_PATIENCE)
    offer.refresh_from_db()
    assert offer.state == OfferState.MISSED


def test_an_early_or_repeated_timer_does_nothing(offer: Offer) -> None:
    offers.expire(offer_id=offer.id, now=at(5))
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED
    people.over(people.line_of(offer), LegState.BUSY, now=at(6))
    offers.expire(offer_id=offer.id, now=at(20))
    offer.refresh_from_db()
    assert offer.state == OfferState.BUSY


def test_a_caller_who_hangs_up_stops_the_ringing_at_once(call: Call, offer: Offer) -> None:
    people.over(people.customer(call), now=at(5))
    offer.refresh_from_db()
    assert (offer.state, offer.note) == (OfferState.WITHDRAWN, "the caller hung up")
    assert {order.leg_id for order in orders(Verb.HANG_UP)} == {offer.leg_id}


def test_an_answer_that_crosses_the_withdrawal_is_told_that_the_caller_is_gone(
    call: Call, offer: Offer
) -> None:
    leg = people.line_of(offer)
    people.over(people.customer(call), now=at(5))
    assert isinstance(offers.agent_answered(leg_id=leg.id, now=at(5)), Say)
    assert isinstance(offers.agent_pressed(leg_id=leg.id, digits="1", now=at(9)), Say)
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN


def test_the_winning_agents_line_is_lost_and_the_caller_keeps_the_place(
    call: Call, dana: User
) -> None:
    leg = people.took(call, dana, now=at(3))
    people.over(leg, now=at(5))
    offer = Offer.objects.get(leg=leg)
    assert offer.state == OfferState.FAILED
    waiting = people.waiting_of(call)
    assert (waiting.claimed_at, waiting.left_at, waiting.since) == (None, None, NOON)


def test_an_agent_who_never_comes_into_the_room_does_not_keep_the_caller(
    call: Call, dana: User
) -> None:
    leg = people.took(call, dana, now=NOON)
    offer = Offer.objects.get(leg=leg)
    offers.claim_expired(offer_id=offer.id, now=at(19))
    assert people.waiting_of(call).claimed_at == NOON
    offers.claim_expired(offer_id=offer.id, now=at(20))
    offer.refresh_from_db()
    assert offer.state == OfferState.FAILED
    assert people.waiting_of(call).claimed_at is None
    assert [order.leg_id for order in orders(Verb.HANG_UP)] == [leg.id]


def test_the_claims_timer_leaves_a_conversation_alone(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    offer = Offer.objects.get(leg=leg)
    offers.claim_expired(offer_id=offer.id, now=at(60))
    offer.refresh_from_db()
    assert offer.state == OfferState.ACCEPTED
    assert orders(Verb.HANG_UP) == []


def test_the_dial_is_given_up_when_the_offer_would_expire(offer: Offer) -> None:
    (dial,) = orders(Verb.DIAL)
    assert dial.give_up_at == NOON + timedelta(seconds=20)
    assert dial.state == OrderState.PENDING


def test_an_unknown_leg_is_an_error(billing: Queue) -> None:
    with pytest.raises(Leg.DoesNotExist):
        offers.agent_answered(leg_id=uuid4(), now=NOON)
