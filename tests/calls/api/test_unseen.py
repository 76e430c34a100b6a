"""Sofia listens unseen to Dana and Ruth: nothing that Dana can ask tells of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents.models import Agent
from calls.models import Call, Change, Command, Leg
from calls.services import rooms, watching
from calls.states import LegState, WatchMode
from tests import people
from tests.calls.api.programs import Browser, assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def sofia(billing: Any) -> User:
    """She watches over Billing, and has a line of her own."""
    user = people.make_supervisor("Sofia", billing)
    user.supervisor.may_be_private = True
    user.supervisor.save()
    Agent.objects.create(user=user, name="Sofia", line_address="+15559009001", needs_desk=False)
    return user


@pytest.fixture
def unseen(ruth: Call, dana: User, sofia: User) -> Leg:
    people.talking(ruth, dana)
    now = timezone.now()
    watching.watch(call_id=ruth.pk, by=sofia, mode=WatchMode.LISTEN, private=True, now=now)
    leg = Leg.objects.select_related("call").get(user=sofia)
    leg.sid, leg.state, leg.answered_at = people.call_sid(), LegState.IN_PROGRESS, now
    leg.save()
    rooms.entered(leg=leg, now=now)
    return Leg.objects.get(pk=leg.pk)


def test_neither_the_order_nor_the_change_is_there_for_the_agent(
    unseen: Leg, dana: User, sofia: User
) -> None:
    order, change = Command.objects.get(leg=unseen), Change.objects.get()
    for path in (f"orders/{order.pk}", f"changes/{change.pk}"):
        assert_problem(Browser(dana).get(path), 404)
        assert Browser(sofia).get(path).status_code == 200


def test_what_is_done_to_the_line_is_done_to_nobody(unseen: Leg, dana: User) -> None:
    """The same answer as for a line that never was."""
    nobody = "00000000-0000-0000-0000-000000000000"
    for verb in ("hold", "resume", "mute", "unmute", "drop"):
        path = f"calls/{unseen.call_id}/legs/{{}}/{verb}"
        told = assert_problem(Browser(dana).post(path.format(unseen.pk)), 409, "line-is-over")
        assert told == assert_problem(Browser(dana).post(path.format(nobody)), 409)


def test_what_the_end_comes_to_does_not_name_the_line(unseen: Leg, dana: User, sofia: User) -> None:
    path = f"calls/{unseen.call_id}/end?dry_run=1"
    seen = Browser(dana).post(path)
    assert str(unseen.pk) not in seen.content.decode()
    assert "Sofia" not in seen.content.decode()
    assert str(unseen.pk) in Browser(sofia).post(path).content.decode()


def test_a_search_for_who_listens_does_not_find_the_call(
    unseen: Leg, dana: User, sofia: User
) -> None:
    assert Browser(dana).results("calls", agent=sofia.pk) == []
    assert len(Browser(dana).results("calls", agent=dana.pk)) == 1


def test_the_call_itself_tells_nothing(unseen: Leg, dana: User) -> None:
    told = Browser(dana).get(f"calls/{unseen.call_id}").content.decode()
    assert "Sofia" not in told
    assert str(unseen.pk) not in told


def test_the_end_of_the_room_does_not_tell_who_was_the_last_in_it(
    unseen: Leg, dana: User, sofia: User
) -> None:
    people.news(
        "conference", leg=unseen, CallSid="", now=timezone.now(),
        StatusCallbackEvent="conference-end", CallSidEndingConference=unseen.sid,
        ParticipantLabelEndingConference=str(unseen.pk), CallToken="to call as Ruth",
    )  # fmt: skip
    path = f"calls/{unseen.call_id}"
    for name in (unseen.sid, str(unseen.pk)):
        assert str(name) not in Browser(dana).get(path).content.decode()
        assert str(name) in Browser(sofia).get(path).content.decode()
    assert "conference-end" in Browser(dana).get(path).content.decode()
    assert "to call as Ruth" not in Browser(sofia).get(path).content.decode()


def test_who_listens_unseen_is_busy_and_not_said_to_be_on_the_call(
    unseen: Leg, billing: Any, sofia: User, crm: Any
) -> None:
    shown = crm.get(f"agents/{sofia.pk}").json()
    assert (shown["status"], shown["call"]) == ("busy", None)
