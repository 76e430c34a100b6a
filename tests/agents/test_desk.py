"""What an agent's desk shows."""

from typing import Any

import pytest

from agents.availability import Status
from agents.desk import NotAnAgent, desk_of
from agents.models import Agent
from calls.models import Call, Disposition, Leg, Queue, TimelineEvent
from calls.states import CallOutcome, CallState, LegRole
from tests.agents import floor
from tests.agents.floor import NOON, ago

pytestmark = pytest.mark.django_db

INES = "+15551230001"


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


@pytest.fixture
def dana(sales: Queue) -> Agent:
    return floor.agent("Dana", sales)


def over(call: Call, at: float) -> None:
    call.state, call.outcome, call.ended_at = CallState.ENDED, CallOutcome.ANSWERED, ago(at)
    call.save()


def past_talk(agent: Agent, queue: Queue, ended: float, notes: str = "", **facts: Any) -> Call:
    """A conversation of a minute that ended so many seconds ago, wrapped up."""
    line = floor.talk(agent, queue, since=ended + 60, **facts)
    floor.hang_up(line, ago_seconds=ended)
    solved = Disposition.objects.get_or_create(name="Solved")[0]
    floor.wrap_up(line, finished_at=ago(ended - 1), notes=notes, disposition=solved)
    over(line.call, ended)
    return line.call


def test_an_idle_desk(dana: Agent, sales: Queue) -> None:
    floor.caller(sales, waited=90)
    floor.caller(sales, waited=30)
    shown = desk_of(dana.user, NOON)
    assert (shown.me.status, shown.line_address) == (Status.AVAILABLE, dana.line_address)
    assert (shown.offer, shown.call, shown.wrap_up) == (None, None, None)
    [line] = shown.queues
    assert (line.name, line.waiting, line.longest_since, line.available) == (
        "Sales",
        2,
        ago(90),
        1,
    )


def test_a_ringing_desk_says_who_is_calling_and_why_here(dana: Agent, sales: Queue) -> None:
    waiting = floor.caller(sales, waited=75, number=INES)
    offer = floor.ringing(waiting, dana)
    offer.reason = {"because": "the only free agent"}
    offer.save()
    shown = desk_of(dana.user, NOON)
    assert shown.offer is not None
    assert shown.offer.offer_id == offer.pk
    assert (shown.offer.customer_number, shown.offer.queue_name) == (INES, "Sales")
    assert (shown.offer.waiting_since, shown.offer.because) == (ago(75), "the only free agent")
    assert shown.call is None


def test_a_ringing_desk_shows_what_the_customer_called_about_before(
    dana: Agent, sales: Queue
) -> None:
    before = past_talk(dana, sales, 4000, notes="Wants a blue one", number=INES)
    floor.ringing(floor.caller(sales, number=INES), dana)
    [past] = desk_of(dana.user, NOON).history
    assert (past.call_id, past.outcome, past.queue_name) == (before.pk, "answered", "Sales")
    [talk] = past.talks
    assert (talk.agent, talk.seconds, talk.disposition, talk.notes) == (
        "Dana",
        60,
        "Solved",
        "Wants a blue one",
    )


def test_history_is_the_last_five_calls_newest_first(dana: Agent, sales: Queue) -> None:
    calls = [past_talk(dana, sales, 1000 * n, number=INES) for n in range(1, 8)]
    floor.ringing(floor.caller(sales, number=INES), dana)
    history = desk_of(dana.user, NOON).history
    assert [past.call_id for past in history] == [call.pk for call in calls[:5]]


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687"])
def test_callers_without_a_number_are_not_taken_for_one_person(
    dana: Agent, sales: Queue, number: str
) -> None:
    before = past_talk(dana, sales, 4000)
    before.customer_number = number
    before.save()
    waiting = floor.caller(sales)
    waiting.call.customer_number = number
    waiting.call.save()
    floor.ringing(waiting, dana)
    assert desk_of(dana.user, NOON).history == ()


