"""Whether callers can be served, for whoever watches: /healthz, /readyz and /metrics.

They are answered before anything else of ours: a probe knows no host name, no TLS and no session.
"""

import hmac
import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from calls.carrier.readings import CarrierTrouble, check_reachable
from calls.models import WorkerBeat

logger = logging.getLogger(__name__)

# A worker says every five seconds that it lives.
WORKER_IS_GONE = timedelta(seconds=20)
# The carrier is asked at most so often, however many watch.
CARRIER_REMEMBERED = 10.0
# What proxies add to a request.
PASSED_ON = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Via"}


@dataclass(frozen=True)
class Part:
    """One thing that callers depend on, and how it is, as a sentence."""

    ok: bool
    sentence: str


def well(sentence: str) -> Part:
    return Part(ok=True, sentence=sentence)


def unwell(sentence: str) -> Part:
    return Part(ok=False, sentence=sentence)


@sync_and_async_middleware
def health(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware, the outermost; in an asynchronous server it costs other pages no thread."""
    asynchronous = iscoroutinefunction(get_response)
    if asynchronous:

        async def in_loop(request: HttpRequest) -> Any:
            answer = ANSWERS.get(request.path)
            if answer:
                return await sync_to_async(answer)(request)
            return await get_response(request)

        return in_loop

    def in_thread(request: HttpRequest) -> Any:
        answer = ANSWERS.get(request.path)
        return answer(request) if answer else get_response(request)

    return in_thread


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view
    """The process lives; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 a view
    """200 when calls can come in, be answered and be changed; else 503, and why."""
    parts = look()
    ready = all(part.ok for part in parts.values())
    body = {
        "ready": ready,
        "parts": {name: {"ok": p.ok, "sentence": p.sentence} for name, p in parts.items()},
    }
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the token where one is set, else from this machine alone."""
    if not may_read_metrics(request):
        return HttpResponse("metrics need a token, or a request from this machine\n", status=403)
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy on this machine everybody seems to be at home.
    forwarded = PASSED_ON & set(request.headers)
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        # A unix socket has no address; only this machine reaches it.
        return address == ""


ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}


# The parts --------------------------------------------------------------------------------------


def look() -> Mapping[str, Part]:
    database = look_at_database()
    worker = look_at_worker() if database.ok else unwell("Unknown without the database.")
    return {"database": database, "worker": worker, "carrier": carrier.look()}


@dataclass
class _Migrated:
    """Whether every migration was seen applied; once it was, it is."""

    seen: bool = False


_migrated = _Migrated()


def look_at_database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        missing = 0 if _migrated.seen else count_missing_migrations()
    except DatabaseError:
        return unwell("PostgreSQL cannot be reached.")
    _migrated.seen = not missing
    if missing:
        return unwell(f"{missing} migrations are missing: run `manage.py migrate`.")
    return well("PostgreSQL answers, and its tables are as they should be.")


def count_missing_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def look_at_worker() -> Part:
    try:
        newest = WorkerBeat.objects.order_by("-at").first()
    except DatabaseError:
        return unwell("Unknown without the database.")
    if newest is None:
        return unwell("No worker has ever run: start `manage.py worker`.")
    silence = timezone.now() - newest.at
    if silence > WORKER_IS_GONE:
        seconds = int(silence.total_seconds())
        return unwell(f"No worker has been heard for {seconds} s: start `manage.py worker`.")
    return well("A worker carries out orders.")


@dataclass
class Carrier:
    """Asked in the background of many probes: one asks, the others are told what was found."""

    found: Part | None = None
    found_at: float = 0.0
    asking: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> Part:
        with self.asking:
            if self.found is None or time.monotonic() - self.found_at > CARRIER_REMEMBERED:
                self.found = ask_carrier()
                self.found_at = time.monotonic()
            return self.found


def ask_carrier() -> Part:
    try:
        check_reachable()
    except CarrierTrouble as trouble:
        logger.warning("the carrier cannot be asked: %s", trouble)
        kind = str(trouble).partition(":")[0]
        return unwell(f"The carrier cannot be asked ({kind}); the log says more.")
    return well("The carrier answers, and knows our account.")


carrier = Carrier()
