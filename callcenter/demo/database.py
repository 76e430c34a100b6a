"""The demo's own PostgreSQL is started again when it ends by itself, as the other programs are."""

import asyncio

from callcenter import postgres
from callcenter.demo.screen import Screen

LOOK = 2.0  # seconds


async def keep_up(cluster: postgres.Cluster, screen: Screen, *, every: float = LOOK) -> None:
    """Look and start, until cancelled."""
    while True:
        await asyncio.sleep(every)
        if await asyncio.to_thread(postgres.running_pid, cluster) is not None:
            continue
        screen.say("postgres", "ended by itself; starting it again")
        try:
            await asyncio.to_thread(postgres.start, cluster)
        except postgres.PostgresError as error:
            screen.say("postgres", f"{error} Trying again.")
