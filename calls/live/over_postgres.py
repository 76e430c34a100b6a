"""The live bus on PostgreSQL: a NOTIFY inside the transaction, one LISTEN connection a process."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
from django.db import connection

from calls.models.together import Note

CHANNEL = "callcenter_live"
# A notification holds less than 8,000 bytes.
PAYLOAD_BYTES = 7_900
# So often a quiet connection is asked whether it still lives.
QUIET_SECONDS = 15.0


def payloads(topics: Sequence[str]) -> list[str]:
    """The topics, separated by blanks, in as few notifications as hold them."""
    filled: list[str] = []
    for topic in topics:
        if filled and len(filled[-1]) + 1 + len(topic) <= PAYLOAD_BYTES:
            filled[-1] += f" {topic}"
        else:
            filled.append(topic)
    return filled


def publish(topics: Sequence[str]) -> None:
    """Repeats of one notification inside one transaction collapse into one."""
    with connection.cursor() as cursor:
        for note in notes(topics):
            cursor.execute("SELECT pg_notify(%s, %s)", note)


def notes(topics: Sequence[str]) -> list[Note]:
    """The same for a statement that notifies as it writes."""
    return [Note(CHANNEL, payload) for payload in payloads(topics)]


async def listen() -> AsyncIterator[list[str]]:
    """What was announced, as it is announced; first an empty list: listening from now on.

    Raises OSError or psycopg.Error when the connection is lost.
    """
    wanted: dict[str, Any] = connection.get_connection_params()
    parameters = {name: wanted[name] for name in wanted if name not in NOT_OF_THE_SERVER}
    heard = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    async with heard:
        await heard.execute(f"LISTEN {CHANNEL}")
        yield []
        while True:
            async for note in heard.notifies(timeout=QUIET_SECONDS):
                yield note.payload.split()
            await heard.execute("SELECT 1")


# What Django adds to the parameters for its own connections.
NOT_OF_THE_SERVER = frozenset({"cursor_factory", "context", "prepare_threshold"})
