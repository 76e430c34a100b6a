"""Agents and supervisors are set up; what they do is changed by their shifts."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from agents.models import Agent, AgentSkill, IntentChange, Membership
from calls.models import Call, Queue, Skill
from tests import people
from tests.calls.admin.desk import AdminDesk, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> AdminDesk:
    return AdminDesk()


@pytest.fixture
def dana(billing: Queue) -> Agent:
    return Agent.objects.get(user=people.make_agent_user("Dana", billing))


def path(agent: Agent) -> str:
    return f"agents/agent/{agent.pk}/change/"


def test_a_new_agent_with_queues_and_skills(ada: AdminDesk, billing: Queue) -> None:
    user, skill = people.make_user("Omar"), Skill.objects.create(name="Accounts")
    answered = ada.saves(
        "agents/agent/add/",
        user=user.pk,
        name="Omar",
        line_kind="phone",
        line_address=" +15559991234 ",
        memberships__TOTAL_FORMS=1,
        memberships__0__queue=billing.pk,
        memberships__0__priority=2,
        skill_levels__TOTAL_FORMS=1,
        skill_levels__0__skill=skill.pk,
        skill_levels__0__level=4,
    )
    assert answered.status_code == 302
    agent = Agent.objects.get(user=user)
    assert (agent.line_address, agent.intent) == ("+15559991234", "offline")
    assert Membership.objects.get(agent=agent).priority == 2
    assert AgentSkill.objects.get(agent=agent).level == 4


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("phone", "5551234"),
        ("phone", "+abc"),
        ("phone", people.OUR_NUMBER),
        ("phone", "+19005551234"),
        ("sip", "dana@pbx.example.com"),
        ("sip", "sip:dana"),
        ("sip", "+15559991234"),
        ("phone", ""),
    ],
)
def test_a_line_that_cannot_be_rung_is_told_at_its_field(
    ada: AdminDesk, dana: Agent, kind: str, address: str
) -> None:
    wrong = ada.mistakes(path(dana), line_kind=kind, line_address=address)
    assert list(wrong) == ["line_address"]
    assert len(wrong["line_address"]) == 1


@pytest.mark.parametrize(
    ("kind", "address"),
    [("phone", "+15559991234"), ("sip", "sip:dana@pbx.example.com"), ("browser", "")],
)
def test_a_line_that_can_be_rung_is_kept(
    ada: AdminDesk, dana: Agent, kind: str, address: str
) -> None:
    assert ada.saves(path(dana), line_kind=kind, line_address=address).status_code == 302
    assert Agent.objects.get().line_address == address


def test_a_browser_without_a_key_for_its_tokens_is_pointed_out(
    ada: AdminDesk, dana: Agent, settings: Settings
) -> None:
    settings.CARRIER_IS_SANDBOX, settings.TWILIO_API_KEY = False, ""
    ada.saves(path(dana), line_kind="browser", line_address="")
    assert "an administrator gives TWILIO_API_KEY" in ada.opens("agents/agent/")


def test_the_same_queue_twice_is_a_mistake(ada: AdminDesk, dana: Agent, billing: Queue) -> None:
    answered = ada.saves(
        path(dana),
        memberships__TOTAL_FORMS=2,
        memberships__1__queue=billing.pk,
        memberships__1__priority=1,
    )
    assert answered.status_code == 200
    assert Membership.objects.count() == 1


def test_what_an_agent_is_doing_is_not_written_here(ada: AdminDesk, dana: Agent) -> None:
    ada.saves(path(dana), intent="offline", intent_since="2020-01-01")
    assert Agent.objects.get().intent == "available"


def test_the_desk_and_both_queues_hear_of_a_move(
    ada: AdminDesk, dana: Agent, billing: Queue
) -> None:
    sales = people.make_queue("Sales")
    said = ada.announced(lambda: ada.saves(path(dana), memberships__0__queue=sales.pk))
    wanted = {f"queue:{billing.pk}", f"queue:{sales.pk}", f"desk:{dana.user_id}", "dispatch"}
    assert wanted <= said


def test_an_agent_without_a_queue_is_remarked_on(ada: AdminDesk, dana: Agent) -> None:
    ada.saves(path(dana), memberships__0__DELETE="on")
    assert "Dana serves no queue, and will be offered no calls." in ada.opens("agents/agent/")


def test_agents_are_set_offline_through_their_shifts(ada: AdminDesk, dana: Agent) -> None:
    answered = ada.acts("agents/agent/", "set_offline", dana)
    assert told(answered) == ["1 set offline. Calls in progress go on."]
    assert Agent.objects.get().intent == "offline"
    assert IntentChange.objects.get().by == ada.user


def test_somebody_who_may_only_edit_agents_does_not_command_them(
    ada: AdminDesk, dana: Agent
) -> None:
    User.objects.filter(pk=ada.user.pk).update(is_superuser=False)
    answered = ada.acts("agents/agent/", "set_offline", dana)
    assert answered.status_code in (302, 403)
    assert Agent.objects.get().intent == "available"


def test_an_agent_on_a_call_is_not_deleted(ada: AdminDesk, dana: Agent) -> None:
    call = people.rings()
    people.talking(call, dana.user)
    assert ada.client.post(f"/admin/agents/agent/{dana.pk}/delete/").status_code == 403
    assert ada.client.post(f"/admin/auth/user/{dana.user_id}/delete/").status_code == 403
    assert Call.objects.get().state == "talking"


def test_an_idle_agent_is_deleted_and_their_queue_told(
    ada: AdminDesk, dana: Agent, billing: Queue
) -> None:
    address = f"/admin/agents/agent/{dana.pk}/delete/"
    said = ada.announced(lambda: ada.client.post(address, {"post": "yes"}))
    assert not Agent.objects.exists()
    assert f"queue:{billing.pk}" in said


def test_the_list_shows_what_everybody_is_doing_in_few_statements(
    ada: AdminDesk, dana: Agent, billing: Queue, django_assert_max_num_queries: object
) -> None:
    people.talking(people.rings(name="Ruth"), dana.user)
    for name in ("Omar", "Ines", "Aiko"):
        people.make_agent_user(name, billing)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        page = ada.opens("agents/agent/")
    assert "busy" in page
    assert "Ruth" in page


def test_supervisors_watch_over_chosen_queues(ada: AdminDesk, billing: Queue) -> None:
    sofia = people.make_user("Sofia")
    ada.saves("agents/supervisor/add/", user=sofia.pk, queues=[billing.pk])
    assert list(sofia.supervisor.queues.all()) == [billing]
    assert "Billing" in ada.opens("agents/supervisor/")


def test_users_are_shown_with_their_part(ada: AdminDesk, dana: Agent) -> None:
    page = ada.opens("auth/user/")
    assert "agent" in page
    assert ada.client.post(f"/admin/auth/user/{ada.user.pk}/delete/").status_code == 403


@pytest.mark.parametrize(
    "page", ["breakreason", "intentchange", "supervisor/add", "breakreason/add", "agent/add"]
)
def test_the_other_pages_open(ada: AdminDesk, dana: Agent, page: str) -> None:
    ada.opens(f"agents/{page}/")


def test_jobs_and_groups_are_there_as_well(ada: AdminDesk) -> None:
    ada.opens("procrastinate/procrastinatejob/")
    ada.opens("auth/group/")
    ada.opens("auth/user/add/")
