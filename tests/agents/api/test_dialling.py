"""An agent dials out over the API: who may, as which number, whom not."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from agents.availability import Intent
from agents.models import Agent
from calls.models import (
    Call,
    Command,
    DialAlarm,
    DialRules,
    DoNotCall,
    Leg,
    PhoneNumber,
    Queue,
    TimelineEvent,
)
from tests import people
from tests.calls.api.programs import Browser, Program, api_key, assert_problem

pytestmark = pytest.mark.django_db

RUTH = "+15551230001"


@pytest.fixture
def crm() -> Program:
    return Program(api_key("calls:write", "calls:read"))


def dial(client: Program, user: User, **body: Any) -> Any:
    return client.post(f"agents/{user.pk}/dial", {"number": RUTH} | body)


def test_the_agents_own_line_is_rung_and_the_call_is_told_of(crm: Program, dana: User) -> None:
    answered = dial(crm, dana, reason="wants a call back")
    assert answered.status_code == 202, answered.content
    told = answered.json()
    assert told["direction"] == "outbound"
    assert told["state"] == "dialling"
    assert told["queue"] == "billing"
    assert told["customer"]["number"] == RUTH
    assert told["dialled_by"]["id"] == dana.pk
    assert answered["Location"].endswith(f"/api/v1/calls/{told['id']}")
    leg = Leg.objects.get(call=told["id"])
    assert (leg.role, leg.user) == ("agent", dana)
    assert Command.objects.get(leg=leg).verb == "dial"
    story = TimelineEvent.objects.get(kind="dialled").text
    assert "asked for by a program" in story
    assert "wants a call back (API key CRM)" in story


def test_it_can_be_looked_at_first(crm: Program, dana: User) -> None:
    answered = crm.post(f"agents/{dana.pk}/dial?dry_run=1", {"number": RUTH})
    assert answered.status_code == 200
    assert answered.json()["text"] == (
        f"Ring Dana, then {RUTH}, who sees {people.OUR_NUMBER}; at most 60 minutes"
    )
    assert not Call.objects.exists()


def test_a_repeat_with_the_same_key_is_one_call(crm: Program, dana: User) -> None:
    for _ in range(2):
        answered = crm.post(f"agents/{dana.pk}/dial", {"number": RUTH}, Idempotency_Key="k1")
        assert answered.status_code == 202
    assert Call.objects.count() == 1


def test_whose_line_is_in_use_dials_nobody_else(crm: Program, dana: User) -> None:
    dial(crm, dana)
    problem = assert_problem(dial(crm, dana, number="+15551230002"), 409, "on-another-call")
    assert problem["detail"] == "Your line is in use. Dial when that call is over."


def test_who_is_offered_a_call_deals_with_that_first(crm: Program, dana: User) -> None:
    people.offered(people.rings(), dana)
    assert_problem(dial(crm, dana), 409, "being-offered")


def test_only_who_is_at_work_dials(crm: Program, dana: User) -> None:
    Agent.objects.update(intent=Intent.OFFLINE)
    assert_problem(dial(crm, dana), 409, "offline")


def test_on_a_break_one_may_dial(crm: Program, dana: User) -> None:
    Agent.objects.update(intent=Intent.BREAK)
    assert dial(crm, dana).status_code == 202


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+18765550123", "number-not-allowed"),  # an island of the same country code
        ("+19005551234", "number-not-allowed"),  # premium rate
        ("+870776123456", "number-not-allowed"),  # a satellite
        (people.OUR_NUMBER, "number-of-ours"),
    ],
)
def test_numbers_that_are_not_dialled(crm: Program, dana: User, number: str, code: str) -> None:
    assert_problem(dial(crm, dana, number=number), 409, code)
    assert not Call.objects.exists()


def test_no_prefix_is_wide_enough_for_what_costs_more(
    crm: Program, dana: User, settings: Settings
) -> None:
    settings.OUTSIDE_PREFIXES = ["+1", "+8", "+49"]
    for number in ("+19005551234", "+870776123456", "+499001234567"):
        assert_problem(dial(crm, dana, number=number), 409, "number-not-allowed")
    assert dial(crm, dana, number="+4930123456").status_code == 202


def test_a_second_spelling_of_a_number_is_no_way_round_its_price_or_its_owner(
    crm: Program, dana: User, settings: Settings
) -> None:
    settings.OUTSIDE_PREFIXES = ["+49"]
    DoNotCall.objects.create(number="+4930123456", why="asked us")
    assert_problem(dial(crm, dana, number="+4930123456"), 409, "do-not-call")
    assert_problem(dial(crm, dana, number="+49030123456"), 409, "no-number")


def test_who_does_not_want_to_be_called_is_not(crm: Program, dana: User) -> None:
    DoNotCall.objects.create(number=RUTH, why="asked us")
    assert_problem(dial(crm, dana), 409, "do-not-call")


@pytest.mark.parametrize(
    "body",
    [
        {"number": "0151 234"},
        {"number": RUTH, "colleague": 1},
        {"number": RUTH, "shows": "+15559990000"},
        {"number": RUTH, "queue": "nowhere"},
        {"number": RUTH, "from": "+15559990000"},
    ],
)
def test_what_is_not_right_is_named(crm: Program, dana: User, body: dict[str, object]) -> None:
    assert_problem(crm.post(f"agents/{dana.pk}/dial", body), 400, "invalid")


# As which number ----------------------------------------------------------------------------------


def test_a_number_of_another_queue_is_not_theirs_to_show(crm: Program, dana: User) -> None:
    sales = people.make_queue("Sales")
    theirs = people.make_number(sales, "+15550002000")
    assert_problem(dial(crm, dana, shows=theirs.e164), 409, "not-your-caller-id")
    theirs.shown_by.add(Queue.objects.get(slug="billing"))
    answered = dial(crm, dana, shows=theirs.e164)
    assert answered.status_code == 202
    assert answered.json()["number"] == theirs.e164
    # The call counts for a queue that the agent serves.
    assert answered.json()["queue"] == "billing"


def test_the_number_by_which_we_spoke_with_them_last_is_shown(
    crm: Program, dana: User, billing: Queue
) -> None:
    second = PhoneNumber.objects.create(e164="+15550001001", queue=billing)
    Call.objects.create(
        customer_number=RUTH, number=second, state="ended", arrived_at=people.NOON,
        ended_at=people.NOON,
    )  # fmt: skip
    assert dial(crm, dana).json()["number"] == second.e164


def test_an_agent_whose_queues_have_no_number_dials_nobody(crm: Program) -> None:
    pia = people.make_agent_user("Pia", people.make_queue("Sales"))
    assert_problem(dial(crm, pia), 409, "no-caller-id")


# Colleagues ---------------------------------------------------------------------------------------


def test_a_colleague_is_dialled_on_their_line(crm: Program, dana: User, billing: Queue) -> None:
    omar = people.make_agent_user("Omar", billing)
    answered = crm.post(f"agents/{dana.pk}/dial", {"colleague": omar.pk})
    assert answered.status_code == 202
    assert answered.json()["customer"]["name"] == "Omar"


def test_a_colleague_who_is_on_a_call_or_gone_is_not(
    crm: Program, dana: User, billing: Queue
) -> None:
    omar = people.make_agent_user("Omar", billing)
    people.talking(people.rings(), omar)
    problem = assert_problem(crm.post(f"agents/{dana.pk}/dial", {"colleague": omar.pk}), 409)
    assert problem["detail"] == "Omar is on another call."
    noor = people.make_agent_user("Noor", billing, intent="offline")
    problem = assert_problem(crm.post(f"agents/{dana.pk}/dial", {"colleague": noor.pk}), 409)
    assert problem["detail"] == "Noor is not at work."
    assert_problem(crm.post(f"agents/{dana.pk}/dial", {"colleague": dana.pk}), 409)


# What it may cost ---------------------------------------------------------------------------------


def test_a_limit_that_is_reached_is_a_conflict_and_an_alarm_that_stays(
    crm: Program, dana: User
) -> None:
    DialRules.objects.create(pk=1, calls_an_hour_each=0)
    problem = assert_problem(dial(crm, dana), 409, "cap-reached")
    assert "which is the limit" in problem["detail"]
    assert DialAlarm.objects.get().user == dana
    kept = crm.post(f"agents/{dana.pk}/dial", {"number": RUTH}, Idempotency_Key="k1")
    assert_problem(kept, 409, "cap-reached")
    assert not Call.objects.exists()


def test_calls_are_found_by_their_direction(crm: Program, dana: User) -> None:
    people.rings()
    dial(crm, dana)
    assert [call["state"] for call in crm.results("calls", direction="outbound")] == ["dialling"]
    assert len(crm.results("calls", direction="inbound")) == 1


def test_a_person_dials_for_themselves_alone(dana: User, billing: Queue) -> None:
    omar = people.make_agent_user("Omar", billing)
    assert_problem(dial(Browser(dana), omar), 404)
    assert dial(Browser(dana), dana).status_code == 202
    assert "asked for" not in TimelineEvent.objects.get(kind="dialled").text
