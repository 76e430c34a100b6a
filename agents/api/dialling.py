"""An agent dials out, over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from agents.api.people import visible
from agents.models import Agent
from agents.services import dialling, shifts
from calls.api import asked, clients, idempotency, shapes
from calls.api.changes import DRY_RUN, PlanShape, is_dry_run, shown
from calls.carrier.numbers import E164
from calls.models import Call, PhoneNumber, Queue
from calls.services import foreseeing


class DialBody(asked.Why):
    """Exactly one of `number` and `colleague`."""

    number = serializers.CharField(
        required=False,
        max_length=16,
        help_text="+, country code, number. The administrator says which countries are allowed, "
        "and what dialling out may cost.",
    )
    colleague = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="`id` of an agent."
    )
    shows = serializers.CharField(
        required=False,
        max_length=16,
        help_text="Which number of ours is shown: one that the agent's queues may show. Otherwise "
        "the one by which the customer was spoken with last, or the agent's first queue's.",
    )
    queue = serializers.SlugField(
        required=False,
        help_text="A queue of the agent's, whose recording, music and after-call work count. "
        "Otherwise that of the number that is shown.",
    )
    detect_machine = serializers.BooleanField(
        default=False,
        help_text="A voicemail that answers ends the call, some seconds after it answered.",
    )

    def validate_number(self, number: str) -> str:
        if not E164.fullmatch(number):
            raise serializers.ValidationError("Write the number as +, country code and number.")
        return number

    def validate_colleague(self, user_id: int) -> Agent:
        agent = Agent.objects.filter(user=user_id, user__is_active=True).first()
        if agent is None:
            raise serializers.ValidationError("There is no such agent.")
        return agent

    def validate_shows(self, e164: str) -> PhoneNumber:
        number = PhoneNumber.objects.filter(e164=e164, is_active=True).first()
        if number is None:
            raise serializers.ValidationError("That is no number of ours.")
        return number

    def validate_queue(self, slug: str) -> Queue:
        queue = Queue.objects.filter(slug=slug, is_active=True).first()
        if queue is None:
            raise serializers.ValidationError("There is no active queue with this slug.")
        return queue

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("number" in attrs) == ("colleague" in attrs):
            raise serializers.ValidationError("Give exactly one of number, colleague.")
        return attrs


def _target(wanted: dict[str, Any]) -> dialling.Target:
    return dialling.Target(
        number=wanted.get("number", ""),
        colleague=wanted.get("colleague"),
        shows=wanted.get("shows"),
        queue=wanted.get("queue"),
        detects_machine=wanted["detect_machine"],
    )


class Dial(APIView):
    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=DialBody,
        responses={202: shapes.CallInList, 200: PlanShape},
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["agents"],
    )
    def post(self, request: Request, user_id: int) -> Response:
        """Ring the agent's own line and, when they are there, the customer's.

        A limit of dialling out that is reached is 409 `cap-reached`, and told on the boards.
        """
        if is_dry_run(request):
            return self._planned(request, user_id)
        return idempotency.once(request, lambda: self._dialled(request, user_id))

    def _planned(self, request: Request, user_id: int) -> Response:
        client, agent, wanted = self._admitted(request, user_id)

        def told() -> str:
            now, to = timezone.now(), _target(wanted)
            text = dialling.in_words(agent=agent, to=to, by=client.user, now=now)
            _dial(client, agent, wanted)
            return text

        return shown(foreseeing.of_agent(told, kind="dial", user_id=user_id))

    def _dialled(self, request: Request, user_id: int) -> Response:
        call = _dial(*self._admitted(request, user_id))
        answered = Response(shapes.CallInList(call).data, status=status.HTTP_202_ACCEPTED)
        answered["Location"] = reverse("api-call", [call.pk], request=request)
        return answered

    def _admitted(
        self, request: Request, user_id: int
    ) -> tuple[clients.Client, Agent, dict[str, Any]]:
        client = clients.of(request)
        agent = visible(request).filter(user=user_id).select_related("user").first()
        if agent is None:
            raise NotFound("There is no such agent.")
        wanted = DialBody(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            shifts.check_is_theirs(agent, client.user)
        except shifts.NotTheirs as refused:
            raise PermissionDenied(str(refused)) from refused
        return client, agent, wanted.validated_data


def _dial(client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Call:
    return dialling.dial(
        agent=agent,
        to=_target(wanted),
        by=client.user,
        reason=client.reason(wanted["reason"], ""),
        now=timezone.now(),
    )
