"""Blind transfers: the agent leaves at once, and the caller is lost on no way back."""

from collections.abc import Callable

import pytest

from agents.services.handoffs import Target
from calls.models import Leg, Offer, PhoneNumber, TimelineEvent
from calls.plans import CannotNow
from calls.services import lifecycle
from calls.states import CallState, ChangeState, LegRole, LegState, TransferState
from sandbox.core.calls import Callee
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.handing import (
    Handing,
    a_mailbox,
    another_queue,
    busy,
    handing,
    never_answered,
    outsider,
    rejected,
    unreachable,
)
from tests.journeys.judging import Judge
from tests.journeys.talks import hear_each_other, hears, hears_music, hears_nothing
from tests.journeys.world import World


def test_the_agent_leaves_at_once_and_the_caller_hears_music_until_the_second_is_there(
    world: World,
) -> None:
    at = handing(world, wrap_up_seconds=30)
    at.omar.answers_after(5)
    at.sends_on()
    world.run(2)
    assert at.dana.phone.call is None
    assert at.talk.leg_of(at.dana).wrap_up is not None
    assert at.ruth_hears_only_music()
    at.until(TransferState.COMPLETED)
    world.run(1)
    assert at.ruth_is_with(at.omar.phone)
    assert at.talk.leg_of(at.omar).role == LegRole.AGENT
    at.omar.hangs_up()
    world.run(10)
    assert at.talk.call.state == CallState.ENDED


def test_the_music_lasts_as_long_as_a_long_ringing(world: World) -> None:
    at = handing(world, ring_seconds=60)
    at.omar.answers_after(55)
    at.sends_on()
    world.run(50)
    assert at.ruth_hears_only_music()
    at.until(TransferState.COMPLETED)
    world.run(1)
    assert at.ruth_is_with(at.omar.phone)


def test_a_caller_who_hangs_up_meanwhile_stops_the_ringing(world: World) -> None:
    """Scenario 4: nobody is brought into an empty room."""
    at = handing(world)
    at.omar.lets_it_ring()
    at.sends_on()
    world.run(3)
    at.talk.ruth.hangs_up()
    world.run(3)
    assert at.transfer.state == TransferState.CUSTOMER_GONE
    assert at.omar.phone.call is None
    assert at.talk.call.state == CallState.ENDED


@pytest.mark.parametrize(
    ("what", "state"),
    [
        (rejected, TransferState.DECLINED),
        (busy, TransferState.BUSY),
        (never_answered, TransferState.NO_ANSWER),
        (unreachable, TransferState.FAILED),
        (a_mailbox, TransferState.VOICEMAIL),
    ],
)
def test_if_nobody_takes_the_caller_they_come_back_to_whoever_sent_them(
    world: World, what: Callable[[Handing], None], state: TransferState
) -> None:
    at = handing(world, wrap_up_seconds=300)
    noor = world.agent("Noor", at.talk.queue, available=False)
    noor.lets_it_ring()
    judge = Judge(world)
    at.dana.answers_after(3)
    what(at)
    at.sends_on()
    noor.goes_available()
    at.until(state)
    world.run_until(lambda: hear_each_other(at.ruth, at.dana.phone))
    assert not noor.offers
    assert "next in line" in at.transfer.note
    world.run(30)
    judge.live_records_are_true()


def test_if_whoever_sent_them_is_gone_the_next_agent_has_them(world: World) -> None:
    at = handing(world)
    noor = world.agent("Noor", at.talk.queue)
    noor.answers_after(3)
    at.omar.rejects_after(5)
    at.sends_on()
    at.dana.goes_offline()
    world.run_until(lambda: hear_each_other(at.ruth, noor.phone))
    assert not at.dana.offers[1:]


