"""Waiting in line: what the caller hears, coming back to the front, being sent elsewhere."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import outbox, steps, timers, wake
from calls.models import Call, Leg, Queue, Waiting
from calls.services import (
    announcing,
    deciding,
    estimating,
    glance,
    handovers,
    legs,
    line,
    music,
    offers,
    overhearing,
    tapes,
    wrapups,
)
from calls.states import (
    CallOutcome,
    CallState,
    LegState,
    OfferState,
    Recourse,
    Verb,
    WaitingExit,
)
from calls.timeline import name_of, note

# How long a line may be unstaffed before its callers get the unstaffed message: long enough for
# a server that was restarted, and for desks that come back, not to cost a caller the place.
UNSTAFFED_PATIENCE = timedelta(seconds=120)
LOOK_AGAIN = timedelta(seconds=10)


class CallIsOver(Exception):
    """The customer is gone, or has been hung up on."""


class CannotRedirect(Exception):
    """The call cannot be sent there now; the message is a sentence for whoever asked."""


def wait_announcement(*, leg_id: UUID, now: datetime) -> steps.Step:
    """One round of the wait document: position, estimate, music; or out, if something else is due.

    The carrier asks again after each round, so whatever an order did not reach is noticed here.
    """
    usual = usual_round(leg_id=leg_id, now=now)
    if usual is None:
        return _look_closely(leg_id, now)
    step, is_first = usual
    if is_first:
        glance.remember_first_round(leg_id=leg_id, now=now)
    return step


def usual_round(*, leg_id: UUID, now: datetime) -> tuple[steps.Announce, bool] | None:
    """The same where all is as usual, only read; and whether it is the caller's first round, which
    is to be remembered. None where it is not as usual."""
    usual = glance.look(leg_id)
    staff = line.staff(usual.queue_id, now) if usual else None
    if usual is None or staff is None or not staff.signed_in:
        return None
    estimate = usual.estimate(staff.at_work, now)
    return _round(leg_id, usual.position, estimate, usual.music_url), usual.is_first_round


@transaction.atomic
def _look_closely(leg_id: UUID, now: datetime) -> steps.Step:
    call = legs.lock_call_of(leg_id)
    leg = Leg.objects.get(pk=leg_id)
    leg.call = call
    legs.advance(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    waiting = line.current(call)
    if not leg.is_live or call.state in (CallState.ENDED, CallState.ENDING):
        return steps.HangUp()
    if waiting is None or deciding.agent_is_there(call):
        return steps.Leave()
    if _nobody_will_come(waiting, now):
        play_out(call, CallOutcome.UNSTAFFED, WaitingExit.UNSTAFFED, now)
        return steps.Leave()
    if call.greeted_at is None:
        call.greeted_at = now
        call.save()
    place = line.position(waiting)
    estimate = estimate_seconds(queue=waiting.queue, position=place, now=now)
    return _round(leg_id, place, estimate, waiting.queue.hold_music_url)


def _round(leg_id: UUID, place: int, estimate: int | None, music_url: str) -> steps.Announce:
    told = "You are next in line." if place == 1 else f"You are number {place} in line."
    sentences = (told, estimating.in_words(estimate))
    return steps.Announce(
        leg_id=leg_id,
        sentences=tuple(sentence for sentence in sentences if sentence),
        music_url=music.url(music_url),
    )


def estimate_seconds(*, queue: Queue, position: int, now: datetime) -> int | None:
    """What a caller at this position will probably wait; None when too little is known."""
    return estimating.seconds(queue=queue, position=position, now=now)


def _nobody_will_come(waiting: Waiting, now: datetime) -> bool:
    """Whether the line has had nobody signed in for long; an agent who is coming counts."""
    if waiting.claimed_at is not None or line.signed_in(waiting.queue, now):
        _unstaffed_since(waiting, None)
        return False
    _unstaffed_since(waiting, waiting.unstaffed_since or now)
    return waiting.unstaffed_since is not None and now >= (
        waiting.unstaffed_since + UNSTAFFED_PATIENCE
    )


def _unstaffed_since(waiting: Waiting, moment: datetime | None) -> None:
    if waiting.unstaffed_since != moment:
        waiting.unstaffed_since = moment
        waiting.save()


@transaction.atomic
def waited_long(*, waiting_id: int, now: datetime) -> None:
    """The caller has waited for as long as the queue allows, and hears the full message."""
    call = legs.lock_call(Waiting.objects.only("call_id").get(pk=waiting_id).call_id)
    waiting = line.current(call)
    leg = legs.live_customer(call)
    if waiting is None or waiting.pk != waiting_id or leg is None:
        return
    if waiting.leave_by is None or now < waiting.leave_by:
        return
    if waiting.claimed_at is not None or waiting.offers.filter(state=OfferState.OFFERED).exists():
        # An agent may be coming this moment: look again, rather than send the caller away.
        waiting.leave_by = now + LOOK_AGAIN
        waiting.save()
        timers.waited_long(waiting_id=waiting_id, at=waiting.leave_by)
        return
    play_out(call, CallOutcome.FULL, WaitingExit.TOO_LONG, now)
    order_message(call, leg, "waited as long as the queue allows", now)


def order_message(call: Call, leg: Leg, reason: str, now: datetime) -> None:
    """The customer's live call is moved to the closing message that its outcome stands for."""
    step = deciding.usual_message(leg, call)
    params = {"message": step.message, "recourse": step.recourse}
    outbox.put(leg=leg, verb=Verb.PLAY_OUT, reason=reason, now=now, params=params)


