"""How pages spell what the database knows: people, numbers, spans of time, states."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents.availability import Status
from agents.desk import LiveCall
from agents.leg_picture import spell as spell_seconds
from agents.parties import Party
from agents.roster import Standing
from calls.carrier.numbers import is_withheld
from calls.states import LegRole, StandbyState

register = template.Library()

STATUS_WORDS = {
    Status.OFFLINE: "Offline",
    Status.AVAILABLE: "Available",
    Status.BREAK: "On a break",
    Status.RINGING: "Ringing",
    Status.BUSY: "On a call",
    Status.WRAPPING_UP: "After-call work",
    Status.SET_ASIDE: "Set aside",
    Status.AWAY: "Away",
    Status.CONNECTING: "Connecting",
}
STANDBY_WORDS = {
    StandbyState.CONNECTING: "Standby: ringing",
    StandbyState.READY: "On standby",
    StandbyState.DROPPED: "Standby: line lost",
}
LEG_WORDS = {
    "planned": "being called",
    "queued": "in the carrier's queue",
    "initiated": "being called",
    "ringing": "ringing",
    "in-progress": "on the line",
    "completed": "hung up",
    "busy": "was busy",
    "failed": "could not be reached",
    "no-answer": "did not answer",
    "canceled": "called off",
}


@register.filter
def number(raw: str) -> str:
    """+15550100 as people read it; a withheld one in words."""
    if is_withheld(raw):
        return "Withheld number"
    try:
        parsed = phonenumbers.parse(raw, None)
    except phonenumbers.NumberParseException:
        return raw
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


@register.simple_tag
def person(name: str, raw_number: str) -> str:
    """The customer's name where it is known, or their number."""
    return name or number(raw_number)


@register.filter
def spell(span: timedelta | float | None) -> str:
    """75 seconds is 1:15."""
    if span is None:
        return "–"
    return spell_seconds(span.total_seconds() if isinstance(span, timedelta) else span)


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


@register.filter
def status_words(agent: Standing) -> str:
    if agent.status is Status.RINGING and agent.standby is StandbyState.READY:
        return "Offered a call"
    return STATUS_WORDS[agent.status]


@register.filter
def standby_words(state: StandbyState) -> str:
    return STANDBY_WORDS[state]


@register.filter
def line_words(party: Party) -> str:
    """What the line of somebody is doing who is not in the conversation."""
    if party.is_kept_open and not party.answered:
        return "on standby"
    return LEG_WORDS.get(party.state, party.state)


PARTS = {
    LegRole.CUSTOMER: "caller",
    LegRole.AGENT: "agent",
    LegRole.CONSULT: "agent",
    LegRole.SUPERVISOR: "supervisor",
    LegRole.EXTERNAL: "outside",
    LegRole.BOT: "program",
}


@register.filter
def part(party: Party) -> str:
    """What somebody is in a call."""
    return PARTS[LegRole(party.role)]


@register.filter(name="is")
def equals(one: object, other: object) -> bool:
    return one == other


@register.filter
def at(mapping: Mapping[Any, Any], key: object) -> Any:
    return mapping.get(key)


@register.filter
def caller(call: LiveCall) -> str:
    return person(call.customer_name, call.customer_number)


@register.filter
def plainly(word: str) -> str:
    """`ended-by-us` is "Ended by us"."""
    return word.replace("-", " ").replace("_", " ").capitalize()


@register.simple_tag
def clock(at: datetime | None, *, seconds: bool = False) -> str | SafeString:
    """A moment in the reader's own time; without scripts, in the call centre's."""
    if at is None:
        return "–"
    shown = timezone.localtime(at).strftime("%H:%M:%S" if seconds else "%H:%M")
    more = SafeString(" seconds") if seconds else ""
    return format_html('<clock-time at="{}"{}>{}</clock-time>', at.isoformat(), more, shown)


@register.simple_tag
def timer(since: datetime | None, late_after: int | None = None) -> str | SafeString:
    """How long it has been, ticking in the browser; without scripts, since when."""
    if since is None:
        return "–"
    late = format_html(' late-after="{}"', late_after) if late_after else ""
    return format_html(
        '<call-timer role="timer" since="{}"{}>since {}</call-timer>',
        since.isoformat(), late, timezone.localtime(since).strftime("%H:%M:%S"),
    )  # fmt: skip


@register.simple_tag
def countdown(until: datetime) -> SafeString:
    """How long it will be, ticking in the browser; without scripts, until when."""
    return format_html(
        '<call-timer role="timer" until="{}">until {}</call-timer>',
        until.isoformat(), timezone.localtime(until).strftime("%H:%M:%S"),
    )  # fmt: skip
