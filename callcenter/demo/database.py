"""The demo's own PostgreSQL is started again when it ends by itself, as the other programs are."""

import asyncio
import contextlib

from callcenter import postgres
from callcenter.demo.screen import BAD, Screen

LOOK = 2.0  # seconds


async def keep_up(
    cluster: postgres.Cluster, screen: Screen, stopping: asyncio.Event, *, every: float = LOOK
) -> None:
    """Look and start, until `stopping`; a start under way is waited for, not left behind."""
    while not stopping.is_set():
        if await asyncio.to_thread(postgres.running_pid, cluster) is None:
            screen.say("postgres", "ended by itself; starting it again", BAD)
            try:
                await asyncio.to_thread(postgres.start, cluster)
            except postgres.PostgresError as error:
                screen.say("postgres", f"{error} Trying again.", BAD)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), every)