def play_out(call: Call, outcome: CallOutcome, exit: WaitingExit, now: datetime) -> None:
    """The caller's place is given up for a closing message. The call is locked."""
    offers.withdraw_all(call=call, why="the caller left the line", now=now)
    line.leave(call=call, exit=exit, now=now)
    call.state, call.outcome = CallState.MESSAGE, outcome
    call.save()
    note(call=call, kind="message", text=f"Hears the {outcome} message", now=now)
    announcing.tell(call)


@transaction.atomic
def return_to_front(
    *, call: Call, reason: str, now: datetime, first_to: User | None = None
) -> None:
    """The customer keeps, or gets, the front of the line, and music; agents' lines are ended.

    `first_to` is asked before everybody else, if free.
    """
    legs.lock_call(call.pk)
    call.refresh_from_db()
    customer = legs.live_customer(call)
    if customer is None or call.queue is None or is_over(call):
        return
    was_elsewhere = customer.in_room or call.state != CallState.WAITING
    offers.withdraw_all(call=call, why=reason, now=now)
    note(call=call, kind="back-in-line", text=f"Back to the front: {reason}", now=now)
    if line.current(call) is None:
        waiting = line.stand(
            call=call,
            queue=call.queue,
            now=now,
            since=_first_since(call, call.queue) or now,
            place=line.before_everybody(call.queue, now),
        )
        waiting.first_to = first_to
        waiting.save(update_fields=["first_to"])
    if was_elsewhere:
        order_to_wait(call, customer, reason, now)
    let_agents_go(call, reason, now)
    _nobody_is_alone(call)
    wake.dispatch()
    announcing.tell(call)


def _first_since(call: Call, queue: Queue) -> datetime | None:
    before = Waiting.objects.filter(call=call, queue=queue).order_by("-id").first()
    return None if before is None else before.since


def _nobody_is_alone(call: Call) -> None:
    call.alone_since = None
    call.save()


def order_to_wait(
    call: Call, leg: Leg, reason: str, now: datetime, by: User | None = None, *, greeting: str = ""
) -> None:
    """The customer's live call is moved into the wait document of the call's queue."""
    if call.queue is None:
        return
    if not greeting:
        greeting_is_cut(call)
    outbox.put(
        leg=leg,
        verb=Verb.ENQUEUE,
        reason=reason,
        now=now,
        params={"queue_name": line.carrier_queue(call.queue), "greeting": greeting},
        ordered_by=by,
    )


def greeting_unheard(call: Call) -> None:
    """The caller was not moved to where it is said; the call is locked."""
    call.consent_in_greeting = False
    call.save(update_fields=["consent_in_greeting"])


def greeting_is_cut(call: Call) -> None:
    """Whoever has not heard it to its end has not been told that the call is recorded."""
    if call.consent_in_greeting and call.greeted_at is None:
        call.consent_in_greeting = False
        call.save(update_fields=["consent_in_greeting"])


def let_agents_go(call: Call, reason: str, now: datetime, by: User | None = None) -> None:
    """The lines of all but the customer are ended; agents who were together with the customer have
    after-call work."""
    handovers.call_off(call=call, why=reason, now=now)
    for leg in legs.live_partners(call):
        legs.order_hang_up(leg, reason, now, by=by)
        wrapups.start(leg=leg, call=call, now=now)
    overhearing.let_go(call, reason, now)


