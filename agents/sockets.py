"""Which socket is where. A page of another site cannot open one: its origin is not ours."""

from collections.abc import Callable
from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware
from django.urls import path

from agents.consumers import BoardSocket, CallSocket, DeskSocket

# Django's path() is made for views; Channels' router takes what it makes.
_path: Callable[..., Any] = path
websocket_urlpatterns = [
    _path("ws/desk/<int:seat>", DeskSocket.as_asgi()),
    _path("ws/board", BoardSocket.as_asgi()),
    _path("ws/calls/<uuid:call_id>", CallSocket.as_asgi()),
]

# Who is signed in is read by each socket itself, at first and again and again (calls.live.sockets).
application = AllowedHostsOriginValidator(CookieMiddleware(URLRouter(websocket_urlpatterns)))
