"""For how long a recording is kept, and the legal hold, which keeps everything of a call."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls.models import Call, CarrierDeletion, Recording
from calls.services import announcing, deletions, legs
from calls.states import RecordingState
from calls.timeline import name_of, note

AT_ONCE = 50
# They have a sound at the carrier, or may have one.
KEPT = (RecordingState.COMPLETED, RecordingState.ABSENT)


class NoReason(Exception):
    """A legal hold says why, so that somebody knows when it may end."""


def sweep(*, now: datetime) -> dict[str, int]:
    """Recordings whose time is over are wanted no more; what is wanted no more is deleted.

    Asks the carrier, so never in a transaction.
    """
    return {"recordings past their time": _past_their_time(now), "deleted": deletions.run(now=now)}


def _past_their_time(now: datetime) -> int:
    due = Recording.objects.filter(
        state__in=KEPT, delete_after__lte=now, sid__isnull=False, call__legal_hold=""
    )
    asked = CarrierDeletion.objects.values("sid")
    found = list(due.exclude(sid__in=asked).order_by("delete_after")[:AT_ONCE])
    return sum(_unless_held(tape, now) for tape in found)


@transaction.atomic
def _unless_held(tape: Recording, now: datetime) -> bool:
    call = legs.lock_call(tape.call_id)
    if call.legal_hold:
        return False
    return deletions.want(tape.sid, because="kept for as long as its queue says", now=now)


# Legal hold ---------------------------------------------------------------------------------------


@transaction.atomic
def hold(*, call_id: UUID, by: User | None, why: str, now: datetime) -> Call:
    """From now on nothing of the call is deleted, here or at the carrier. Raises NoReason."""
    if not why.strip():
        raise NoReason("Say why the call has to be kept.")
    call = legs.lock_call(call_id)
    if call.legal_hold == why.strip()[:200]:
        return call
    call.legal_hold = why.strip()[:200]
    call.save(update_fields=["legal_hold"])
    who = f" by {name_of(by)}" if by else ""
    note(call=call, kind="legal-hold", text=f"On legal hold{who}: {why}", now=now, user=by)
    announcing.tell(call)
    return call


@transaction.atomic
def release(*, call_id: UUID, by: User | None, why: str = "", now: datetime) -> Call:
    """What is due to be deleted is, from the next look on."""
    call = legs.lock_call(call_id)
    if not call.legal_hold:
        return call
    before, call.legal_hold = call.legal_hold, ""
    call.save(update_fields=["legal_hold"])
    who = f" by {name_of(by)}" if by else ""
    because = f": {why}" if why else ""
    text = f"No longer on legal hold{who}{because} (it was: {before})"
    note(call=call, kind="legal-hold", text=text, now=now, user=by)
    announcing.tell(call)
    return call
