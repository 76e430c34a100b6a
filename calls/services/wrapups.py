"""After-call work: its clock is the server's, its notes are the agent's."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import live, timers, wake
from calls.models import Call, Disposition, Leg, TimelineEvent, WrapUp
from calls.services import announcing, legs
from calls.states import Direction, LegRole
from calls.timeline import name_of, note

# Together with the customer for so long, they may have said something to each other.
A_WORD = timedelta(seconds=3)


class NotYourWrapUp(Exception):
    """Somebody else's after-call work."""


class WrapUpIsOver(Exception):
    """It has been finished, by the agent or by the clock."""


class WrongDisposition(Exception):
    """That outcome does not exist, or is not one of this queue."""


def start(*, leg: Leg, call: Call, now: datetime) -> WrapUp | None:
    """The agent's conversation is over: after-call work begins, once for each leg.

    Only for an agent who was together with the customer, or dialled them in vain, in a queue that
    gives time for it; of one who was consulted, if there was time for a word.
    """
    seconds = call.queue.wrap_up_seconds if call.queue else 0
    if leg.user_id is None or not seconds or not _talked(leg, call, now):
        return None
    if known := WrapUp.objects.filter(leg=leg).first():
        return known
    _close_an_open_one(leg.user_id, now)
    began = leg.ended_at or now
    wrap_up = WrapUp.objects.create(
        leg=leg,
        call=call,
        user_id=leg.user_id,
        started_at=began,
        due_at=began + timedelta(seconds=seconds),
    )
    timers.wrap_up_due(wrap_up_id=wrap_up.id, at=wrap_up.due_at)
    text = f"{name_of(leg.user)} has {seconds} s for after-call work"
    note(call=call, kind="wrap-up", text=text, now=now, leg=leg, user=leg.user)
    return wrap_up


def _talked(leg: Leg, call: Call, now: datetime) -> bool:
    """On this line, or on the lost one that it stands in for. Whoever dialled in vain has something
    to write down as well."""
    if call.answered_at is None:
        return call.direction == Direction.OUTBOUND and leg.joined_at is not None
    met = leg.role != LegRole.CONSULT or _has_met_the_customer(leg, call, now)
    here = leg.joined_at is not None and met
    return here or (leg.in_place_of is not None and _talked(leg.in_place_of, call, now))


def _has_met_the_customer(leg: Leg, call: Call, now: datetime) -> bool:
    """Whether both were in the room and off hold for long enough: told by the call's story."""
    customer = call.legs.filter(role=LegRole.CUSTOMER).values_list("pk", flat=True)
    moves = TimelineEvent.objects.filter(call=call, kind__in=_MOVES, leg__in=[leg.pk, *customer])
    there: set[UUID | None] = set()
    since: datetime | None = None
    for leg_id, kind, at in moves.order_by("at", "id").values_list("leg_id", "kind", "at"):
        if since is not None and at - since >= A_WORD:
            return True
        there = there | {leg_id} if kind in _COMES else there - {leg_id}
        since = (since or at) if len(there) == 2 else None
    return since is not None and now - since >= A_WORD


_COMES = ("entered", "resumed")
_MOVES = (*_COMES, "left", "held")


def _close_an_open_one(user_id: int, now: datetime) -> None:
    """An agent has one at a time: another that is still open ends here."""
    for other in WrapUp.objects.filter(user_id=user_id, finished_at__isnull=True):
        _close(other, by_timer=True, now=now)


@transaction.atomic
def finish(
    *, wrap_up_id: int, user: User, disposition_id: int | None, notes: str, now: datetime
) -> WrapUp:
    """The agent is done: the outcome and notes are kept, the next call may come.

    Raises NotYourWrapUp, WrapUpIsOver, WrongDisposition.
    """
    call, wrap_up = _locked(wrap_up_id)
    _check_is_open_for(wrap_up, user)
    wrap_up.disposition = _disposition(disposition_id, call)
    wrap_up.notes = notes
    _close(wrap_up, by_timer=False, now=now)
    outcome = f": {wrap_up.disposition}" if wrap_up.disposition else ""
    note(
        call=call,
        kind="wrapped-up",
        text=f"{name_of(user)} finished after-call work{outcome}",
        now=now,
        user=user,
    )
    _tell(call, wrap_up)
    return wrap_up


