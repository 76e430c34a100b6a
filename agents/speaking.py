"""What the desk's page asks for so that its agent can talk in the browser."""

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from agents import softphone
from agents.answers import agent_of
from calls.api.problems import MEDIA_TYPE
from calls.services import connecting

LONGEST_TROUBLE = 10_000


@require_POST
@login_required
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """Lets this browser be called, and call us, for a while."""
    try:
        return JsonResponse(softphone.token_for(agent_of(request)))
    except softphone.NoLine as refused:
        problem = {"title": "No line in the browser", "status": 409, "detail": str(refused)}
        return JsonResponse(problem, status=409, content_type=MEDIA_TYPE)


@require_POST
@login_required
def trouble(request: HttpRequest) -> HttpResponse:
    """The browser could not take part in a call: whoever waits is not kept waiting for it."""
    user, told = agent_of(request).user, _told(request)
    try:
        leg_id = UUID(str(told.get("leg", "")))
    except ValueError:
        return HttpResponse(status=400)
    why = " ".join(_printed(told.get(name)) for name in ("code", "text")).strip()
    connecting.did_not_come(leg_id=leg_id, user=user, why=why, now=timezone.now())
    return HttpResponse(status=204)


def _printed(said: Any) -> str:
    """What a browser says goes into the call's story, which keeps no NUL and no half characters."""
    return "".join(filter(str.isprintable, str(said or "")))


def _told(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        return dict(request.POST.items())
    try:
        told = json.loads(request.body[:LONGEST_TROUBLE])
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
