"""A caller rings: the line, or the message that fits."""

from datetime import time

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Leg, OpeningHours, Queue, TimelineEvent
from calls.services import arriving, lifecycle
from calls.states import CallOutcome, CallState, LegState, Recourse, WaitingExit
from calls.steps import HangUp, OneMoment, PlayOut, Step, Wait
from tests import people
from tests.people import NOON, OUR_NUMBER, at

pytestmark = pytest.mark.django_db


def ring(sid: str = "CA1", to: str = OUR_NUMBER, number: str = "+15551230000") -> Step:
    return arriving.arrive(sid=sid, from_number=number, to_number=to, caller_name="Ines", now=NOON)


def test_a_caller_is_greeted_and_stands_in_line(billing: Queue, dana: User) -> None:
    step = ring()
    assert isinstance(step, Wait)
    assert step.greeting == "Welcome to Billing."
    call = Call.objects.get()
    assert (call.state, call.queue, call.customer_name) == (CallState.WAITING, billing, "Ines")
    assert people.waiting_of(call).since == NOON


def test_the_same_request_again_is_the_same_caller(billing: Queue, dana: User) -> None:
    assert ring() == ring()
    assert Call.objects.count() == Leg.objects.count() == 1
    assert people.waiting_of(Call.objects.get()).exit == ""


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687", "sip:ines@example.com"])
def test_callers_without_a_number_are_received_like_any_other(
    billing: Queue, dana: User, number: str
) -> None:
    assert isinstance(ring(number=number), Wait)
    assert Call.objects.get().customer_number == number


def test_one_person_may_be_on_the_line_twice(billing: Queue, dana: User) -> None:
    ring("CA1")
    ring("CA2")
    assert Call.objects.filter(customer_number="+15551230000").count() == 2


def test_a_closed_queue_says_so_and_takes_a_message(billing: Queue, dana: User) -> None:
    OpeningHours.objects.create(queue=billing, weekday=0, opens=time(8), closes=time(11))
    step = ring()
    assert isinstance(step, PlayOut)
    assert step.message == billing.closed_message
    assert step.recourse == Recourse.VOICEMAIL
    assert Call.objects.get().outcome == CallOutcome.CLOSED


def test_a_queue_that_nobody_serves_says_so(billing: Queue) -> None:
    step = ring()
    assert isinstance(step, PlayOut)
    assert step.message == billing.unstaffed_message
    assert Call.objects.get().outcome == CallOutcome.UNSTAFFED


def test_a_full_queue_says_so(billing: Queue, dana: User) -> None:
    Queue.objects.update(max_waiting=1)
    ring("CA1")
    step = ring("CA2", number="+15551239999")
    assert isinstance(step, PlayOut)
    assert step.message == billing.full_message
    assert Call.objects.get(legs__sid="CA2").outcome == CallOutcome.FULL


def test_a_number_that_leads_nowhere_says_so(billing: Queue) -> None:
    step = ring(to="+15559999999")
    assert isinstance(step, PlayOut)
    assert step.recourse == Recourse.HANG_UP
    assert "not in service" in step.message


def test_the_message_is_said_again_to_a_caller_who_comes_back_to_us(billing: Queue) -> None:
    assert ring() == lifecycle.resume(sid="CA1", now=at(5))


def test_a_caller_who_hung_up_before_we_heard_of_them_is_not_queued(
    billing: Queue, dana: User
) -> None:
    people.news("number-status", CallSid="CA1", CallStatus="no-answer")
    assert isinstance(ring(), HangUp)
    call = Call.objects.get()
    assert (call.state, call.outcome) == (CallState.ENDED, CallOutcome.ABANDONED)
    assert not call.waitings.exists()


def test_a_caller_who_hangs_up_leaves_the_line(billing: Queue, dana: User) -> None:
    call = people.rings()
    people.over(people.customer(call), now=at(30))
    call.refresh_from_db()
    assert (call.state, call.outcome, call.ended_at) == (
        CallState.ENDED,
        CallOutcome.ABANDONED,
        at(30),
    )
    assert people.waiting_of(call).exit == WaitingExit.ABANDONED


def test_the_greeting_is_not_said_twice(billing: Queue, dana: User) -> None:
    call = people.rings()
    Call.objects.update(greeted_at=NOON)
    step = lifecycle.next_step(leg=people.customer(call), now=at(1))
    assert isinstance(step, Wait)
    assert step.greeting == ""


def test_a_leg_that_is_over_is_told_to_hang_up(billing: Queue, dana: User) -> None:
    call = people.rings()
    people.over(people.customer(call), now=at(1))
    assert isinstance(lifecycle.resume(sid=people.customer(call).sid or "", now=at(2)), HangUp)


def test_an_unknown_leg_is_an_error_to_resume(billing: Queue) -> None:
    with pytest.raises(Leg.DoesNotExist):
        lifecycle.resume(sid="CA404", now=NOON)


def test_every_live_caller_always_has_a_next_step(billing: Queue, dana: User) -> None:
    call = people.rings()
    for state in set(CallState) - {CallState.ENDED, CallState.ARRIVING}:
        Call.objects.filter(pk=call.pk).update(state=state, outcome="")
        step = lifecycle.next_step(leg=people.customer(call), now=NOON)
        assert isinstance(step, HangUp if state == CallState.ENDING else Step), state
        if state == CallState.ELSEWHERE:
            assert isinstance(step, Wait | OneMoment)


def test_the_story_begins_with_the_ring(billing: Queue, dana: User) -> None:
    people.rings()
    kinds = list(TimelineEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["arrived", "waiting"]


def test_a_leg_is_known_by_the_carriers_name_for_it(billing: Queue, dana: User) -> None:
    call = people.rings(sid="CA77")
    assert people.customer(call).state == LegState.RINGING
