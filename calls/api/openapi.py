"""The OpenAPI document, and the page that shows it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import states
from calls.api import problems

OPERATIONS = ("get", "post")
ALWAYS = (401, 403, 429)

# The words of each kind of state, for which the document has one name.
CALL_STATE = [(word, word) for word in states.CallState]
CALL_OUTCOME = [(word, word) for word in states.CallOutcome]
LEG_STATE = [(word, word) for word in states.LegState]
OFFER_STATE = [(word, word) for word in states.OfferState]
ORDER_STATE = [(word, word) for word in states.OrderState]
TRANSFER_KIND = [(word, word) for word in states.TransferKind]

PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "A word for programs: call-is-over."},
        "detail": {"type": "string", "description": "A sentence for people."},
        "errors": {
            "type": "array",
            "description": "With code `invalid`: each mistake, and the field that it is in.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself
    target_class = "calls.api.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key` and a space, then the key.",
        }


def name_problems(
    result: dict[str, Any],
    generator: Any,  # noqa: ARG001
    request: Any,  # noqa: ARG001
    public: bool,  # noqa: ARG001
) -> dict[str, Any]:
    """Every operation says which problems it may answer with."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for method in OPERATIONS:
            if method in operations:
                _add_problems(operations[method])
    return result


def _add_problems(operation: dict[str, Any]) -> None:
    operation.setdefault("summary", operation["description"].partition("\n")[0].rstrip("."))
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    statuses = {*ALWAYS}
    if "query" in places:
        statuses.add(400)
    if "path" in places:
        statuses.add(404)
    if "requestBody" in operation:
        statuses |= {400, 409, 415, 422}
    for status in sorted(statuses):
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


@extend_schema(exclude=True)
class Document(SpectacularAPIView):
    """Open to everybody: it tells what there is, and nothing of anybody."""

    permission_classes = [AllowAny]
    authentication_classes = ()
    throttle_classes = ()

    def handle_exception(self, exc: Exception) -> Response:
        """A problem is JSON, also where the document would have been YAML."""
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)


@extend_schema(exclude=True)
class NoSuchAddress(APIView):
    """Below /api/ even a wrong address is answered with a problem."""

    permission_classes = [AllowAny]
    authentication_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is nothing at this address.")


@require_safe
def docs(request: HttpRequest) -> Any:
    """The document as a page; its scripts and styles come from here."""
    return render(request, "api/docs.html", {"title": spectacular_settings.TITLE})
