"""Lines and agents as programs see them: how many wait, who is there, and what they are doing."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from agents.models import Agent, BreakReason
from agents.services import shifts
from calls.models import Call, OpeningHours, Queue
from calls.services import offers
from calls.states import LegState
from tests import people
from tests.calls.api.programs import Browser, Program, api_key, assert_problem, fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def dana(billing: Queue, now: datetime) -> User:
    """Available for an hour."""
    since = now - timedelta(hours=1)
    return people.make_agent_user("Dana", billing, intent_since=since, idle_since=since)


@pytest.fixture
def wallboard() -> Program:
    return Program(api_key("queues:read", "agents:read"))


def agent_called(program: Program, name: str) -> Any:
    [found] = [agent for agent in program.results("agents") if agent["name"] == name]
    return found


def test_a_queue_tells_who_waits_and_who_could_come(
    wallboard: Program, dana: User, now: datetime
) -> None:
    people.rings(now=now - timedelta(seconds=30))
    people.rings(now=now)
    queue = wallboard.get("queues/billing").json()
    assert (queue["slug"], queue["name"], queue["is_open"]) == ("billing", "Billing", True)
    assert (queue["now"]["waiting"], queue["now"]["agents_available"]) == (2, 1)
    since = datetime.fromisoformat(queue["now"]["longest_wait_since"])
    assert since == now - timedelta(seconds=30)


def test_a_quiet_queue_has_no_longest_wait_and_no_service_level(
    wallboard: Program, billing: Queue
) -> None:
    queue = wallboard.get("queues/billing").json()
    assert queue["now"] == {"waiting": 0, "longest_wait_since": None, "agents_available": 0}
    assert (queue["today"]["answered"], queue["today"]["service_level"]) == (0, None)


def test_a_queues_day_is_counted(wallboard: Program, dana: User, now: datetime) -> None:
    people.talking(people.rings(now=now), dana, now=now)
    today = wallboard.get("queues/billing").json()["today"]
    assert (today["answered"], today["answered_in_time"], today["service_level"]) == (1, 1, 1.0)


def test_a_queue_is_closed_outside_its_hours(
    wallboard: Program, billing: Queue, now: datetime
) -> None:
    tomorrow = (now.weekday() + 2) % 7
    OpeningHours.objects.create(queue=billing, weekday=tomorrow, opens="09:00", closes="17:00")
    assert wallboard.get("queues/billing").json()["is_open"] is False


def test_queues_come_by_name_and_take_no_more_statements_when_more(
    wallboard: Program, billing: Queue, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("Sales", "Accounts"):
        people.make_queue(name)
    wallboard.get("queues")
    with django_assert_num_queries(7):  # the key, its rate; queues, hours, lines, day, moves
        found = wallboard.results("queues")
    assert [queue["name"] for queue in found] == ["Accounts", "Billing", "Sales"]


def test_a_queue_that_is_not_there(wallboard: Program) -> None:
    assert_problem(wallboard.get("queues/nowhere"), 404)
    assert fields_of(assert_problem(wallboard.get("queues", name="x"), 400)) == {"name"}


def test_people_see_the_queues_that_they_serve_or_watch_over(billing: Queue, dana: User) -> None:
    sales = people.make_queue("Sales")
    sofia = people.make_supervisor("Sofia", sales)
    assert [queue["slug"] for queue in Browser(dana).results("queues")] == ["billing"]
    assert [queue["slug"] for queue in Browser(sofia).results("queues")] == ["sales"]
    assert_problem(Browser(dana).get("queues/sales"), 404)


def test_an_agent_is_available(wallboard: Program, dana: User, now: datetime) -> None:
    told = agent_called(wallboard, "Dana")
    assert (told["id"], told["status"], told["intent"]) == (dana.pk, "available", "available")
    assert datetime.fromisoformat(told["since"]) == now - timedelta(hours=1)
    assert (told["call"], told["why"], told["after_call"]) == (None, "", None)


def test_an_agent_rings_is_busy_and_wraps_up(wallboard: Program, dana: User, now: datetime) -> None:
    call = people.rings(now=now)
    leg = people.talking(call, dana, now=now)
    told = agent_called(wallboard, "Dana")
    assert (told["status"], told["call"]) == ("busy", {"id": str(call.pk), "queue": "Billing"})
    people.over(leg, now=now)
    assert agent_called(wallboard, "Dana")["status"] == "wrapping-up"


def test_an_agent_who_missed_a_call_is_set_aside_and_why(
    wallboard: Program, dana: User, now: datetime
) -> None:
    offer = people.offered(people.rings(now=now), dana, now=now)
    people.over(people.line_of(offer), state=LegState.NO_ANSWER, now=now + timedelta(seconds=20))
    told = agent_called(wallboard, "Dana")
    assert (told["status"], told["why"]) == ("set-aside", "missed a call")


def test_an_agent_is_on_a_break_until_its_end(
    wallboard: Program, dana: User, now: datetime
) -> None:
    lunch = BreakReason.objects.create(name="Lunch", max_minutes=30)
    shifts.take_break(agent=Agent.objects.get(), reason=lunch, by=dana, now=now)
    told = agent_called(wallboard, "Dana")
    assert (told["status"], told["why"]) == ("break", "Lunch")
    assert datetime.fromisoformat(told["until"]) == now + timedelta(minutes=30)


def test_an_agent_who_never_signed_in(wallboard: Program, billing: Queue) -> None:
    usual = {"intent": "offline", "intent_since": None, "idle_since": None}
    people.make_agent_user("Ines", billing, **usual)
    told = agent_called(wallboard, "Ines")
    assert (told["status"], told["since"]) == ("offline", None)


def test_agents_come_by_name_in_one_statement(
    wallboard: Program,
    dana: User,
    billing: Queue,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for name in ("Zoe", "Aiko", "Omar"):
        people.make_agent_user(name, billing)
    wallboard.get("agents")
    with django_assert_num_queries(4):  # the key, its rate, the page, what they are doing
        found = wallboard.results("agents")
    assert [agent["name"] for agent in found] == ["Aiko", "Dana", "Omar", "Zoe"]


def test_agents_of_one_queue(wallboard: Program, dana: User) -> None:
    people.make_agent_user("Omar", people.make_queue("Sales"))
    assert [agent["name"] for agent in wallboard.results("agents", queue="sales")] == ["Omar"]
    assert fields_of(assert_problem(wallboard.get("agents", status="busy"), 400)) == {"status"}


def test_agents_in_pages(wallboard: Program, dana: User, billing: Queue) -> None:
    people.make_agent_user("Omar", billing)
    first = wallboard.get("agents", page_size=1).json()
    cursor = re.search("cursor=([^&]+)", first["next"])
    assert cursor is not None
    [second] = wallboard.results("agents", page_size=1, cursor=cursor[1].replace("%3D", "="))
    assert (first["results"][0]["name"], second["name"]) == ("Dana", "Omar")


def test_one_agent(wallboard: Program, dana: User) -> None:
    assert wallboard.get(f"agents/{dana.pk}").json()["name"] == "Dana"
    assert_problem(wallboard.get("agents/4711"), 404)
    assert_problem(wallboard.get("agents/99999999999999999999"), 404)


def test_people_see_themselves_and_supervisors_their_agents(billing: Queue, dana: User) -> None:
    omar = people.make_agent_user("Omar", people.make_queue("Sales"))
    sofia = people.make_supervisor("Sofia", billing)
    assert [agent["name"] for agent in Browser(omar).results("agents")] == ["Omar"]
    assert [agent["name"] for agent in Browser(sofia).results("agents")] == ["Dana"]
    assert_problem(Browser(omar).get(f"agents/{dana.pk}"), 404)
    boss = User.objects.create_superuser("boss")
    assert len(Browser(boss).results("agents")) == 2


def test_scopes_part_queues_from_agents(dana: User) -> None:
    assert_problem(Program(api_key("queues:read")).get("agents"), 403, "scope-missing")
    assert_problem(Program(api_key("agents:read")).get("queues"), 403, "scope-missing")


def test_a_declined_offer_leaves_the_agent_available(
    wallboard: Program, dana: User, now: datetime
) -> None:
    offer = people.offered(people.rings(now=now), dana, now=now)
    assert agent_called(wallboard, "Dana")["status"] == "ringing"
    offers.decline(offer_id=offer.pk, user=dana, now=now)
    assert Call.objects.get().state == "waiting"
