"""An agent dials out: whether they may now, on whose line, and as which number of ours."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from agents import dial_pad, readiness
from agents.availability import Intent, is_stale
from agents.models import Agent
from agents.services import shifts
from calls.models import Call, PhoneNumber, Queue
from calls.plans import CannotNow
from calls.services import dialling_out
from calls.services.dial_rules import CapReached

__all__ = ["CannotNow", "CapReached", "Target", "dial", "in_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Exactly one of number and colleague says who is dialled."""

    number: str = ""  # +, country code, number
    name: str = ""
    colleague: Agent | None = None
    shows: PhoneNumber | None = None  # None: the usual one
    queue: Queue | None = None  # None: the number's
    detects_machine: bool = False


@transaction.atomic
def dial(*, agent: Agent, to: Target, by: User | None, reason: str = "", now: datetime) -> Call:
    """The agent's own line is rung, and the customer's once they are in the room.

    Raises CannotNow, CapReached, shifts.NotTheirs.
    """
    agent = shifts.locked(agent.pk)
    line, wish = _looked_at(agent, to, by, now)
    return dialling_out.start(line=line, wish=wish, by=by, reason=reason, now=now)


@transaction.atomic
def in_words(*, agent: Agent, to: Target, by: User | None, now: datetime) -> str:
    """What it would come to now; nothing is done. Raises CannotNow, shifts.NotTheirs."""
    line, wish = _looked_at(agent, to, by, now)
    allowed = dialling_out.check(line=line, wish=wish, now=now)
    whom = f"{wish.name} ({wish.number})" if wish.name else wish.number
    return (
        f"Ring {agent.name}, then {whom}, who sees {wish.shows.e164}; "
        f"at most {allowed.limit_seconds // 60} minutes"
    )


def _looked_at(
    agent: Agent, to: Target, by: User | None, now: datetime
) -> tuple[dialling_out.OwnLine, dialling_out.Wish]:
    shifts.check_is_theirs(agent, by)
    _check_is_at_work(agent, now)
    shown = _caller_id(agent, to)
    line = dialling_out.OwnLine(
        user=agent.user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        connects=agent.connects,
    )
    wish = dialling_out.Wish(
        number=to.colleague.address if to.colleague else to.number,
        name=_name(agent, to),
        colleague=_free_colleague(to.colleague) if to.colleague else None,
        shows=shown.number,
        queue=shown.queue,
        detects_machine=to.detects_machine,
    )
    return line, wish


def _check_is_at_work(agent: Agent, now: datetime) -> None:
    if not agent.user.is_active or not agent.address:
        raise CannotNow(f"{agent.name} has no line that could be rung.", "no-line")
    if agent.intent == Intent.OFFLINE:
        text = "Dialling out is for who is at work: say that you are available, or on a break."
        raise CannotNow(text, "offline")
    if agent.connects and is_stale(needs_desk=True, seen_at=agent.seen_at, now=now):
        text = f"{agent.name}'s line is the browser, and their desk is not open."
        raise CannotNow(text, "no-desk")


def _caller_id(agent: Agent, to: Target) -> dial_pad.CallerId:
    """The number of ours that is shown, and the queue that it makes the call one of."""
    among = dial_pad.caller_ids(agent)
    if to.queue is not None:
        among = [each for each in among if each.queue.pk == to.queue.pk]
    if not among:
        text = "None of your queues has a number that could be shown."
        raise CannotNow(text, "no-caller-id")
    if to.shows is None:
        return dial_pad.usual(to.number, among) or among[0]
    chosen = [each for each in among if each.number.pk == to.shows.pk]
    if not chosen:
        raise CannotNow(f"Your queues may not show {to.shows.e164}.", "not-your-caller-id")
    return chosen[0]


def _name(agent: Agent, to: Target) -> str:
    if to.colleague is not None:
        return to.colleague.name
    return to.name or dial_pad.name_for(agent.user, to.number)


def _free_colleague(colleague: Agent) -> User:
    """Whose phone may be rung: at work, and with nobody else."""
    if colleague.intent == Intent.OFFLINE or not colleague.address:
        raise CannotNow(f"{colleague.name} is not at work.", "not-free")
    if not readiness.is_unoccupied(agent_id=colleague.pk):
        raise CannotNow(f"{colleague.name} is on another call.", "not-free")
    return colleague.user
