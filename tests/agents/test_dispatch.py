"""Waiting callers are offered to free agents, with the real database and the real offers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from agents.models import Agent, Membership
from agents.services import dispatch
from agents.services.candidates import DECLINE_HOLDS, DEPTH
from calls.models import Command, Offer, Queue, Waiting
from calls.states import LegState, OfferState, Verb
from tests.agents import floor
from tests.agents.floor import NOON, SECOND, ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales() -> Queue:
    return floor.queue("Sales")


@pytest.fixture
def billing() -> Queue:
    return floor.queue("Billing")


def offered() -> list[tuple[int, str]]:
    """Waiting id and agent name of the open offers, in the order in which they were made."""
    rows = Offer.objects.open().order_by("id")
    return list(rows.values_list("waiting_id", "user__agent__name"))


# Nothing to do ------------------------------------------------------------------------------------


def test_an_empty_floor_is_left_alone(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # who is expected; the look; last calls to settle
        assert dispatch.run(now=NOON) == 0


def test_free_agents_cost_nothing_while_nobody_waits(
    sales: Queue, django_assert_num_queries: Any
) -> None:
    floor.agent("Dana", sales)
    with django_assert_num_queries(3):
        assert dispatch.run(now=NOON) == 0


def test_callers_wait_while_nobody_is_free(sales: Queue, django_assert_num_queries: Any) -> None:
    floor.caller(sales)
    with django_assert_num_queries(3):
        assert dispatch.run(now=NOON) == 0


# A pair -------------------------------------------------------------------------------------------


def test_a_caller_and_a_free_agent_find_each_other(sales: Queue) -> None:
    dana, waiting = floor.agent("Dana", sales, confirm_by_key=False), floor.caller(sales)
    assert dispatch.run(now=NOON) == 1
    offer = Offer.objects.get()
    assert (offer.waiting, offer.user, offer.state) == (waiting, dana.user, OfferState.OFFERED)
    assert offer.confirm_by_key is False
    order = Command.objects.get()
    assert (order.verb, order.leg.address) == (Verb.DIAL, dana.line_address)


def test_looking_again_offers_nothing_twice(sales: Queue) -> None:
    floor.agent("Dana", sales)
    floor.agent("Omar", sales)
    floor.caller(sales)
    assert dispatch.run(now=NOON) == 1
    assert dispatch.run(now=NOON + SECOND) == 0


def test_everybody_who_can_be_matched_is(sales: Queue, billing: Queue) -> None:
    first, second = floor.caller(sales, waited=90), floor.caller(sales, waited=80)
    third = floor.caller(billing, waited=70)
    floor.agent("Dana", sales, idle=10)
    floor.agent("Omar", sales, billing, idle=99)
    floor.agent("Wen", billing, idle=5)
    assert dispatch.run(now=NOON) == 3
    assert offered() == [(first.pk, "Omar"), (second.pk, "Dana"), (third.pk, "Wen")]


def test_a_line_longer_than_one_look_is_worked_off(sales: Queue) -> None:
    for number in range(DEPTH + 3):
        floor.caller(sales)
        floor.agent(f"Agent{number}", sales)
    assert dispatch.run(now=NOON) == DEPTH + 3


def test_a_run_ends_after_many_offers_and_asks_to_be_woken(
    sales: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "MOST_AT_ONCE", 2)
    for number in range(3):
        floor.caller(sales)
        floor.agent(f"Agent{number}", sales)
    assert [dispatch.run(now=NOON) for _ in range(3)] == [2, 1, 0]


def test_why_this_agent_is_kept_on_the_offer(sales: Queue) -> None:
    floor.needs(sales, Danish=3)
    for name, idle in (("Dana", 40), ("Omar", 85)):
        floor.skilled(floor.agent(name, sales, idle=idle), Danish=5, Dutch=9)
    floor.caller(sales)
    dispatch.run(now=NOON)
    reason = Offer.objects.get().reason
    assert reason["because"] == "idle for longest of 2 with membership priority 1"
    assert [(c["name"], c["idle_seconds"], c["skills"]) for c in reason["candidates"]] == [
        ("Omar", 85, {"Danish": 5}),
        ("Dana", 40, {"Danish": 5}),
    ]


# Who is asked -------------------------------------------------------------------------------------


def test_a_membership_asked_later_is_asked_later(sales: Queue) -> None:
    floor.agent("Dana", sales, idle=500)
    Membership.objects.update(priority=4)
    floor.agent("Omar", sales, idle=5)
    waiting = floor.caller(sales)
    dispatch.run(now=NOON)
    assert offered() == [(waiting.pk, "Omar")]


@pytest.mark.parametrize(
    ("levels", "asked"), [({"Danish": 3}, 1), ({"Danish": 2}, 0), ({"Dutch": 9}, 0), ({}, 0)]
)
def test_a_skill_below_the_needed_level_does_not_serve(
    sales: Queue, levels: dict[str, int], asked: int
) -> None:
    floor.needs(sales, Danish=3)
    floor.skilled(floor.agent("Dana", sales), **levels)
    floor.caller(sales)
    assert dispatch.run(now=NOON) == asked


def test_every_needed_skill_is_needed(sales: Queue) -> None:
    floor.needs(sales, Danish=3, Dutch=1)
    floor.skilled(floor.agent("Dana", sales), Danish=9)
    floor.caller(sales)
    assert dispatch.run(now=NOON) == 0


def test_an_agent_of_other_queues_is_not_asked(sales: Queue, billing: Queue) -> None:
    floor.agent("Dana", billing)
    floor.caller(sales)
    assert dispatch.run(now=NOON) == 0


Hold = Callable[[Agent, Queue], object]


def _wraps_up_elsewhere(agent: Agent, sales: Queue) -> None:
    line = floor.talk(agent, floor.queue("Elsewhere"))
    floor.hang_up(line)
    floor.wrap_up(line)


def _missed(agent: Agent, sales: Queue) -> None:
    floor.offer(floor.caller(floor.queue("Elsewhere")), agent, OfferState.MISSED)


def _set(**facts: Any) -> Hold:
    return lambda agent, sales: Agent.objects.filter(pk=agent.pk).update(**facts)


def _switch_off(agent: Agent, sales: Queue) -> None:
    agent.user.is_active = False
    agent.user.save()


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param(lambda agent, sales: floor.talk(agent, sales), id="on the line"),
        pytest.param(
            lambda agent, sales: floor.ringing(floor.caller(floor.queue("Elsewhere")), agent),
            id="being rung",
        ),
        pytest.param(_wraps_up_elsewhere, id="wrapping up a call of another queue"),
        pytest.param(_missed, id="set aside after a missed call"),
        pytest.param(_set(intent="break"), id="on a break"),
        pytest.param(_set(intent="offline"), id="offline"),
        pytest.param(_set(seen_at=ago(31)), id="at a desk frozen for a while"),
        pytest.param(_set(seen_at=None), id="at no desk"),
        pytest.param(_set(line_address=""), id="without a line"),
        pytest.param(_set(after_call="break"), id="about to leave"),
        pytest.param(_switch_off, id="switched off"),
    ],
)
def test_an_agent_is_not_offered_a_call_while(sales: Queue, hold: Hold) -> None:
    hold(floor.agent("Dana", sales), sales)
    waiting = floor.caller(sales)
    dispatch.run(now=NOON)
    assert (waiting.pk, "Dana") not in offered()


def test_a_phone_on_the_wall_needs_no_desk(sales: Queue) -> None:
    floor.agent("Dana", sales, needs_desk=False, seen_at=None)
    floor.caller(sales)
    assert dispatch.run(now=NOON) == 1


def test_whoever_talked_last_is_asked_last(sales: Queue) -> None:
    """Idle is counted from the last call's end, although nobody told us that it ended."""
    dana, omar = floor.agent("Dana", sales, idle=900), floor.agent("Omar", sales, idle=600)
    floor.hang_up(floor.talk(dana, sales), ago_seconds=30)
    waiting = floor.caller(sales)
    dispatch.run(now=NOON)
    assert offered() == [(waiting.pk, omar.name)]


