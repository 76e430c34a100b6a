"""A live caller is sent elsewhere: into a line, or to what a document says."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User

from calls.models import Queue
from calls.services import queueing


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where to: exactly one of these."""

    queue: Queue | None = None
    url: str = ""
    twiml: str = ""

    @property
    def is_dictated(self) -> bool:
        """A document can dial out and record: not everybody may say so."""
        return self.queue is None

    def __str__(self) -> str:
        return self.queue.name if self.queue else self.url or "what the TwiML says"


def send(*, call_id: UUID, to: Elsewhere, by: User | None, reason: str, now: datetime) -> None:
    """The caller's line goes there from now on. Raises CallIsOver, CannotRedirect."""
    if to.queue is not None:
        queueing.send_to_queue(call_id=call_id, queue=to.queue, by=by, reason=reason, now=now)
    elif to.url:
        queueing.send_to_url(call_id=call_id, url=to.url, by=by, reason=reason, now=now)
    else:
        queueing.send_to_twiml(call_id=call_id, twiml=to.twiml, by=by, reason=reason, now=now)
