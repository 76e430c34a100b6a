"""Who keeps a line open for the shift: begun and ended by the agent, a supervisor or a program."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from agents.availability import Intent
from agents.models import Agent
from agents.services import shifts
from calls.models import Leg, Standby
from calls.plans import CannotNow
from calls.services import keeping_open

# A desk that was closed without a word: for so long the line stays open, which costs money.
DESK_GONE = timedelta(minutes=10)


class MayNot(Exception):
    """This agent keeps no line open; the message is a sentence for whoever asked."""


@transaction.atomic
def start(*, agent: Agent, by: User | None, now: datetime) -> Standby:
    """The agent's line is rung once, and stays open until the shift is over.

    Asked again, it is the same standby. Raises MayNot, shifts.NotTheirs, CannotNow.
    """
    agent = shifts.locked(agent.pk)
    shifts.check_is_theirs(agent, by)
    if not agent.may_stand_by:
        raise MayNot(f"{agent.name} may not keep a line open: an administrator allows it.")
    if agent.intent == Intent.OFFLINE:
        raise CannotNow("Say first that you are available, or on a break.", "offline")
    return keeping_open.start(
        user=agent.user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        by=by,
        now=now,
    )


@transaction.atomic
def end(*, agent: Agent, by: User | None, now: datetime) -> Standby | None:
    """The line is hung up on, after the call that it is part of; calls ring again.

    None where there was none. Raises shifts.NotTheirs.
    """
    agent = shifts.locked(agent.pk)
    shifts.check_is_theirs(agent, by)
    return keeping_open.end(user_id=agent.user_id, by=by, why="ended", now=now)


def sweep(*, now: datetime) -> int:
    """Lines whose agents are gone, or may not keep one any more, are ended; how many there were."""
    gone = Q(needs_desk=True, seen_at__lt=now - DESK_GONE) | Q(intent=Intent.OFFLINE)
    unwanted = gone | Q(may_stand_by=False) | Q(user__is_active=False)
    open_now = Agent.objects.filter(unwanted, user__standbys__ended_at__isnull=True)
    on_a_call = Leg.objects.live().values("user_id")
    found = list(
        open_now.filter(user__standbys__isnull=False)
        .exclude(user__in=on_a_call.filter(user__isnull=False))
        .values_list("user_id", flat=True)
    )
    for user_id in found:
        keeping_open.end(user_id=user_id, by=None, why="the agent is not at work", now=now)
    return len(found)
