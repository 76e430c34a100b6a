"""What it would come to now to end a call, or to send its caller elsewhere: done, looked at, and
taken back before anybody else sees it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import plans
from calls.models import Command
from calls.services import legs, lifecycle, sending
from calls.states import LegRole, Verb
from calls.timeline import caller_of


def end(*, call_id: UUID, by: User | None, reason: str, now: datetime) -> plans.Plan:
    """Everybody would be hung up on. Raises CallIsOver."""
    done = partial(lifecycle.end_call, call_id=call_id, by=by, reason=reason, now=now)
    return _come_of(done, call_id, "end", "End the call of {caller}")


def send(
    *, call_id: UUID, to: sending.Elsewhere, by: User | None, reason: str, now: datetime
) -> plans.Plan:
    """The caller would be sent there. Raises CallIsOver, CannotRedirect."""
    done = partial(sending.send, call_id=call_id, to=to, by=by, reason=reason, now=now)
    return _come_of(done, call_id, "redirect", "Send {caller} to " + str(to))


@transaction.atomic
def _come_of(done: Callable[[], None], call_id: UUID, kind: str, text: str) -> plans.Plan:
    call = legs.lock_call(call_id)
    before = set(Command.objects.filter(call=call).values_list("pk", flat=True))
    done()
    written = Command.objects.filter(call=call).exclude(pk__in=before).select_related("leg")
    steps = tuple(_step(order) for order in sorted(written, key=_caller_first))
    transaction.set_rollback(True)
    return plans.Plan(kind=kind, text=text.replace("{caller}", caller_of(call)), steps=steps)


def _caller_first(order: Command) -> tuple[bool, datetime]:
    return order.leg.role != LegRole.CUSTOMER, order.leg.planned_at


def _step(order: Command) -> plans.Step:
    return plans.Step(verb=Verb(order.verb), leg_id=order.leg_id, why=order.reason)
