"""Waking the worker at commit: there may be people to match, or news to apply.

A wake-up carries nothing and may be lost: both loops look at what is true, and sweep every second.
"""

from django.db import connection

from calls.models.together import Note

CHANNEL = "callcenter_wake"
DISPATCH = "dispatch"
INBOX = "inbox"
TO_DISPATCH = Note(CHANNEL, DISPATCH)  # for a statement that notifies as it writes


def dispatch() -> None:
    """Callers and agents may fit together now; the worker looks as soon as this commits."""
    _notify(DISPATCH)


def inbox() -> None:
    """Carrier news has been written down; the worker applies it as soon as this commits."""
    _notify(INBOX)


def _notify(what: str) -> None:
    # Inside a transaction PostgreSQL delivers at commit alone, and repeats collapse into one.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, what])
