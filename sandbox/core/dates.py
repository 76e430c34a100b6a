"""Moments as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime


def rfc2822(moment: float) -> str:
    """`Tue, 31 Aug 2010 20:36:28 +0000`, as REST bodies and most callbacks have it."""
    return format_datetime(datetime.fromtimestamp(moment, UTC))


def rfc2822_or_none(moment: float | None) -> str | None:
    return None if moment is None else rfc2822(moment)


def iso8601(moment: float) -> str:
    """`2010-08-31T20:36:28.123Z`, as stream and transcription callbacks have it."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
