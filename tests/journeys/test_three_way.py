"""More than two in one conversation: added, dropped, left to the others."""

import pytest

from agents.services.handoffs import Target
from calls import plans
from calls.models import Leg
from calls.plans import CannotNow
from calls.services import lifecycle, transfers
from calls.states import CallState, ChangeState, LegRole
from sandbox.people.person import Person
from tests.journeys.handing import Handing, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.people import Colleague, Outsider
from tests.journeys.talks import hear_each_other, is_told
from tests.journeys.world import World


def all_hear_each_other(*people: Person) -> bool:
    return all(hear_each_other(one, two) for one in people for two in people if one is not two)


def with_omar(world: World, **queue: object) -> Handing:
    """Ruth, Dana and Omar talk."""
    at = handing(world, **queue)
    at.omar.answers_after(2)
    at.adds(Target(user=at.omar.agent.user))
    world.run_until(lambda: all_hear_each_other(at.ruth, at.dana.phone, at.omar.phone))
    return at


def with_a_lawyer(world: World, **queue: object) -> tuple[Handing, Outsider]:
    at = handing(world, **queue)
    lawyer = outsider(world)
    at.adds(Target(number=lawyer.phone.number))
    world.run_until(lambda: all_hear_each_other(at.ruth, at.dana.phone, lawyer.phone))
    return at, lawyer


def leaves(at: Handing, who: Colleague) -> None:
    transfers.leave(call_id=at.talk.call.pk, by=who.agent.user, now=at.world.now)
    at.world.settle()


