"""What is recorded of a call now, and what its queue wants to be recorded: read in one look."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from calls import plans
from calls.models import Call, Queue
from calls.states import (
    RECORDING_OPEN,
    RecordingOnHold,
    RecordingOutside,
    RecordingPolicy,
    RecordingState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The queue's policy, and the recording that has not ended, if there is one."""

    queue_name: str
    policy: RecordingPolicy
    percent: int
    consent: str
    on_hold: RecordingOnHold
    outside: RecordingOutside
    is_first: bool  # nothing of this call was recorded, or tried to be
    recording_id: UUID | None = None
    state: RecordingState | None = None
    pause_is_automatic: bool = False
    pause_why: str = ""


_KNOWN = """
select q.name, q.recording, q.recording_percent, q.recording_consent, q.recording_on_hold,
    q.recording_outside, not exists (select from calls_recording where call_id = c.id),
    r.id, r.state, coalesce(g.is_automatic, false), coalesce(g.why, '')
from calls_call c
join calls_queue q on q.id = c.queue_id
left join calls_recording r on r.call_id = c.id and r.state = any(%s)
left join calls_recordinggap g on g.recording_id = r.id and g.ended_at is null
where c.id = %s
order by r.planned_at desc limit 1
"""


def known(call: Call) -> Known | None:
    """None for a call that belongs to no queue. The call is as it is written."""
    open_states = [str(state) for state in RECORDING_OPEN]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [open_states, call.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    name, policy, percent, consent, on_hold, outside, is_first, id, state, automatic, why = row
    return Known(
        queue_name=name,
        policy=RecordingPolicy(policy),
        percent=percent,
        consent=consent,
        on_hold=RecordingOnHold(on_hold),
        outside=RecordingOutside(outside),
        is_first=is_first,
        recording_id=id,
        state=RecordingState(state) if state else None,
        pause_is_automatic=automatic,
        pause_why=why,
    )


def of(call: Call) -> plans.Tape:
    """The same, as a plan needs it."""
    found = known(call)
    if found is None:
        return plans.Tape()
    return plans.Tape(
        allowed=found.policy != RecordingPolicy.NONE,
        consent="" if call.told_of_recording else found.consent.strip(),
        recording_id=found.recording_id,
        state=found.state,
        paused_by_itself=found.pause_is_automatic,
        paused_why=found.pause_why,
    )


def because(call_id: UUID, *, name: str, policy: RecordingPolicy, percent: int) -> str:
    """Why the queue has this call recorded; empty where it does not.

    Which of a hundred are is drawn from the call's own id: the same, however often it is asked.
    """
    if policy == RecordingPolicy.ALL:
        return f"every call of {name} is recorded"[:100]
    if policy == RecordingPolicy.PERCENTAGE and is_drawn(call_id, percent):
        return f"one of the {percent} % of {name} that are recorded"[:100]
    return ""


def is_drawn(call_id: UUID, percent: int) -> bool:
    return call_id.int % 100 < percent


def tells_in_greeting(queue: Queue) -> bool:
    """Whether callers are told in the greeting: where calls are recorded without being asked for.

    With a percentage all are told: an agent may ask for any of them to be recorded.
    """
    automatic = (RecordingPolicy.ALL, RecordingPolicy.PERCENTAGE)
    return queue.recording in automatic and bool(queue.recording_consent.strip())
