"""A recording, or a caller's message, is listened to: through us alone, by whoever may, and
written down."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User

from calls.carrier import gateway
from calls.models import Recording, RecordingAccess, TimelineEvent, Voicemail
from calls.services import announcing
from calls.states import RecordingState
from calls.timeline import name_of, note

# A player asks for one part after another: so long it is one act of listening.
ONE_LISTENING = timedelta(minutes=1)
PLAYED, DOWNLOADED = "played", "downloaded"


class NotThere(Exception):
    """There is no sound; the message is a sentence for whoever wants to hear it."""


def find(*, recording_id: UUID) -> Recording:
    """Raises Recording.DoesNotExist."""
    return Recording.objects.select_related("call__queue").get(pk=recording_id)


def listen(
    tape: Recording | Voicemail,
    *,
    by: User | None,
    by_key: str = "",
    download: bool = False,
    byte_range: str = "",
    now: datetime,
) -> gateway.Sound:
    """The sound, or a part of it, as it comes from the carrier; that it was heard is on record
    before its first byte. Never in a transaction. Raises NotThere, gateway.CarrierTrouble."""
    sound = gateway.listen(_sid(tape), byte_range=byte_range)
    if sound is None:
        raise NotThere("The carrier does not have this recording any more.")
    what = DOWNLOADED if download else PLAYED
    if isinstance(tape, Recording):
        _remember(tape, by, by_key, what, now)
    else:
        _remember_message(tape, by, by_key, what, now)
    return sound


def _sid(tape: Recording | Voicemail) -> str:
    """What the carrier calls it."""
    if isinstance(tape, Voicemail):
        return tape.recording_sid
    if tape.state != RecordingState.COMPLETED or tape.sid is None:
        raise NotThere(_why_not(tape))
    return tape.sid


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


def _remember_message(
    message: Voicemail, by: User | None, by_key: str, what: str, now: datetime
) -> None:
    """In the story of its call, which keeps it as long as the message."""
    who = name_of(by) or f"API key {by_key}"
    text = f"The message was {what} by {who}"
    told = TimelineEvent.objects.filter(call=message.call, kind="voicemail-heard", text=text)
    if what == DOWNLOADED or not told.filter(at__gt=now - ONE_LISTENING).exists():
        note(call=message.call, kind="voicemail-heard", text=text, now=now, user=by)
    unheard = Voicemail.objects.filter(pk=message.pk, heard_at__isnull=True)
    if unheard.update(heard_at=now, heard_by=by):
        announcing.tell(message.call)
