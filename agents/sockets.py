"""Which socket is where. A page of another site cannot open one: its origin is not ours.

Cookies know neither ports nor schemes: a page at another port of this host, or one that came
without TLS, would bring the session along. So the whole origin counts, as it does for forms.
"""

from collections.abc import Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import path, re_path

from agents.consumers import BoardSocket, CallListSocket, CallSocket, DeskSocket


class NoSuchSocket(AsyncWebsocketConsumer):
    """Nothing is shown at this address."""

    async def connect(self) -> None:
        await self.close()


# Django's path() is made for views; Channels' router takes what it makes.
_path: Callable[..., Any] = path
_re_path: Callable[..., Any] = re_path
websocket_urlpatterns = [
    # A moment in milliseconds.
    _re_path(r"^ws/desk/(?P<seat>[0-9]{1,15})$", DeskSocket.as_asgi()),
    _path("ws/board", BoardSocket.as_asgi()),
    _path("ws/calls", CallListSocket.as_asgi()),
    _path("ws/calls/<uuid:call_id>", CallSocket.as_asgi()),
    _re_path("", NoSuchSocket.as_asgi()),
]

# Who is signed in is read by each socket itself, at first and again and again (calls.live.sockets).
pages = CookieMiddleware(URLRouter(websocket_urlpatterns))
refusal = WebsocketDenier.as_asgi()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Open a page's socket for our own pages alone."""
    door: Any = pages if is_ours(dict(scope["headers"])) else refusal
    await door(scope, receive, send)


def is_ours(headers: dict[bytes, bytes]) -> bool:
    """Whether the page that asks came from here, or from where forms may come from."""
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if origin in {settings.PUBLIC_URL.lower(), *settings.CSRF_TRUSTED_ORIGINS}:
        return True
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    without_tls = not settings.PUBLIC_URL.startswith("https://")
    return origin == f"https://{host}" or (without_tls and origin == f"http://{host}")
