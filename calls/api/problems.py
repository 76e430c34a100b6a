"""Whatever goes wrong is answered as a problem: RFC 9457, application/problem+json.

https://www.rfc-editor.org/rfc/rfc9457
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response

from calls.plans import CannotNow

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# What a mistake is filed under that belongs to no field.
WHOLE = "non_field_errors"


class Conflict(exceptions.APIException):
    """It makes no sense for the call as it is now."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class KeyUsedBefore(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency-key-reused"
    default_detail = "This Idempotency-Key came with another request before. Use a new one."


class ScopeMissing(exceptions.PermissionDenied):
    default_code = "scope-missing"

    def __init__(self, wanted: Iterable[str]) -> None:
        super().__init__(f"This API key lacks the scope {' or '.join(sorted(wanted))}.")


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too-large"
    default_detail = "The request is too large."


class Unavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database cannot be reached. Try again in a moment."
    wait = 5


class Broken(exceptions.APIException):
    default_code = "internal-error"
    default_detail = "Something went wrong on our side. It has been written down."


def answer(error: Exception, context: dict[str, Any] | None = None) -> Response:  # noqa: ARG001
    """The framework's exception handler: every error becomes a problem, and none a page."""
    known = _known(error)
    answered = Response(describe(known), status=known.status_code, content_type=MEDIA_TYPE)
    for name, value in _headers(known):
        answered[name] = value
    return answered


def describe(error: exceptions.APIException) -> dict[str, Any]:
    """What the problem's document says; `code` is a word for programs, `detail` a sentence."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "code": _code(error),
        "detail": _sentence(error),
    }
    if isinstance(error, exceptions.ValidationError):
        document["errors"] = [
            {"field": field, "detail": detail} for field, detail in _mistakes(error.detail)
        ]
    return document


def _known(error: Exception) -> exceptions.APIException:
    match error:
        case exceptions.APIException():
            return error
        case CannotNow():
            return Conflict(str(error), error.code)
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation():
            return exceptions.ParseError()
        case OperationalError() | InterfaceError():
            logger.warning("the database could not be asked: %s", error)
            return Unavailable()
    logger.error("a request of the API failed", exc_info=error)
    return Broken()


def _code(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    code = getattr(error.detail, "code", None) or error.default_code
    return str(code).replace("_", "-")


def _sentence(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some of what was sent is not right; see errors."
    return str(error.detail)


def _headers(error: exceptions.APIException) -> Iterator[tuple[str, str]]:
    challenge = getattr(error, "auth_header", None)
    if challenge:
        yield "WWW-Authenticate", challenge
    wait = getattr(error, "wait", None)
    if wait:
        yield "Retry-After", str(max(1, round(wait)))


def _mistakes(detail: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Each mistake with the path of its field, `legs.0.role`; empty for the whole."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            inside = field if name == WHOLE else f"{field}.{name}".lstrip(".")
            yield from _mistakes(inner, inside)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _mistakes(inner, field)
    else:
        yield field, str(detail)


# Outside of the framework: what never reached a view ----------------------------------------------


class BadField(BadRequest):
    """A field of a query or a form that no view needs to see."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The project's answer to a malformed request, such as one for another host."""
    # Only what was written to be read: other exceptions tell of our insides.
    why = str(exception) if isinstance(exception, BadRequest) else "Malformed request."
    if not request.path.startswith("/api/"):
        return HttpResponse(render_to_string("400.html", {"why": why}), status=400)
    if isinstance(exception, BadField):
        return _bare(exceptions.ValidationError({exception.field: [why]}))
    return _bare(exceptions.ParseError(why))


def server_error(request: HttpRequest) -> HttpResponse:
    """The project's answer when even the way to a view failed."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    return _bare(Broken())


def _bare(error: exceptions.APIException) -> HttpResponse:
    return JsonResponse(describe(error), status=error.status_code, content_type=MEDIA_TYPE)
