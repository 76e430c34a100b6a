"""What an agent wants to be doing, and who may say so."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.availability import Intent, Status
from agents.models import Agent, BreakReason, IntentChange, Supervisor
from agents.roster import standings
from agents.services import dispatch, shifts
from calls.models import Command, Offer, Queue
from calls.states import OfferState, Verb
from tests.agents import floor
from tests.agents.floor import NOON, SECOND, ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


@pytest.fixture
def dana(sales: Queue) -> Agent:
    return floor.agent("Dana", sales, idle=600)


@pytest.fixture
def lunch() -> BreakReason:
    return BreakReason.objects.create(name="Lunch", max_minutes=30)


@pytest.fixture
def sam(sales: Queue) -> User:
    """Supervises sales."""
    user = floor.person("Sam")
    Supervisor.objects.create(user=user).queues.add(sales)
    return user


def status(agent: Agent) -> Status:
    [standing] = standings(agent_ids=[agent.pk], now=NOON)
    return standing.status


def fresh(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


# Asked for ----------------------------------------------------------------------------------------


def test_available_is_offered_calls_from_then_on(sales: Queue) -> None:
    dana = floor.agent("Dana", sales, intent="offline", intent_since=None, idle_since=None)
    floor.caller(sales)
    assert dispatch.run(now=NOON) == 0
    shifts.available(agent=dana, by=dana.user, now=NOON)
    assert fresh(dana).idle_since == fresh(dana).intent_since == NOON
    assert dispatch.run(now=NOON) == 1


def test_a_break_has_a_reason_and_an_end(dana: Agent, lunch: BreakReason) -> None:
    shifts.take_break(agent=dana, reason=lunch, by=dana.user, now=NOON)
    [standing] = standings(agent_ids=[dana.pk], now=NOON)
    assert (standing.status, standing.why, standing.since) == (Status.BREAK, "Lunch", NOON)
    assert standing.until == NOON + 30 * floor.MINUTE


def test_back_from_a_break_the_reason_is_gone(dana: Agent, lunch: BreakReason) -> None:
    shifts.take_break(agent=dana, reason=lunch, by=dana.user, now=ago(60))
    shifts.available(agent=dana, by=dana.user, now=NOON)
    assert fresh(dana).break_reason is None
    assert status(dana) is Status.AVAILABLE


def test_offline_in_mid_call_talks_on_and_is_offered_no_other(dana: Agent, sales: Queue) -> None:
    line = floor.talk(dana, sales)
    shifts.go_offline(agent=dana, by=dana.user, now=NOON)
    assert status(dana) is Status.BUSY
    floor.hang_up(line)
    assert status(dana) is Status.OFFLINE


def test_every_change_is_kept_with_who_and_when(dana: Agent, lunch: BreakReason, sam: User) -> None:
    shifts.take_break(agent=dana, reason=lunch, by=dana.user, now=ago(60))
    shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=sam, now=NOON)
    changes = IntentChange.objects.order_by("at").values_list(
        "intent", "break_reason__name", "at", "by__username", "why"
    )
    assert list(changes) == [
        ("break", "Lunch", ago(60), "dana", "took a break"),
        ("offline", None, NOON, "sam", "set by a supervisor"),
    ]


def test_pressing_available_twice_does_not_cost_the_turn(dana: Agent) -> None:
    shifts.available(agent=dana, by=dana.user, now=NOON)
    assert fresh(dana).idle_since == ago(600)


def test_available_after_a_missed_call_is_back_at_the_end_of_the_turn(
    dana: Agent, sales: Queue
) -> None:
    floor.offer(floor.caller(sales), dana, OfferState.MISSED, settled_at=ago(5))
    assert status(dana) is Status.SET_ASIDE
    shifts.available(agent=dana, by=dana.user, now=NOON)
    assert status(dana) is Status.AVAILABLE
    assert fresh(dana).idle_since == NOON


# While the line rings -----------------------------------------------------------------------------


def test_a_break_stops_the_ringing_and_is_no_miss(
    dana: Agent, sales: Queue, lunch: BreakReason
) -> None:
    offer = floor.ringing(floor.caller(sales), dana)
    shifts.take_break(agent=dana, reason=lunch, by=dana.user, now=NOON)
    offer.refresh_from_db()
    assert (offer.state, offer.note) == (OfferState.WITHDRAWN, "the agent is on a break now")
    assert Command.objects.get().verb == Verb.HANG_UP
    shifts.available(agent=dana, by=dana.user, now=NOON + SECOND)
    assert fresh(dana).idle_since == NOON + SECOND
    assert status(dana) is Status.BUSY, "until the line has stopped"


def test_a_supervisor_who_sets_dana_offline_stops_the_ringing(
    dana: Agent, sales: Queue, sam: User
) -> None:
    offer = floor.ringing(floor.caller(sales), dana)
    shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=sam, now=NOON)
    offer.refresh_from_db()
    assert (offer.state, offer.note) == (OfferState.WITHDRAWN, "the agent is offline now")


def test_available_said_once_more_lets_it_ring(dana: Agent, sales: Queue) -> None:
    offer = floor.ringing(floor.caller(sales), dana)
    shifts.available(agent=dana, by=dana.user, now=NOON)
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED


def test_a_refused_break_lets_it_ring(dana: Agent, sales: Queue) -> None:
    offer = floor.ringing(floor.caller(sales), dana)
    with pytest.raises(shifts.NotTheirs):
        shifts.go_offline(agent=dana, by=floor.person("Omar"), now=NOON)
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED


def test_a_call_that_dana_has_taken_is_hers_though_she_goes_offline(
    dana: Agent, sales: Queue
) -> None:
    waiting = floor.caller(sales, claimed_at=NOON)
    offer = floor.ringing(waiting, dana)
    Offer.objects.update(state=OfferState.ACCEPTED, settled_at=NOON)
    shifts.go_offline(agent=dana, by=dana.user, now=NOON)
    offer.refresh_from_db()
    assert offer.state == OfferState.ACCEPTED
    assert not Command.objects.exists()


# Refused ------------------------------------------------------------------------------------------


def test_nobody_is_available_without_a_line(dana: Agent) -> None:
    Agent.objects.update(line_address="", intent="offline")
    with pytest.raises(shifts.NoLine):
        shifts.available(agent=dana, by=dana.user, now=NOON)
    assert fresh(dana).intent == "offline"
    assert not IntentChange.objects.exists()


def test_a_user_who_is_switched_off_is_not_available(dana: Agent) -> None:
    User.objects.filter(pk=dana.user_id).update(is_active=False)
    with pytest.raises(shifts.NoLine):
        shifts.available(agent=dana, by=None, now=NOON)


def test_a_break_for_a_reason_no_longer_in_use_is_refused(dana: Agent, lunch: BreakReason) -> None:
    lunch.is_active = False
    lunch.save()
    with pytest.raises(shifts.NoSuchBreak):
        shifts.take_break(agent=dana, reason=lunch, by=dana.user, now=NOON)


def test_a_colleague_may_not_say_what_dana_is(dana: Agent, sales: Queue) -> None:
    omar = floor.agent("Omar", sales)
    with pytest.raises(shifts.NotTheirs):
        shifts.go_offline(agent=dana, by=omar.user, now=NOON)
    with pytest.raises(shifts.NotTheirs):
        shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=omar.user, now=NOON)
    assert fresh(dana).intent == "available"


def test_a_supervisor_of_another_queue_may_not(dana: Agent, sam: User) -> None:
    sam.supervisor.queues.set([floor.queue("Billing")])
    with pytest.raises(shifts.NotTheirs):
        shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=sam, now=NOON)


def test_an_agent_may_not_force_their_own_state_as_a_supervisor(dana: Agent) -> None:
    with pytest.raises(shifts.NotTheirs):
        shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=dana.user, now=NOON)


def test_a_supervisor_who_was_switched_off_may_not(dana: Agent, sam: User) -> None:
    sam.is_active = False
    with pytest.raises(shifts.NotTheirs):
        shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=sam, now=NOON)


def test_an_administrator_may(dana: Agent) -> None:
    ada = User.objects.create_superuser("ada")
    shifts.force(agent=dana, intent=Intent.OFFLINE, reason=None, by=ada, now=NOON)
    assert fresh(dana).intent == "offline"


# After this call ----------------------------------------------------------------------------------


def leave_after_call(agent: Agent, intent: Intent = Intent.OFFLINE, **facts: Any) -> Agent:
    usual: dict[str, Any] = {"reason": None, "by": agent.user, "now": NOON}
    return shifts.after_call(agent=agent, intent=intent, **usual | facts)


def test_offline_after_this_call_waits_for_its_end_and_its_after_call_work(
    dana: Agent, sales: Queue
) -> None:
    line = floor.talk(dana, sales)
    leave_after_call(dana)
    assert shifts.settle_after_call(now=NOON) == 0
    floor.hang_up(line)
    wrap_up = floor.wrap_up(line)
    assert shifts.settle_after_call(now=NOON) == 0
    wrap_up.finished_at = NOON
    wrap_up.save()
    assert shifts.settle_after_call(now=NOON) == 1
    assert status(dana) is Status.OFFLINE
    assert shifts.settle_after_call(now=NOON) == 0


def test_no_call_slips_in_between_the_last_one_and_offline(dana: Agent, sales: Queue) -> None:
    line = floor.talk(dana, sales)
    leave_after_call(dana)
    floor.caller(sales)
    floor.hang_up(line)
    assert dispatch.run(now=NOON) == 0
    assert fresh(dana).intent == "offline"


def test_a_break_after_this_call_keeps_its_reason(
    dana: Agent, sales: Queue, lunch: BreakReason
) -> None:
    line = floor.talk(dana, sales)
    leave_after_call(dana, Intent.BREAK, reason=lunch)
    floor.hang_up(line)
    shifts.settle_after_call(now=NOON)
    assert (fresh(dana).intent, fresh(dana).break_reason) == ("break", lunch)
    assert fresh(dana).after_call_reason is None


def test_a_last_call_is_kept_at_once_with_who_said_so_and_why(
    dana: Agent, sales: Queue, sam: User
) -> None:
    line = floor.talk(dana, sales)
    leave_after_call(dana, by=sam, why="end of the shift")
    floor.hang_up(line)
    shifts.settle_after_call(now=NOON + SECOND)
    kept = IntentChange.objects.order_by("at").values_list("intent", "at", "by__username", "why")
    told = "offline after the call, set by a supervisor: end of the shift"
    assert list(kept) == [
        ("available", NOON, "sam", told),
        ("offline", NOON + SECOND, "sam", "after the call"),
    ]


def test_a_last_call_that_is_taken_back_is_kept_too(dana: Agent, sales: Queue) -> None:
    floor.talk(dana, sales)
    leave_after_call(dana)
    leave_after_call(dana, Intent.AVAILABLE, now=NOON + SECOND)
    whys = IntentChange.objects.order_by("at").values_list("why", flat=True)
    assert list(whys) == ["offline after the call", "stays after the call"]


def test_after_this_call_without_a_call_is_now(dana: Agent) -> None:
    leave_after_call(dana)
    assert status(dana) is Status.OFFLINE


def test_after_this_call_may_be_taken_back(dana: Agent, sales: Queue) -> None:
    line = floor.talk(dana, sales)
    leave_after_call(dana)
    leave_after_call(dana, Intent.AVAILABLE)
    floor.hang_up(line)
    assert shifts.settle_after_call(now=NOON) == 0
    assert status(dana) is Status.AVAILABLE


def test_a_break_after_this_call_needs_a_reason(dana: Agent, sales: Queue) -> None:
    floor.talk(dana, sales)
    with pytest.raises(shifts.NoSuchBreak):
        leave_after_call(dana, Intent.BREAK)


@pytest.mark.parametrize("settles_first", [True, False])
def test_available_pressed_after_a_missed_call_wins_over_offline_after_this_call(
    dana: Agent, sales: Queue, settles_first: bool
) -> None:
    """Dana asked to leave after the call that rings, missed it, and then stayed after all."""
    offer = floor.ringing(floor.caller(sales), dana)
    leave_after_call(dana)
    assert offer.leg is not None
    floor.hang_up(offer.leg)
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.MISSED, settled_at=NOON)
    if settles_first:
        assert shifts.settle_after_call(now=NOON) == 1
    shifts.available(agent=dana, by=dana.user, now=NOON + SECOND)
    assert shifts.settle_after_call(now=NOON + SECOND) == 0
    assert fresh(dana).after_call == ""
    assert status(dana) is Status.AVAILABLE