def test_customer_and_agent_talk_on_while_the_third_is_rung(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(5)
    at.adds(Target(user=at.omar.agent.user, reason="he knows the contract"))
    world.run(3)
    assert at.ruth_is_with(at.dana.phone)
    world.run(4)
    assert all_hear_each_other(at.ruth, at.dana.phone, at.omar.phone)
    assert at.talk.leg_of(at.omar).role == LegRole.AGENT


def test_an_agent_who_is_added_is_told_by_whom_and_why(world: World) -> None:
    at = handing(world)
    at.omar.confirms_by_key()
    at.omar.answers_when_asked()
    at.adds(Target(user=at.omar.agent.user, reason="he knows the contract"))
    world.run_until(lambda: hear_each_other(at.ruth, at.omar.phone))
    assert at.omar.phone.has_heard("dana wants you on a call")
    assert at.omar.phone.has_heard("because: he knows the contract")


@pytest.mark.parametrize("how", ["rejects", "mailbox"])
def test_a_third_who_does_not_come_changes_nothing(world: World, how: str) -> None:
    at = handing(world)
    judge = Judge(world)
    at.omar.confirms_by_key()
    at.omar.answers_after(2) if how == "mailbox" else at.omar.rejects_after(2)
    at.adds(Target(user=at.omar.agent.user))
    world.run(20)
    assert at.ruth_is_with(at.dana.phone)
    assert at.omar.phone.call is None
    assert at.talk.call.state == CallState.TALKING
    judge.live_records_are_true()


def test_the_others_go_on_when_one_is_dropped(world: World) -> None:
    at, lawyer = with_a_lawyer(world)
    line = Leg.objects.get(role=LegRole.EXTERNAL)
    made = at.talk.does(plans.drop, line.id, by=at.dana.agent.user)
    world.run(2)
    assert made.state == ChangeState.DONE
    assert lawyer.phone.call is None
    assert at.ruth_is_with(at.dana.phone)


def test_the_customer_may_be_dropped_and_the_others_go_on(world: World) -> None:
    at, lawyer = with_a_lawyer(world)
    at.talk.does(plans.drop, at.talk.ruth.leg.id, by=at.dana.agent.user)
    world.run(5)
    assert at.ruth.call is None
    assert hear_each_other(at.dana.phone, lawyer.phone)
    assert at.talk.call.state == CallState.GOING_ON


def test_an_agent_leaves_the_two_others_talking(world: World) -> None:
    at = with_omar(world)
    leaves(at, at.dana)
    world.run(2)
    assert at.dana.phone.call is None
    assert at.ruth_is_with(at.omar.phone)
    with pytest.raises(CannotNow, match="leave somebody alone"):
        leaves(at, at.omar)


def test_an_agent_leaves_the_customer_with_somebody_outside(world: World) -> None:
    at, lawyer = with_a_lawyer(world)
    at.talk.does(plans.hold, at.talk.ruth.leg.id, by=at.dana.agent.user)
    leaves(at, at.dana)
    world.run(60)
    assert at.ruth_is_with(lawyer.phone)
    assert at.talk.call.state == CallState.TALKING
    lawyer.hangs_up()
    world.run(5)
    assert at.talk.call.state == CallState.ENDED


def test_an_agent_whose_phone_dies_leaves_nobody_on_hold(world: World) -> None:
    at, lawyer = with_a_lawyer(world)
    at.talk.does(plans.hold, Leg.objects.get(role=LegRole.EXTERNAL).id, by=at.dana.agent.user)
    at.dana.hangs_up()
    world.run(3)
    assert at.ruth_is_with(lawyer.phone)


def test_the_others_go_on_when_the_customer_hangs_up(world: World) -> None:
    """Scenario 15: the customer of a conference hangs up, and the others go on."""
    at = with_omar(world)
    at.talk.ruth.hangs_up()
    world.run(1)
    assert is_told(at.dana.phone, "The caller has hung up.")
    world.run(120)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.talk.call.state == CallState.GOING_ON
    at.omar.hangs_up()
    world.run(5)
    assert at.dana.phone.call is None
    assert at.talk.call.state == CallState.ENDED
    assert not Leg.objects.live().exists()


def test_the_others_go_on_when_a_customer_on_hold_hangs_up(world: World) -> None:
    """Scenario 15: the held customer hangs up while three are in conference."""
    at, lawyer = with_a_lawyer(world)
    at.talk.does(plans.hold, at.talk.ruth.leg.id, by=at.dana.agent.user)
    at.talk.ruth.hangs_up()
    world.run(60)
    assert hear_each_other(at.dana.phone, lawyer.phone)
    assert at.talk.call.state == CallState.GOING_ON


def test_those_who_go_on_can_add_drop_and_end(world: World) -> None:
    at = with_omar(world)
    at.talk.ruth.hangs_up()
    world.run(5)
    lawyer = outsider(world)
    at.adds(Target(number=lawyer.phone.number))
    world.run_until(lambda: all_hear_each_other(at.dana.phone, at.omar.phone, lawyer.phone))
    leaves(at, at.omar)
    world.run(3)
    assert hear_each_other(at.dana.phone, lawyer.phone)
    by, call_id = at.dana.agent.user, at.talk.call.pk
    lifecycle.end_call(call_id=call_id, by=by, reason="done", now=world.now)
    world.run(5)
    assert at.talk.call.state == CallState.ENDED
    assert not Leg.objects.live().exists()


def test_nobody_talks_on_alone_whose_company_was_lost_unheard(world: World) -> None:
    at = with_omar(world)
    at.talk.ruth.hangs_up()
    world.run(5)
    world.carrier.faults.callback_lost = 1.0
    at.omar.hangs_up()
    world.run(60)
    assert at.dana.phone.call is None
    assert at.talk.call.state == CallState.ENDED


def test_ending_the_call_ends_it_for_all(world: World) -> None:
    at, lawyer = with_a_lawyer(world)
    call_id = at.talk.call.pk
    lifecycle.end_call(call_id=call_id, by=at.dana.agent.user, reason="done", now=world.now)
    world.run(3)
    assert at.ruth.call is at.dana.phone.call is lawyer.phone.call is None
    assert at.talk.call.state == CallState.ENDED


def test_nobody_is_added_while_a_transfer_goes_on(world: World) -> None:
    at = handing(world)
    lawyer = outsider(world)
    at.omar.answers_after(2)
    at.consulting()
    with pytest.raises(CannotNow, match="handed on to omar already"):
        at.adds(Target(number=lawyer.phone.number))


def test_we_do_not_call_ourselves(world: World) -> None:
    at = handing(world)
    with pytest.raises(CannotNow, match="a number of ours"):
        at.adds(Target(number=at.talk.queue.numbers.get().e164))


def test_a_third_is_not_left_behind_by_a_transfer(world: World) -> None:
    at, lawyer = with_a_lawyer(world)
    with pytest.raises(CannotNow, match="would be left behind"):
        at.consults()
    assert all_hear_each_other(at.ruth, at.dana.phone, lawyer.phone)
