"""What is filled in to change a live call. Only the fields named here are ever read."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from agents.models import Agent
from calls import plans
from calls.carrier import given_twiml
from calls.models import PhoneNumber, Queue
from calls.services import outside
from calls.states import WatchMode

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SAY_WHOM = "Choose somebody from the list, or write a number as +, country code and number."


class DeedForm(forms.Form):
    """`token` names the moment in which the button was shown."""

    token = forms.CharField(max_length=64, required=False)

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class WhyForm(DeedForm):
    reason = forms.CharField(max_length=120, required=False)


class LegForm(DeedForm):
    leg = forms.UUIDField()


class DigitsForm(LegForm):
    digits = forms.CharField(
        max_length=plans.MOST_DIGITS, error_messages={"required": "Write the digits to be sent."}
    )


class SayForm(DeedForm):
    """To one leg, or to everybody where none is named."""

    leg = forms.UUIDField(required=False)
    say = forms.CharField(
        max_length=plans.LONGEST_MESSAGE,
        error_messages={"required": "Write what is to be said."},
    )


class TargetForm(WhyForm):
    """Whom a call goes to: `agent:7`, `queue:3`, or a number in words of its own."""

    to = forms.CharField(max_length=64, required=False)
    number = forms.CharField(max_length=64, required=False)
    notes = forms.CharField(max_length=2000, required=False)
    show_caller = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind, _, key = str(given.get("to", "")).partition(":")
        number = plain(key if kind == "number" else str(given.get("number", "")))
        found: dict[str, Any] | None = None
        if kind == "agent" and key.isdigit():
            agent = Agent.objects.filter(pk=int(key)).select_related("user").first()
            found = {"user": agent.user} if agent else None
        elif kind == "queue" and key.isdigit():
            queue = Queue.objects.filter(pk=int(key), is_active=True).first()
            found = {"queue": queue} if queue else None
        elif NUMBER.fullmatch(number):
            found = {"number": number}
        if found is None:
            self.add_error("to", SAY_WHOM)
        given["to"] = found
        return given


def plain(number: str) -> str:
    """As people write numbers: +1 (555) 010-0 is +15550100."""
    return re.sub(r"[\s()./-]", "", number)


class TextForm(DeedForm):
    text = forms.CharField(max_length=200, required=False)


class WrittenForm(DeedForm):
    """A few words for an agent's desk."""

    text = forms.CharField(
        max_length=300, error_messages={"required": "Write what the agent is to read."}
    )
    to = forms.IntegerField(required=False)


class HelpForm(DeedForm):
    help = forms.IntegerField()


class AgentLegForm(DeedForm):
    """Which of the agents, where there are several."""

    agent_leg = forms.UUIDField(required=False)


class WatchForm(AgentLegForm):
    mode = forms.TypedChoiceField(choices=[(m, m) for m in WatchMode], coerce=WatchMode)
    private = forms.BooleanField(required=False)
    number = forms.CharField(max_length=64, required=False)


class PullForm(DeedForm):
    agent = forms.ModelChoiceField(
        Agent.objects.all(), error_messages={"required": "Choose an agent who is free."}
    )


class ElsewhereForm(WhyForm):
    """Exactly one of a queue, a number of ours, an address and TwiML; what these may hold is as
    over the API."""

    to_queue = forms.ModelChoiceField(Queue.objects.filter(is_active=True), required=False)
    to_number = forms.ModelChoiceField(
        PhoneNumber.objects.filter(is_active=True, queue__is_active=True).select_related("queue"),
        required=False,
    )
    url = forms.CharField(max_length=500, required=False)
    twiml = forms.CharField(max_length=given_twiml.MOST_CHARACTERS, required=False, strip=False)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url:
            _no_mistakes(
                given_twiml.mistakes_in_address(url, hosts=settings.API_TWIML_HOSTS, where="url")
            )
        return url

    def clean_twiml(self) -> str:
        twiml = str(self.cleaned_data["twiml"])
        if twiml.strip():
            _no_mistakes(outside.mistakes_in_twiml(twiml))
        return twiml.strip() and twiml

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        ways = ("to_queue", "to_number", "url", "twiml")
        if not self.errors and sum(bool(given[way]) for way in ways) != 1:
            text = "Choose a queue or a number, or give an address or TwiML: one of them."
            raise forms.ValidationError(text)
        return given


def _no_mistakes(mistakes: Iterable[str]) -> None:
    found = list(mistakes)
    if found:
        raise forms.ValidationError(found)


class ToldForm(DeedForm):
    """What an agent is told to do, and why."""

    why = forms.CharField(max_length=80, required=False)


class LogOutForm(ToldForm):
    after_call = forms.BooleanField(required=False)


class LineForm(DeedForm):
    """Everybody in a line: to another queue, or a message and the end."""

    to_queue = forms.ModelChoiceField(Queue.objects.filter(is_active=True), required=False)
    message = forms.CharField(max_length=500, required=False)
    reason = forms.CharField(max_length=120, required=False)
