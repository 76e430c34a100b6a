"""Whom a call can be handed to, by a few letters of the name."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from agents.deed_forms import NUMBER, plain
from agents.lines import QueueLine, lines
from agents.models import Agent
from agents.roster import Standing, standings
from calls.models import PhoneNumber, Queue

MOST_AGENTS, MOST_QUEUES = 8, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Agents with what they are doing now, queues as they stand, and a number that was written."""

    agents: tuple[Standing, ...]
    queues: tuple[QueueLine, ...]
    number: str = ""

    @property
    def nobody(self) -> bool:
        return not (self.agents or self.queues or self.number)


def found(words: str, *, but: User, now: datetime) -> Found:
    """Those whose name holds these letters, free agents first; `but` the one who asks."""
    wanted = words.strip()
    number = plain(wanted)
    by_name = Agent.objects.filter(name__icontains=wanted, user__is_active=True)
    ids = list(by_name.exclude(user=but).values_list("id", flat=True)[:200])
    known = sorted(standings(agent_ids=ids, now=now), key=_free_first) if ids else []
    ours = PhoneNumber.objects.filter(e164=number).values("queue_id")
    by_name_or_number = Queue.objects.filter(is_active=True, name__icontains=wanted)
    by_name_or_number |= Queue.objects.filter(is_active=True, pk__in=ours)
    queue_ids = list(by_name_or_number.order_by("name").values_list("id", flat=True)[:MOST_QUEUES])
    return Found(
        agents=tuple(known[:MOST_AGENTS]),
        queues=tuple(lines(queue_ids=queue_ids, now=now)) if queue_ids else (),
        number=number if NUMBER.fullmatch(number) else "",
    )


def _free_first(agent: Standing) -> tuple[bool, str]:
    return (agent.status != "available", agent.name)
