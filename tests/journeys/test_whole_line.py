"""Everybody in a line is sent elsewhere, or told goodbye: what each of them finds."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from agents.models import Supervisor
from agents.screens import draw_board
from calls.models import LineChange, Queue, TimelineEvent
from calls.plans import CannotNow
from calls.services import whole_lines
from calls.states import CallOutcome, CallState
from tests.journeys.people import Visit
from tests.journeys.talks import hear_each_other, is_told
from tests.journeys.world import World


@pytest.fixture(autouse=True)
def two_a_second(settings: Settings) -> None:
    settings.LINE_CHANGE_RATE = 2


def lines(world: World, callers: int = 5) -> tuple[Queue, Queue, list[Visit]]:
    """Callers who wait in Billing, whose agent is on a break; Sales has one, on a break too."""
    billing, sales = world.queue("Billing"), world.queue("Sales")
    for name, queue in (("Dana", billing), ("Sven", sales)):
        world.agent(name, queue).takes_break()
    visits = [world.calls_in(f"Caller {n}", billing) for n in range(callers)]
    world.run(5)
    return billing, sales, visits


def begins(world: World, queue: Queue, to: Queue | None = None, message: str = "") -> LineChange:
    sofia, _ = User.objects.get_or_create(username="sofia")
    made = whole_lines.begin(
        queue=queue, to_queue=to, message=message, by=sofia, reason="a fire alarm", now=world.now
    )
    world.settle()
    return made


def test_everybody_is_sent_to_another_line_in_their_order(world: World) -> None:
    billing, sales, visits = lines(world)
    made = begins(world, billing, sales)
    world.run(5)
    made.refresh_from_db()
    assert (made.wanted, made.done, made.passed_over) == (5, 5, 0)
    assert made.ended_at is not None
    assert {visit.call.queue for visit in visits} == {sales}
    places = [visit.waiting.place for visit in visits]
    assert places == sorted(places)
    assert is_told(visits[0].person, "next in line") or visits[0].person.hearing
    said = TimelineEvent.objects.filter(call=visits[3].call, kind="redirected").get()
    assert "a fire alarm" in said.text


def test_not_more_a_second_than_the_carrier_takes(world: World) -> None:
    billing, sales, _ = lines(world)
    made = begins(world, billing, sales)
    for done in (2, 4, 5):
        made.refresh_from_db()
        assert made.done == done
        assert (made.ended_at is not None) == (done == 5)
        world.run(1)


def test_the_board_shows_how_far_it_is(world: World) -> None:
    billing, sales, _ = lines(world)
    sofia = User.objects.create_user("sofia")
    Supervisor.objects.create(user=sofia).queues.add(billing)
    begins(world, billing, sales)
    world.run(1)
    shown = draw_board(sofia)
    assert "of 5 sent to Sales" in shown
    assert '<progress max="5" value="4">' in shown


def test_everybody_hears_why_and_is_hung_up_on(world: World) -> None:
    billing, _, visits = lines(world, 2)
    begins(world, billing, message="We close because of a storm.")
    world.run(1)
    assert all(is_told(visit.person, "because of a storm") for visit in visits)
    world.run(20)
    assert {visit.call.state for visit in visits} == {CallState.ENDED}
    assert {visit.call.outcome for visit in visits} == {CallOutcome.CLOSED}


def test_without_words_of_its_own_the_queues_closed_message_is_said(world: World) -> None:
    billing, _, [visit] = lines(world, 1)
    begins(world, billing)
    world.run(1)
    assert is_told(visit.person, "We are closed now")


def test_who_is_with_an_agent_by_then_is_left_alone(world: World) -> None:
    billing, sales, visits = lines(world)
    omar = world.agent("Omar", billing, available=False)
    omar.answers_after(0.5)
    made = begins(world, billing, sales)
    omar.goes_available()
    world.run(10)
    made.refresh_from_db()
    assert (made.done, made.passed_over) == (4, 1)
    with_omar = [visit for visit in visits if hear_each_other(visit.person, omar.phone)]
    assert [visit.call.queue for visit in with_omar] == [billing]


def test_who_comes_later_stays(world: World) -> None:
    billing, sales, _ = lines(world, 3)
    begins(world, billing, sales)
    late = world.calls_in("Late Lea", billing)
    world.run(5)
    assert late.call.queue == billing
    assert late.call.state == CallState.WAITING


def test_who_hangs_up_first_is_counted_as_passed_over(world: World) -> None:
    billing, sales, visits = lines(world, 3)
    made = begins(world, billing, sales)
    visits[2].hangs_up()
    world.run(5)
    made.refresh_from_db()
    assert (made.done, made.passed_over) == (2, 1)


def test_it_can_be_stopped(world: World) -> None:
    billing, sales, visits = lines(world)
    made = begins(world, billing, sales)
    whole_lines.stop(line_change_id=made.pk, by=made.asked_by, now=world.now)
    world.run(5)
    made.refresh_from_db()
    assert (made.done, made.passed_over, made.stopped_by) == (2, 0, made.asked_by)
    assert [visit.call.queue for visit in visits] == [sales] * 2 + [billing] * 3
    with pytest.raises(CannotNow, match="over already"):
        whole_lines.stop(line_change_id=made.pk, by=None, now=world.now)


def test_a_worker_that_was_away_goes_on_where_it_was(world: World) -> None:
    billing, sales, _ = lines(world)
    made = begins(world, billing, sales)
    world.outage.worker = True
    world.run(30)
    made.refresh_from_db()
    assert made.done == 2
    world.outage.worker = False
    world.run(5)
    made.refresh_from_db()
    assert (made.done, made.ended_at is not None) == (5, True)


def test_a_job_that_was_lost_is_made_good(world: World) -> None:
    billing, sales, _ = lines(world)
    made = LineChange.objects.create(
        queue=billing, to_queue=sales, asked_at=world.now, wanted=5, last_place=10**9
    )
    world.run(45)
    made.refresh_from_db()
    assert (made.done, made.ended_at is not None) == (5, True)


def test_the_preview_says_how_many_and_whom_and_what_to_mind(world: World) -> None:
    billing, sales, visits = lines(world, 3)
    seen = whole_lines.preview(queue=billing, to_queue=sales, message="", now=world.now)
    assert seen.text == "Send 3 callers from Billing to Sales"
    assert [waiting.call for waiting in seen.callers] == [visit.call for visit in visits]
    assert seen.seconds == 2
    assert seen.warnings == ()
    nobody = world.queue("Nobody")
    seen = whole_lines.preview(queue=billing, to_queue=nobody, message="", now=world.now)
    assert seen.warnings == ("Nobody is signed in for Nobody.",)
    assert not LineChange.objects.exists()


def test_what_makes_no_sense_is_refused_with_a_sentence(world: World) -> None:
    billing, sales, _ = lines(world)
    with pytest.raises(CannotNow, match="waiting in Billing already"):
        begins(world, billing, billing)
    with pytest.raises(CannotNow, match="Nobody is waiting in Sales"):
        begins(world, sales, billing)
    begins(world, billing, sales)
    with pytest.raises(CannotNow, match="Stop it first"):
        begins(world, billing, message="Goodbye.")
