"""How pages answer: with their own panes as they are now, and a sentence where one is due."""

import hashlib
from collections.abc import Callable

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from agents import screens
from agents.models import Agent
from calls.api import idempotency, problems


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def answer(*panes: str, said: str = "", level: str = "warning", status: int = 200) -> HttpResponse:
    notice = render_to_string("parts/said.html", {"said": said, "level": level})
    return HttpResponse("\n".join([*panes, notice]), status=status)


def once(request: HttpRequest, do: Callable[[], str]) -> str:
    """Do it; what is to be said about it. What a page sends again, because no answer came, with
    the same token and the same words, is done once and answered alike."""
    token = request.headers.get(idempotency.HEADER, "")
    if not token:
        return do()
    client, now = f"page:{user_of(request).pk}", timezone.now()
    words = sorted(given for given in request.POST.lists() if given[0] != "token")
    wish = hashlib.sha256(repr((token, request.path, words)).encode()).hexdigest()
    try:
        with transaction.atomic():
            kept = idempotency.before(client, wish, now)
            if kept is not None:
                return str(kept.body)
            said = do()
            idempotency.keep(client, wish, wish, 200, said, now)
            return said
    except problems.Conflict as under_way:
        return str(under_way)


def desk(request: HttpRequest, said: str = "", status: int = 200) -> HttpResponse:
    """The desk of whoever asks, who has one."""
    user = user_of(request)
    return answer(screens.draw_desk(user), said=said, status=status)


def board(request: HttpRequest, said: str = "", status: int = 200) -> HttpResponse:
    """The board of whoever asks, who watches over some queue, and what they are on now."""
    user = user_of(request)
    drawn = (screens.draw_board(user), screens.draw_watching(user))
    return answer(*drawn, said=said, status=status)


def agent_of(request: HttpRequest) -> Agent:
    """Whose desk it is that asks."""
    agent = Agent.objects.filter(user=user_of(request)).select_related("user").first()
    if agent is None:
        raise PermissionDenied("You have no desk.")
    return agent


def check_has_desk(request: HttpRequest) -> None:
    agent_of(request)


def check_has_board(request: HttpRequest) -> None:
    if not screens.pages_of(user_of(request)).board:
        raise PermissionDenied("You watch over no queue.")
