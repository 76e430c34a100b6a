"""The limit: an ASGI application that does one durable transaction per request, and nothing else.

No signature, no form, no routing: it stores the body as it came, in one statement, on a pooled
connection, and answers when that has committed.
"""

import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

CREATE = "create table if not exists bare (id bigserial primary key, body text not null)"
STORE = "insert into bare (body) values (%s)"
CONNECTIONS = 8

pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=CONNECTIONS,
    max_size=CONNECTIONS,
    kwargs={"autocommit": True, "prepare_threshold": 1},
    open=False,
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body = (await receive())["body"]
    async with pool.connection() as connection:
        await connection.execute(STORE, [body.decode()])
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    await pool.open(wait=True)
    async with pool.connection() as connection:
        await connection.execute(CREATE)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
