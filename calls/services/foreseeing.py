"""What it would come to now to end a call, or to send its caller elsewhere; nothing is done."""

from uuid import UUID

from django.db import transaction

from calls import plans
from calls.models import Call, Leg, Queue
from calls.services import legs, lifecycle, queueing
from calls.states import LegRole, Verb
from calls.timeline import caller_of, name_of


@transaction.atomic
def end(*, call_id: UUID) -> plans.Plan:
    """Everybody would be hung up on. Raises CallIsOver."""
    call = lifecycle.endable(call_id)
    text = f"End the call of {caller_of(call)}"
    first = legs.live_customer(call)
    return _plan("end", text, [_hang_up(first, text)] if first else [], call)


@transaction.atomic
def send_to_queue(*, call_id: UUID, queue: Queue) -> plans.Plan:
    """The caller would stand in another line. Raises CallIsOver, CannotRedirect."""
    call, customer = queueing.redirectable(call_id)
    queueing.place_elsewhere(call, queue)
    text = f"Send {caller_of(call)} to {queue.name}"
    return _plan("redirect", text, [_step(Verb.ENQUEUE, customer, text)], call)


@transaction.atomic
def send_elsewhere(*, call_id: UUID, where: str) -> plans.Plan:
    """The caller's line would do what a document says; `where` is what people call it. Raises
    CallIsOver, CannotRedirect."""
    call, customer = queueing.redirectable(call_id)
    text = f"Send {caller_of(call)} to {where}"
    return _plan("redirect", text, [_step(Verb.REDIRECT, customer, text)], call)


def _plan(kind: str, text: str, first: list[plans.Step], call: Call) -> plans.Plan:
    """Whoever is with the caller, and whoever listens, is let go."""
    others = Leg.objects.live().filter(call=call).exclude(role=LegRole.CUSTOMER)
    let_go = (_hang_up(leg, text) for leg in others.select_related("user").order_by("planned_at"))
    return plans.Plan(kind=kind, text=text, steps=(*first, *let_go))


def _hang_up(leg: Leg, text: str) -> plans.Step:
    who = name_of(leg.user) or f"the {leg.role}"
    return _step(Verb.HANG_UP, leg, f"{text}: {who}'s line ends")


def _step(verb: Verb, leg: Leg, why: str) -> plans.Step:
    return plans.Step(verb=verb, leg_id=leg.pk, why=why[:200])
