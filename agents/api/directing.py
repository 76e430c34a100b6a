"""What a supervisor, or a program, has an agent do, over the API."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.people import drawn, visible
from agents.api.shapes import INTENT, AgentShape
from agents.availability import Intent
from agents.models import Agent, BreakReason
from agents.services import directing, shifts, standby
from calls.api import asked, clients, idempotency, problems, shapes
from calls.api.changes import DRY_RUN, PlanShape, is_dry_run
from calls.models import Call


class PullBody(asked.Why):
    agent = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Whose line is rung: `id` of a list of agents."
    )


class StateBody(asked.Why):
    intent = serializers.ChoiceField(choices=INTENT)
    break_reason = serializers.CharField(
        required=False, max_length=60, help_text="With `break`: the name of the reason."
    )

    def validate_break_reason(self, name: str) -> BreakReason:
        found = BreakReason.objects.filter(name=name, is_active=True).first()
        if found is None:
            raise serializers.ValidationError("There is no such reason for a break.")
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("break_reason" in attrs) != (attrs["intent"] == Intent.BREAK):
            raise serializers.ValidationError("Give break_reason with break, and only then.")
        return attrs


class LogOutBody(asked.Why):
    after_call = serializers.BooleanField(
        default=False, help_text="When the call and its after-call work are over; otherwise now."
    )


class Pull(APIView):
    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=PullBody,
        responses={202: shapes.OfferInList, 200: PlanShape},
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["changes"],
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """Ring this free agent for this waiting caller, whoever else is next."""
        if is_dry_run(request):
            return self._planned(request, call_id)
        return idempotency.once(request, lambda: self._rung(request, call_id), made="api-offer")

    def _planned(self, request: Request, call_id: UUID) -> Response:
        call, agent, _ = self._admitted(request, call_id)
        plan = directing.pull_plan(call_id=call.pk, agent_id=agent.pk, now=timezone.now())
        return Response(PlanShape(plan).data)

    def _rung(self, request: Request, call_id: UUID) -> Response:
        client = clients.of(request)
        call, agent, reason = self._admitted(request, call_id)
        offer = directing.pull_to(
            call_id=call.pk,
            agent_id=agent.pk,
            by=client.user,
            reason=client.reason(reason, ""),
            now=timezone.now(),
        )
        return Response(shapes.OfferInList(offer).data, status=status.HTTP_202_ACCEPTED)

    def _admitted(self, request: Request, call_id: UUID) -> tuple[Call, Agent, str]:
        client = clients.of(request)
        call = clients.found(client.calls(), call_id)
        wanted = PullBody(data=request.data)
        wanted.is_valid(raise_exception=True)
        agent = visible(request).filter(user=wanted.validated_data["agent"]).first()
        if agent is None:
            raise ValidationError({"agent": ["There is no such agent."]})
        if client.user is not None and not directing.may_pull(client.user, call, agent):
            raise PermissionDenied("Only a supervisor of both may bring them together.")
        return call, agent, wanted.validated_data["reason"]


class AnAgent(APIView):
    """Done to one agent, by themselves, a supervisor of theirs, or a program."""

    scopes = frozenset({"calls:write"})
    body: type[asked.Asked] = asked.Asked

    def post(self, request: Request, user_id: int) -> Response:
        return idempotency.once(request, lambda: self._done(request, user_id))

    def _done(self, request: Request, user_id: int) -> Response:
        agent = visible(request).filter(user=user_id).first()
        if agent is None:
            raise NotFound("There is no such agent.")
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            return self.do(clients.of(request), agent, wanted.validated_data)
        except (shifts.NotTheirs, standby.MayNot) as refused:
            raise PermissionDenied(str(refused)) from refused
        except shifts.ShiftRefused as refused:
            raise problems.Conflict(str(refused), "cannot-be-so") from refused

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        raise NotImplementedError

    def shown(self, agent: Agent, code: int = status.HTTP_200_OK) -> Response:
        """The agent as they are now."""
        [shown] = drawn([agent])
        return Response(shown, status=code)


@extend_schema(
    request=StateBody,
    responses=AgentShape,
    parameters=[idempotency.PARAMETER],
    tags=["agents"],
)
class SetState(AnAgent):
    """The agent is available, on a break or offline from now on; a call in progress goes on."""

    body = StateBody

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        directing.set_state(
            agent=agent,
            intent=Intent(wanted["intent"]),
            break_reason=wanted.get("break_reason"),
            by=client.user,
            reason=client.reason(wanted["reason"], ""),
            now=timezone.now(),
        )
        return self.shown(agent)


@extend_schema(
    request=LogOutBody,
    responses=AgentShape,
    parameters=[idempotency.PARAMETER],
    tags=["agents"],
)
class LogOut(AnAgent):
    """The agent goes offline, and is offered no more calls; one in progress goes on."""

    body = LogOutBody

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        directing.log_out(
            agent=agent,
            by=client.user,
            after_call=wanted["after_call"],
            reason=client.reason(wanted["reason"], ""),
            now=timezone.now(),
        )
        return self.shown(agent)


@extend_schema(
    request=asked.Why,
    responses=shapes.WrapUpShape,
    parameters=[idempotency.PARAMETER],
    tags=["agents"],
)
class FinishWrapUp(AnAgent):
    """The agent's after-call work ends now, with the notes as they are."""

    body = asked.Why

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        reason = client.reason(wanted["reason"], "")
        finished = directing.finish_for(
            agent=agent, by=client.user, reason=reason, now=timezone.now()
        )
        return Response(shapes.WrapUpShape(finished).data)


@extend_schema(
    request=asked.Asked,
    responses={202: AgentShape},
    parameters=[idempotency.PARAMETER],
    tags=["agents"],
)
class StandBy(AnAgent):
    """Ring the agent's line once, and keep it open: calls come with a beep until the shift ends."""

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:  # noqa: ARG002
        standby.start(agent=agent, by=client.user, now=timezone.now())
        return self.shown(agent, status.HTTP_202_ACCEPTED)


@extend_schema(
    request=asked.Asked,
    responses={202: AgentShape},
    parameters=[idempotency.PARAMETER],
    tags=["agents"],
)
class EndStandBy(AnAgent):
    """The line that is kept open is hung up on, after the call that it is part of; calls ring."""

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:  # noqa: ARG002
        standby.end(agent=agent, by=client.user, now=timezone.now())
        return self.shown(agent, status.HTTP_202_ACCEPTED)
