"""Waiting callers are offered to free agents.

Looks at what is true now, whoever woke it and however often; any number of workers may run it at
once. A look reads without locks (candidates), decides without the database (routing), and claims
each pair in a transaction of its own that looks again under locks: the caller's rows first, passing
over a caller whom somebody else is dealing with this moment, then the agent's row, as every service
does. The partial unique indexes (one open offer per agent, one per call) are the last judge.
"""

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from agents import readiness, routing
from agents.models import Agent
from agents.services import candidates, shifts
from calls import wake
from calls.models import Waiting
from calls.services import offers

logger = logging.getLogger(__name__)

# After so many offers the run ends and asks to be woken again, so that `now` stays true.
MOST_AT_ONCE = 100
# How often one run comes back to a caller or an agent whom it could not claim.
PATIENCE = 3
PAUSE_SECONDS = 0.005


@dataclass(slots=True)
class _Lost:
    """Whom this run could not claim, and how often."""

    callers: Counter[int] = field(default_factory=Counter)
    agents: Counter[int] = field(default_factory=Counter)

    def note(self, pair: routing.Pair) -> None:
        self.callers[pair.caller.waiting_id] += 1
        self.agents[pair.seat.agent_id] += 1

    def passed_callers(self) -> list[int]:
        return [waiting_id for waiting_id, times in self.callers.items() if times >= PATIENCE]

    def passed_agents(self) -> list[int]:
        return [agent_id for agent_id, times in self.agents.items() if times >= PATIENCE]


def run(*, now: datetime) -> int:
    """The lines of the agents who were longest idle ring for the callers who are next.

    Goes on until there is no caller left whom a free agent may take; returns the offers made.
    """
    shifts.settle_after_call(now=now)
    made, lost = 0, _Lost()
    while made < MOST_AT_ONCE:
        pairs = _pairs(lost, now)[: MOST_AT_ONCE - made]
        if not pairs:
            return made
        missed = [pair for pair in pairs if not _claimed(pair, now)]
        made += len(pairs) - len(missed)
        for pair in missed:
            lost.note(pair)
        if len(missed) == len(pairs):
            time.sleep(PAUSE_SECONDS)
    with transaction.atomic():
        wake.dispatch()
    return made


def _pairs(lost: _Lost, now: datetime) -> list[routing.Pair]:
    queues = candidates.queues_in_demand()
    if not queues:
        return []
    seats = candidates.seats(queues=queues, passed=lost.passed_agents(), now=now)
    if not seats:
        return []
    served = {seat.queue_id for seat in seats}
    callers = candidates.callers(queues=served, passed=lost.passed_callers(), now=now)
    return routing.match(callers, seats)


def _claimed(pair: routing.Pair, now: datetime) -> bool:
    """Offer the pair; False when the caller or the agent is not to be had after all.

    An offer that cannot be made for a reason of its own must not keep the others waiting.
    """
    try:
        with transaction.atomic():
            return _claim(pair, now)
    except Exception:
        logger.exception("could not offer waiting %s", pair.caller.waiting_id)
        return False


def _claim(pair: routing.Pair, now: datetime) -> bool:
    waiting = (
        Waiting.objects.in_line()
        .filter(pk=pair.caller.waiting_id, claimed_at__isnull=True)
        .select_related("call", "queue")
        .select_for_update(of=("call", "self"), skip_locked=True)
        .first()
    )
    if waiting is None:
        return False
    agents = Agent.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    agent = agents.get(pk=pair.seat.agent_id)
    if not readiness.is_free(agent_id=agent.pk, now=now):
        return False
    offer = offers.make(
        waiting=waiting,
        user=agent.user,
        address=agent.line_address,
        confirm_by_key=agent.confirm_by_key,
        reason=pair.reason(now=now),
        now=now,
    )
    return offer is not None
