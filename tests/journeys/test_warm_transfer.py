"""Warm transfers: the customer hears music while two talk about them, however it ends."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents.availability import Intent
from agents.services import directing, handoffs, shifts
from agents.services.handoffs import Target
from calls import plans
from calls.models import Command, Leg, TimelineEvent, Transfer
from calls.plans import CannotNow
from calls.services import second_party, ways_on
from calls.states import (
    AgentGone,
    CallState,
    ChangeState,
    LegRole,
    OrderState,
    TransferState,
    Verb,
)
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
from tests.journeys.talks import (
    hear_each_other,
    hear_nothing_of_each_other,
    hears,
    hears_music,
    is_told,
)
from tests.journeys.world import World


def story(at: Handing) -> list[str]:
    told = TimelineEvent.objects.filter(call=at.talk.call, kind__startswith="transfer-")
    return list(told.order_by("at", "id").values_list("text", flat=True))


# The second goes away -----------------------------------------------------------------------------


def takes_a_break(at: Handing) -> None:
    at.omar.takes_break()


def goes_offline(at: Handing) -> None:
    at.omar.goes_offline()


def is_logged_out(at: Handing) -> None:
    directing.log_out(agent=at.omar.fresh(), by=None, now=at.world.now)
    at.world.settle()


@pytest.mark.parametrize("goes_away", [takes_a_break, goes_offline, is_logged_out])
@pytest.mark.parametrize("verb", [Handing.consults, Handing.sends_on, Handing.adds])
def test_whose_line_rings_for_a_colleague_and_who_goes_away_is_rung_no_longer(
    world: World,
    verb: Callable[[Handing, Target], object],
    goes_away: Callable[[Handing], None],
) -> None:
    at = handing(world)
    at.omar.lets_it_ring()
    verb(at, Target(user=at.omar.agent.user))
    world.run(3)
    assert at.omar.phone.call is not None
    goes_away(at)
    world.run(1)
    assert at.omar.phone.call is None
    world.run(8)
    assert at.ruth_is_with(at.dana.phone)
    assert TimelineEvent.objects.filter(text__contains="does not come: the agent is ").exists()
    assert not at.omar.offers


def test_of_a_queue_the_next_is_asked_when_the_first_who_rings_takes_a_break(
    world: World,
) -> None:
    at = handing(world)
    eve = world.agent("Eve", available=False)
    sales = another_queue(world, "Sales", at.omar, eve)
    at.omar.lets_it_ring()
    eve.answers_after(1)
    at.consults(Target(queue=sales))
    world.run(3)
    eve.goes_available()
    at.omar.takes_break()
    at.until(TransferState.CONSULTING)
    world.run(1)
    assert hear_each_other(at.dana.phone, eve.phone)
    assert at.ruth_hears_only_music()


# The second is taken out --------------------------------------------------------------------------


def taken_out_by_sam(at: Handing) -> None:
    sam = User.objects.create_user("sam")
    at.talk.does(plans.drop, at.talk.leg_of(at.omar).pk, by=sam)
    at.world.run(3)


def test_a_second_who_rings_and_is_taken_out_was_called_off_and_by_whom(world: World) -> None:
    at = handing(world)
    at.omar.lets_it_ring()
    at.consults()
    world.run(3)
    taken_out_by_sam(at)
    assert at.transfer.state == TransferState.CANCELLED
    assert story(at)[-1] == "omar does not come: called off by sam; the caller is with dana again"
    assert at.ruth_is_with(at.dana.phone)
    assert not at.omar.offers


def test_a_consulted_second_who_is_taken_out_has_not_hung_up(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(1)
    at.consulting()
    taken_out_by_sam(at)
    assert at.transfer.state == TransferState.CANCELLED
    assert story(at)[-1] == "omar was taken out by sam; the caller is with dana again"
    assert at.ruth_is_with(at.dana.phone)


def test_who_is_sent_a_caller_and_taken_out_was_called_off_and_by_whom(world: World) -> None:
    at = handing(world)
    at.omar.lets_it_ring()
    at.sends_on()
    world.run(3)
    taken_out_by_sam(at)
    assert at.transfer.state == TransferState.CANCELLED
    assert story(at)[-1] == "omar does not come: called off by sam; the caller is next in line"
    world.run(8)
    assert at.ruth_is_with(at.dana.phone)


def test_of_a_queue_the_next_is_asked_when_the_first_who_rings_is_taken_out(world: World) -> None:
    at = handing(world)
    eve = world.agent("Eve", available=False)
    sales = another_queue(world, "Sales", at.omar, eve)
    at.omar.lets_it_ring()
    eve.answers_after(1)
    at.consults(Target(queue=sales))
    world.run(3)
    eve.goes_available()
    taken_out_by_sam(at)
    at.until(TransferState.CONSULTING)
    world.run(1)
    assert hear_each_other(at.dana.phone, eve.phone)


# How it goes --------------------------------------------------------------------------------------


def test_the_customer_hears_music_and_nothing_of_the_consult(world: World) -> None:
    """Scenario 26: whoever is on hold is heard by nobody, and hears nobody."""
    at = handing(world)
    at.omar.answers_after(3)
    at.consults()
    assert at.ruth_hears_only_music()
    at.until(TransferState.CONSULTING)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    world.run(60)
    assert at.ruth_hears_only_music()
    assert hear_each_other(at.dana.phone, at.omar.phone)


def test_who_was_taken_off_hold_this_moment_is_held_for_a_consult(world: World) -> None:
    """The carrier's answer comes before its news: our records still have her on hold."""
    at = handing(world)
    ruth = at.talk.ruth.leg.id
    at.omar.answers_after(2)
    at.talk.does(plans.hold, ruth)
    world.run(1)
    world.carrier.faults.callback_late = 1.0
    assert at.talk.does(plans.resume, ruth).state == ChangeState.DONE
    assert at.talk.ruth.leg.on_hold
    assert at.ruth_is_with(at.dana.phone)
    world.carrier.faults.callback_late = 0.0
    at.consulting()
    assert at.ruth_hears_only_music()


