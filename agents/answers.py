"""How pages answer: with their own panes as they are now, and a sentence where one is due."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from agents import screens
from agents.models import Agent


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def answer(*panes: str, said: str = "", level: str = "warning", status: int = 200) -> HttpResponse:
    notice = render_to_string("parts/said.html", {"said": said, "level": level})
    return HttpResponse("\n".join([*panes, notice]), status=status)


def desk(request: HttpRequest, said: str = "", status: int = 200) -> HttpResponse:
    """The desk of whoever asks, who has one."""
    user = user_of(request)
    return answer(screens.draw_desk(user), said=said, status=status)


def board(request: HttpRequest, said: str = "", status: int = 200) -> HttpResponse:
    """The board of whoever asks, who watches over some queue, and what they are on now."""
    user = user_of(request)
    drawn = (screens.draw_board(user), screens.draw_watching(user))
    return answer(*drawn, said=said, status=status)


def check_has_desk(request: HttpRequest) -> None:
    if not Agent.objects.filter(user=user_of(request)).exists():
        raise PermissionDenied("You have no desk.")


def check_has_board(request: HttpRequest) -> None:
    if not screens.pages_of(user_of(request)).board:
        raise PermissionDenied("You watch over no queue.")