def test_idle_is_counted_from_the_end_of_after_call_work(sales: Queue) -> None:
    dana, omar = floor.agent("Dana", sales, idle=900), floor.agent("Omar", sales, idle=900)
    for agent, talked, wrote in ((dana, 100, 10), (omar, 50, 40)):
        line = floor.talk(agent, sales)
        floor.hang_up(line, ago_seconds=talked)
        floor.wrap_up(line, finished_at=ago(wrote))
    waiting = floor.caller(sales)
    dispatch.run(now=NOON)
    assert offered() == [(waiting.pk, "Omar")]


def test_a_line_that_rang_for_nothing_does_not_cost_the_turn(sales: Queue) -> None:
    """The caller hung up while Dana's phone rang: she is still the longest idle."""
    dana = floor.agent("Dana", sales, idle=900)
    floor.agent("Omar", sales, idle=600)
    gone = floor.caller(sales)
    floor.leg(gone.call, role="agent", user=dana.user, state=LegState.CANCELED, ended_at=ago(5))
    Waiting.objects.filter(pk=gone.pk).update(left_at=ago(5), exit="abandoned")
    waiting = floor.caller(sales)
    dispatch.run(now=NOON)
    assert offered() == [(waiting.pk, "Dana")]


# Which caller -------------------------------------------------------------------------------------


