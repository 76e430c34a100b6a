"""Dialling out from the desk: the pad, who can be found, and the call."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from agents import answers, dial_pad
from agents.dial_forms import DialForm
from agents.models import Agent
from agents.services import dialling
from calls.plans import CannotNow
from calls.services import dial_rules


@require_POST
@login_required
def dial(request: HttpRequest) -> HttpResponse:
    """Their own line is rung, then the customer's; or a sentence that says why not."""
    agent = answers.agent_of(request)
    form = DialForm(request.POST, agent=agent)
    if not form.is_valid():
        return _mistake(form.first_error())
    said = answers.once(request, lambda: _dialled(agent, form.cleaned_data["target"]))
    return _mistake(said) if said else answers.desk(request)


def _dialled(agent: Agent, target: dict[str, Any]) -> str:
    to, now = dialling.Target(**target), timezone.now()
    try:
        dialling.dial(agent=agent, to=to, by=agent.user, now=now)
    except CannotNow as cannot:
        if isinstance(cannot, dialling.CapReached):
            dial_rules.alarm(reached=cannot, now=now)
        return str(cannot)
    return ""


def _mistake(text: str) -> HttpResponse:
    """Beside the pad, which keeps what was typed."""
    return HttpResponse(render_to_string("desk/dial_error.html", {"error": text}), status=422)


@require_GET
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """Who can be dialled: what was typed, if it is a number, and those who are called so."""
    agent = answers.agent_of(request)
    words = request.GET.get("number", "")[:64]
    among = dial_pad.caller_ids(agent)
    like = among[0].number.e164 if among else ""
    context = {
        "found": dial_pad.directory(agent, words),
        "number": _number_in(words, like),
    }
    return HttpResponse(render_to_string("desk/directory.html", context))


def _number_in(words: str, like: str) -> str:
    try:
        return dial_pad.read(words, like=like)
    except dial_pad.CannotRead:
        return ""
