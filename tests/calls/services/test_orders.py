"""Every answer of the carrier, and what follows from it for the call."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import outbox
from calls.carrier.outcomes import (
    AlreadyOver,
    Done,
    NoAnswer,
    Outcome,
    Passing,
    Refused,
    TooLate,
)
from calls.models import Call, Command, Leg, Offer, Queue, TimelineEvent
from calls.services import legs, lifecycle, offers, orders, queueing, rooms
from calls.states import CallState, LegState, OfferState, OrderState, Verb
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

BUSY_API = Passing("Too Many Requests", 429, 20429)


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


@pytest.fixture
def dial(call: Call, dana: User) -> Command:
    return people.offered(call, dana).leg.orders.get()  # type: ignore[union-attr]


def last(verb: Verb) -> Command:
    return Command.objects.filter(verb=verb).latest("ordered_at")


def asked(order: Command, *, now: float = 0) -> bool:
    """Whether the carrier is to be asked."""
    return orders.prepare(order_id=order.id, now=at(now)) is not None


def answered(order: Command, outcome: Outcome, *, now: float = 1) -> orders.Settled:
    """The carrier was asked, and said this."""
    assert asked(order, now=now)
    settled = orders.settle(order_id=order.id, outcome=outcome, now=at(now))
    order.refresh_from_db()
    return settled


# What is asked ----------------------------------------------------------------------------------


def test_the_question_has_all_that_the_carrier_needs(dial: Command) -> None:
    question = orders.prepare(order_id=dial.id, now=NOON)
    assert question is not None
    assert (question.verb, question.sid, question.to) == (Verb.DIAL, None, "+15559000000")
    assert question.from_ == people.OUR_NUMBER
    assert question.params == {"timeout": 20}
    assert question.room == f"call-{question.call_id}"


def test_a_dial_whose_offer_is_settled_is_dropped(dial: Command, dana: User) -> None:
    offers.decline(offer_id=Offer.objects.get().id, user=dana, now=at(1))
    assert not asked(dial)
    dial.refresh_from_db()
    assert (dial.state, dial.answer) == (OrderState.DROPPED, "the offer is settled")
    assert dial.leg.state == LegState.CANCELED


def test_hanging_up_a_line_that_was_never_dialled_asks_nobody(dial: Command, dana: User) -> None:
    offers.decline(offer_id=Offer.objects.get().id, user=dana, now=at(1))
    hang_up = last(Verb.HANG_UP)
    assert not asked(hang_up)
    hang_up.refresh_from_db()
    assert hang_up.state == OrderState.ALREADY_OVER
    assert hang_up.leg.state == LegState.CANCELED
    assert not asked(dial)


def test_a_customer_is_not_brought_to_an_agent_who_is_gone(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=leg, now=at(1))
    people.over(leg, now=at(2))
    join = last(Verb.JOIN_ROOM)
    assert not asked(join)
    join.refresh_from_db()
    assert join.state == OrderState.DROPPED


def test_a_customer_who_is_in_the_room_is_not_brought_in_again(call: Call, dana: User) -> None:
    people.talking(call, dana)
    join = last(Verb.JOIN_ROOM)
    assert not asked(join)
    join.refresh_from_db()
    assert join.answer == "already in the room"


def test_music_is_not_ordered_for_a_customer_who_is_talking(call: Call, dana: User) -> None:
    people.talking(call, dana)
    queueing.order_to_wait(call, people.customer(call), "left over", at(5))
    assert not asked(last(Verb.ENQUEUE))


def test_a_settled_order_is_not_asked_again(dial: Command) -> None:
    answered(dial, Done("CA9", "queued"))
    assert not asked(dial)
    assert orders.settle(order_id=dial.id, outcome=TooLate(), now=at(5)) == orders.Settled()
    dial.refresh_from_db()
    assert dial.state == OrderState.DONE


def test_an_order_that_waited_too_long_is_given_up_unasked(dial: Command) -> None:
    assert not asked(dial, now=20)
    dial.refresh_from_db()
    assert dial.state == OrderState.GAVE_UP
    assert Offer.objects.get().state == OfferState.WITHDRAWN


def test_orders_of_one_leg_are_delivered_one_after_another(call: Call, dana: User) -> None:
    """And those of another wait for none of them."""
    leg = people.talking(call, dana)
    legs.order_hang_up(leg, "enough", at(9))
    jobs = ProcrastinateJob.objects.filter(task_name=outbox.TASK).order_by("id")
    caller = people.customer(call)
    assert [job.lock for job in jobs] == [f"leg:{each.id}" for each in (leg, caller, leg)]


# Dial -------------------------------------------------------------------------------------------


def test_the_carriers_name_for_the_line_is_learnt(dial: Command) -> None:
    answered(dial, Done("CA9", "queued"))
    leg = Leg.objects.get(pk=dial.leg_id)
    assert (leg.sid, leg.state) == ("CA9", LegState.QUEUED)


def test_news_may_come_before_the_answer(dial: Command) -> None:
    assert asked(dial)
    people.news("status", leg=dial.leg, CallSid="CA9", CallStatus="ringing", SequenceNumber=1)
    apply_news()
    orders.settle(order_id=dial.id, outcome=Done("CA9", "queued"), now=at(2))
    leg = Leg.objects.get(pk=dial.leg_id)
    assert (leg.sid, leg.state) == ("CA9", LegState.RINGING)


def apply_news() -> None:
    from calls.services import news

    news.apply_pending(limit=100, now=at(1))


def test_a_refused_dial_fails_the_offer_and_the_caller_keeps_the_place(
    dial: Command, call: Call
) -> None:
    answered(dial, Refused(400, 21211, "not a valid number"))
    assert (dial.state, dial.http_status, dial.carrier_code) == (OrderState.REFUSED, 400, 21211)
    assert Offer.objects.get().state == OfferState.FAILED
    assert people.waiting_of(call).left_at is None
    assert TimelineEvent.objects.filter(kind="order-failed").count() == 1


def test_a_dial_that_nobody_answered_for_is_never_asked_again(dial: Command) -> None:
    assert answered(dial, NoAnswer("timed out")) == orders.Settled()
    assert dial.state == OrderState.UNKNOWN
    assert Offer.objects.get().state == OfferState.FAILED
    leg = Leg.objects.get(pk=dial.leg_id)
    assert (leg.state, leg.given_up) == (LegState.FAILED, True)


def test_a_given_up_line_that_rings_after_all_is_let_go(dial: Command) -> None:
    answered(dial, NoAnswer("timed out"))
    people.news("status", leg=dial.leg, CallSid="CA9", CallStatus="ringing", SequenceNumber=1)
    apply_news()
    hang_up = last(Verb.HANG_UP)
    assert asked(hang_up, now=2)
    orders.settle(order_id=hang_up.id, outcome=Done("CA9", "in-progress"), now=at(3))
    people.news("status", leg=dial.leg, CallSid="CA9", CallStatus="canceled", SequenceNumber=2)
    apply_news()
    leg = Leg.objects.get(pk=dial.leg_id)
    assert (leg.sid, leg.state, leg.given_up) == ("CA9", LegState.CANCELED, False)


def test_a_dial_that_was_cut_short_is_not_repeated(dial: Command) -> None:
    assert asked(dial)
    assert not asked(dial, now=5)
    dial.refresh_from_db()
    assert dial.state == OrderState.UNKNOWN


def test_a_passing_failure_is_asked_again_a_little_later(dial: Command) -> None:
    first = answered(dial, BUSY_API, now=1)
    assert first.again_in is not None
    assert timedelta(0) < first.again_in <= timedelta(seconds=0.25)
    assert dial.state == OrderState.PENDING
    answered(dial, Done("CA9", "queued"), now=2)
    assert (dial.state, dial.attempts) == (OrderState.DONE, 2)


def test_the_pauses_grow_but_never_for_long() -> None:
    pauses = [orders._pause(attempt).total_seconds() for attempt in range(1, 30)]
    assert pauses[0] <= 0.25
    assert max(pauses) <= 5.0
    assert min(pauses[10:]) >= 2.5


def test_a_carrier_that_is_down_withdraws_the_offer_and_blames_nobody(
    dial: Command, call: Call
) -> None:
    answered(dial, BUSY_API, now=19.99)
    assert dial.state == OrderState.GAVE_UP
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert people.waiting_of(call).left_at is None


# Moving a live call -----------------------------------------------------------------------------


@pytest.fixture
def join(call: Call, dana: User) -> Command:
    rooms.entered(leg=people.took(call, dana), now=at(1))
    return last(Verb.JOIN_ROOM)


def test_a_customer_who_is_over_by_then_is_looked_up(join: Command) -> None:
    assert answered(join, TooLate()).look
    assert join.state == OrderState.TOO_LATE


def test_a_join_the_carrier_refuses_leaves_the_caller_in_line(join: Command, call: Call) -> None:
    answered(join, Refused(400, 12100, "no"))
    call.refresh_from_db()
    assert call.state == CallState.WAITING
    offers.claim_expired(offer_id=Offer.objects.get().id, now=at(20))
    assert people.waiting_of(call).claimed_at is None
    assert Offer.objects.get().state == OfferState.WITHDRAWN


def test_a_join_that_was_answered_is_believed_when_the_room_says_so(
    join: Command, call: Call
) -> None:
    answered(join, Done(people.customer(call).sid or "", "in-progress"))
    call.refresh_from_db()
    assert call.state == CallState.WAITING
    rooms.entered(leg=people.customer(call), now=at(3))
    call.refresh_from_db()
    assert call.state == CallState.TALKING


@pytest.mark.parametrize(
    "outcome", [Refused(400, 12100, "no"), Passing("down")], ids=["refused", "down"]
)
def test_a_redirect_that_does_not_happen_puts_the_caller_back_in_line(
    call: Call, outcome: Outcome
) -> None:
    queueing.send_to_twiml(call_id=call.id, twiml="<Response/>", by=None, reason="", now=at(1))
    answered(last(Verb.REDIRECT), outcome, now=30.9)
    call.refresh_from_db()
    assert call.state == CallState.WAITING


def test_a_redirect_of_a_call_that_has_just_ended_is_too_late_and_no_crash(call: Call) -> None:
    queueing.send_to_twiml(call_id=call.id, twiml="<Response/>", by=None, reason="", now=at(1))
    assert answered(last(Verb.REDIRECT), TooLate()).look


# Hanging up -------------------------------------------------------------------------------------


def test_hanging_up_a_line_that_had_ended_is_a_success(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(1))
    hang_up = last(Verb.HANG_UP)
    assert answered(hang_up, AlreadyOver(), now=2).look
    assert hang_up.state == OrderState.ALREADY_OVER


def test_a_line_known_to_be_over_is_not_asked_for(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(1))
    people.over(people.customer(call), now=at(2))
    assert not asked(last(Verb.HANG_UP), now=3)
    assert last(Verb.HANG_UP).state == OrderState.ALREADY_OVER


def test_a_hang_up_that_says_completed_ends_the_call(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(1))
    answered(last(Verb.HANG_UP), Done(people.customer(call).sid or "", "completed"), now=2)
    call.refresh_from_db()
    assert call.state == CallState.ENDED


def test_the_carriers_answers_are_kept(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(1))
    hang_up = last(Verb.HANG_UP)
    answered(hang_up, Refused(401, 20003, "Authenticate"), now=2)
    assert (hang_up.http_status, hang_up.carrier_code, hang_up.answer) == (
        401,
        20003,
        "Authenticate",
    )
    assert hang_up.settled_at == at(2)
