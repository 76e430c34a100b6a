"""How much one client may ask."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from calls import allowances
from calls.api import clients

if TYPE_CHECKING:  # the framework loads this module while it loads its views
    from rest_framework.views import APIView


class PerClient(BaseThrottle):
    """`API_RATE` requests of each key, and of each person, whichever process answers them."""

    def __init__(self) -> None:
        self._wait = timedelta()

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        who, rate = clients.of(request).name, allowances.rate(settings.API_RATE)
        # Strangers are turned away before, but for the views that are open to all.
        if rate is None or not who:
            return True
        now = timezone.now()
        again_at = allowances.take(subject=f"api {who}", rate=rate, now=now)
        if again_at is not None:
            self._wait = again_at - now
        return again_at is None

    def wait(self) -> float | None:
        return max(0.0, self._wait.total_seconds())
