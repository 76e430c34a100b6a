"""What wakes the worker, heard on the test's own connection: nothing is looked for in vain.

The wake-ups are the product's own notifications, so a service that forgets one is found out: its
caller waits for the next floor look.
"""

from typing import Any

from django.db import connection

from calls import wake

JOB = "job"
ALL = frozenset({wake.DISPATCH, wake.INBOX, JOB})
JOB_CHANNEL = "procrastinate_any_queue_v1"


class Ear:
    """`heard` holds what has not been looked at since it was heard."""

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self._connection: Any = None

    def listen(self) -> None:
        """Again after a reconnection, as the worker does: what was missed is looked for."""
        connection.ensure_connection()
        raw = connection.connection
        if raw is self._connection:
            return
        self._connection = raw
        raw.add_notify_handler(self._hear)
        for channel in (wake.CHANNEL, JOB_CHANNEL):
            raw.execute(f"LISTEN {channel}")
        self.heard |= ALL

    def catch_up(self) -> None:
        """Hear what other connections have said: the server tells it with the next answer."""
        with connection.cursor() as cursor:
            cursor.execute("select 1")

    def close(self) -> None:
        if self._connection is not None and not self._connection.closed:
            self._connection.remove_notify_handler(self._hear)
            self._connection.execute("UNLISTEN *")

    def _hear(self, notification: Any) -> None:
        self.heard.add(JOB if notification.channel == JOB_CHANNEL else notification.payload)
