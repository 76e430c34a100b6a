"""A carrier that does at once what it is asked of people in rooms and of lines, and counts holds.

`GET /counted` tells how often each request was made: by participant, and what was asked.
"""

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

_counted: Counter[str] = Counter()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    status, answer = await _answer(scope["method"], scope["path"], receive)
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer(method: str, path: str, receive: Any) -> tuple[int, dict[str, Any]]:
    if path == "/counted":
        return 200, dict(_counted)
    if method != "POST":
        return 503, {"message": "Nothing can be read here.", "status": 503}
    form = parse_qs((await receive())["body"].decode())
    sid = path.rsplit("/", 1)[1].removesuffix(".json")
    if "Hold" in form:
        _counted[f"{sid} {form['Hold'][0].lower()}"] += 1
    if sid == "Calls":
        return 201, {"sid": f"CA{uuid4().hex}", "status": "queued"}
    return 200, {"sid": sid, "call_sid": sid, "status": "in-progress"}
