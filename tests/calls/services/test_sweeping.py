"""What a lost timer or a dead worker left behind is put right from our own tables."""

import pytest
from django.contrib.auth.models import User
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import outbox
from calls.models import Call, Command, Leg, Queue, WrapUp
from calls.services import lifecycle, rooms, sweeping
from calls.states import CallState, LegState, OfferState, OrderState, Verb, WaitingExit
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


def found(now: float) -> dict[str, int]:
    return {kind: number for kind, number in sweeping.run(now=at(now)).items() if number}


def test_a_quiet_centre_needs_no_sweeping(call: Call, dana: User) -> None:
    people.talking(call, dana)
    assert found(5) == {}


def test_an_offer_whose_timer_was_lost_is_missed(call: Call, dana: User) -> None:
    offer = people.offered(call, dana)
    leg = people.line_of(offer)
    lifecycle.leg_progress(leg=leg, state=LegState.RINGING, sequence=1, now=at(1))
    assert found(19) == {}
    assert found(24) == {"offers past their time": 1}
    offer.refresh_from_db()
    assert offer.state == OfferState.MISSED


def test_a_caller_claimed_by_nobody_is_offered_again(call: Call, dana: User) -> None:
    people.took(call, dana)
    assert found(24) == {"claims past their time": 1}
    assert people.waiting_of(call).claimed_at is None


def test_a_claim_without_an_offer_is_given_back(call: Call) -> None:
    call.waitings.update(claimed_at=NOON)
    assert found(24) == {"claims past their time": 1}
    assert people.waiting_of(call).claimed_at is None


def test_after_call_work_whose_timer_was_lost_ends(call: Call, dana: User) -> None:
    people.over(people.talking(call, dana), now=at(1))
    assert "after-call work past its time" in found(35)
    assert WrapUp.objects.get().finished_by_timer


def test_a_caller_who_waited_too_long_is_told(call: Call) -> None:
    assert found(1804) == {"callers past their time": 1}
    assert people.waiting_of(call).exit == WaitingExit.TOO_LONG


def test_somebody_left_alone_is_found(call: Call, dana: User) -> None:
    rooms.left(leg=people.talking(call, dana), now=at(5))
    assert found(30) == {"people left alone": 1}
    assert Call.objects.get().state == CallState.WAITING


def test_a_line_that_was_never_dialled_is_freed(call: Call, dana: User) -> None:
    people.offered(call, dana)
    Command.objects.update(state=OrderState.DROPPED, settled_at=NOON)
    assert "lines that were never dialled" in found(22)
    assert not Leg.objects.live().filter(user=dana).exists()


def test_a_call_without_a_customer_is_over(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    Leg.objects.filter(role="customer").update(state="completed", ended_at=at(5))
    assert found(10) == {"calls without a customer": 1}
    assert Call.objects.get().state == CallState.ENDED
    assert Command.objects.filter(verb=Verb.HANG_UP, leg=leg).exists()


def test_a_hang_up_that_did_not_work_is_ordered_again(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(1))
    Command.objects.update(state=OrderState.GAVE_UP, settled_at=at(30))
    assert found(10) == {}
    assert found(30) == {"lines that should be over": 1}
    assert Command.objects.filter(verb=Verb.HANG_UP, state=OrderState.PENDING).count() == 1
    assert found(31) == {}


def test_an_order_whose_job_was_lost_is_delivered(call: Call, dana: User) -> None:
    people.offered(call, dana)
    jobs = ProcrastinateJob.objects.filter(task_name=outbox.TASK)
    assert found(5) == {}
    jobs._raw_delete(jobs.db)
    assert found(5) == {"orders that nobody delivers": 1}
    assert jobs.count() == 1
