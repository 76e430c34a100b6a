"""The line in an agent's browser: what its page is told, and what it is to do now."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.urls import reverse

from agents.models import Agent, LineKind
from calls.carrier import addresses, tokens
from calls.models import Command, Leg, StandbyLeg
from calls.states import CallState, LegRole, Verb

NOT_SET_UP = (
    "Talking in the browser is not set up: an administrator gives TWILIO_API_KEY, "
    "TWILIO_API_SECRET and TWILIO_TWIML_APP_SID."
)
NO_BROWSER_LINE = "Your line is not in the browser: an administrator can change that."


class NoLine(Exception):
    """This agent cannot talk in the browser; the message is a sentence for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the page's softphone is to do, by a press of a button or at once."""

    act: str  # connect, connect-now, answer, answer-now, rejoin
    leg_id: UUID | None = None
    standby_id: UUID | None = None


def settings_for(agent: Agent) -> dict[str, Any] | None:
    """What the page of this agent's desk needs to know; None where the line is no browser."""
    if agent.line_kind != LineKind.BROWSER:
        return None
    sandbox = urlsplit(settings.CARRIER_API_URL).netloc if settings.CARRIER_IS_SANDBOX else ""
    return {
        "driver": settings.SOFTPHONE_DRIVER,
        "token": reverse("softphone-token"),
        "trouble": reverse("softphone-trouble"),
        # The sandbox's own signalling; a real carrier's is found by its edge.
        "chunder": sandbox,
        "edge": "" if sandbox else ",".join(settings.TWILIO_EDGES),
        "identity": agent.identity,
        "auto_answer": agent.auto_answer,
    }


def is_set_up(agent: Agent) -> bool:
    """Whether the agent's line could be had at all, as the settings are."""
    return agent.line_kind != LineKind.BROWSER or tokens.are_possible()


def token_for(agent: Agent) -> dict[str, Any]:
    """What lets this agent's browser talk for a while. Raises NoLine."""
    if agent.line_kind != LineKind.BROWSER:
        raise NoLine(NO_BROWSER_LINE)
    token = tokens.browser_token(agent.identity)
    if token is None:
        raise NoLine(NOT_SET_UP)
    ttl = settings.SOFTPHONE_TOKEN_SECONDS
    return {"token": token, "identity": agent.identity, "ttl": ttl}


def wanted(user: User) -> Wanted | None:
    """What the browser of this user is to do for a line of theirs that is not up yet."""
    rung = Command.objects.filter(leg=OuterRef("pk"), verb=Verb.DIAL)
    coming = Leg.objects.live().filter(
        user=user,
        address__startswith=addresses.BROWSER,
        answered_at__isnull=True,
        standby__isnull=True,
    )
    known = coming.annotate(is_rung=Exists(rung)).order_by("-planned_at")
    shown = known.values_list("pk", "role", "call__state", "in_place_of", "is_rung")
    for leg_id, role, call_state, lost, is_rung in shown[:1]:
        act = _act(role, call_state, is_rung=is_rung, was_lost=lost is not None)
        return Wanted(act=act, leg_id=leg_id)
    return _standby(user)


def _act(role: str, call_state: str, *, is_rung: bool, was_lost: bool) -> str:
    if was_lost:
        return "rejoin"
    if role == LegRole.AGENT and call_state == CallState.DIALLING and not is_rung:
        # Whoever dials has said already that they want to talk.
        return "connect-now"
    if role == LegRole.SUPERVISOR:
        return "answer-now"
    return "answer" if is_rung else "connect"


def _standby(user: User) -> Wanted | None:
    lines = StandbyLeg.objects.live().filter(
        user=user, standby__address__startswith=addresses.BROWSER, answered_at__isnull=True
    )
    line = lines.first()
    return None if line is None else Wanted(act="answer-now", standby_id=line.pk)
