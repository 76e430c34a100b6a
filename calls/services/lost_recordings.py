"""Recordings of which news is overdue are looked up at the carrier, and put right."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from calls.carrier import gateway
from calls.models import Call, Command, Recording
from calls.services import legs, recorded, recordings
from calls.states import RECORDING_OPEN, RECORDING_VERBS, OrderState, RecordingState

AT_ONCE = 20
# Younger things may be on their way to us.
GRACE = timedelta(seconds=15)
# What follows the end of a line takes the carrier a while.
PROCESSING = timedelta(seconds=45)
# What it then does not have, it never will.
LOST = timedelta(minutes=10)
# An order that failed may have been carried out: looked at for so long.
IN_DOUBT = timedelta(minutes=2)


def repair(*, now: datetime) -> int:
    """Ask about each that is in doubt; how many were not as we thought.

    Reads over the network. Raises gateway.CarrierTrouble.
    """
    repaired = 0
    for tape in _doubtful(now):
        if tape.leg.sid is not None:
            found = gateway.recordings_of(tape.leg.sid)
            repaired += _compare(tape.pk, tape.call_id, found, now)
    return repaired


def _doubtful(now: datetime) -> list[Recording]:
    never_heard = Q(state=RecordingState.PLANNED, planned_at__lt=now - GRACE)
    ended = Q(state__in=[*RECORDING_OPEN, RecordingState.STOPPED]) & (
        Q(leg__ended_at__lt=now - PROCESSING) | Q(ended_at__lt=now - PROCESSING)
    )
    failed = Command.objects.filter(
        verb__in=RECORDING_VERBS,
        state__in=[OrderState.UNKNOWN, OrderState.GAVE_UP],
        settled_at__gte=now - IN_DOUBT,
    )
    in_doubt = Q(state__in=RECORDING_OPEN, leg__in=failed.values("leg_id"))
    ordered = Command.objects.filter(verb__in=RECORDING_VERBS, state=OrderState.PENDING)
    found = Recording.objects.filter(never_heard | ended | in_doubt)
    found = found.exclude(leg__in=ordered.values("leg_id")).select_related("leg")
    return list(found.order_by("planned_at")[:AT_ONCE])


@transaction.atomic
def _compare(
    recording_id: UUID, call_id: UUID, found: list[gateway.CarrierRecording], now: datetime
) -> bool:
    call = legs.lock_call(call_id)
    tape = Recording.objects.select_related("leg").get(pk=recording_id)
    theirs = _same(tape, found)
    if theirs is not None:
        return _take_over(tape, call, theirs, now)
    if tape.sid is None and tape.state == RecordingState.PLANNED:
        recorded.failed(tape, call, "the carrier has no recording", now)
        return True
    since = tape.leg.ended_at or tape.ended_at
    if since is not None and since < now - LOST:
        recorded.absent(tape, call, now)
        return True
    return False


def _same(
    tape: Recording, found: list[gateway.CarrierRecording]
) -> gateway.CarrierRecording | None:
    """By its name; one whose name we never heard is the first that nobody else has."""
    if tape.sid is not None:
        return next((each for each in found if each.sid == tape.sid), None)
    sids = [each.sid for each in found]
    known = set(Recording.objects.filter(sid__in=sids).values_list("sid", flat=True))
    return next((each for each in found if each.sid not in known), None)


def _take_over(
    tape: Recording, call: Call, theirs: gateway.CarrierRecording, now: datetime
) -> bool:
    before = tape.state
    tape.sid = theirs.sid
    if theirs.status == RecordingState.COMPLETED:
        recorded.completed(tape, call, theirs.seconds, now)
    elif theirs.status == RecordingState.ABSENT:
        recorded.absent(tape, call, now)
    elif theirs.status == "processing" or theirs.status == RecordingState.STOPPED:
        recorded.stopped(tape, call, now)
    elif theirs.status == RecordingState.PAUSED and tape.state != RecordingState.PAUSED:
        recorded.found_paused(tape, call, theirs.changed_at or now, now)
    elif theirs.status == RecordingState.IN_PROGRESS:
        recorded.found_running(tape, call, theirs.began_at or now, now)
    if tape.state in RECORDING_OPEN:
        recordings.follow(call, legs.here(call), now)
    return tape.state != before
