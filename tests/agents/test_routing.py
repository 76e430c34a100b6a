"""Who is offered to whom, as small tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.routing import MOST_CANDIDATES, Caller, Pair, Seat, match

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SALES, BILLING = 1, 2
DANA, OMAR, WEN = 1, 2, 3
NAMES = {DANA: "Dana", OMAR: "Omar", WEN: "Wen"}


def caller(number: int, queue: int = SALES, waited: int = 60, **facts: Any) -> Caller:
    place = NOON - timedelta(seconds=waited)
    return Caller(waiting_id=number, queue_id=queue, place=place, **facts)


def seat(agent: int, queue: int = SALES, idle: int = 30, priority: int = 1, **facts: Any) -> Seat:
    """User ids differ from agent ids, so that taking one for the other shows."""
    return Seat(
        agent_id=agent,
        user_id=100 + agent,
        name=NAMES.get(agent, f"Agent {agent}"),
        queue_id=queue,
        priority=priority,
        idle_since=NOON - timedelta(seconds=idle),
        **facts,
    )


def declined(*agents: int) -> frozenset[int]:
    return frozenset(100 + agent for agent in agents)


def who(pairs: list[Pair]) -> list[tuple[int, int]]:
    return [(pair.caller.waiting_id, pair.seat.agent_id) for pair in pairs]


def why(pair: Pair) -> dict[str, str]:
    return {candidate.seat.name: candidate.why for candidate in pair.candidates}


def test_nobody_waits_and_nobody_is_free() -> None:
    assert match([], []) == []


def test_a_caller_without_a_free_agent_waits_on() -> None:
    assert match([caller(1)], []) == []


def test_an_agent_of_another_queue_is_not_offered() -> None:
    assert match([caller(1, queue=BILLING)], [seat(DANA, queue=SALES)]) == []


def test_the_longest_waiting_caller_is_first() -> None:
    callers = [caller(1, waited=10), caller(2, waited=90)]
    assert who(match(callers, [seat(DANA)])) == [(2, DANA)]


def test_the_earlier_place_is_first_whatever_the_queue() -> None:
    callers = [caller(1, queue=SALES, waited=10), caller(2, queue=BILLING, waited=90)]
    seats = [seat(DANA, queue=SALES), seat(DANA, queue=BILLING)]
    assert who(match(callers, seats)) == [(2, DANA)]


def test_callers_of_the_same_moment_go_in_order_of_arrival() -> None:
    assert who(match([caller(8), caller(7)], [seat(DANA)])) == [(7, DANA)]


def test_the_longest_idle_agent_is_asked() -> None:
    seats = [seat(DANA, idle=20), seat(OMAR, idle=400), seat(WEN, idle=30)]
    assert who(match([caller(1)], seats)) == [(1, OMAR)]


def test_a_membership_of_lower_priority_is_asked_later_however_idle() -> None:
    seats = [seat(DANA, idle=900, priority=2), seat(OMAR, idle=1, priority=1)]
    assert who(match([caller(1)], seats)) == [(1, OMAR)]


def test_agents_idle_for_equally_long_are_asked_in_order() -> None:
    assert who(match([caller(1)], [seat(WEN), seat(OMAR)])) == [(1, OMAR)]


def test_no_agent_and_no_caller_is_paired_twice() -> None:
    callers = [caller(1, waited=50), caller(2, waited=40), caller(3, waited=30)]
    assert who(match(callers, [seat(DANA, idle=5), seat(OMAR, idle=9)])) == [(1, OMAR), (2, DANA)]


def test_an_agent_of_two_queues_takes_one_call() -> None:
    callers = [caller(1, queue=SALES), caller(2, queue=BILLING)]
    seats = [seat(DANA, queue=SALES), seat(DANA, queue=BILLING)]
    assert who(match(callers, seats)) == [(1, DANA)]


def test_a_heavier_queue_without_agents_does_not_starve_a_lighter_one() -> None:
    heavy = [caller(n, queue=SALES, waited=9000) for n in range(20)]
    light = caller(99, queue=BILLING, waited=1)
    assert who(match([*heavy, light], [seat(DANA, queue=BILLING)])) == [(99, DANA)]


def test_a_heavier_queue_whose_agents_all_declined_does_not_starve_a_lighter_one() -> None:
    heavy = caller(1, queue=SALES, waited=9000, barred=declined(DANA, OMAR))
    light = caller(2, queue=BILLING, waited=1)
    seats = [seat(DANA), seat(OMAR), seat(DANA, queue=BILLING)]
    assert who(match([heavy, light], seats)) == [(2, DANA)]


def test_who_declined_a_caller_gets_the_next_one() -> None:
    callers = [caller(1, waited=90, barred=declined(DANA)), caller(2, waited=10)]
    assert who(match(callers, [seat(DANA)])) == [(2, DANA)]


def test_a_declined_caller_is_offered_to_somebody_else() -> None:
    seats = [seat(DANA, idle=900), seat(OMAR, idle=1)]
    assert who(match([caller(1, barred=declined(DANA))], seats)) == [(1, OMAR)]


def test_a_decliner_is_asked_again_after_others_were_tried_but_last() -> None:
    again = caller(1, reluctant=declined(DANA))
    seats = [seat(DANA, idle=900), seat(OMAR, idle=1, priority=5)]
    assert who(match([again], seats)) == [(1, OMAR)]
    assert who(match([again], seats[:1])) == [(1, DANA)]


def test_the_only_free_agent_is_chosen_for_that() -> None:
    [pair] = match([caller(1)], [seat(DANA)])
    assert pair.because == "the only free agent who may take this caller"


def test_the_longest_idle_is_chosen_for_that() -> None:
    [pair] = match([caller(1)], [seat(DANA, idle=5), seat(OMAR, idle=9), seat(WEN, priority=2)])
    assert pair.because == "idle for longest of 2 with membership priority 1"
    assert why(pair) == {
        "Omar": pair.because,
        "Dana": "idle for less long",
        "Wen": "asked later: membership priority 2",
    }


def test_whoever_is_asked_first_is_chosen_for_that() -> None:
    [pair] = match([caller(1)], [seat(DANA, priority=1), seat(OMAR, priority=3)])
    assert pair.because == "asked first: membership priority 1"


def test_each_one_passed_over_is_told_why() -> None:
    callers = [
        caller(1, waited=90),
        caller(2, waited=80, barred=declined(OMAR), reluctant=declined(WEN)),
    ]
    seats = [seat(DANA, idle=900), seat(OMAR, idle=800), seat(WEN, idle=700), seat(4), seat(5)]
    first, second = match(callers, seats)
    assert first.seat.agent_id == DANA
    assert second.seat.agent_id == 4
    assert why(second) == {
        "Dana": "is being offered another caller",
        "Omar": "declined this caller a moment ago",
        "Agent 4": "idle for longest of 3 with membership priority 1",
        "Agent 5": "idle for as long, but later on the list",
        "Wen": "declined this caller before",
    }


def test_the_reason_is_stored_with_who_and_how_long_idle_and_how_skilled() -> None:
    [pair] = match([caller(1)], [seat(DANA, idle=85, priority=2, skills={"Danish": 7})])
    assert pair.reason(now=NOON) == {
        "because": "the only free agent who may take this caller",
        "candidates": [
            {
                "user": 101,
                "name": "Dana",
                "idle_seconds": 85,
                "priority": 2,
                "skills": {"Danish": 7},
                "chosen": True,
                "why": "the only free agent who may take this caller",
            }
        ],
    }


def test_an_idle_moment_just_ahead_of_the_clock_counts_as_none() -> None:
    [pair] = match([caller(1)], [seat(DANA, idle=-3)])
    assert pair.reason(now=NOON)["candidates"][0]["idle_seconds"] == 0


def test_of_many_candidates_ten_are_kept_and_the_chosen_is_among_them() -> None:
    crowd = [seat(number, idle=1000 - number) for number in range(1, 31)]
    [pair] = match([caller(1, barred=declined(*range(1, 25)))], crowd)
    assert pair.seat.agent_id == 25
    assert len(pair.candidates) == MOST_CANDIDATES
    assert pair.candidates[-1].seat.agent_id == 25


# Whatever the table -------------------------------------------------------------------------------

AGENTS = st.integers(1, 6)
QUEUES = st.integers(1, 3)
SECONDS = st.integers(0, 5)
CALLERS = st.lists(
    st.builds(
        lambda number, queue, waited, barred, again: caller(
            number,
            queue,
            waited,
            barred=declined(*barred),
            reluctant=declined(*(again - barred)),
        ),
        st.integers(1, 99),
        QUEUES,
        SECONDS,
        st.frozensets(AGENTS, max_size=3),
        st.frozensets(AGENTS, max_size=3),
    ),
    unique_by=lambda caller: caller.waiting_id,
    max_size=8,
)
SEATS = st.lists(
    st.builds(seat, AGENTS, QUEUES, idle=SECONDS, priority=st.integers(1, 3)),
    unique_by=lambda seat: (seat.agent_id, seat.queue_id),
    max_size=12,
)


@given(CALLERS, SEATS)
def test_nobody_is_in_two_pairs_and_every_pair_may_be(
    callers: list[Caller], seats: list[Seat]
) -> None:
    pairs = match(callers, seats)
    assert len({pair.caller.waiting_id for pair in pairs}) == len(pairs)
    assert len({pair.seat.agent_id for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert pair.seat.queue_id == pair.caller.queue_id
        assert pair.seat.user_id not in pair.caller.barred


@given(CALLERS, SEATS)
def test_nobody_waits_while_somebody_free_may_take_them(
    callers: list[Caller], seats: list[Seat]
) -> None:
    pairs = match(callers, seats)
    taken = {pair.seat.agent_id for pair in pairs}
    served = {pair.caller.waiting_id for pair in pairs}
    for waiting in (one for one in callers if one.waiting_id not in served):
        may = [seat for seat in seats if seat.queue_id == waiting.queue_id]
        assert all(s.agent_id in taken or s.user_id in waiting.barred for s in may)


@given(CALLERS, SEATS)
def test_only_a_better_placed_caller_takes_an_agent_away(
    callers: list[Caller], seats: list[Seat]
) -> None:
    """Each pair is what it would be if those behind in line had never called."""
    pairs = match(callers, seats)
    for number, pair in enumerate(pairs):
        ahead = [c for c in callers if (c.place, c.waiting_id) <= _place(pair)]
        assert who(match(ahead, seats)) == who(pairs[: number + 1])


@given(CALLERS, SEATS, st.randoms())
def test_the_order_of_the_tables_does_not_matter(callers: Any, seats: Any, chance: Any) -> None:
    expected = who(match(callers, seats))
    chance.shuffle(callers)
    chance.shuffle(seats)
    assert who(match(callers, seats)) == expected


def _place(pair: Pair) -> tuple[datetime, int]:
    return pair.caller.place, pair.caller.waiting_id
