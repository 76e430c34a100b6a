"""The carrier's door as a plain function: one request in, one answer out, in the caller's thread.

The web process serves it through `calls.webhooks.asgi`, which writes news in batches instead.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from calls.about import about
from calls.carrier import twiml
from calls.webhooks import foregone, inbox, instructions, metrics, one_moment
from calls.webhooks.admission import CarrierRequest, Response, admit, refusal, xml
from calls.webhooks.kinds import Wants

logger = logging.getLogger("callcenter.webhooks")

Result = TypeVar("Result")

WRITTEN_DOWN = Response(204)
NOT_NOW = refusal(503, "The database cannot be reached; ask again.")
# The carrier then asks the fallback, which keeps the caller on the line.
FAILED = refusal(500, "This could not be answered; it is in the log.")
# A statement that waits longer would be felt as silence; the carrier asks again or elsewhere.
PATIENCE = "set statement_timeout = '4s'"


def answer(
    *,
    method: str,
    url: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> Response:
    """Answer one request of the carrier; `url` is what it claims to have called (see admit)."""
    lower = {name.lower(): value for name, value in headers.items()}
    request = admit(method=method, url=url, path=path, query=query, headers=lower, body=body)
    if isinstance(request, Response):
        return request
    if request.kind.wants is Wants.ONE_MOMENT:
        return one_moment.answer(request)
    known = known_answer(request)
    if known is not None:
        return write_down(row_of(request, now), known, request.kind.name)
    instructed = instruct(request, now)
    if instructed.unwritten is None:
        return instructed.response
    return write_down(instructed.unwritten, instructed.response, request.kind.name)


def known_answer(request: CarrierRequest) -> Response | None:
    """What is answered once the request is written down; None where it has to be looked up."""
    if request.kind.wants is Wants.NOTHING:
        return WRITTEN_DOWN
    step = foregone.answer(request)
    return None if step is None else xml(twiml.render(step))


def row_of(request: CarrierRequest, now: datetime) -> inbox.Row:
    """What the worker should do something about is pending; the rest is for the record."""
    if request.kind.wants is Wants.NOTHING or foregone.is_news(request):
        return inbox.news(request, now)
    return inbox.answered(request, now, "foregone")


@dataclass(frozen=True, slots=True)
class Instructed:
    """An answer; `unwritten` is what has to be written down before it is given, if anything."""

    response: Response
    unwritten: inbox.Row | None = None


def instruct(request: CarrierRequest, now: datetime) -> Instructed:
    """What the leg should do now: read where that is enough; else one domain call and its record,
    in one transaction."""
    began = time.perf_counter()
    try:
        with about(**_who(request)):
            instructed = _in_database(
                lambda: _as_usual(request, now) or _instructions(request, now), Instructed(NOT_NOW)
            )
    except Exception:
        logger.exception("%s failed", request.kind.name, extra=_who(request))
        instructed = Instructed(FAILED)
        _record_failure(request, now)
    metrics.SECONDS.labels(request.kind.name).observe(time.perf_counter() - began)
    if instructed.unwritten is None:
        metrics.ANSWERED.labels(request.kind.name, str(instructed.response.status)).inc()
    return instructed


def write_down(row: inbox.Row, known: Response, kind: str) -> Response:
    """News: the answer means that it is safe in the database."""

    def stored() -> Response:
        with transaction.atomic():
            inbox.store(row)
        return known

    response = _in_database(stored, NOT_NOW)
    metrics.ANSWERED.labels(kind, str(response.status)).inc()
    return response


def _as_usual(request: CarrierRequest, now: datetime) -> Instructed | None:
    usual = instructions.as_usual(request, now)
    if usual is None:
        return None
    told = type(usual.step).__name__
    row = (inbox.news if usual.is_news else inbox.answered)(request, now, told)
    return Instructed(xml(twiml.render(usual.step)), row)


def _instructions(request: CarrierRequest, now: datetime) -> Instructed:
    with transaction.atomic():
        step = instructions.step_for(request, now)
        inbox.store(inbox.answered(request, now, type(step).__name__))
    return Instructed(xml(twiml.render(step)))


def _in_database(work: Callable[[], Result], otherwise: Result) -> Result:
    """The connection may have died since it was last used: then once more on a new one."""
    for last_try in (False, True):
        try:
            _make_ready()
            return work()
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database failed: %s", error)
            if connection.in_atomic_block:
                raise
            connection.close()
            if last_try:
                break
    return otherwise


def _make_ready() -> None:
    if connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(PATIENCE)


def _record_failure(request: CarrierRequest, now: datetime) -> None:
    """So that the call's story shows it; where the database itself is the trouble, the log does."""

    def stored() -> Response:
        with transaction.atomic():
            inbox.store(inbox.failed(request, now, "could not be answered; see the log"))
        return FAILED

    _in_database(stored, FAILED)


def _who(request: CarrierRequest) -> dict[str, str]:
    return {"call_sid": request.call_sid, "leg_id": str(request.leg_id or "")}
