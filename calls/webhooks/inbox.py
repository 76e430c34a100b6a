"""Carrier news is written down before it is believed, and a repeat is not written twice.

One statement stores any number of events and, where something is left to apply, wakes the inbox
reader at commit. The same statement serves a thread that answers and the writer that batches.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from calls import wake
from calls.models import CarrierEvent
from calls.states import NewsState
from calls.webhooks.admission import CarrierRequest

Row = Mapping[str, Any]

# The first parameter is a JSON list of rows.
STORE = f"""
with stored as (
    insert into {CarrierEvent._meta.db_table} (
        kind, dedupe_key, call_sid, conference_sid, leg_id, call_id, sequence, params,
        received_at, state, applied_at, attempts, note
    )
    select kind, dedupe_key, call_sid, conference_sid, leg_id, call_id, sequence, params,
        received_at, state, applied_at, 0, note
    from jsonb_to_recordset(%s::jsonb) as row (
        kind text, dedupe_key text, call_sid text, conference_sid text, leg_id uuid, call_id uuid,
        sequence int, params jsonb, received_at timestamptz, state text, applied_at timestamptz,
        note text
    )
    on conflict (dedupe_key) do nothing
    returning state
)
select pg_notify('{wake.CHANNEL}', '{wake.INBOX}')
where exists (select 1 from stored where state = '{NewsState.PENDING}')
"""  # noqa: S608  # made of names alone


def news(request: CarrierRequest, now: datetime, note: str = "") -> Row:
    """A row that the inbox reader will apply; `note`: what was answered in short, if anything."""
    return _row(request, now) | {"state": NewsState.PENDING, "applied_at": None, "note": note}


def answered(request: CarrierRequest, now: datetime, note: str) -> Row:
    """A row that only records what was asked and, in short, what was answered."""
    moment = now.isoformat()
    return _row(request, now) | {"state": NewsState.APPLIED, "applied_at": moment, "note": note}


def failed(request: CarrierRequest, now: datetime, note: str) -> Row:
    """A row that shows what could not be answered."""
    return _row(request, now) | {"state": NewsState.FAILED, "applied_at": None, "note": note}


def packed(rows: Sequence[Row]) -> str:
    """The statement's parameter."""
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def store(*rows: Row) -> None:
    """Within the caller's transaction, on this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute(STORE, [packed(rows)])


def _row(request: CarrierRequest, now: datetime) -> dict[str, Any]:
    return {
        "kind": request.kind.name,
        "dedupe_key": request.dedupe_key,
        "call_sid": request.params.get("CallSid", "")[:34],
        "conference_sid": request.params.get("ConferenceSid", "")[:34],
        "leg_id": request.leg_id and str(request.leg_id),
        "call_id": request.call_id and str(request.call_id),
        "sequence": request.sequence,
        "params": request.params,
        "received_at": now.isoformat(),
    }