def test_a_completed_consult_leaves_the_customer_with_the_second(world: World) -> None:
    at = handing(world, wrap_up_seconds=30)
    at.omar.answers_after(3)
    at.consulting()
    at.completes()
    world.run(5)
    assert at.transfer.state == TransferState.COMPLETED
    assert hear_each_other(at.ruth, at.omar.phone)
    assert at.dana.phone.call is None
    assert at.talk.leg_of(at.omar).role == LegRole.AGENT
    assert at.talk.leg_of(at.dana).wrap_up.finished_at is None
    at.omar.hangs_up()
    world.run(10)
    assert at.talk.call.state == CallState.ENDED
    assert at.talk.leg_of(at.omar).wrap_up is not None


def test_the_second_is_told_who_calls_from_whom_and_why_before_a_key_is_pressed(
    world: World,
) -> None:
    at = handing(world)
    at.omar.confirms_by_key()
    at.omar.answers_when_asked()
    wish = Target(user=at.omar.agent.user, reason="a refund above my limit", notes="Order 7")
    at.consulting(wish)
    assert at.omar.phone.has_heard("dana wants you on a call")
    assert at.omar.phone.has_heard("for Billing, because: a refund above my limit")
    assert at.transfer.notes == "Order 7"
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()


def test_the_first_swaps_between_the_two_and_neither_hears_the_other(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(3)
    at.consulting()
    for _ in range(2):
        at.swaps()
        assert hear_each_other(at.ruth, at.dana.phone)
        assert hears_music(at.omar.phone)
        assert hear_nothing_of_each_other(at.ruth, at.omar.phone)
        at.swaps()
        assert hear_each_other(at.dana.phone, at.omar.phone)
        assert at.ruth_hears_only_music()


def test_all_three_talk_and_then_the_first_leaves_the_two_others(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(3)
    at.consulting()
    at.brings_all_together()
    assert at.ruth_is_with(at.dana.phone, at.omar.phone)
    at.completes()
    world.run(2)
    assert at.ruth_is_with(at.omar.phone)
    assert at.transfer.state == TransferState.COMPLETED


def test_completing_while_the_second_is_on_hold_takes_them_off_hold(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(3)
    at.consulting()
    at.swaps()
    at.completes()
    world.run(2)
    assert at.ruth_is_with(at.omar.phone)


def test_a_cancelled_consult_brings_the_customer_back_to_the_first(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(3)
    at.consulting()
    assert at.cancels().state == ChangeState.DONE
    world.run(2)
    assert at.transfer.state == TransferState.CANCELLED
    assert at.ruth_is_with(at.dana.phone)
    assert at.omar.phone.call is None
    assert not hasattr(at.talk.leg_of(at.omar), "wrap_up")


def test_a_consult_is_cancelled_while_the_second_still_rings(world: World) -> None:
    at = handing(world)
    at.omar.lets_it_ring()
    at.consults()
    world.run(3)
    at.cancels()
    world.run(3)
    assert at.transfer.state == TransferState.CANCELLED
    assert at.ruth_is_with(at.dana.phone)
    assert not Leg.objects.live().filter(user=at.omar.agent.user).exists()


def test_an_answer_that_crosses_the_cancel_ends_cleanly(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(3)
    at.consults()
    world.run_until(lambda: at.omar.phone.call is not None)
    at.omar.picks_up_unheard()
    at.cancels()
    world.run(10)
    assert at.transfer.state == TransferState.CANCELLED
    assert at.ruth_is_with(at.dana.phone)
    assert at.omar.phone.call is None


# Nobody comes -------------------------------------------------------------------------------------


def pressed_two(at: Handing) -> None:
    at.omar.confirms_by_key()
    at.omar.answers_after(2, presses="2")


@pytest.mark.parametrize(
    ("what", "state"),
    [
        (rejected, TransferState.DECLINED),
        (pressed_two, TransferState.DECLINED),
        (busy, TransferState.BUSY),
        (never_answered, TransferState.NO_ANSWER),
        (unreachable, TransferState.FAILED),
        (a_mailbox, TransferState.VOICEMAIL),
    ],
)
def test_a_second_who_does_not_come_brings_the_customer_back_to_the_first(
    world: World, what: Callable[[Handing], None], state: TransferState
) -> None:
    at = handing(world)
    judge = Judge(world)
    what(at)
    at.consults()
    at.until(state)
    world.run(2)
    assert at.ruth_is_with(at.dana.phone)
    assert at.transfer.note in story(at)
    assert "with dana again" in at.transfer.note
    world.run(20)
    assert not Leg.objects.live().filter(user=at.omar.agent.user).exists()
    judge.live_records_are_true()


def test_a_second_declines_at_the_desk(world: World) -> None:
    at = handing(world)
    at.omar.lets_it_ring()
    at.consults()
    world.run(3)
    user, call_id = at.omar.agent.user, at.talk.call.pk
    second_party.decline(call_id=call_id, user=user, now=world.now)
    world.run(3)
    assert at.transfer.state == TransferState.DECLINED
    assert at.ruth_is_with(at.dana.phone)
    assert at.omar.phone.call is None
    with pytest.raises(CannotNow, match="not being asked"):
        second_party.decline(call_id=call_id, user=user, now=world.now)


# Somebody leaves ----------------------------------------------------------------------------------


def test_a_customer_who_hangs_up_during_the_consult_leaves_two_who_are_told(world: World) -> None:
    """Scenario 4: nobody is moved into an empty room, both agents are told, and may talk on."""
    at = handing(world)
    at.omar.answers_after(3)
    at.consulting()
    at.talk.ruth.hangs_up()
    world.run(1)
    assert at.transfer.state == TransferState.CUSTOMER_GONE
    assert is_told(at.dana.phone, "The caller has hung up.")
    assert is_told(at.omar.phone, "The caller has hung up.")
    world.run(60)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.talk.call.state == CallState.GOING_ON
    with pytest.raises(CannotNow, match="not being handed on"):
        at.completes()
    at.dana.hangs_up()
    world.run(5)
    assert at.omar.phone.call is None
    assert at.talk.call.state == CallState.ENDED


def test_a_second_who_talked_with_the_customer_has_after_call_work_when_they_hang_up(
    world: World,
) -> None:
    at = handing(world, wrap_up_seconds=30)
    at.omar.answers_after(3)
    at.consulting()
    at.brings_all_together()
    world.run(10)
    at.talk.ruth.hangs_up()
    world.run(5)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    at.dana.hangs_up()
    world.run(5)
    assert at.talk.leg_of(at.dana).wrap_up.finished_at is None
    assert at.talk.leg_of(at.omar).wrap_up.finished_at is None


def test_a_second_who_talked_with_the_customer_and_is_gone_has_after_call_work(
    world: World,
) -> None:
    at = handing(world, wrap_up_seconds=30)
    at.omar.answers_after(3)
    at.consulting()
    at.brings_all_together()
    world.run(10)
    at.omar.hangs_up()
    world.run(5)
    assert at.ruth_is_with(at.dana.phone)
    assert at.talk.leg_of(at.omar).wrap_up.finished_at is None


def test_a_second_who_was_only_consulted_has_none_when_the_customer_hangs_up(
    world: World,
) -> None:
    at = handing(world, wrap_up_seconds=30)
    at.omar.answers_after(3)
    at.consulting()
    at.swaps()
    at.swaps()
    world.run(10)
    at.talk.ruth.hangs_up()
    world.run(5)
    at.dana.hangs_up()
    world.run(5)
    assert at.talk.leg_of(at.dana).wrap_up.finished_at is None
    assert not hasattr(at.talk.leg_of(at.omar), "wrap_up")


def test_a_customer_who_hangs_up_as_the_second_comes_in_finds_nobody_alone_after(
    world: World,
) -> None:
    """Scenario 4: the second has answered, and is on the way into the room."""
    at = handing(world)
    at.omar.lets_it_ring()
    at.consults()
    world.run_until(lambda: at.omar.phone.call is not None)
    at.omar.picks_up_unheard()
    at.talk.ruth.hangs_up()
    world.run(30)
    assert at.talk.call.state in (CallState.ENDED, CallState.GOING_ON)
    if at.talk.call.state == CallState.ENDED:
        assert not Leg.objects.live().exists()
    else:
        assert hear_each_other(at.dana.phone, at.omar.phone)


def hangs_up_too_early(world: World, agent_gone: AgentGone) -> Handing:
    """Dana, before Omar is there."""
    at = handing(world, agent_gone=agent_gone)
    at.omar.lets_it_ring()
    at.consults()
    world.run(3)
    at.omar.answers_after(3)
    at.dana.hangs_up()
    world.run(1)
    assert at.transfer.state == TransferState.FIRST_GONE
    return at


def test_a_first_agent_who_hangs_up_too_early_sends_the_customer_to_the_front(world: World) -> None:
    at = hangs_up_too_early(world, AgentGone.REQUEUE)
    assert at.talk.call.state == CallState.WAITING
    world.run_until(lambda: hear_each_other(at.ruth, at.omar.phone))


def test_or_ends_the_call_where_the_queue_says_so(world: World) -> None:
    at = hangs_up_too_early(world, AgentGone.END)
    world.run(3)
    assert at.talk.call.state == CallState.ENDED
    assert at.omar.live_leg is None
    assert at.ruth.call is None


# Whom ---------------------------------------------------------------------------------------------


def test_of_a_queue_the_next_free_agent_is_consulted(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.answers_after(3)
    at.consulting(Target(queue=sales))
    assert hear_each_other(at.dana.phone, at.omar.phone)
    at.completes()
    world.run(2)
    assert at.ruth_is_with(at.omar.phone)


def test_a_number_of_ours_stands_for_its_department(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.answers_after(3)
    at.consulting(Target(number=sales.numbers.get().e164))
    assert at.transfer.to_queue == sales


def test_while_nobody_is_free_the_first_waits_until_somebody_is(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.takes_break()
    at.consults(Target(queue=sales))
    assert at.transfer.state == TransferState.SEEKING
    world.run(20)
    assert at.ruth_hears_only_music()
    at.omar.answers_after(2)
    at.omar.goes_available()
    at.until(TransferState.CONSULTING)
    world.run(1)
    assert hear_each_other(at.dana.phone, at.omar.phone)


def test_a_consult_that_has_nothing_to_order_yet_is_begun(world: World) -> None:
    """The customer is on hold already, and nobody of the queue is free."""
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.takes_break()
    at.talk.does(plans.hold, at.talk.ruth.leg.id)
    made = at.consults(Target(queue=sales))
    assert made.state == ChangeState.DONE
    assert not made.orders.exists()
    at.omar.answers_after(2)
    at.omar.goes_available()
    at.until(TransferState.CONSULTING)
    world.run(1)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()


def test_where_nobody_becomes_free_the_customer_is_with_the_first_again(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.takes_break()
    at.consults(Target(queue=sales))
    at.until(TransferState.NO_ANSWER)
    world.run(2)
    assert at.ruth_is_with(at.dana.phone)


def test_a_first_who_waits_for_somebody_may_give_up(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.takes_break()
    at.consults(Target(queue=sales))
    world.run(5)
    at.cancels()
    assert at.transfer.state == TransferState.CANCELLED
    assert at.ruth_is_with(at.dana.phone)


def test_if_one_of_a_queue_declines_the_next_is_asked(world: World) -> None:
    at = handing(world, "Noor")
    noor = at.talk.agents["Noor"]
    noor.goes_available()
    sales = another_queue(world, "Sales", at.omar, noor)
    at.omar.rejects_after(2)
    noor.answers_after(2)
    at.consulting(Target(queue=sales))
    assert hear_each_other(at.dana.phone, noor.phone)


def test_if_everybody_of_a_queue_declined_the_customer_is_back(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.rejects_after(2)
    at.consults(Target(queue=sales))
    at.until(TransferState.DECLINED)
    world.run(2)
    assert at.ruth_is_with(at.dana.phone)


def test_somebody_outside_is_consulted_and_given_the_customer(world: World) -> None:
    at = handing(world)
    lawyer = outsider(world)
    at.consulting(Target(number=lawyer.phone.number))
    assert hear_each_other(at.dana.phone, lawyer.phone)
    assert at.ruth_hears_only_music()
    at.completes()
    world.run(30)
    assert at.ruth_is_with(lawyer.phone)
    assert at.talk.call.state == CallState.TALKING
    lawyer.hangs_up()
    world.run(5)
    assert at.talk.call.state == CallState.ENDED


def test_a_frozen_desk_is_not_consulted(world: World) -> None:
    """Scenario 22: signed in is not reachable."""
    at = handing(world)
    at.omar.desk_freezes()
    world.run(60)
    with pytest.raises(CannotNow, match="Omar is not free: away"):
        at.consults()
    assert not Leg.objects.filter(user=at.omar.agent.user).exists()
    assert at.ruth_is_with(at.dana.phone)


def test_a_missed_consult_does_not_outlive_pressing_available(world: World) -> None:
    """Scenario 18: to go offline after this call, a missed consult, then Available, which wins."""
    at = handing(world)
    at.omar.lets_it_ring()
    at.consults()
    world.run(3)
    offline = Intent.OFFLINE
    omar = at.omar.fresh()
    shifts.after_call(agent=omar, intent=offline, reason=None, by=omar.user, now=world.now)
    at.until(TransferState.NO_ANSWER)
    world.run(5)
    at.omar.goes_available()
    at.omar.answers_after(2)
    at.consulting()
    assert hear_each_other(at.dana.phone, at.omar.phone)


def test_nobody_is_asked_who_is_on_another_call(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(2)
    other = world.calls_in("Petra", at.talk.queue)
    world.run_until(lambda: other.hears(at.omar.phone))
    with pytest.raises(CannotNow, match="Omar is not free: busy"):
        at.consults()
    assert at.ruth_is_with(at.dana.phone)


# Two at once, and a carrier that fails ------------------------------------------------------------


def test_of_two_who_hand_a_caller_on_at_one_moment_one_is_told_of_the_other(world: World) -> None:
    at = handing(world, "Noor")
    noor = at.talk.agents["Noor"]
    noor.goes_available()
    dana, call_id = at.dana.agent.user, at.talk.call.pk
    to_omar, to_noor = Target(user=at.omar.agent.user), Target(user=noor.agent.user)
    handoffs.start_warm(call_id=call_id, to=to_omar, by=dana, now=world.now)
    with pytest.raises(CannotNow, match="handed on to omar already"):
        handoffs.start_blind(call_id=call_id, to=to_noor, by=None, now=world.now)
    world.settle()
    assert Transfer.objects.count() == 1


def test_the_same_token_again_is_the_same_transfer(world: World) -> None:
    at = handing(world)
    to, dana, call_id = Target(user=at.omar.agent.user), at.dana.agent.user, at.talk.call.pk
    for repeated in (False, True):
        made = handoffs.start_warm(call_id=call_id, to=to, by=dana, token="t1", now=world.now)
        world.settle()
        assert made.repeated is repeated
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize("path", ["/Participants/", "/Calls.json"])
def test_a_step_that_the_carrier_refuses_leaves_customer_and_first_together(
    world: World, path: str
) -> None:
    at = handing(world)

    def refuses(request: RestRequest) -> RestAnswer | None:
        if request.method != "POST" or path not in request.path:
            return None
        world.driver.ambush = None
        return RestAnswer(400, {}, b'{"code": 21215, "message": "not allowed", "status": 400}')

    world.driver.ambush = refuses
    made = at.consults()
    world.run(3)
    assert made.state == ChangeState.FAILED
    assert at.transfer.state == TransferState.FAILED
    assert at.ruth_is_with(at.dana.phone)
    assert not at.talk.ruth.leg.on_hold
    assert not Leg.objects.live().filter(user=at.omar.agent.user).exists()


def test_while_the_carrier_is_down_nothing_happens_and_it_is_said(world: World) -> None:
    """Scenario 33: the orders wait, and are given up visibly; customer and agent talk on."""
    at = handing(world)
    world.carrier.faults.rest_refused = 1.0
    made = at.consults()
    assert made.state == ChangeState.GOING_ON
    world.run(30)
    assert at.transfer.state == TransferState.FAILED
    world.carrier.faults.rest_refused = 0.0
    world.run(30)
    assert at.ruth_is_with(at.dana.phone)
    gave_up = Command.objects.filter(verb=Verb.HOLD, state=OrderState.GAVE_UP)
    assert gave_up.exists()
    assert "Did not work" in " ".join(at.talk.call.timeline.values_list("text", flat=True))


def test_a_second_whose_end_nobody_told_us_of_does_not_keep_the_customer_on_hold(
    world: World,
) -> None:
    at = handing(world)
    at.omar.answers_after(3)
    at.consulting()
    world.carrier.faults.callback_lost = 1.0
    at.omar.hangs_up()
    world.run(45)
    assert at.transfer.state == TransferState.SECOND_GONE
    assert at.ruth_is_with(at.dana.phone)


def test_a_customer_on_hold_whom_everybody_left_unheard_is_next_in_line(world: World) -> None:
    at = handing(world, agent_gone="requeue")
    at.omar.answers_after(3)
    at.consulting()
    world.carrier.faults.callback_lost = 1.0
    at.omar.hangs_up()
    at.dana.hangs_up()
    world.run(60)
    world.carrier.faults.callback_lost = 0.0
    at.omar.answers_after(2)
    either = (at.dana.phone, at.omar.phone)
    world.run_until(lambda: any(hears(at.ruth, phone) for phone in either), within=90)


def test_an_attempt_whose_timer_was_lost_is_swept_up(world: World) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.takes_break()
    at.consults(Target(queue=sales))
    Transfer.objects.update(started_at=timezone.now() - ways_on.SEEKING_PATIENCE * 2)
    world.run(31)
    assert at.transfer.state == TransferState.NO_ANSWER
    assert at.ruth_is_with(at.dana.phone)
