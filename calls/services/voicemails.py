"""A caller who was not put through leaves a message."""

from datetime import datetime

from django.db import transaction

from calls.models import Leg, Voicemail
from calls.services import announcing, legs
from calls.states import CallOutcome
from calls.timeline import note


@transaction.atomic
def left(
    *, leg: Leg, recording_sid: str, recording_url: str, seconds: int, now: datetime
) -> Voicemail | None:
    """The carrier has a recording of what the caller said; None for a repeat, or for silence."""
    call = legs.lock_call(leg.call_id)
    if call.queue is None or seconds <= 0 or Voicemail.objects.filter(call=call).exists():
        return None
    voicemail = Voicemail.objects.create(
        call=call,
        queue=call.queue,
        recording_sid=recording_sid,
        recording_url=recording_url,
        seconds=seconds,
        left_at=now,
    )
    if call.answered_at is None:
        call.outcome = CallOutcome.VOICEMAIL
        call.save()
    note(call=call, kind="voicemail", text=f"Left a message of {seconds} s", now=now, leg=leg)
    announcing.tell(call)
    return voicemail