@transaction.atomic
def finish_for(*, wrap_up_id: int, by: User | None, reason: str = "", now: datetime) -> WrapUp:
    """Somebody else says that the agent is done; the notes stay as they were saved.

    Raises WrapUpIsOver.
    """
    call, wrap_up = _locked(wrap_up_id)
    if wrap_up.finished_at is not None:
        raise WrapUpIsOver
    _close(wrap_up, by_timer=False, now=now)
    who = name_of(by) or "A program"
    why = f": {reason}" if reason else ""
    text = f"{who} finished {name_of(wrap_up.user)}'s after-call work{why}"
    note(call=call, kind="wrapped-up", text=text, now=now, user=by)
    _tell(call, wrap_up)
    return wrap_up


def cut_short(*, wrap_up: WrapUp, now: datetime) -> None:
    """The call comes back to its agent, who has not done with it. The call is locked."""
    _close(wrap_up, by_timer=True, now=now)
    text = f"{name_of(wrap_up.user)}'s after-call work is over: the call comes back"
    note(call=wrap_up.call, kind="wrapped-up", text=text, now=now, user=wrap_up.user)


@transaction.atomic
def save_notes(
    *,
    wrap_up_id: int,
    user: User,
    notes: str,
    now: datetime,  # noqa: ARG001 all services are told the time
    disposition_id: int | None = None,
) -> WrapUp:
    """Keep what the agent has written so far; also after the clock ended the after-call work.

    Raises NotYourWrapUp, WrongDisposition.
    """
    call, wrap_up = _locked(wrap_up_id)
    if wrap_up.user_id != user.pk:
        raise NotYourWrapUp
    wrap_up.notes = notes
    if disposition_id is not None:
        wrap_up.disposition = _disposition(disposition_id, call)
    wrap_up.save(update_fields=["notes", "disposition"])
    live.announce(live.call(call.id))
    return wrap_up


@transaction.atomic
def expire(*, wrap_up_id: int, now: datetime) -> None:
    """The time is over: the next call may come; the notes stay as they were saved."""
    call, wrap_up = _locked(wrap_up_id)
    if wrap_up.finished_at is not None or now < wrap_up.due_at:
        return
    _close(wrap_up, by_timer=True, now=now)
    note(
        call=call,
        kind="wrapped-up",
        text=f"{name_of(wrap_up.user)}'s time for after-call work was over",
        now=now,
        user=wrap_up.user,
    )
    _tell(call, wrap_up)


def _locked(wrap_up_id: int) -> tuple[Call, WrapUp]:
    wrap_up = WrapUp.objects.only("call_id").get(pk=wrap_up_id)
    call = legs.lock_call(wrap_up.call_id)
    wrap_ups = WrapUp.objects.select_for_update(of=("self",)).select_related("user")
    return call, wrap_ups.get(pk=wrap_up_id)


def _check_is_open_for(wrap_up: WrapUp, user: User) -> None:
    if wrap_up.user_id != user.pk:
        raise NotYourWrapUp
    if wrap_up.finished_at is not None:
        raise WrapUpIsOver


def _disposition(disposition_id: int | None, call: Call) -> Disposition | None:
    if disposition_id is None:
        return None
    found = Disposition.objects.filter(pk=disposition_id, is_active=True).first()
    if found is None:
        raise WrongDisposition
    of_queues = set(found.queues.values_list("id", flat=True))
    if of_queues and call.queue_id not in of_queues:
        raise WrongDisposition
    return found


def _close(wrap_up: WrapUp, *, by_timer: bool, now: datetime) -> None:
    wrap_up.finished_at = now
    wrap_up.finished_by_timer = by_timer
    wrap_up.save()


def _tell(call: Call, wrap_up: WrapUp) -> None:
    announcing.tell(call, wrap_up.user_id)
    wake.dispatch()
