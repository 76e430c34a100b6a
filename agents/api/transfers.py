"""Calls handed on, and joined by somebody more, over the API."""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework import serializers

from agents.models import Agent
from agents.services import handoffs
from calls import plans
from calls.api import asked, clients
from calls.api.changes import change
from calls.api.transfers import Conduct
from calls.carrier.numbers import E164
from calls.models import Call, Change, Queue
from calls.states import TransferKind

CALLER, OURS = "caller", "ours"


class To(asked.Why):
    """Exactly one of `agent` and `number`."""

    one_of: tuple[str, ...] = ("agent", "number")
    agent = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="`id` of an agent."
    )
    number = serializers.CharField(
        required=False,
        max_length=16,
        help_text="+, country code, number. The administrator says which countries are allowed.",
    )
    shows = serializers.ChoiceField(
        choices=[OURS, CALLER],
        default=OURS,
        help_text="Whose number an outside number sees; ours where the carrier allows no other.",
    )
    detect_machine = serializers.BooleanField(
        default=False,
        help_text="An outside number that a machine answers is hung up on. Who answers waits for "
        "some seconds longer.",
    )

    def validate_agent(self, user_id: int) -> User:
        agents = Agent.objects.select_related("user")
        agent = agents.filter(user=user_id, user__is_active=True).first()
        if agent is None:
            raise serializers.ValidationError("There is no such agent.")
        return agent.user

    def validate_number(self, number: str) -> str:
        if not E164.fullmatch(number):
            raise serializers.ValidationError("Write the number as +, country code and number.")
        return number

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in self.one_of) != 1:
            raise serializers.ValidationError(f"Give exactly one of {', '.join(self.one_of)}.")
        return attrs


class TransferBody(To):
    """Exactly one of `agent`, `queue` and `number`."""

    one_of = ("agent", "queue", "number")
    kind = serializers.ChoiceField(
        choices=[(kind, kind) for kind in TransferKind],
        help_text="warm: after a consult, with the customer on hold; blind: at once.",
    )
    queue = serializers.SlugField(
        required=False, help_text="A queue's slug: the next agent there who is free."
    )
    notes = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=2000,
        help_text="Shown at the desk of whoever is brought in.",
    )

    def validate_queue(self, slug: str) -> Queue:
        queue = Queue.objects.filter(slug=slug, is_active=True).first()
        if queue is None:
            raise serializers.ValidationError("There is no active queue with this slug.")
        return queue


def _target(wanted: dict[str, Any], reason: str) -> handoffs.Target:
    return handoffs.Target(
        user=wanted.get("agent"),
        queue=wanted.get("queue"),
        number=wanted.get("number", ""),
        show_caller=wanted["shows"] == CALLER,
        detect_machine=wanted["detect_machine"],
        reason=reason,
        notes=wanted.get("notes", ""),
    )


@change(TransferBody)
class Begin(Conduct):
    """Hand the call on: to an agent, to whoever is free in a queue, or to a number outside.

    A number of ours stands for its queue. What came of it is told by the call's `transfers`.
    """

    def planned(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> plans.Plan:
        is_warm = wanted["kind"] == TransferKind.WARM
        planned = handoffs.planned_warm if is_warm else handoffs.planned_blind
        to = _target(wanted, wanted["reason"])
        return planned(call_id=call.pk, to=to, by=client.user, now=timezone.now())

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        is_warm = wanted["kind"] == TransferKind.WARM
        start = handoffs.start_warm if is_warm else handoffs.start_blind
        to = _target(wanted, wanted["reason"])
        return start(call_id=call.pk, to=to, by=client.user, now=timezone.now()).change


@change(To)
class Add(Conduct):
    """Bring an agent, or a number outside, into the conversation, which goes on meanwhile."""

    def planned(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> plans.Plan:
        to = _target(wanted, wanted["reason"])
        return handoffs.planned_add(call_id=call.pk, to=to, by=client.user, now=timezone.now())

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        to = _target(wanted, wanted["reason"])
        return handoffs.add(call_id=call.pk, to=to, by=client.user, now=timezone.now()).change
