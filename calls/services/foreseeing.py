"""What it would come to now to do something that has no plan of its own: done, looked at, and
taken back before anybody else sees it."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from calls import plans
from calls.models import Command, Leg, StandbyLeg
from calls.services import legs, lifecycle, sending
from calls.states import LegRole, Verb
from calls.timeline import caller_of


def end(*, call_id: UUID, by: User | None, reason: str, now: datetime) -> plans.Plan:
    """Everybody would be hung up on. Raises CallIsOver."""
    done = partial(lifecycle.end_call, call_id=call_id, by=by, reason=reason, now=now)
    return _of_caller(done, call_id, "end", "End the call of {caller}")


def send(
    *, call_id: UUID, to: sending.Elsewhere, by: User | None, reason: str, now: datetime
) -> plans.Plan:
    """The caller would be sent there. Raises CallIsOver, CannotRedirect."""
    done = partial(sending.send, call_id=call_id, to=to, by=by, reason=reason, now=now)
    return _of_caller(done, call_id, "redirect", "Send {caller} to " + str(to))


def _of_caller(done: Callable[[], None], call_id: UUID, kind: str, text: str) -> plans.Plan:
    def told() -> str:
        done()
        return text.replace("{caller}", caller_of(legs.lock_call(call_id)))

    return come_of(told, kind=kind, call_ids=[call_id])


def of_agent(done: Callable[[], str], *, kind: str, user_id: int) -> plans.Plan:
    """What is done to an agent touches the calls that their line is part of, and a line of theirs
    that is kept open."""
    theirs = Leg.objects.live().filter(user=user_id).values_list("call_id", flat=True)
    return come_of(done, kind=kind, call_ids=set(theirs), user_id=user_id)


@transaction.atomic
def come_of(
    done: Callable[[], str], *, kind: str, call_ids: Collection[UUID], user_id: int | None = None
) -> plans.Plan:
    """`done` does it, and says in words what that was; what it refuses with, it raises here too."""
    for call_id in sorted(call_ids):
        legs.lock_call(call_id)
    touched = Q(call__in=call_ids)
    theirs = Command.objects.filter(touched | Q(leg__user=user_id) if user_id else touched)
    before, kept_open = set(theirs.values_list("pk", flat=True)), _lines(user_id)
    text = done()
    written = theirs.exclude(pk__in=before).select_related("leg")
    steps = [_step(order) for order in sorted(written, key=_caller_first)]
    steps += _of_lines(kept_open, _lines(user_id))
    transaction.set_rollback(True)
    return plans.Plan(kind=kind, text=text, steps=tuple(steps))


def _caller_first(order: Command) -> tuple[bool, datetime]:
    return order.leg.role != LegRole.CUSTOMER, order.leg.planned_at


def _step(order: Command) -> plans.Step:
    return plans.Step(verb=Verb(order.verb), leg_id=order.leg_id, why=order.reason)


def _lines(user_id: int | None) -> dict[UUID, StandbyLeg]:
    """The agent's own lines that are open, or are to be."""
    return {line.pk: line for line in StandbyLeg.objects.filter(user=user_id, ended_at=None)}


def _of_lines(before: dict[UUID, StandbyLeg], after: dict[UUID, StandbyLeg]) -> list[plans.Step]:
    """A line that is kept open has no orders: its row says what the carrier is asked."""
    rung = [
        plans.Step(verb=Verb.DIAL, leg_id=pk, why="kept open for the shift")
        for pk in after.keys() - before.keys()
    ]
    let_go = [
        plans.Step(verb=Verb.HANG_UP, leg_id=pk, why="not kept open any longer")
        for pk in after.keys() & before.keys()
        if after[pk].let_go_at and not before[pk].let_go_at
    ]
    return rung + let_go
