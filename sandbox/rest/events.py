"""`/Calls/{CA}/Events`: every request about one call with its answer, the oldest first."""

from __future__ import annotations

import re

from sandbox.core.dates import rfc2822_or_none
from sandbox.core.switch import LogEntry
from sandbox.rest.answers import Shape
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page

KINDS = ("webhook", "callback", "rest")
WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def listed(asked: Asked) -> RestAnswer:
    sid = asked.call().sid
    entries = [each for each in asked.carrier.log if each.call_sid == sid and each.kind in KINDS]
    return page(asked, Listing("events", entries, lambda entry: str(entry.number), shape))


def shape(entry: LogEntry) -> Shape:
    return {
        "request": {
            "method": entry.method,
            "url": entry.url,
            "parameters": {_snake(name): value for name, value in entry.params},
        },
        "response": {
            "response_code": entry.answer_status or None,
            "request_duration": _milliseconds(entry),
            "content_type": entry.answer_type or None,
            "response_body": entry.answer_body,
            "date_created": rfc2822_or_none(entry.answered_at),
        },
    }


def _milliseconds(entry: LogEntry) -> int | None:
    return None if entry.answered_at is None else round((entry.answered_at - entry.at) * 1000)


def _snake(name: str) -> str:
    return WORD_START.sub("_", name).lower()
