"""What a supervisor does on a live call: listens, whispers, barges, takes over; writes to an agent;
answers who asks for help; moves a caller to the front of the line.

What each of these means for who hears whom is written in docs/verbs/who-hears-what.md.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet

from calls import live, plans, wake
from calls.models import Call, HelpRequest, Leg, TextWhisper, Waiting
from calls.plans import CannotNow
from calls.plans import watching as planned
from calls.plans.watching import COACHED, Watcher
from calls.services import access, announcing, changing, handovers, legs, line, offering
from calls.services.changing import Changed, Planning
from calls.states import WatchMode
from calls.timeline import name_of, note

__all__ = [
    "CannotNow",
    "MayNot",
    "ask_for_help",
    "end_help",
    "stop",
    "switch",
    "take_over",
    "to_front",
    "to_stop",
    "to_switch",
    "to_take_over",
    "to_watch",
    "watch",
    "whisper_text",
]


class MayNot(Exception):
    """It is not this person's to do; the message is a sentence for people."""


# On the call --------------------------------------------------------------------------------------


def watch(
    *,
    call_id: UUID,
    by: User,
    mode: WatchMode,
    private: bool = False,
    number: str = "",
    agent_leg: UUID | None = None,
    reason: str = "",
    token: str = "",
    now: datetime,
) -> Changed:
    """The supervisor's line is rung, and joins the call in this mode.

    `private`: not shown to the agents while they just listen. `number`: where they have no line of
    their own; one of SUPERVISOR_LINES. `agent_leg`: whom to whisper to, where there are several.
    Raises MayNot, CannotNow.
    """
    planning = to_watch(
        call_id=call_id, by=by, mode=mode, private=private, number=number, agent_leg=agent_leg
    )
    return _change(call_id, planning, by, reason, token, now)


def switch(
    *,
    call_id: UUID,
    by: User,
    mode: WatchMode,
    agent_leg: UUID | None = None,
    reason: str = "",
    token: str = "",
    now: datetime,
) -> Changed:
    """The supervisor is heard by others than before, on the same line. Raises MayNot, CannotNow."""
    planning = to_switch(call_id=call_id, by=by, mode=mode, agent_leg=agent_leg)
    return _change(call_id, planning, by, reason, token, now)


def take_over(
    *,
    call_id: UUID,
    by: User,
    agent_leg: UUID | None = None,
    reason: str = "",
    token: str = "",
    now: datetime,
) -> Changed:
    """The supervisor is the call's agent from now on; the agent's line is ended, and after-call
    work begins. Raises MayNot, CannotNow."""
    planning = to_take_over(call_id=call_id, by=by, agent_leg=agent_leg)
    return _change(call_id, planning, by, reason, token, now)


def stop(*, call_id: UUID, by: User, reason: str = "", token: str = "", now: datetime) -> Changed:
    """The supervisor's own line is ended. Raises CannotNow."""
    return _change(call_id, to_stop(by=by), by, reason, token, now)


# The same before anything is done, to see what it comes to ----------------------------------------


def to_watch(
    *,
    call_id: UUID,
    by: User,
    mode: WatchMode,
    private: bool = False,
    number: str = "",
    agent_leg: UUID | None = None,
) -> Planning:
    """Raises MayNot."""
    call = Call.objects.select_related("number", "queue").get(pk=call_id)
    _check_may(by, call, mode, private=private)
    watcher = _watcher(by, call, number)

    def plan(scene: plans.Scene) -> plans.Plan:
        _check_is_free(by, call)
        return planned.watch(scene, watcher, mode, private=private, agent_leg=agent_leg)

    return plan


def to_switch(
    *, call_id: UUID, by: User, mode: WatchMode, agent_leg: UUID | None = None
) -> Planning:
    """Raises MayNot."""
    _check_may(by, Call.objects.get(pk=call_id), mode)
    return lambda scene: planned.switch(scene, _somebody(by), mode, agent_leg=agent_leg)


def to_take_over(*, call_id: UUID, by: User, agent_leg: UUID | None = None) -> Planning:
    """Raises MayNot."""
    if not access.may_take_over(by, Call.objects.get(pk=call_id)):
        raise MayNot("You may not take over calls of this queue.")

    def plan(scene: plans.Scene) -> plans.Plan:
        _check_not_handed_on(call_id)
        return planned.take_over(scene, _somebody(by), agent_leg=agent_leg)

    return plan


def to_stop(*, by: User) -> Planning:
    return lambda scene: planned.stop(scene, _somebody(by))


def _change(
    call_id: UUID, planning: Planning, by: User, reason: str, token: str, now: datetime
) -> Changed:
    return changing.change(
        call_id=call_id, planning=planning, by=by, reason=reason, token=token, now=now
    )


def _check_may(by: User, call: Call, mode: WatchMode, *, private: bool = False) -> None:
    if not access.may_watch(by, call, mode):
        raise MayNot(f"You may not {mode} on calls of this queue.")
    if private and not access.may_watch(by, call, mode, private=True):
        raise MayNot("You may not listen unseen.")


def _check_is_free(by: User, call: Call) -> None:
    """One line, one call. Whoever asks for two calls at once gets one of them."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=by.pk)
    if Leg.objects.live().filter(user=by).exclude(call=call).exists():
        raise CannotNow("You are on another call.", "on-another-call")


def _check_not_handed_on(call_id: UUID) -> None:
    """Whoever is consulted, or sought, is the first agent's alone to let go."""
    transfer = handovers.open_of(Call(pk=call_id))
    if transfer is not None:
        first, second = name_of(transfer.started_by), handovers.second_name(transfer)
        text = f"{first} is handing the call on to {second}. Let that be over first."
        raise CannotNow(text, "transfer-open")


