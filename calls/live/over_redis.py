"""The live bus on Redis, for web processes and workers on several machines."""

from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    import redis

CHANNEL = "callcenter_live"
QUIET_SECONDS = 15.0


# The package is installed only where there is a Redis, so it is imported where it is used.
@cache
def _publisher(url: str) -> "redis.Redis":
    import redis

    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def publish(topics: Sequence[str]) -> None:
    """Sent after the commit; one that Redis does not take costs a refresh."""
    _publisher(settings.REDIS_URL).publish(CHANNEL, " ".join(topics))


async def listen() -> AsyncIterator[list[str]]:
    """What was announced, as it is announced; first an empty list: listening from now on.

    Raises OSError or redis.RedisError when the connection is lost.
    """
    import redis.asyncio

    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    async with client, client.pubsub() as heard:
        await heard.subscribe(CHANNEL)
        while True:
            note = await heard.get_message(timeout=QUIET_SECONDS)
            if note is None:
                await heard.ping()
            elif note["type"] == "subscribe":
                yield []
            elif note["type"] == "message":
                yield str(note["data"]).split()
