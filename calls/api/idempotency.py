"""A write that is repeated with the same `Idempotency-Key` is done once, and answered alike.

The answer is kept in the transaction of the write itself: whatever stops in between, either both
are there or neither is, and a repeat is never in doubt.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import JSONField, Value
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from calls.api import clients, problems
from calls.models import IdempotencyRecord
from calls.plans import CannotNow
from calls.services import dial_rules
from calls.services.dial_rules import CapReached

HEADER = "Idempotency-Key"
PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Chosen by you, new for each write: a repeat with the same key is done once.",
)
REPEATED = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 100
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def once(request: Request, act: Callable[[], Response], *, made: str = "") -> Response:
    """Do it in one transaction; or give the answer that the same request was given before.

    A conflict is an answer too, and is kept. What was refused before anything was looked at
    (validation, rights) is not: it may be corrected and sent again with the same key. `made` names
    the address at which what is answered with 202, first or again, is to be seen.
    """
    answered = _answered(request, act)
    if made and answered.status_code == status.HTTP_202_ACCEPTED:
        answered["Location"] = reverse(made, [answered.data["id"]], request=request)
    return answered


def _answered(request: Request, act: Callable[[], Response]) -> Response:
    _check_is_meant(request)
    key = request.headers.get(HEADER)
    if key is None:
        return _settled(act)
    if not _KEY.fullmatch(key):
        raise ParseError(f"{HEADER} is 1 to 255 visible ASCII characters, without spaces.")
    client, now = clients.of(request).name, timezone.now()
    with transaction.atomic():
        kept = before(client, key, now)
        if kept is not None:
            return _again(kept, _fingerprint(request))
        answered = _settled(act)
        keep(client, key, _fingerprint(request), answered.status_code, answered.data, now)
    return answered


def _check_is_meant(request: Request) -> None:
    """Whoever only wants to look is never answered by doing it. What has a plan has shown it."""
    asked = {name for name, value in request.query_params.items() if value}
    if "dry_run" in asked:
        raise ValidationError(
            {"dry_run": ["There is no plan of this to look at; nothing was done."]}
        )
    if asked:
        raise ValidationError({name: ["There is no such parameter."] for name in asked})


def before(client: str, key: str, now: datetime) -> IdempotencyRecord | None:
    """What this client was answered before; until the transaction ends, nobody else asks for it.

    Raises problems.Conflict: the same is being done.
    """
    _alone(client, key)
    return _kept(client, key, now)


def _settled(act: Callable[[], Response]) -> Response:
    try:
        with transaction.atomic():
            return act()
    except (problems.Conflict, CannotNow) as conflict:
        if isinstance(conflict, CapReached):
            dial_rules.alarm(reached=conflict, now=timezone.now())
        return problems.answer(conflict)


def _fingerprint(request: Request) -> str:
    sent = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(sent.encode()).hexdigest()


def _alone(client: str, key: str) -> None:
    """Nobody else does the same while our transaction lasts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{client} {key}"]
        )
        [is_ours] = cursor.fetchone() or [False]
    if not is_ours:
        raise problems.Conflict(
            "The same request is being carried out. Ask again in a moment.", "under-way"
        )


def _kept(client: str, key: str, now: datetime) -> IdempotencyRecord | None:
    _forget(now)
    return IdempotencyRecord.objects.filter(
        client=client, key=key, created_at__gt=now - KEPT_FOR
    ).first()


def _forget(now: datetime) -> None:
    """Answers older than a day, of anybody; those that another transaction has are left to it."""
    old = IdempotencyRecord.objects.filter(created_at__lte=now - KEPT_FOR)
    ids = old.select_for_update(skip_locked=True).order_by("created_at").values_list("pk")
    IdempotencyRecord.objects.filter(pk__in=ids[:FORGOTTEN_AT_ONCE]).delete()


def keep(client: str, key: str, fingerprint: str, status: int, body: Any, now: datetime) -> None:
    """What a repeat is answered; `body` is None where there is nothing to say."""
    IdempotencyRecord.objects.update_or_create(
        client=client,
        key=key,
        defaults={
            "request_hash": fingerprint,
            "status": status,
            "body": Value(None, JSONField()) if body is None else body,
            "created_at": now,
        },
    )


def _again(kept: IdempotencyRecord, fingerprint: str) -> Response:
    if kept.request_hash != fingerprint:
        raise problems.KeyUsedBefore
    is_problem = kept.status >= 400
    answered = Response(
        kept.body, status=kept.status, content_type=problems.MEDIA_TYPE if is_problem else None
    )
    answered[REPEATED] = "true"
    return answered