def _somebody(by: User) -> Watcher:
    return Watcher(user_id=by.pk, name=name_of(by))


def _watcher(by: User, call: Call, number: str) -> Watcher:
    address, by_key = ("", True) if number else _own_line(by)
    if number and number not in settings.SUPERVISOR_LINES:
        raise MayNot("Supervisors may not be rung on that number.")
    return Watcher(
        user_id=by.pk,
        name=name_of(by),
        address=number or address,
        our_number=offering.our_number(call),
        by_key=by_key,
    )


def _own_line(by: User) -> tuple[str, bool]:
    """Where they are rung, and whether a key is to be pressed there. Raises MayNot."""
    try:
        agent = by.agent
    except ObjectDoesNotExist:
        return "", True
    if not agent.is_to_be_had:
        raise MayNot("Your line is in your desk's page: open it first.")
    return agent.address, agent.is_asked_for_key


# Help, and a written word -------------------------------------------------------------------------


@transaction.atomic
def ask_for_help(*, call_id: UUID, by: User, text: str = "", now: datetime) -> HelpRequest:
    """A flag on the board: an agent on this call wants a supervisor. Asked again, it is the same.

    Raises CannotNow.
    """
    call = legs.lock_call(call_id)
    if not _agent_legs(call).filter(user=by).exists():
        raise CannotNow("You are not talking on this call.", "not-on-the-call")
    asked, is_new = HelpRequest.objects.get_or_create(
        call=call,
        asked_by=by,
        ended_at__isnull=True,
        defaults={"text": text[:200], "asked_at": now},
    )
    if is_new:
        why = f": {text}" if text else ""
        note(call=call, kind="help", text=f"{name_of(by)} asks for help{why}", now=now, user=by)
        announcing.tell(call, by.pk)
    return asked


@transaction.atomic
def end_help(*, help_id: int, by: User, now: datetime) -> HelpRequest:
    """The flag is taken down, by whoever raised it or by a supervisor.

    Raises MayNot, CannotNow, HelpRequest.DoesNotExist.
    """
    call = legs.lock_call(HelpRequest.objects.only("call_id").get(pk=help_id).call_id)
    asked = HelpRequest.objects.select_for_update(of=("self",)).get(pk=help_id)
    is_own = asked.asked_by_id == by.pk
    if not is_own and not access.supervises(by, call):
        raise MayNot("Only whoever asked, or a supervisor, may answer this.")
    if asked.ended_at is not None:
        raise CannotNow("That has been answered already.", "answered")
    asked.ended_at, asked.answered_by = now, None if is_own else by
    asked.save(update_fields=["ended_at", "answered_by"])
    text = "needs no help any more" if is_own else "has answered the call for help"
    note(call=call, kind="help", text=f"{name_of(by)} {text}", now=now, user=by)
    announcing.tell(call, asked.asked_by_id)
    return asked


@transaction.atomic
def whisper_text(
    *, call_id: UUID, by: User, text: str, to: int | None = None, now: datetime
) -> TextWhisper:
    """A few words that the agent sees at the desk, and nobody else.

    `to`: the user, where more than one agent is on the call. Raises MayNot, CannotNow.
    """
    call = legs.lock_call(call_id)
    if not access.may_watch(by, call, WatchMode.WHISPER):
        raise MayNot("You may not whisper on calls of this queue.")
    whom = _agent_legs(call).exclude(user=by).select_related("user")
    chosen = [leg.user for leg in whom if to is None or leg.user_id == to]
    if not chosen or chosen[0] is None:
        raise CannotNow("That agent is not on this call.", "no-agent")
    if len(chosen) > 1:
        raise CannotNow("Say which of the agents you write to.", "which-agent")
    written = TextWhisper.objects.create(call=call, by=by, to=chosen[0], text=text[:300], at=now)
    live.announce(live.desk(chosen[0].pk), live.call(call.pk))
    return written


def _agent_legs(call: Call) -> QuerySet[Leg]:
    """Agents whose line is up."""
    return Leg.objects.live().filter(call=call, role__in=COACHED, answered_at__isnull=False)


# In line ------------------------------------------------------------------------------------------


@transaction.atomic
def to_front(*, call_id: UUID, by: User | None, reason: str = "", now: datetime) -> plans.Plan:
    """A waiting caller is the next to be served. Raises CannotNow."""
    call = legs.lock_call(call_id)
    waiting = _movable(call)
    text = f"{call.customer_name or 'The caller'} is moved to the front of {waiting.queue.name}"
    waiting.place = line.before_everybody(waiting.queue, now)
    waiting.save(update_fields=["place"])
    why = f": {reason}" if reason else ""
    note(call=call, kind="to-front", text=f"{text}{why}", now=now, user=by)
    announcing.tell(call)
    wake.dispatch()
    return plans.Plan(kind="to-front", text=text, steps=())


def _movable(call: Call) -> Waiting:
    """The caller's place, which is not the first, and for whom nobody is coming."""
    waiting = line.current(call)
    if waiting is None:
        raise CannotNow("That caller is not waiting in line.", "not-waiting")
    if waiting.claimed_at is not None:
        raise CannotNow("An agent is coming for that caller already.", "agent-is-coming")
    if line.position(waiting) == 1:
        raise CannotNow("That caller is the next already.", "next-already")
    return waiting
