"""The answering service: keeps callers on the line while the web process or the database is down.

    python -m uvicorn callcenter.fallback:application --port 8805 --loop uvloop --http httptools

It has no state and no database. The carrier asks it when one of our addresses failed; it says that
there will be a moment, and has the carrier ask us again.
"""

import os
from logging.config import dictConfig

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")

from django.conf import settings

from calls.webhooks import one_moment
from calls.webhooks.admission import Response, refusal
from calls.webhooks.wire import Receive, Scope, Send, admit_scope, read_body, send_response

# Django's own set-up would bring the ORM; of it, the logs alone are wanted.
dictConfig(settings.LOGGING)

ALIVE = Response(200, b"ok\n", {"content-type": "text/plain; charset=utf-8"})
NOT_HERE = refusal(404, "This is the answering service: only /twilio/fallback is here.")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "http":
        body = await read_body(receive)
        if body is not None:
            await send_response(send, answer(scope, body))


def answer(scope: Scope, body: bytes) -> Response:
    if scope["path"] == "/healthz":
        return ALIVE
    if scope["path"] != "/twilio/fallback":
        return NOT_HERE
    request = admit_scope(scope, body)
    return request if isinstance(request, Response) else one_moment.answer(request)


async def live(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
