"""ASGI with nothing around it: read a body, admit what was asked, send an answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from calls.webhooks.admission import LARGEST_BODY, CarrierRequest, Response, admit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def admit_scope(scope: Scope, body: bytes) -> CarrierRequest | Response:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    path = scope["path"]
    return admit(
        method=scope["method"],
        url=f"{scope.get('scheme', 'http')}://{headers.get('host', '')}{path}",
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
    )


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or as much of it as shows that it is too large; None: the carrier left."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= LARGEST_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size, more = size + len(chunk), message.get("more_body", False)
    return b"".join(chunks)


async def send_response(send: Send, response: Response) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers.items()
    ]
    if response.status != 204:
        headers.append((b"content-length", b"%d" % len(response.body)))
    start = {"type": "http.response.start", "status": response.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": response.body})