def test_a_desk_on_a_call_shows_its_legs_and_its_story(dana: Agent, sales: Queue) -> None:
    line = floor.talk(dana, sales, since=20, number=INES)
    for second, text in ((20, "Connected with Dana"), (80, "Ines called")):
        TimelineEvent.objects.create(call=line.call, at=ago(second), kind="told", text=text)
    call = desk_of(dana.user, NOON).call
    assert call is not None
    assert (call.call_id, call.since, call.customer_number) == (line.call_id, ago(20), INES)
    assert {leg.who for leg in call.legs} == {"Dana", INES}
    assert [moment.text for moment in call.timeline] == ["Ines called", "Connected with Dana"]


def test_a_desk_after_a_call_shows_what_to_write_down(dana: Agent, sales: Queue) -> None:
    line = floor.talk(dana, sales)
    floor.hang_up(line)
    over(line.call, 0)
    wrap_up = floor.wrap_up(line, notes="Half a sen")
    shown = desk_of(dana.user, NOON).wrap_up
    assert shown is not None
    assert (shown.wrap_up_id, shown.due_at, shown.notes) == (
        wrap_up.pk,
        wrap_up.due_at,
        "Half a sen",
    )


def test_the_outcomes_to_choose_from_are_this_queues_and_everybodys(
    dana: Agent, sales: Queue
) -> None:
    Disposition.objects.create(name="Solved")
    Disposition.objects.create(name="Sold").queues.add(sales, floor.queue("Shop"))
    Disposition.objects.create(name="Refunded").queues.add(floor.queue("Billing"))
    Disposition.objects.create(name="Faxed", is_active=False)
    line = floor.talk(dana, sales)
    floor.hang_up(line)
    floor.wrap_up(line)
    shown = desk_of(dana.user, NOON).wrap_up
    assert shown is not None
    assert [name for _, name in shown.dispositions] == ["Sold", "Solved"]


def test_my_recent_calls_are_mine_and_newest_first(dana: Agent, sales: Queue) -> None:
    omar = floor.agent("Omar", sales)
    past_talk(omar, sales, 50)
    older, newer = past_talk(dana, sales, 900), past_talk(dana, sales, 100)
    recent = desk_of(dana.user, NOON).recent
    assert [past.call_id for past in recent] == [newer.pk, older.pk]
    assert recent[0].talks[0].disposition == "Solved"


def test_a_call_that_goes_on_after_a_reload_is_not_a_recent_call(dana: Agent, sales: Queue) -> None:
    lost = floor.talk(dana, sales)
    floor.hang_up(lost)
    back = floor.leg(lost.call, role=LegRole.AGENT, user=dana.user, in_place_of=lost)
    assert desk_of(dana.user, NOON).recent == ()
    floor.hang_up(back)
    Leg.objects.filter(pk=back.pk).update(joined_at=NOON)
    assert [past.call_id for past in desk_of(dana.user, NOON).recent] == [lost.call_id]


def test_a_call_that_rang_in_vain_is_not_a_recent_call(dana: Agent, sales: Queue) -> None:
    offer = floor.ringing(floor.caller(sales), dana)
    assert offer.leg is not None
    floor.hang_up(offer.leg)
    assert desk_of(dana.user, NOON).recent == ()


def test_who_is_no_agent_has_no_desk() -> None:
    with pytest.raises(NotAnAgent):
        desk_of(floor.person("Sam"), NOON)


@pytest.mark.parametrize("doing", ["idle", "ringing", "talking", "wrapping up"])
def test_a_desk_is_read_in_few_statements_however_much_there_is(
    dana: Agent, sales: Queue, doing: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(1, 8):
        past_talk(dana, sales, 1000 * number, number=INES)
        floor.caller(sales)
        queue = floor.queue(f"Queue{number}")
        dana.memberships.create(queue=queue)
    _do(dana, sales, doing)
    with django_assert_max_num_queries(11):
        shown = desk_of(dana.user, NOON)
    assert len(shown.queues) == 8
    assert len(shown.recent) >= 7


def _do(dana: Agent, sales: Queue, doing: str) -> None:
    if doing == "ringing":
        floor.ringing(floor.caller(sales, number=INES), dana)
    if doing in ("talking", "wrapping up"):
        line = floor.talk(dana, sales, number=INES)
        if doing == "wrapping up":
            floor.hang_up(line)
            floor.wrap_up(line)