def test_in_another_line_the_caller_keeps_the_time_waited(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.takes_break()
    waited = at.talk.ruth.waiting
    world.run(120)
    at.sends_on(Target(queue=sales))
    world.run(5)
    assert at.dana.phone.call is None
    assert hears_music(at.ruth)
    place = at.talk.ruth.waiting
    assert place.queue == sales
    assert waited.left_at is not None
    before = (waited.left_at - waited.since).total_seconds()
    assert (world.now - place.since).total_seconds() == pytest.approx(before + 5, abs=2)
    at.omar.answers_after(2)
    at.omar.goes_available()
    world.run_until(lambda: hear_each_other(at.ruth, at.omar.phone))


def test_a_number_of_ours_stands_for_its_line(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.answers_after(2)
    at.sends_on(Target(number=sales.numbers.get().e164))
    world.run_until(lambda: hear_each_other(at.ruth, at.omar.phone))
    assert at.transfer.to_queue == sales
    assert at.transfer.state == TransferState.COMPLETED


@pytest.mark.parametrize("is_rung", [False, True])
def test_a_move_to_another_line_that_the_carrier_refuses_leaves_the_two_talking(
    world: World, is_rung: bool
) -> None:
    """Whoever was rung for that line in the meantime is not wanted any more."""
    at = handing(world)
    at.omar.lets_it_ring()
    sales = another_queue(world, "Sales", *[at.omar] * is_rung)

    def refuses(request: RestRequest) -> RestAnswer | None:
        if request.method != "POST" or "Enqueue" not in dict(request.form).get("Twiml", ""):
            return None
        return RestAnswer(400, {}, b'{"code": 21205, "message": "no", "status": 400}')

    world.driver.ambush = refuses
    made = at.sends_on(Target(queue=sales))
    world.run(30)
    assert made.state == ChangeState.FAILED
    assert at.transfer.state == TransferState.FAILED
    assert at.ruth_is_with(at.dana.phone)
    assert at.talk.call.state == CallState.TALKING
    assert not at.talk.call.waitings.filter(left_at=None).exists()
    assert list(Offer.objects.values_list("state", flat=True))[1:] == ["withdrawn"] * is_rung
    assert at.omar.phone.call is None


# Outside ------------------------------------------------------------------------------------------


def test_somebody_outside_sees_the_number_that_was_asked_for(world: World) -> None:
    at = handing(world)
    lawyer = outsider(world)
    at.sends_on(Target(number=lawyer.phone.number))
    world.run_until(lambda: hear_each_other(at.ruth, lawyer.phone))
    ours = at.talk.queue.numbers.get().e164
    assert lawyer.phone.call is not None
    assert lawyer.phone.call.from_ == ours
    lawyer.hangs_up()
    world.run(5)
    assert at.talk.call.state == CallState.ENDED


def test_where_the_carrier_does_not_show_the_callers_number_ours_is_shown(world: World) -> None:
    at = handing(world)
    lawyer = outsider(world)
    at.sends_on(Target(number=lawyer.phone.number, show_caller=True))
    world.run_until(lambda: hear_each_other(at.ruth, lawyer.phone))
    assert lawyer.phone.call is not None
    assert lawyer.phone.call.from_ == at.talk.queue.numbers.get().e164
    told = TimelineEvent.objects.get(call=at.talk.call, kind="caller-id").text
    assert "does not show the caller's number" in told


@pytest.mark.parametrize("code", [21210, 21212])
def test_so_it_is_for_each_way_in_which_the_carrier_says_no(world: World, code: int) -> None:
    at, lawyer = handing(world), outsider(world)
    callers, refused = at.ruth.number, []

    def refuses(request: RestRequest) -> RestAnswer | None:
        if dict(request.form).get("From") != callers:
            return None
        refused.append(request)
        return RestAnswer(400, {}, f'{{"code": {code}, "message": "no"}}'.encode())

    world.driver.ambush = refuses
    at.sends_on(Target(number=lawyer.phone.number, show_caller=True))
    world.run_until(lambda: hear_each_other(at.ruth, lawyer.phone))
    assert len(refused) == 1, "the caller's number was asked for, once"
    assert lawyer.phone.call is not None
    assert lawyer.phone.call.from_ == at.talk.queue.numbers.get().e164


@pytest.mark.parametrize("way", ["consults", "sends_on", "adds"])
@pytest.mark.parametrize("show_caller", [True, False])
def test_somebody_outside_sees_the_callers_number_where_that_is_wanted_and_allowed(
    world: World, way: str, show_caller: bool
) -> None:
    at, lawyer = handing(world), outsider(world)
    world.carrier.add_caller_id(world.account, at.ruth.number)
    getattr(at, way)(Target(number=lawyer.phone.number, show_caller=show_caller))
    world.run_until(lambda: lawyer.phone.call is not None)
    assert lawyer.phone.call is not None
    ours = at.talk.queue.numbers.get().e164
    assert lawyer.phone.call.from_ == (at.ruth.number if show_caller else ours)
    assert not TimelineEvent.objects.filter(kind="caller-id").exists()


def test_a_machine_outside_does_not_get_the_caller(world: World) -> None:
    at = handing(world)
    machine = outsider(world).phone
    machine.pick_up = Callee("machine", greeting=6.0)
    at.dana.answers_after(3)
    at.sends_on(Target(number=machine.number, detect_machine=True))
    at.until(TransferState.VOICEMAIL)
    world.run_until(lambda: hear_each_other(at.ruth, at.dana.phone))


def test_a_line_outside_that_fails_sends_the_caller_to_the_front(world: World) -> None:
    at = handing(world)
    lawyer = outsider(world)
    at.dana.answers_after(2)
    at.sends_on(Target(number=lawyer.phone.number))
    world.run_until(lambda: hear_each_other(at.ruth, lawyer.phone))
    line = Leg.objects.get(role=LegRole.EXTERNAL)
    failed = LegState.FAILED
    lifecycle.leg_progress(leg=line, state=failed, sequence=None, now=world.now, sip_code=503)
    world.settle()
    assert at.talk.call.state == CallState.WAITING
    world.run(3)
    assert not hears_nothing(at.ruth)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+18765550123", "are not allowed"),
        ("+4915112345678", "are not allowed"),
        ("5550100", "country code"),
        ("sip:somebody@elsewhere.example", "country code"),
        ("911", "country code"),
    ],
)
def test_numbers_that_cost_dear_are_not_dialled(world: World, number: str, why: str) -> None:
    at = handing(world)
    with pytest.raises(CannotNow, match=why):
        at.sends_on(Target(number=number))
    assert not Leg.objects.filter(role=LegRole.EXTERNAL).exists()
    assert at.ruth_is_with(at.dana.phone)


def test_the_callers_own_number_is_not_dialled(world: World) -> None:
    at = handing(world)
    with pytest.raises(CannotNow, match="the caller's own number"):
        at.sends_on(Target(number=at.ruth.number))


def test_a_second_who_comes_as_the_first_hangs_up_by_hand(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(4)
    at.sends_on()
    if at.dana.phone.call is not None:
        at.dana.hangs_up()
    at.until(TransferState.COMPLETED)
    world.run(1)
    assert hears(at.ruth, at.omar.phone)
    assert PhoneNumber.objects.count() == 1