@transaction.atomic
def send_to_queue(
    *,
    call_id: UUID,
    queue: Queue,
    by: User | None,
    reason: str,
    now: datetime,
    greeted: bool = False,
) -> None:
    """The live call is moved into another line; a waiting caller keeps the time waited so far.

    With `greeted`, they hear first what is said to whoever rings. Raises CallIsOver,
    CannotRedirect.
    """
    call, customer = redirectable(call_id)
    before = place_elsewhere(call, queue)
    take_out(call, f"sent to {queue.name}", WaitingExit.MOVED, now)
    text = f"Sent to {queue.name}: {reason}" if reason else f"Sent to {queue.name}"
    note(call=call, kind="redirected", text=text, now=now, user=by)
    line.stand(call=call, queue=queue, now=now, since=before.since if before else now)
    greeting = _greet_anew(call) if greeted else ""
    order_to_wait(call, customer, reason or f"sent to {queue.name}", now, by, greeting=greeting)
    let_agents_go(call, f"the customer was sent to {queue.name}", now, by)


def _greet_anew(call: Call) -> str:
    """What the line that the caller has come into says to whoever rings; told again of being
    recorded, as there."""
    call.greeted_at = None
    call.consent_in_greeting = call.queue is not None and tapes.tells_in_greeting(call.queue)
    call.save(update_fields=["greeted_at", "consent_in_greeting"])
    return deciding.greeting(call)


@transaction.atomic
def send_to_twiml(
    *, call_id: UUID, twiml: str, by: User | None, reason: str, now: datetime
) -> None:
    """The live call follows the given TwiML from now on. Raises CallIsOver, CannotRedirect."""
    _send_elsewhere(call_id, {"twiml": twiml}, by, reason, now)


@transaction.atomic
def send_to_url(*, call_id: UUID, url: str, by: User | None, reason: str, now: datetime) -> None:
    """The live call asks this address what to do from now on. Raises CallIsOver, CannotRedirect."""
    _send_elsewhere(call_id, {"url": url}, by, reason, now)


def _send_elsewhere(
    call_id: UUID, params: dict[str, str], by: User | None, reason: str, now: datetime
) -> None:
    call, customer = redirectable(call_id)
    take_out(call, "sent elsewhere", WaitingExit.REDIRECTED, now)
    call.state = CallState.ELSEWHERE
    call.save()
    who = f" by {name_of(by)}" if by else ""
    note(call=call, kind="redirected", text=f"Sent elsewhere{who}: {reason}", now=now, user=by)
    outbox.put(
        leg=customer,
        verb=Verb.REDIRECT,
        reason=reason or "sent elsewhere",
        now=now,
        params=params,
        ordered_by=by,
    )
    let_agents_go(call, "the customer was sent elsewhere", now, by)
    announcing.tell(call)


@transaction.atomic
def say_goodbye(
    *, call_id: UUID, message: str, by: User | None, reason: str, now: datetime
) -> None:
    """The waiting caller hears the message and is hung up on. Raises CallIsOver, CannotRedirect.

    Where the carrier cannot be told so, they hear it when their line next asks what to do.
    """
    call, customer = redirectable(call_id)
    play_out(call, CallOutcome.CLOSED, WaitingExit.ENDED_BY_US, now)
    outbox.put(
        leg=customer,
        verb=Verb.PLAY_OUT,
        reason=reason,
        now=now,
        params={"message": message, "recourse": Recourse.HANG_UP},
        ordered_by=by,
    )


def redirectable(call_id: UUID) -> tuple[Call, Leg]:
    """The call, locked, and its customer, who can be sent somewhere. Raises CallIsOver,
    CannotRedirect."""
    call = legs.lock_call(call_id)
    customer = legs.live_customer(call)
    if call.state == CallState.DIALLING:
        raise CannotRedirect("Nobody has answered yet.")
    if customer is None or is_over(call):
        raise CallIsOver
    if customer.sid is None:
        raise CannotRedirect("The carrier has not answered about this call yet.")
    return call, customer


def place_elsewhere(call: Call, queue: Queue) -> Waiting | None:
    """The caller's place in a line, if any, which is not this one. Raises CannotRedirect."""
    before = line.current(call)
    if before is not None and before.queue_id == queue.pk:
        raise CannotRedirect(f"The caller is already waiting in {queue.name}.")
    return before


def take_out(call: Call, why: str, exit: WaitingExit, now: datetime) -> None:
    offers.withdraw_all(call=call, why=f"the caller was {why}", now=now)
    line.leave(call=call, exit=exit, now=now)
    _nobody_is_alone(call)


def is_over(call: Call) -> bool:
    return call.state in (CallState.ENDED, CallState.ENDING)
