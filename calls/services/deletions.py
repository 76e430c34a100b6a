"""What the carrier keeps for us is deleted there too: wanted in a transaction, asked afterwards.

Our own entry may be gone by then. Nothing is asked while a legal hold is on the call, and nothing
is given up: what the carrier cannot delete yet is asked again, less and less often.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from calls.carrier import gateway
from calls.models import CarrierDeletion, Leg, Recording, Voicemail
from calls.services import announcing, legs
from calls.states import RecordingState
from calls.timeline import note

logger = logging.getLogger(__name__)

AT_ONCE = 20
# Whoever has taken one is dead if it is not settled by then.
TAKEN_FOR = timedelta(minutes=2)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)


def want(sid: str | None, *, because: str, now: datetime) -> bool:
    """The carrier will be asked to delete this. False where that is wanted already, or nothing.

    Within the transaction that has no more use for it.
    """
    if not sid:
        return False
    defaults = {"because": because[:100], "wanted_at": now, "not_before": now}
    _, is_new = CarrierDeletion.objects.get_or_create(sid=sid, defaults=defaults)
    return is_new


def run(*, now: datetime) -> int:
    """Ask for what is due; how much is gone. Asks over the network, so never in a transaction."""
    done = 0
    for deletion in _take(now):
        if _call_on_hold(deletion.sid):
            continue
        try:
            gateway.delete(deletion.sid)
        except gateway.CarrierTrouble as trouble:
            _later(deletion, str(trouble), now)
        else:
            _gone(deletion, now)
            done += 1
    return done


@transaction.atomic
def _take(now: datetime) -> list[CarrierDeletion]:
    due = CarrierDeletion.objects.filter(done_at__isnull=True, not_before__lte=now)
    taken = list(due.order_by("not_before").select_for_update(skip_locked=True)[:AT_ONCE])
    for deletion in taken:
        deletion.attempts += 1
        deletion.not_before = now + TAKEN_FOR
        deletion.save(update_fields=["attempts", "not_before"])
    return taken


def _call_on_hold(sid: str) -> bool:
    """A legal hold that came after the deletion was wanted still comes in time."""
    held = {"call__legal_hold__gt": ""}
    return (
        Recording.objects.filter(sid=sid, **held).exists()
        or Voicemail.objects.filter(recording_sid=sid, **held).exists()
        or Leg.objects.filter(sid=sid, **held).exists()
    )


def _later(deletion: CarrierDeletion, why: str, now: datetime) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(deletion.attempts - 1, 20), LONGEST_PAUSE)
    deletion.not_before, deletion.answer = now + pause, why[:200]
    deletion.save(update_fields=["not_before", "answer"])
    logger.warning("the carrier has not deleted %s: %s", deletion.sid, why)


@transaction.atomic
def _gone(deletion: CarrierDeletion, now: datetime) -> None:
    deletion.done_at, deletion.answer = now, "deleted"
    deletion.save(update_fields=["done_at", "answer"])
    tape = Recording.objects.filter(sid=deletion.sid).only("id", "call_id").first()
    if tape is not None:
        _forget_sound(tape.id, tape.call_id, deletion.because, now)


def _forget_sound(recording_id: UUID, call_id: UUID, because: str, now: datetime) -> None:
    """The entry stays, and says that there was one."""
    call = legs.lock_call(call_id)
    tape = Recording.objects.get(pk=recording_id)
    tape.state, tape.deleted_at, tape.delete_after = RecordingState.DELETED, now, None
    tape.save()
    note(call=call, kind="recording", text=f"The recording was deleted: {because}", now=now)
    announcing.tell(call)
