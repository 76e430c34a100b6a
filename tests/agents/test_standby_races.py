"""Two at one moment about one open line: one wins, nobody waits for ever, and it is lent once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User

from agents.models import Agent
from agents.services import dispatch, shifts, standby
from calls.models import Leg, Offer, Standby, StandbyLeg
from calls.services import standing_by
from calls.states import LegState, OfferState
from tests import people
from tests.agents.test_dispatch_races import workers
from tests.people import at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dana() -> User:
    billing = people.make_queue("Billing")
    people.make_number(billing)
    return people.make_agent_user(
        "Dana", billing, may_stand_by=True, confirm_by_key=False, line_address="+15559008888"
    )


def agent_of(user: User) -> Agent:
    return Agent.objects.get(user=user)


def both(one: Callable[[], object], two: Callable[[], object]) -> list[object]:
    with workers(2) as start:
        return [future.result(timeout=20) for future in (start(one), start(two))]


@pytest.mark.parametrize("_again", range(3))
def test_the_button_pressed_in_two_tabs_rings_once(dana: User, _again: int) -> None:
    press = partial(standby.start, agent=agent_of(dana), by=dana, now=at(1))
    one, two = both(press, press)
    assert one == two
    assert StandbyLeg.objects.count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_two_callers_for_one_open_line(dana: User, _again: int) -> None:
    people.kept_open(dana, now=at(1))
    people.rings(now=at(2))
    people.rings(now=at(2))
    both(partial(dispatch.run, now=at(3)), partial(dispatch.run, now=at(3)))
    assert Offer.objects.open().count() == 1
    assert Leg.objects.filter(standby__isnull=False).count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_a_line_that_ends_while_it_is_lent(dana: User, _again: int) -> None:
    """Whichever is first, no caller is left with a line that is over."""
    line = people.kept_open(dana, now=at(1))
    people.rings(now=at(2))
    ended = partial(standing_by.heard, line_id=line.pk, state=LegState.COMPLETED, now=at(100))
    both(ended, partial(dispatch.run, now=at(100)))
    for leg in Leg.objects.live().filter(standby=line):
        # The carrier refuses to move it, and is asked how it ended.
        standing_by.leg_is(leg, LegState.COMPLETED, sequence=None, now=at(101))
    assert not Leg.objects.live().filter(standby=line).exists()
    lent = Offer.objects.filter(leg__standby=line)
    assert all(offer.state == OfferState.WITHDRAWN for offer in lent)


@pytest.mark.parametrize("_again", range(3))
def test_whoever_goes_offline_while_a_call_is_offered(dana: User, _again: int) -> None:
    people.kept_open(dana, now=at(1))
    people.rings(now=at(2))
    offline = partial(shifts.go_offline, agent=agent_of(dana), by=dana, now=at(3))
    both(offline, partial(dispatch.run, now=at(3)))
    assert Standby.objects.get().ended_at is not None
    assert not Offer.objects.open().exists()


@pytest.mark.parametrize("_again", range(3))
def test_an_end_and_a_renewal(dana: User, _again: int) -> None:
    line = people.kept_open(dana, now=at(1))
    end = partial(standby.end, agent=agent_of(dana), by=dana, now=at(5))
    both(end, partial(standing_by.renew, line_id=line.pk, now=at(5)))
    line.refresh_from_db()
    assert line.let_go_at is not None
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(6))
    assert not StandbyLeg.objects.live().exists()


@pytest.mark.parametrize("_again", range(3))
def test_the_last_attempt_and_the_end_of_the_shift(dana: User, _again: int) -> None:
    line = people.kept_open(dana, now=at(1))
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(100))
    begun = Standby.objects.get()
    assert begun.next_try_at is not None
    due = begun.next_try_at + timedelta(seconds=1)
    again = partial(standing_by.due, standby_id=begun.pk, now=due)
    both(again, partial(standby.end, agent=agent_of(dana), by=dana, now=due))
    live = StandbyLeg.objects.live()
    assert all(each.let_go_at is not None for each in live)
