"""A queue of callers who wait in `<Enqueue>`, and of dialled-in agents who wait for a caller."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.core.accounts import Account
from sandbox.core.calls import Address, Call
from sandbox.core.kernel import Future


class QueueResult(StrEnum):
    BRIDGED = "bridged"
    BRIDGING = "bridging-in-process"
    ERROR = "error"
    HANGUP = "hangup"
    LEAVE = "leave"
    REDIRECTED = "redirected"
    REDIRECTED_FROM_BRIDGED = "redirected-from-bridged"
    QUEUE_FULL = "queue-full"
    SYSTEM_ERROR = "system-error"


@dataclass(slots=True, eq=False)
class Taken:
    """A dialling leg takes a waiting caller, who first hears `whisper`.

    The caller's side settles `ready` when the whisper is over; the dialling side settles `over`
    when it ends the conversation or is gone.
    """

    by: Call
    whisper: Address
    ready: Future[None] = field(default_factory=Future)
    over: Future[None] = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class Member:
    """One caller's place in the queue. `taken_by` is settled when an agent takes the caller,
    `gone` when the caller's wait or conversation is over."""

    call: Call
    queue: Queue
    enqueued_at: float
    taken_by: Future[Taken] = field(default_factory=Future)
    gone: Future[None] = field(default_factory=Future)

    def wait_time(self, now: float) -> int:
        return int(now - self.enqueued_at)

    @property
    def position(self) -> int:
        """1 for the front; 0 for somebody who has left."""
        members = self.queue.members
        return members.index(self) + 1 if self in members else 0


@dataclass(slots=True, eq=False)
class Queue:
    """Callers in order of arrival; `takers` are agents who wait for one to come."""

    sid: str
    account: Account
    friendly_name: str
    max_size: int
    created_at: float
    updated_at: float
    members: deque[Member] = field(default_factory=deque)
    takers: deque[Future[Member | None]] = field(default_factory=deque)

    @property
    def current_size(self) -> int:
        return len(self.members)

    def average_wait_time(self, now: float) -> int:
        """Mean of the waits of those who wait now, in seconds."""
        waits = [member.wait_time(now) for member in self.members]
        return sum(waits) // len(waits) if waits else 0

    def find(self, call_sid_or_front: str) -> Member | None:
        """By call SID, or `Front`."""
        if call_sid_or_front == "Front":
            return self.members[0] if self.members else None
        return next((m for m in self.members if m.call.sid == call_sid_or_front), None)
