"""A recording is listened to: through us alone, by whoever may, and written down."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User

from calls.carrier import gateway
from calls.models import Recording, RecordingAccess
from calls.states import RecordingState

# A player asks for one part after another: so long it is one act of listening.
ONE_LISTENING = timedelta(minutes=1)
PLAYED, DOWNLOADED = "played", "downloaded"


class NotThere(Exception):
    """There is no sound; the message is a sentence for whoever wants to hear it."""


def find(*, recording_id: UUID) -> Recording:
    """Raises Recording.DoesNotExist."""
    return Recording.objects.select_related("call__queue").get(pk=recording_id)


def listen(
    tape: Recording,
    *,
    by: User | None,
    by_key: str = "",
    download: bool = False,
    byte_range: str = "",
    now: datetime,
) -> gateway.Sound:
    """The sound, or a part of it, as it comes from the carrier; that it was heard is on record
    before its first byte. Never in a transaction. Raises NotThere, gateway.CarrierTrouble."""
    if tape.state != RecordingState.COMPLETED or tape.sid is None:
        raise NotThere(_why_not(tape))
    sound = gateway.listen(tape.sid, byte_range=byte_range)
    if sound is None:
        raise NotThere("The carrier does not have this recording any more.")
    _remember(tape, by, by_key, DOWNLOADED if download else PLAYED, now)
    return sound


def _why_not(tape: Recording) -> str:
    if tape.state == RecordingState.DELETED:
        return "This recording was deleted."
    if tape.state in (RecordingState.ABSENT, RecordingState.FAILED):
        return "Nothing was recorded."
    return "This recording is not ready yet."


def _remember(tape: Recording, by: User | None, by_key: str, what: str, now: datetime) -> None:
    whose = RecordingAccess.objects.filter(recording=tape, by=by, by_key=by_key[:60], what=what)
    if what == DOWNLOADED or not whose.filter(at__gt=now - ONE_LISTENING).exists():
        RecordingAccess.objects.create(recording=tape, by=by, by_key=by_key[:60], at=now, what=what)
