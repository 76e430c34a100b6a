"""A browser that was to come to a call: that it cannot, and that nobody comes for ever."""

import pytest
from django.contrib.auth.models import User

from agents.models import Agent, LineKind
from calls.models import Call, Leg, TimelineEvent
from calls.services import coming_back, connecting, legs, lifecycle, sweeping
from calls.states import CallState, LegRole, LegState
from tests import people
from tests.people import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> User:
    billing = people.make_queue("Billing", ring_seconds=120)
    people.make_number(billing)
    return people.make_agent_user("Dana", billing, line_kind=LineKind.BROWSER, line_address="")


def planned(dana: User, call: Call) -> Leg:
    """A line that her browser is to come to, and no offer."""
    address = dana.agent.address
    return Leg.objects.create(
        call=call, role=LegRole.AGENT, user=dana, address=address, planned_at=at(0)
    )


def lost(dana: User) -> Leg:
    """Her browser was lost while she talked: the line that stands in for it."""
    leg = people.talking(people.rings(), dana)
    Leg.objects.filter(pk=leg.pk).update(address=dana.agent.address)
    people.over(leg, now=at(30))
    return Leg.objects.get(in_place_of=leg)


def test_a_browser_that_cannot_come_to_a_line_of_its_own_ends_it(dana: User) -> None:
    leg = planned(dana, people.rings())
    assert connecting.did_not_come(leg_id=leg.pk, user=dana, why="31402", now=at(5))
    leg.refresh_from_db()
    assert leg.state == LegState.FAILED
    assert TimelineEvent.objects.get(kind="no-browser").leg == leg


def test_a_browser_that_was_lost_may_try_again(dana: User) -> None:
    leg = lost(dana)
    assert not connecting.did_not_come(leg_id=leg.pk, user=dana, why="31402", now=at(35))
    leg.refresh_from_db()
    assert leg.is_live


def test_the_sweep_leaves_an_open_offer_alone_and_frees_what_nobody_comes_to(dana: User) -> None:
    offer = people.offered_to(Agent.objects.get(), now=at(0))
    assert sweeping.run(now=at(100))["lines that were never dialled"] == 0
    offer.refresh_from_db()
    assert Leg.objects.get(offer=offer).is_live


def test_a_line_that_nobody_comes_to_is_freed(dana: User) -> None:
    leg = planned(dana, people.rings())
    assert sweeping.run(now=at(15))["lines that were never dialled"] == 0
    assert sweeping.run(now=at(60))["lines that were never dialled"] == 1
    leg.refresh_from_db()
    assert leg.state == LegState.FAILED


def test_a_lost_timer_leaves_nobody_with_music_for_ever(dana: User) -> None:
    leg = lost(dana)
    assert coming_back.is_awaited(leg.call)
    sweeping.run(now=at(60))
    call = Call.objects.get()
    assert call.state == CallState.WAITING
    assert not coming_back.is_awaited(call)


def test_a_timer_that_comes_late_takes_nobody_off_the_line(dana: User) -> None:
    leg = lost(dana)
    connecting.came(sid=people.call_sid(), address=leg.address, leg_id=str(leg.pk), now=at(40))
    assert not connecting.waited_in_vain(leg_id=leg.pk, now=at(51))
    assert legs.live_agents(Call.objects.get()) == [leg]


def test_a_page_that_is_loaded_once_more_on_its_way_back_is_waited_for_again(dana: User) -> None:
    leg, sid = lost(dana), f"CA{'2' * 32}"
    connecting.came(sid=sid, address=leg.address, leg_id=str(leg.pk), now=at(33))
    leg.refresh_from_db()
    lifecycle.leg_progress(leg=leg, state=LegState.COMPLETED, sequence=None, now=at(34))
    assert Leg.objects.get(in_place_of=leg).is_live
    assert Call.objects.get().state == CallState.TALKING
