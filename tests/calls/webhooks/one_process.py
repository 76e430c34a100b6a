"""Asks an ASGI application as the server would, in this process."""

from collections.abc import MutableMapping
from typing import Any

from calls.webhooks.admission import Response
from calls.webhooks.wire import Application
from tests.calls.webhooks.carrier_requests import Request


async def ask(application: Application, request: Request, *, chunk: int = 10_000) -> Response:
    """One request, its body in pieces as a network delivers it."""
    pieces = [request.body[n : n + chunk] for n in range(0, len(request.body), chunk)] or [b""]
    arriving = [
        {"type": "http.request", "body": piece, "more_body": n < len(pieces) - 1}
        for n, piece in enumerate(pieces)
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await application(scope(request), receive, send)
    return _response(sent)


def scope(request: Request) -> dict[str, Any]:
    return {
        "type": "http",
        "scheme": "http",
        "method": request.method,
        "path": request.path,
        "query_string": request.query.encode(),
        "headers": [(n.lower().encode(), v.encode()) for n, v in request.headers.items()],
    }


def _response(sent: list[MutableMapping[str, Any]]) -> Response:
    start, *bodies = sent
    assert start["type"] == "http.response.start"
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    body = b"".join(message["body"] for message in bodies)
    if start["status"] != 204:
        assert int(headers.pop("content-length")) == len(body)
    return Response(start["status"], body, headers)


class Lifespan:
    """The server starts the application, and later stops it."""

    def __init__(self) -> None:
        self.to_app = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        self.from_app: list[MutableMapping[str, Any]] = []

    async def run(self, application: Application) -> list[str]:
        await application({"type": "lifespan"}, self._receive, self._send)
        return [str(message["type"]) for message in self.from_app]

    async def _receive(self) -> MutableMapping[str, Any]:
        return self.to_app.pop(0)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.from_app.append(message)
