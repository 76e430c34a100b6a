"""What a supervisor has an agent do: take this caller, go home, be done with after-call work."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from agents import readiness
from agents.availability import Intent
from agents.models import Agent, BreakReason
from agents.services import shifts
from calls.models import Call, Leg, Offer, Waiting, WrapUp
from calls.plans import CannotNow
from calls.services import access, legs, line, offering, wrapups
from calls.timeline import name_of, note

__all__ = ["CannotNow", "finish_for", "log_out", "may_pull", "pull_to", "set_state"]


def may_pull(user: User, call: Call, agent: Agent) -> bool:
    """Whether both the caller and the agent are this supervisor's."""
    return access.supervises(user, call) and shifts.supervises(user, agent)


@transaction.atomic
def pull_to(
    *, call_id: UUID, agent_id: int, by: User | None, reason: str = "", now: datetime
) -> Offer:
    """This agent's line is rung for this caller, whoever else is next; the caller keeps the place.

    Raises CannotNow: the caller is not in line or is rung for, or the agent is not free.
    """
    place, agent = _pair(call_id, agent_id, now)
    who = name_of(by) or "a program"
    because = f"chosen by {who}{f': {reason}' if reason else ''}"
    offer = offering.make(
        waiting=place,
        user=agent.user,
        address=agent.address,
        confirm_by_key=agent.is_asked_for_key,
        connects=agent.connects,
        reason={"because": because, "chosen_by": by.pk if by else None},
        now=now,
    )
    if offer is None:
        raise CannotNow(f"{agent.name}'s line is being rung for another call.", "agent-not-free")
    return offer


def _pair(call_id: UUID, agent_id: int, now: datetime) -> tuple[Waiting, Agent]:
    """Both locked, the caller first, and looked at since."""
    call = legs.lock_call(call_id)
    place = line.current(call)
    if place is None:
        raise CannotNow("That caller is not waiting in line.", "not-waiting")
    if place.claimed_at is not None:
        raise CannotNow("An agent is coming for that caller already.", "agent-is-coming")
    rung = Offer.objects.open().filter(call=call).select_related("user").first()
    if rung is not None:
        raise CannotNow(
            f"{name_of(rung.user)}'s line is ringing for that caller.", "rung-for-already"
        )
    agents = Agent.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    agent = agents.get(pk=agent_id)
    if not readiness.is_free(agent_id=agent.pk, now=now):
        raise CannotNow(f"{agent.name} is not free to take a call now.", "agent-not-free")
    return place, agent


def set_state(
    *,
    agent: Agent,
    intent: Intent,
    break_reason: BreakReason | None = None,
    by: User | None,
    reason: str = "",
    now: datetime,
) -> Agent:
    """The agent is this from now on; a call in progress goes on, a line that rings stops.

    Raises shifts.ShiftRefused, CannotNow: that is what they are.
    """
    known = Agent.objects.get(pk=agent.pk)
    is_so = (known.intent, known.break_reason_id) == (intent, break_reason and break_reason.pk)
    missed = intent is Intent.AVAILABLE and not readiness.is_free(agent_id=agent.pk, now=now)
    if is_so and not known.after_call and not missed:
        raise CannotNow(f"{agent.name} is {_WORDS[intent]} already.", "already-so")
    if by is not None and by.pk == agent.user_id:
        return shifts.wish(agent=agent, intent=intent, reason=break_reason, by=by, now=now)
    return shifts.force(agent=agent, intent=intent, reason=break_reason, by=by, why=reason, now=now)


_WORDS = {Intent.AVAILABLE: "available", Intent.BREAK: "on that break", Intent.OFFLINE: "offline"}


def log_out(
    *, agent: Agent, by: User | None, after_call: bool = False, reason: str = "", now: datetime
) -> Agent:
    """The agent is offline: at once, with a call in progress going on, or when it is over.

    Raises shifts.NotTheirs, CannotNow: they are offline, or will be.
    """
    known = Agent.objects.get(pk=agent.pk)
    if known.intent == Intent.OFFLINE:
        raise CannotNow(f"{agent.name} is offline already.", "already-so")
    if not after_call:
        return set_state(agent=agent, intent=Intent.OFFLINE, by=by, reason=reason, now=now)
    if known.after_call == Intent.OFFLINE:
        raise CannotNow(f"{agent.name} goes offline after this call already.", "already-so")
    done = shifts.after_call(
        agent=agent, intent=Intent.OFFLINE, reason=None, by=by, why=reason, now=now
    )
    if done.after_call:
        _tell_on_the_call(agent, by, reason, now)
    return done


def _tell_on_the_call(agent: Agent, by: User | None, reason: str, now: datetime) -> None:
    """It is kept where it will come true: that the agent goes home is told when they do."""
    leg = Leg.objects.live().filter(user=agent.user_id).select_related("call").first()
    if leg is not None:
        text = f"{name_of(by) or 'A program'} has {agent.name} go offline after this call"
        told = f"{text}{_because(reason)}"
        note(call=leg.call, kind="after-call", text=told, now=now, user=by, leg=leg)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def finish_for(*, agent: Agent, by: User | None, reason: str = "", now: datetime) -> WrapUp:
    """The agent's after-call work ends here, with the notes as they are.

    Raises shifts.NotTheirs, CannotNow.
    """
    if by is not None and by.pk != agent.user_id and not shifts.supervises(by, agent):
        raise shifts.NotTheirs("Only a supervisor of one of the agent's queues may do this.")
    open_one = WrapUp.objects.filter(user=agent.user_id, finished_at__isnull=True).first()
    if open_one is None:
        raise CannotNow(f"{agent.name} has no after-call work to finish.", "no-wrap-up")
    try:
        return wrapups.finish_for(wrap_up_id=open_one.pk, by=by, reason=reason, now=now)
    except wrapups.WrapUpIsOver:
        raise CannotNow(f"{agent.name} has just finished it.", "no-wrap-up") from None
