"""What one dispatch decision costs, from a handful of callers and agents to far too many.

The worst moment for a dispatcher: everybody talks, callers wait, and one agent becomes free. Timed
is everything from that moment until the offer, its order and its timer are committed; and the look
alone, which is the part that could grow. Behind it lie tens of thousands of past calls.
"""

import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.services import dispatch
from benchmarks.dispatch_floor import NOW, Floor
from benchmarks.report import Measured

PAST_CALLS = 10_000
WAITING = (10, 1_000, 50_000)
AGENTS = (10, 1_000)
DECISIONS = 30
# From the smallest floor to the largest.
MOST_GROWTH = 3.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of each decision on one floor, and of the looks alone."""

    whole: list[float] = field(default_factory=list)
    look: list[float] = field(default_factory=list)


def run() -> list[Measured]:
    """Fills the database that it is given."""
    logging.disable(logging.INFO)
    costs = _measure()
    rows = [_row(waiting, agents, cost) for (waiting, agents), cost in sorted(costs.items())]
    smallest, largest = costs[WAITING[0], AGENTS[0]], costs[WAITING[-1], AGENTS[-1]]
    return [
        *rows,
        _growth("whole decision", smallest.whole, largest.whole, at_most=MOST_GROWTH),
        _growth("look, which is a part of it", smallest.look, largest.look),
    ]


def _measure() -> dict[tuple[int, int], Cost]:
    floor = Floor()
    floor.staff(AGENTS[0])
    floor.past(PAST_CALLS)
    costs = {}
    for agents in AGENTS:
        floor.staff(agents)
        # Up with few agents, down with many: each floor is built once.
        for waiting in WAITING if agents == AGENTS[0] else reversed(WAITING):
            floor.line_up(waiting)
            costs[waiting, agents] = _decide(floor)
    return costs


def _decide(floor: Floor) -> Cost:
    cost = Cost()
    for number in range(DECISIONS):
        leg = floor.free(floor.agents[number % len(floor.agents)])
        cost.look.append(_milliseconds(lambda: len(dispatch.look(now=NOW))))
        cost.whole.append(_milliseconds(lambda: dispatch.run(now=NOW)))
        floor.put_back(leg)
    return cost


def _milliseconds(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    found = work()
    took = time.perf_counter() - began
    if found != 1:
        raise RuntimeError(f"one agent was free, and {found} offers came of it")
    return took * 1000


def _row(waiting: int, agents: int, cost: Cost) -> Measured:
    return Measured(
        what=f"one decision, {waiting:,} waiting, {agents:,} agents",
        value=_undisturbed(cost.whole),
        unit="ms",
        detail={
            "look_ms": _undisturbed(cost.look),
            "median_ms": statistics.median(cost.whole),
            "worst_ms": max(cost.whole),
        },
    )


def _undisturbed(samples: list[float]) -> float:
    """The slowest of the fastest tenth: what else the machine does disturbs these least."""
    return statistics.quantiles(samples, n=10)[0]


def _growth(
    what: str, smallest: list[float], largest: list[float], *, at_most: float | None = None
) -> Measured:
    return Measured(
        what=f"growth of the {what}, smallest floor to largest",
        value=_undisturbed(largest) / _undisturbed(smallest),
        unit="×",
        at_most=at_most,
    )
