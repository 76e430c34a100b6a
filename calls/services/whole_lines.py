"""Everybody who waits in one line is moved, or told goodbye: one caller after another.

At the carrier's rate, by a job that does one second's worth and has itself done again; so many
callers are many small changes, of which any may find that an agent was faster.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from calls import live, timers
from calls.models import LineChange, Queue, Waiting
from calls.plans import CannotNow
from calls.services import legs, line, queueing

PAUSE = timedelta(seconds=1)
PATIENCE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be done now, and to whom; `warnings` are sentences."""

    text: str
    callers: tuple[Waiting, ...]  # with their calls, those who are served first before the others
    warnings: tuple[str, ...] = ()

    @property
    def seconds(self) -> int:
        """How long it takes at the least."""
        return -(-len(self.callers) // settings.LINE_CHANGE_RATE)


def preview(*, queue: Queue, to_queue: Queue | None, message: str, now: datetime) -> Preview:
    """How many and whom it would be, were it asked for now; nothing is done. Raises CannotNow."""
    _check_target(queue, to_queue)
    callers = tuple(_to_be_moved(queue).select_related("call").order_by("place", "id"))
    number = "1 caller" if len(callers) == 1 else f"{len(callers)} callers"
    if to_queue is None:
        told = message or queue.closed_message
        return Preview(text=f"Tell {number} in {queue}: “{told}”, and hang up", callers=callers)
    return Preview(
        text=f"Send {number} from {queue} to {to_queue}",
        callers=callers,
        warnings=tuple(_warnings(to_queue, now)),
    )


def _warnings(to_queue: Queue, now: datetime) -> list[str]:
    found = []
    if not to_queue.is_open_at(now):
        found.append(f"{to_queue} is closed now; who is sent there waits all the same.")
    if not line.signed_in(to_queue, now):
        found.append(f"Nobody is signed in for {to_queue}.")
    return found


def _check_target(queue: Queue, to_queue: Queue | None) -> None:
    if to_queue is not None and to_queue.pk == queue.pk:
        raise CannotNow(f"They are waiting in {queue} already.", "same-queue")
    if to_queue is not None and not to_queue.is_active:
        raise CannotNow(f"{to_queue} is not in use.", "not-in-use")


def _to_be_moved(queue: Queue) -> QuerySet[Waiting]:
    """Callers for whom an agent is coming are not."""
    return Waiting.objects.in_line().filter(queue=queue, claimed_at__isnull=True)


@transaction.atomic
def begin(
    *,
    queue: Queue,
    to_queue: Queue | None = None,
    message: str = "",
    by: User | None,
    reason: str = "",
    now: datetime,
) -> LineChange:
    """All who wait in this line now are sent to another, or hear the message and are hung up on.

    `message` may be empty for the queue's own closed message. Raises CannotNow: where another such
    change of this line is going on, or nobody waits.
    """
    _check_target(queue, to_queue)
    waiting = list(_to_be_moved(queue).values_list("id", flat=True))
    if not waiting:
        raise CannotNow(f"Nobody is waiting in {queue}.", "nobody-waits")
    try:
        with transaction.atomic():
            made = LineChange.objects.create(
                queue=queue,
                to_queue=to_queue,
                message="" if to_queue else message or queue.closed_message,
                asked_by=by,
                reason=reason[:200],
                asked_at=now,
                wanted=len(waiting),
                last_place=max(waiting),
            )
    except IntegrityError:
        text = f"Another change of everybody in {queue} is going on. Stop it first."
        raise CannotNow(text, "going-on") from None
    timers.line_change(line_change_id=made.pk, at=now)
    _tell(made)
    return made


@transaction.atomic
def stop(*, line_change_id: int, by: User | None, now: datetime) -> LineChange:
    """Who has not been moved yet stays. Raises CannotNow where it is over."""
    change = _locked(line_change_id)
    if change.ended_at is not None:
        raise CannotNow("It is over already.", "is-over")
    change.stopped_by = by
    _end(change, now)
    return change


def carry_on(*, line_change_id: int, now: datetime) -> None:
    """One second's worth of callers; whoever is gone, or with an agent by now, is passed over."""
    change = LineChange.objects.select_related("queue", "to_queue", "asked_by").get(
        pk=line_change_id
    )
    if change.ended_at is not None:
        return
    left = _to_be_moved(change.queue).filter(id__lte=change.last_place).order_by("place", "id")
    could = (waiting for waiting in left if _moved(change, waiting, now))
    moved = len(list(islice(could, settings.LINE_CHANGE_RATE)))
    with transaction.atomic():
        if moved == settings.LINE_CHANGE_RATE and left.all().exists():
            timers.line_change(line_change_id=change.pk, at=now + PAUSE)
        else:
            _finish(change.pk, now)
        _tell(change)


def pick_up(*, now: datetime) -> int:
    """Changes whose job was lost are gone on with; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_DROPPED, [timers.LINE_CHANGE, now - PATIENCE])
        found = [row[0] for row in cursor.fetchall()]
    for line_change_id in found:
        carry_on(line_change_id=line_change_id, now=now)
    return len(found)


_DROPPED = """
    select c.id from calls_linechange c
    where c.ended_at is null
    and not exists (
        select from procrastinate_jobs j
        where j.task_name = %s and j.status in ('todo', 'doing')
        and (j.args ->> 'line_change_id')::bigint = c.id)
    and c.asked_at < %s
"""


def _moved(change: LineChange, waiting: Waiting, now: datetime) -> bool:
    """False where somebody was faster: the caller, an agent, or whoever stopped it."""
    try:
        with transaction.atomic():
            return _move(change, waiting, now)
    except (queueing.CallIsOver, queueing.CannotRedirect):
        return False


def _move(change: LineChange, waiting: Waiting, now: datetime) -> bool:
    place = line.current(legs.lock_call(waiting.call_id))
    if place is None or place.pk != waiting.pk or place.claimed_at is not None:
        return False
    going_on = LineChange.objects.filter(pk=change.pk, ended_at__isnull=True)
    if not going_on.update(done=F("done") + 1):
        return False
    reason = change.reason or f"with everybody in {change.queue}"
    if change.to_queue is not None:
        queueing.send_to_queue(
            call_id=waiting.call_id,
            queue=change.to_queue,
            by=change.asked_by,
            reason=reason,
            now=now,
        )
    else:
        queueing.say_goodbye(
            call_id=waiting.call_id,
            message=change.message,
            by=change.asked_by,
            reason=reason,
            now=now,
        )
    return True


def _finish(line_change_id: int, now: datetime) -> None:
    change = _locked(line_change_id)
    if change.ended_at is None:
        _end(change, now)


def _end(change: LineChange, now: datetime) -> None:
    change.ended_at = now
    change.passed_over = max(change.wanted - change.done, 0) if not change.stopped_by else 0
    change.save(update_fields=["ended_at", "passed_over", "stopped_by"])
    _tell(change)


def _locked(line_change_id: int) -> LineChange:
    return LineChange.objects.select_for_update(of=("self",)).get(pk=line_change_id)


def _tell(change: LineChange) -> None:
    topics = [live.board(), live.queue(change.queue_id)]
    if change.to_queue_id is not None:
        topics.append(live.queue(change.to_queue_id))
    live.announce(*topics)
