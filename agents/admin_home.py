"""The admin's first page: what wants somebody's attention, each with the way to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from agents import upkeep
from agents.models import Agent
from calls.models import ApiKey, CarrierEvent, Command, PhoneNumber, Queue, Voicemail
from calls.states import NewsState, OrderState

A_DAY = timedelta(days=1)
FAILED_ORDERS = (OrderState.REFUSED, OrderState.GAVE_UP, OrderState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Concern:
    """A sentence, and where one sees to it."""

    text: str
    address: str
    is_grave: bool = False


def attend(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """What the template of the first page is given."""
    context["concerns"] = [*_machinery(), *_setting_up(), *_people_wait_for()]
    return context


def _machinery() -> Iterator[Concern]:
    now = timezone.now()
    state = upkeep.look(now)
    if not state.worker_runs:
        text = "No worker runs: calls go on, but nothing new is done."
        yield Concern(text, _list("calls_workerbeat"), is_grave=True)
    if state.orders:
        yield Concern(
            f"Orders to the carrier that wait: {state.orders}",
            _list("calls_command", "state__exact=pending"),
            is_grave=True,
        )
    failed = CarrierEvent.objects.filter(state=NewsState.FAILED).count()
    if failed:
        address = _list("calls_carrierevent", "state__exact=failed")
        yield Concern(f"Carrier news that could not be applied: {failed}", address, is_grave=True)
    refused = Command.objects.filter(state__in=FAILED_ORDERS, ordered_at__gte=now - A_DAY).count()
    if refused:
        address = _list("calls_command")
        yield Concern(f"Orders that were not carried out since yesterday: {refused}", address)


def _setting_up() -> Iterator[Concern]:
    for queue in Queue.objects.filter(is_active=True, memberships__isnull=True).order_by("name"):
        yield Concern(f"No agent serves {queue}.", _page("calls_queue", queue.pk))
    idle = PhoneNumber.objects.filter(is_active=True, queue__is_active=False)
    for number in idle.select_related("queue").order_by("e164"):
        text = f"{number} leads to {number.queue}, which is switched off."
        yield Concern(text, _page("calls_phonenumber", number.pk))
    for agent in Agent.objects.filter(memberships__isnull=True).order_by("name"):
        yield Concern(f"{agent} serves no queue.", _page("agents_agent", agent.pk))
    soon = timezone.now() + 7 * A_DAY
    for key in ApiKey.objects.filter(revoked=False, expiry_date__range=(soon - 7 * A_DAY, soon)):
        yield Concern(f"The API key {key} expires within a week.", _page("calls_apikey", key.pk))


def _people_wait_for() -> Iterator[Concern]:
    unheard = Voicemail.objects.filter(heard_at__isnull=True).count()
    if unheard:
        yield Concern(f"Voicemails nobody has heard: {unheard}", _list("calls_voicemail"))


def _list(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + (f"?{query}" if query else "")


def _page(model: str, pk: object) -> str:
    return reverse(f"admin:{model}_change", args=[pk])
