"""A live caller is sent elsewhere: into a line, to a number of ours, or to what a document says."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from calls import outbox
from calls.models import Call, Command, Leg, PhoneNumber, Queue
from calls.services import deciding, lifecycle, queueing
from calls.states import ORDER_GOOD, CallOutcome, CallState, OrderState, Verb, WaitingExit
from calls.timeline import note

# Of a message in place of a line: the queue that the caller was taken from.
CAME_FROM = "came_from"
MOVES = (Verb.ENQUEUE, Verb.PLAY_OUT, Verb.REDIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where to: exactly one of these."""

    queue: Queue | None = None
    number: PhoneNumber | None = None
    url: str = ""
    twiml: str = ""

    @property
    def is_dictated(self) -> bool:
        """A document can dial out and record: not everybody may say so."""
        return self.queue is None and self.number is None

    def __str__(self) -> str:
        ours = self.queue.name if self.queue else str(self.number or "")
        return ours or self.url or "what the TwiML says"


def send(*, call_id: UUID, to: Elsewhere, by: User | None, reason: str, now: datetime) -> None:
    """The caller's line goes there from now on. Raises CallIsOver, CannotRedirect."""
    if to.queue is not None:
        queueing.send_to_queue(call_id=call_id, queue=to.queue, by=by, reason=reason, now=now)
    elif to.number is not None:
        _receive(call_id=call_id, number=to.number, by=by, reason=reason, now=now)
    elif to.url:
        queueing.send_to_url(call_id=call_id, url=to.url, by=by, reason=reason, now=now)
    else:
        queueing.send_to_twiml(call_id=call_id, twiml=to.twiml, by=by, reason=reason, now=now)


@transaction.atomic
def _receive(
    *, call_id: UUID, number: PhoneNumber, by: User | None, reason: str, now: datetime
) -> None:
    """As if they had rung that number: its greeting and its line, or the message that says why not.

    A caller who waits keeps the time waited so far.
    """
    call, customer = queueing.redirectable(call_id)
    queueing.place_elsewhere(call, number.queue)
    away = lifecycle.turned_away_now(number.queue, now)
    if away is None:
        queueing.send_to_queue(
            call_id=call_id, queue=number.queue, by=by, reason=reason, now=now, greeted=True
        )
    else:
        _check_is_not_told(call, number.queue, away)
        _send_away(call, customer, number.queue, away, by, reason, now)


def _check_is_not_told(call: Call, queue: Queue, outcome: CallOutcome) -> None:
    """Who hears why that line takes nobody is not told so from the beginning again."""
    told = (CallState.MESSAGE, queue.pk, outcome)
    if (call.state, call.queue_id, call.outcome) == told:
        raise queueing.CannotRedirect(f"The caller hears already why {queue.name} takes nobody.")


def _send_away(
    call: Call,
    customer: Leg,
    queue: Queue,
    outcome: CallOutcome,
    by: User | None,
    reason: str,
    now: datetime,
) -> None:
    """They hear why that line takes nobody now, and have its recourse."""
    came_from, call.queue = _came_from(call, customer), queue
    text = f"sent to {queue.name}"
    why = f"{text}: {reason}" if reason else text
    queueing.take_out(call, text, WaitingExit.MOVED, now)
    note(call=call, kind="redirected", text=f"S{why[1:]}", now=now, user=by)
    queueing.play_out(call, outcome, WaitingExit.MOVED, now)
    step = deciding.usual_message(customer, call)
    params = {"message": step.message, "recourse": step.recourse, CAME_FROM: came_from}
    outbox.put(leg=customer, verb=Verb.PLAY_OUT, reason=why, now=now, params=params, ordered_by=by)
    queueing.let_agents_go(call, f"the customer was {text}", now, by)


def _came_from(call: Call, customer: Leg) -> int | None:
    """The queue that they are in; of who hears why another takes nobody, the one before that."""
    if call.state == CallState.MESSAGE:
        told = customer.orders.filter(verb=Verb.PLAY_OUT, params__has_key=CAME_FROM)
        if before := told.order_by("-ordered_at").first():
            came_from: int | None = before.params[CAME_FROM]
            return came_from
    return call.queue_id


def is_sent_on(order: Command) -> bool:
    """Whether the caller was sent somewhere again since: that is their next step, whatever became
    of this order."""
    others = order.leg.orders.filter(verb__in=MOVES).exclude(pk=order.pk)
    since = Q(state=OrderState.PENDING) | Q(ordered_at__gt=order.ordered_at)
    return others.filter(since, state__in=(OrderState.PENDING, *ORDER_GOOD)).exists()


def not_received(*, call: Call, order: Command, now: datetime) -> None:
    """The carrier did not have them hear what whoever rings hears: where that was in place of a
    line, they are next in the one that they came from; who came from none, in that one.

    The call is locked.
    """
    if order.params.get("greeting"):
        queueing.greeting_unheard(call)
    if CAME_FROM in order.params and call.state == CallState.MESSAGE:
        queue = Queue.objects.filter(pk=order.params[CAME_FROM]).first() or call.queue
        call.queue, call.outcome = queue, ""
        call.save(update_fields=["queue", "outcome"])
        queueing.return_to_front(call=call, reason="the carrier did not move the caller", now=now)
