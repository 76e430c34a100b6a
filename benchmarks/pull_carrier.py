"""A carrier that does whatever it is asked at once, and remembers when it was asked.

Only orders are answered. `GET /asked/<about>` waits for the next order about a number that was
dialled, or about a call that was changed, and tells its moment on the machine's own clock.
"""

import asyncio
import json
import time
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

PATIENCE = 20.0

Order = dict[str, Any]

_asked: defaultdict[str, asyncio.Queue[Order]] = defaultdict(asyncio.Queue)


async def application(scope: Any, receive: Any, send: Any) -> None:
    moment = time.perf_counter()
    if scope["type"] != "http":
        return
    status, answer = await _answer(scope["method"], scope["path"], receive, moment)
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer(method: str, path: str, receive: Any, moment: float) -> tuple[int, Order]:
    if path.startswith("/asked/"):
        async with asyncio.timeout(PATIENCE):
            return 200, await _asked[path.removeprefix("/asked/")].get()
    if method != "POST":
        return 503, {"message": "Nothing can be read here.", "status": 503}
    form = parse_qs((await receive())["body"].decode())
    if path.endswith("/Calls.json"):
        return _dial(form, moment)
    sid = path.rsplit("/", 1)[1].removesuffix(".json")
    _asked[sid].put_nowait({"moment": moment, "sid": sid})
    return 200, {"sid": sid, "status": "in-progress"}


def _dial(form: dict[str, list[str]], moment: float) -> tuple[int, Order]:
    sid = f"CA{uuid4().hex}"
    order = {"moment": moment, "sid": sid, "url": form["Url"][0]}
    _asked[form["To"][0]].put_nowait(order)
    return 201, {"sid": sid, "status": "queued"}
