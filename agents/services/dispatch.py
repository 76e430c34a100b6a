"""Waiting callers are offered to free agents.

Looks at what is true now, whoever woke it and however often; any number of workers may run it at
once. A look reads without locks (candidates), decides without the database (routing), and claims
each pair in a transaction of its own that looks again under locks: the caller's rows first, passing
over a caller whom somebody else is dealing with this moment, then the agent's row, as every service
does. The partial unique indexes (one open offer per agent, one per call) are the last judge.
"""

import logging
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from agents import readiness, routing
from agents.models import Agent
from agents.services import candidates, handoffs, shifts
from calls import wake
from calls.models import Call, PhoneNumber, Queue, Waiting
from calls.models.together import read_together
from calls.services import offering

logger = logging.getLogger(__name__)

# After so many offers the run ends and asks to be woken again, so that `now` stays true.
MOST_AT_ONCE = 100
# For how many seconds one run comes back to a caller whom somebody has in hand, before the one
# behind is served first; and how often to an agent who turned out not to be free.
PATIENCE_WITH_CALLER = 0.25
PATIENCE_WITH_AGENT = 10
PAUSE_SECONDS = 0.005


class Claim(Enum):
    """What came of an attempt to bring two together."""

    MADE = auto()
    CALLER_BUSY = auto()
    AGENT_BUSY = auto()


@dataclass(slots=True)
class Lost:
    """Whom this run could not claim: callers, with the moment at which they are passed over (of
    the monotonic clock), and agents, with how often they were not free after all."""

    callers: dict[int, float] = field(default_factory=dict)
    agents: Counter[int] = field(default_factory=Counter)

    def caller(self, waiting_id: int) -> None:
        self.callers.setdefault(waiting_id, time.monotonic() + PATIENCE_WITH_CALLER)

    def passed_callers(self) -> list[int]:
        now = time.monotonic()
        return [waiting_id for waiting_id, until in self.callers.items() if until <= now]

    def passed_agents(self) -> list[int]:
        return [agent for agent, times in self.agents.items() if times >= PATIENCE_WITH_AGENT]


def run(*, now: datetime) -> int:
    """The lines of the agents who were longest idle ring for the callers who are next.

    Before them come callers whom an agent has on hold until somebody of a queue is free, and those
    whom an agent has sent on in vain.

    Goes on until there is no caller left whom a free agent may take; returns the offers made.
    """
    made = handoffs.run(now=now) + _offer_all(now)
    # Nobody who leaves after this call could have been offered: it may wait for the offers.
    shifts.settle_after_call(now=now)
    return made


def _offer_all(now: datetime) -> int:
    made, lost = 0, Lost()
    while made < MOST_AT_ONCE:
        pairs = look(lost, now=now)[: MOST_AT_ONCE - made]
        if not pairs:
            return made
        before = made
        made += sum(_claimed(pair, lost, now) for pair in pairs)
        if made == before:
            time.sleep(PAUSE_SECONDS)
    with transaction.atomic():
        wake.dispatch()
    return made


def look(lost: Lost | None = None, *, now: datetime) -> list[routing.Pair]:
    """Who should be offered to whom, as it seems without a lock."""
    lost = lost or Lost()
    floor = candidates.look(
        passed_callers=lost.passed_callers(), passed_agents=lost.passed_agents(), now=now
    )
    return routing.match(floor.callers, floor.seats)


def _claimed(pair: routing.Pair, lost: Lost, now: datetime) -> bool:
    """Offer the pair; False when the caller or the agent is not to be had after all."""
    waiting_id, agent_id = pair.caller.waiting_id, pair.seat.agent_id
    try:
        with transaction.atomic():
            claim = _claim(pair, now)
    except IntegrityError:
        # Somebody else's offer to one of the two was first, says the database.
        lost.caller(waiting_id)
        lost.agents[agent_id] += 1
        return False
    except Exception:
        # A caller who cannot be offered at all must not keep everybody else waiting.
        logger.exception("could not offer waiting %s", waiting_id)
        lost.callers[waiting_id] = -math.inf
        return False
    if claim is Claim.CALLER_BUSY:
        lost.caller(waiting_id)
    elif claim is Claim.AGENT_BUSY:
        lost.agents[agent_id] += 1
    return claim is Claim.MADE


def _claim(pair: routing.Pair, now: datetime) -> Claim:
    waiting = _locked_caller(pair.caller.waiting_id)
    if waiting is None:
        return Claim.CALLER_BUSY
    agent = _locked_agent(pair.seat.agent_id)
    if not readiness.is_free(agent_id=agent.pk, now=now):
        return Claim.AGENT_BUSY
    offering.ring(
        place=waiting,
        user=agent.user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        connects=agent.connects,
        reason=pair.reason(now=now),
        now=now,
    )
    return Claim.MADE


_LOCK_CALLER = """
    select {w}, {c}, {q}, {n} from calls_waiting w
    join calls_call c on c.id = w.call_id
    join calls_queue q on q.id = w.queue_id
    left join calls_phonenumber n on n.id = c.number_id
    where w.id = %s and w.left_at is null and w.claimed_at is null
    for update of c, w skip locked
"""
_LOCK_AGENT = """
    select {a}, {u} from agents_agent a join auth_user u on u.id = a.user_id
    where a.id = %s for no key update of a
"""


def _locked_caller(waiting_id: int) -> Waiting | None:
    """None where they are gone, or somebody is dealing with them this moment."""
    kinds = {"w": Waiting, "c": Call, "q": Queue, "n": PhoneNumber}
    for place, call, queue, number in read_together(_LOCK_CALLER, [waiting_id], **kinds):
        place.call, place.queue, call.number = call, queue, number
        found: Waiting = place
        return found
    return None


def _locked_agent(agent_id: int) -> Agent:
    for agent, user in read_together(_LOCK_AGENT, [agent_id], a=Agent, u=User):
        agent.user = user
        found: Agent = agent
        return found
    raise Agent.DoesNotExist
