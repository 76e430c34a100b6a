"""How much one client may ask."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from calls.api import clients

if TYPE_CHECKING:  # the framework loads this module while it loads its views
    from rest_framework.views import APIView


class PerClient(SimpleRateThrottle):
    """`API_RATE` requests of each key, and of each person, in each web process."""

    scope = "client"

    def get_rate(self) -> str | None:
        return settings.API_RATE or None

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:  # noqa: ARG002
        who = clients.of(request).name
        return f"api-throttle:{who or self.get_ident(request)}"
