"""What a recording is, as the carrier says: written down, with each gap, and told in the story.

The call is locked by whoever calls these.
"""

from datetime import datetime, timedelta

from calls.models import Call, Command, Recording, RecordingGap
from calls.services import announcing
from calls.states import RECORDING_OPEN, RecordingState, Verb
from calls.timeline import note


def began(tape: Recording, call: Call, now: datetime) -> None:
    first = tape.began_at is None
    if tape.state in (RecordingState.PLANNED, RecordingState.FAILED):
        tape.state, tape.began_at = RecordingState.IN_PROGRESS, tape.began_at or now
    tape.save()
    if first:
        _note(call, tape, f"Recording began: {tape.because}", now)


def paused(tape: Recording, call: Call, order: Command, now: datetime) -> None:
    why = str(order.params.get("why") or order.reason)
    tape.state = RecordingState.PAUSED
    tape.save()
    if not _open_gap(tape):
        RecordingGap.objects.create(
            recording=tape,
            began_at=now,
            behaviour=order.params.get("behaviour", "silence"),
            why=why[:200],
            by=order.ordered_by,
            is_automatic=bool(order.params.get("automatic")),
        )
    _note(call, tape, f"Recording paused: {why}", now, order)


def goes_on(tape: Recording, call: Call, order: Command, now: datetime) -> None:
    """Asked more than once, it may have gone on the first time."""
    tape.state = RecordingState.IN_PROGRESS
    tape.save()
    asked_at = order.asked_at if order.attempts <= 1 else None
    _close_gap(tape, asked_at or order.ordered_at)
    _note(call, tape, "Recording goes on", now, order)


def stopped(tape: Recording, call: Call, now: datetime) -> None:
    if tape.state not in RECORDING_OPEN:
        return
    tape.state, tape.ended_at = RecordingState.STOPPED, now
    tape.save()
    _close_gap(tape, now)
    _note(call, tape, "Recording stopped", now)


def failed(tape: Recording, call: Call, why: str, now: datetime) -> None:
    tape.state, tape.ended_at = RecordingState.FAILED, now
    tape.save()
    _note(call, tape, f"The call is not recorded: {why}", now)


def completed(tape: Recording, call: Call, seconds: int | None, now: datetime) -> None:
    tape.state, tape.seconds = RecordingState.COMPLETED, seconds
    _end(tape, call, now)
    length = f" ({seconds} s)" if seconds is not None else ""
    _note(call, tape, f"The recording is ready{length}", now)


def absent(tape: Recording, call: Call, now: datetime) -> None:
    tape.state, tape.seconds = RecordingState.ABSENT, 0
    _end(tape, call, now)
    _note(call, tape, "Nothing was recorded, says the carrier", now)


def _end(tape: Recording, call: Call, now: datetime) -> None:
    tape.began_at = tape.began_at or tape.planned_at
    tape.ended_at = tape.ended_at or tape.leg.ended_at or now
    days = call.queue.recording_kept_days if call.queue else 0
    tape.delete_after = tape.ended_at + timedelta(days=days) if days else None
    tape.save()
    _close_gap(tape, tape.ended_at)


def _open_gap(tape: Recording) -> RecordingGap | None:
    return RecordingGap.objects.filter(recording=tape, ended_at__isnull=True).first()


def _close_gap(tape: Recording, at: datetime) -> None:
    gap = _open_gap(tape)
    if gap is not None:
        gap.ended_at = max(at, gap.began_at)
        gap.save(update_fields=["ended_at"])


def _note(
    call: Call, tape: Recording, text: str, now: datetime, order: Command | None = None
) -> None:
    user = order.ordered_by if order else None
    note(call=call, kind="recording", text=text, now=now, leg=tape.leg, user=user)
    announcing.tell(call)


# Found out by looking -----------------------------------------------------------------------------


def found_running(tape: Recording, call: Call, since: datetime, now: datetime) -> None:
    """It runs, whatever we were told, or not told."""
    if tape.state == RecordingState.PAUSED:
        tape.state = RecordingState.IN_PROGRESS
        tape.save()
        _close_gap(tape, _last_asked(tape) or now)
        _note(call, tape, "Recording goes on, the carrier says when asked", now)
    else:
        began(tape, call, since)


def found_paused(tape: Recording, call: Call, since: datetime, now: datetime) -> None:
    """It is paused, though the answer to our order was lost."""
    tape.state, tape.began_at = RecordingState.PAUSED, tape.began_at or since
    tape.save()
    order = _last_pause(tape)
    if _open_gap(tape) is None:
        RecordingGap.objects.create(
            recording=tape,
            began_at=since,
            behaviour=order.params.get("behaviour", "silence") if order else "silence",
            why=str(order.params.get("why", "")) if order else "paused at the carrier",
            by=order.ordered_by if order else None,
            is_automatic=bool(order and order.params.get("automatic")),
        )
    _note(call, tape, "Recording is paused, the carrier says when asked", now)


def _last_pause(tape: Recording) -> Command | None:
    pauses = Command.objects.filter(leg=tape.leg, verb=Verb.PAUSE_RECORDING)
    return pauses.filter(params__recording=str(tape.pk)).order_by("-ordered_at").first()


def _last_asked(tape: Recording) -> datetime | None:
    """When we last wanted it to go on: nothing was recorded before."""
    resumes = Command.objects.filter(leg=tape.leg, verb=Verb.RESUME_RECORDING)
    order = resumes.filter(params__recording=str(tape.pk)).order_by("-ordered_at").first()
    return None if order is None else order.ordered_at