def test_the_place_in_line_decides_and_not_the_arrival(sales: Queue) -> None:
    floor.caller(sales, waited=500, place=ago(10))
    urgent = floor.caller(sales, waited=1, place=ago(600))
    floor.agent("Dana", sales)
    dispatch.run(now=NOON)
    assert offered() == [(urgent.pk, "Dana")]


def test_a_caller_for_whom_somebody_is_coming_is_not_offered(sales: Queue) -> None:
    floor.caller(sales, claimed_at=NOON)
    floor.agent("Dana", sales)
    assert dispatch.run(now=NOON) == 0


def test_a_caller_who_left_is_not_offered(sales: Queue) -> None:
    floor.caller(sales, left_at=NOON, exit="abandoned")
    floor.agent("Dana", sales)
    assert dispatch.run(now=NOON) == 0


def test_a_heavier_queue_whose_agents_are_all_excluded_starves_nobody(
    sales: Queue, billing: Queue
) -> None:
    floor.needs(sales, Danish=1)
    for _ in range(DEPTH + 1):
        floor.caller(sales, waited=9000)
    light = floor.caller(billing, waited=1)
    floor.agent("Dana", sales, billing)
    assert dispatch.run(now=NOON) == 1
    assert offered() == [(light.pk, "Dana")]


# Declined -----------------------------------------------------------------------------------------


def test_who_declined_is_not_offered_the_same_caller_at_once(sales: Queue) -> None:
    dana, waiting = floor.agent("Dana", sales), floor.caller(sales)
    floor.offer(waiting, dana, OfferState.DECLINED, settled_at=NOON)
    assert dispatch.run(now=NOON + SECOND) == 0
    Agent.objects.update(seen_at=NOON + DECLINE_HOLDS)
    assert dispatch.run(now=NOON + DECLINE_HOLDS) == 1


def test_who_declined_gets_the_caller_behind(sales: Queue) -> None:
    dana, refused = floor.agent("Dana", sales), floor.caller(sales, waited=90)
    behind = floor.caller(sales, waited=10)
    floor.offer(refused, dana, OfferState.DECLINED)
    dispatch.run(now=NOON)
    assert offered() == [(behind.pk, "Dana")]


def test_who_declined_is_asked_again_once_others_were(sales: Queue) -> None:
    dana, omar = floor.agent("Dana", sales), floor.agent("Omar", sales)
    waiting = floor.caller(sales)
    floor.offer(waiting, dana, OfferState.DECLINED, settled_at=ago(8))
    floor.offer(waiting, omar, OfferState.DECLINED, offered_at=ago(7), settled_at=ago(2))
    dispatch.run(now=NOON)
    assert offered() == [(waiting.pk, "Dana")]


def test_who_declined_twice_waits_for_the_others_again(sales: Queue) -> None:
    dana, omar = floor.agent("Dana", sales), floor.agent("Omar", sales, intent="break")
    waiting = floor.caller(sales)
    floor.offer(waiting, dana, OfferState.DECLINED, settled_at=ago(9))
    floor.offer(waiting, omar, OfferState.DECLINED, offered_at=ago(8), settled_at=ago(7))
    floor.offer(waiting, dana, OfferState.DECLINED, offered_at=ago(6), settled_at=ago(5))
    assert dispatch.run(now=NOON) == 0


# Something is wrong with one of them --------------------------------------------------------------


def test_a_caller_who_cannot_be_offered_keeps_nobody_else_waiting(
    sales: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    broken = floor.caller(sales, waited=90)
    behind = floor.caller(sales, waited=10)
    _refuse_offers_of(broken)
    floor.agent("Dana", sales)
    assert dispatch.run(now=NOON) == 1
    assert offered() == [(behind.pk, "Dana")]
    assert f"could not offer waiting {broken.pk}" in caplog.text


def _refuse_offers_of(waiting: Waiting) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create function refuse() returns trigger language plpgsql as
                $$ begin raise 'refused by the test'; end $$;
                create trigger refuse before insert on calls_offer
                for each row when (new.waiting_id = {waiting.pk}) execute function refuse()"""
        )
