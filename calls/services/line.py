"""A caller's place in a line: taken, claimed by an agent who is coming, given back, left.

The call is locked by whoever calls these.
"""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from calls import timers, wake
from calls.models import Call, Leg, Offer, Parking, Queue, TimelineEvent, Waiting
from calls.models.together import insert_together
from calls.models.waiting import place_in_line
from calls.services import announcing
from calls.states import CallState, OfferState, ParkingExit, WaitingExit
from calls.timeline import sentence

# A caller who comes back stands this much before whoever was first.
AHEAD = timedelta(milliseconds=1)


def current(call: Call) -> Waiting | None:
    """The caller's place, while there is one."""
    for waiting in Waiting.objects.raw(_CURRENT, [call.pk]):
        waiting.call = call
        return waiting
    return None


_CURRENT = "select * from calls_waiting where call_id = %s and left_at is null for update"


def stand(
    *,
    call: Call,
    queue: Queue,
    now: datetime,
    since: datetime | None = None,
    place: datetime | None = None,
) -> Waiting:
    """The caller takes a place: the last by default, or at `place`, as if waiting `since`."""
    waiting = _place(call, queue, now, since or now, place)
    call.save()
    insert_together(waiting, _sentence(call, queue, now), alongside=timers.with_the_place(waiting))
    announcing.tell(call)
    wake.dispatch()
    return waiting


def stand_first(
    *, call: Call, leg: Leg, queue: Queue, arrived: TimelineEvent, now: datetime
) -> None:
    """The same for a call of which nothing is written yet: all of it in one statement."""
    waiting = _place(call, queue, now, call.arrived_at, None)
    insert_together(
        call,
        leg,
        arrived,
        waiting,
        _sentence(call, queue, now),
        alongside=timers.with_the_place(waiting),
        notes=[*announcing.notes(call, []), wake.TO_DISPATCH],
    )


def _place(
    call: Call, queue: Queue, now: datetime, since: datetime, place: datetime | None
) -> Waiting:
    limit = timedelta(seconds=queue.max_wait_seconds)
    _unpark(call, ParkingExit.RETURNED, now)
    call.queue, call.state, call.outcome = queue, CallState.WAITING, ""
    return Waiting(
        leave_by=now + limit if limit else None,
        call=call,
        queue=queue,
        priority=queue.priority,
        since=since,
        place=place
        or place_in_line(
            arrived_at=since, priority=queue.priority, ageing_seconds=queue.ageing_seconds
        ),
    )


def _sentence(call: Call, queue: Queue, now: datetime) -> TimelineEvent:
    return sentence(call=call, kind="waiting", text=f"Waiting in {queue.name}", now=now)


def leave(*, call: Call, exit: WaitingExit, now: datetime) -> Waiting | None:
    """The caller's place, if there is one, is free for the next."""
    _unpark(call, _UNPARKED.get(exit, ParkingExit.REDIRECTED), now)
    waiting = current(call)
    if waiting is None:
        return None
    waiting.left_at, waiting.exit = now, exit
    waiting.save()
    # The caller may be going on to another queue: those who watch this one are told as well.
    announcing.tell(call)
    return waiting


# Whatever takes a caller out of a line takes them out of a parking place as well.
_UNPARKED = {
    WaitingExit.ABANDONED: ParkingExit.ABANDONED,
    WaitingExit.ENDED_BY_US: ParkingExit.ENDED_BY_US,
}


def _unpark(call: Call, exit: ParkingExit, now: datetime) -> None:
    if call.state == CallState.PARKED:
        parked = Parking.objects.filter(call=call, ended_at__isnull=True)
        parked.update(ended_at=now, exit=exit)


def claimant(waiting: Waiting) -> Offer | None:
    """The offer whose agent is coming for this caller, their line still up."""
    accepted = waiting.offers.filter(state=OfferState.ACCEPTED, leg__ended_at__isnull=True)
    return accepted.select_related("leg", "user").order_by("-id").first()


def front(queue: Queue) -> datetime | None:
    """Where the first of the line stands."""
    first = Waiting.objects.in_line().filter(queue=queue).order_by("place").first()
    return None if first is None else first.place


def before_everybody(queue: Queue, now: datetime) -> datetime:
    first = front(queue)
    return now if first is None else min(first - AHEAD, now)


def position(waiting: Waiting) -> int:
    """1 for the next to be served; callers for whom an agent is coming are not counted."""
    line = Waiting.objects.in_line().filter(queue_id=waiting.queue_id, claimed_at__isnull=True)
    before = line.filter(place__lt=waiting.place) | line.filter(
        place=waiting.place, id__lt=waiting.id
    )
    return before.count() + 1


class Staff(NamedTuple):
    """The people of a line: those whom a caller may hope for, and of these those at work."""

    signed_in: int
    at_work: int


def signed_in(queue: Queue, now: datetime) -> int:
    """How many people a caller in this line may hope for."""
    return staff(queue.pk, now).signed_in


def staff(queue_id: int, now: datetime) -> Staff:
    """Remembered for ROUTES_REMEMBERED_SECONDS where there is somebody: that a line has become
    staffed is known at once, that nobody is left a moment later."""
    until, known = _staffed.get(queue_id, (0.0, None))
    if known is not None and time.monotonic() < until:
        return known
    found = Staff(*import_string(settings.STAFFING)(queue_id, now))
    if found.signed_in and settings.ROUTES_REMEMBERED_SECONDS:
        _staffed[queue_id] = (time.monotonic() + settings.ROUTES_REMEMBERED_SECONDS, found)
    return found


_staffed: dict[int, tuple[float, Staff]] = {}


def carrier_queue(queue: Queue) -> str:
    """The carrier's own queue, which only plays the music; at most 64 characters."""
    return f"q-{queue.slug}"


def is_coming(leg: Leg, waiting: Waiting) -> bool:
    """Whether this agent's leg is the one that comes for this caller."""
    with connection.cursor() as cursor:
        cursor.execute(_COMING, [waiting.pk])
        row = cursor.fetchone()
    return row is not None and row[0] == leg.pk


# The claimant's leg, asked whenever an agent's line comes into a room.
_COMING = """
select l.id from calls_offer o join calls_leg l on l.id = o.leg_id
where o.waiting_id = %s and o.state = 'accepted' and l.ended_at is null
order by o.id desc limit 1
"""
