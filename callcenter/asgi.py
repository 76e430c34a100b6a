r"""The web process: the carrier's requests by the shortest way, sockets and pages by Django's.

Start it with

    python -m uvicorn callcenter.asgi:application --loop uvloop --http httptools \
        --ws-per-message-deflate false --no-access-log --no-proxy-headers

Without those two libraries uvicorn falls back to ones that are a quarter as fast and says nothing;
here it is said, and the process does not start.
"""

import asyncio
import gc
import os
import sys
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

# What follows needs Django to be set up.
from agents import sockets  # noqa: E402
from callcenter.kept_threads import KeptThreads  # noqa: E402
from callcenter.metrics import OPEN_PAGES  # noqa: E402
from calls import at_once  # noqa: E402
from calls.carrier import gateway  # noqa: E402
from calls.webhooks.asgi import CarrierDoor  # noqa: E402
from calls.webhooks.wire import Application, Receive, Scope, Send  # noqa: E402

carrier_door = CarrierDoor()
pages = cast(Application, django_application)
threads = KeptThreads(idle=12)
live_pages = cast(Application, sockets.application)


# Python's own is 0.005.
TURN_SECONDS = 0.001


class SlowServer(Exception):
    """uvicorn runs on its slow fallback; the message says what to do."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        if scope["path"].startswith("/twilio/"):
            await carrier_door(scope, receive, send)
        else:
            async with threads.one():
                await pages(scope, receive, send)
    elif scope["type"] == "websocket":
        with OPEN_PAGES.track_inprogress():
            await live_pages(scope, receive, send)
    else:
        await live(receive, send)


async def live(receive: Receive, send: Send) -> None:
    """From the server's start to its end."""
    await receive()
    try:
        refuse_slow_server()
    except SlowServer as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    stay_quick()
    delivering = asyncio.create_task(at_once.keep_delivering(), name="orders")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    delivering.cancel()
    await asyncio.wait([delivering])
    await gateway.close_async_client()
    await carrier_door.close()
    threads.close()
    await send({"type": "lifespan.shutdown.complete"})


def stay_quick() -> None:
    """No caller waits while everything that was loaded at the start is looked through for garbage,
    or while a thread that draws a page holds the interpreter for its whole turn."""
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(TURN_SECONDS)


def refuse_slow_server() -> None:
    """Other servers are their owners' choice; uvicorn is ours, and is told how to run."""
    if "uvicorn.server" not in sys.modules:
        return
    loop = type(asyncio.get_running_loop()).__module__
    parser = "uvicorn.protocols.http.httptools_impl"
    if not loop.startswith("uvloop") or parser not in sys.modules:
        raise SlowServer(
            "uvicorn runs without uvloop or httptools. Install both and start it with "
            "--loop uvloop --http httptools."
        )
