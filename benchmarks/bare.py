"""The limit: an ASGI application that does one durable transaction per request, and nothing else.

What the smallest webhook does that can be trusted: the event is written down once, and the row of
the call that it is about is moved on, in one statement on a pooled connection, answered when that
has committed. No signature, no form, no routing, no rule.
"""

import itertools
import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

CREATE = """
create table if not exists bare_event (
    id bigserial primary key, token text not null unique, body text not null,
    received_at timestamptz not null default clock_timestamp()
);
create table if not exists bare_call (id int primary key, events int not null default 0);
insert into bare_call (id) select generate_series(0, 999) on conflict do nothing;
"""
STORE = """
with event as (
    insert into bare_event (token, body) values (%s, %s) on conflict do nothing returning 1
)
update bare_call set events = events + 1 where id = %s and exists (select from event)
"""
CONNECTIONS = 8

pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=CONNECTIONS,
    max_size=CONNECTIONS,
    kwargs={"autocommit": True, "prepare_threshold": 1},
    open=False,
)
serial = itertools.count()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body = (await receive())["body"].decode()
    token = next(v for n, v in scope["headers"] if n == b"i-twilio-idempotency-token")
    async with pool.connection() as connection:
        await connection.execute(STORE, [token.decode(), body, next(serial) % 1000])
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    await pool.open(wait=True)
    async with pool.connection() as connection:
        await connection.execute(CREATE, prepare=False)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
