"""Keeping a line open: who may, what the desk and the board show of it, and what it means."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from agents import readiness, roster
from agents.availability import Status
from agents.models import Agent
from agents.screens import draw_board, draw_desk
from agents.services import shifts, standby
from calls.models import Offer, Standby, StandbyLeg
from calls.plans import CannotNow
from calls.services import offering, standing_by
from calls.states import LegState, StandbyState
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> User:
    billing = people.make_queue("Billing")
    people.make_number(billing)
    return people.make_agent_user("Dana", billing, may_stand_by=True)


def agent_of(user: User) -> Agent:
    return Agent.objects.get(user=user)


def started(user: User) -> StandbyLeg:
    begun = standby.start(agent=agent_of(user), by=user, now=NOON)
    return begun.lines.get()


def standing(user: User) -> roster.Standing:
    [found] = roster.standings(agent_ids=[agent_of(user).pk], now=at(20))
    return found


def is_free(user: User) -> bool:
    return readiness.is_free(agent_id=agent_of(user).pk, now=at(20))


def offered(user: User) -> Offer | None:
    """A caller of their own is offered to them."""
    return offering.make(
        waiting=people.waiting_of(people.rings()),
        user=user,
        address=agent_of(user).line_address,
        confirm_by_key=True,
        reason={},
        now=at(30),
    )


def ready(user: User) -> StandbyLeg:
    line = started(user)
    standing_by.heard(line_id=line.pk, state=LegState.IN_PROGRESS, sid="CA1", now=at(5))
    standing_by.pressed(line_id=line.pk, digits="1", now=at(8))
    line.refresh_from_db()
    return line


def test_only_those_who_may_keep_a_line_open(dana: User) -> None:
    Agent.objects.update(may_stand_by=False)
    with pytest.raises(standby.MayNot, match="an administrator allows it"):
        started(dana)
    assert not Standby.objects.exists()


def test_who_is_offline_keeps_no_line_open(dana: User) -> None:
    shifts.go_offline(agent=agent_of(dana), by=dana, now=NOON)
    with pytest.raises(CannotNow, match="Say first"):
        started(dana)


def test_a_stranger_does_not_ring_somebody_elses_phone(dana: User) -> None:
    with pytest.raises(shifts.NotTheirs):
        standby.start(agent=agent_of(dana), by=people.make_user("Eve"), now=NOON)


def test_who_is_on_a_call_is_not_rung_beside_it(dana: User) -> None:
    people.talking(people.rings(), dana)
    with pytest.raises(CannotNow, match="in use"):
        started(dana)


def test_an_idle_line_is_no_call(dana: User) -> None:
    """Between calls the agent is as free as anybody."""
    ready(dana)
    assert standing(dana).status == Status.AVAILABLE
    assert standing(dana).standby == StandbyState.READY
    assert is_free(dana)


def test_while_it_rings_no_call_is_offered(dana: User) -> None:
    started(dana)
    assert standing(dana).status == Status.CONNECTING
    assert standing(dana).standby == StandbyState.CONNECTING
    assert not is_free(dana)


def test_a_lost_line_leaves_the_agent_free(dana: User) -> None:
    line = ready(dana)
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(100))
    [found] = roster.standings(agent_ids=[agent_of(dana).pk], now=at(101))
    assert found.standby == StandbyState.DROPPED
    assert is_free(dana)


def test_a_line_that_may_have_been_lent_to_a_call_is_lent_to_no_other(dana: User) -> None:
    line = ready(dana)
    offer = offered(dana)
    assert offer is not None
    assert offer.leg is not None
    assert (offer.leg.standby, offer.leg.sid) == (line, line.sid)
    assert offered(dana) is None


def test_news_of_the_line_that_comes_again_changes_nothing(dana: User) -> None:
    line = ready(dana)
    for state in (LegState.RINGING, LegState.INITIATED, LegState.IN_PROGRESS):
        assert not standing_by.heard(line_id=line.pk, state=state, now=at(40))
    line.refresh_from_db()
    assert line.state == LegState.IN_PROGRESS


def test_a_line_that_has_ended_does_not_come_to_life_again(dana: User) -> None:
    line = ready(dana)
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(100))
    assert not standing_by.heard(line_id=line.pk, state=LegState.IN_PROGRESS, now=at(101))
    assert Standby.objects.get().next_try_at == at(102)


# Pages --------------------------------------------------------------------------------------------


@pytest.fixture
def now(dana: User) -> None:
    """The pages look at the clock."""
    Agent.objects.update(seen_at=timezone.now(), needs_desk=False)


@pytest.mark.usefixtures("now")
def test_the_desk_offers_it_to_those_who_may(dana: User) -> None:
    assert 'data-testid="stand-by"' in draw_desk(dana)
    Agent.objects.update(may_stand_by=False)
    assert 'data-testid="stand-by"' not in draw_desk(dana)


@pytest.mark.usefixtures("now")
def test_the_desk_and_the_board_show_how_the_line_is(dana: User) -> None:
    sofia = people.make_supervisor("Sofia", *agent_of(dana).queues.all())
    started(dana)
    assert "Standby: ringing" in draw_desk(dana)
    assert "Your phone rings" in draw_desk(dana)
    line = StandbyLeg.objects.get()
    standing_by.heard(line_id=line.pk, state=LegState.IN_PROGRESS, sid="CA1", now=at(5))
    standing_by.pressed(line_id=line.pk, digits="1", now=at(8))
    for drawn in (draw_desk(dana), draw_board(sofia)):
        assert 'class="state standby ready"' in drawn
        assert 'data-testid="end-standby"' in drawn
    assert "with a beep on your open line" in draw_desk(dana)


@pytest.mark.usefixtures("now")
def test_the_desk_says_why_no_line_is_kept_open_any_more(dana: User) -> None:
    line = ready(dana)
    moment = timezone.now()
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(20))
    Standby.objects.update(ended_at=moment)
    assert "not kept open any more: the phone was put down" in draw_desk(dana)
    Standby.objects.update(ended_at=moment - timedelta(hours=1))
    assert "not kept open any more" not in draw_desk(dana)


@pytest.mark.usefixtures("now")
def test_the_button_starts_and_ends_it(dana: User, client: Client) -> None:
    client.force_login(dana)
    client.post("/desk/standby", {"standby": "on"})
    assert Standby.objects.get().ended_at is None
    client.post("/desk/standby", {"standby": "on"})
    assert Standby.objects.count() == 1
    client.post("/desk/standby", {"standby": "off"})
    assert Standby.objects.get().ended_by == dana


@pytest.mark.usefixtures("now")
def test_without_permission_the_button_is_refused_with_a_sentence(
    dana: User, client: Client
) -> None:
    Agent.objects.update(may_stand_by=False)
    client.force_login(dana)
    answered = client.post("/desk/standby", {"standby": "on"})
    assert answered.status_code == 422
    assert "may not keep a line open" in answered.content.decode()


@pytest.mark.usefixtures("now")
def test_whoever_signs_out_keeps_no_line_open(dana: User, client: Client) -> None:
    client.force_login(dana)
    ready(dana)
    client.post("/logout/")
    assert Standby.objects.get().ended_at is not None
    assert StandbyLeg.objects.get().let_go_at is not None


@pytest.mark.usefixtures("now")
def test_a_program_starts_it_and_is_told_what_it_comes_to(dana: User, client: Client) -> None:
    client.force_login(dana)
    answered = client.post(f"/api/v1/agents/{dana.pk}/standby", {}, content_type="application/json")
    assert answered.status_code == 202
    assert answered.json()["standby"] == "connecting"
    assert answered.json()["status"] == "connecting"
