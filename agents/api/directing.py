"""What a supervisor, or a program, has an agent do, over the API."""

from functools import partial
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
from calls.api.changes import DRY_RUN, PlanShape, is_dry_run, planned_or, shown
from calls.models import Call, Offer
from calls.services import foreseeing
from calls.timeline import caller_of, name_of


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
        call, agent, reason = self._admitted(request, call_id)
        done = partial(_ring, clients.of(request), call, agent, reason)
        plan = foreseeing.come_of(
            lambda: f"Ring {name_of(done().user)} for {caller_of(call)}",
            kind="pull",
            call_ids=[call.pk],
        )
        return shown(plan)

    def _rung(self, request: Request, call_id: UUID) -> Response:
        offer = _ring(clients.of(request), *self._admitted(request, call_id))
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
        return call, agent, client.reason(wanted.validated_data["reason"], "")


def _ring(client: clients.Client, call: Call, agent: Agent, reason: str) -> Offer:
    return directing.pull_to(
        call_id=call.pk, agent_id=agent.pk, by=client.user, reason=reason, now=timezone.now()
    )


class AnAgent(APIView):
    """Done to one agent, by themselves, a supervisor of theirs, or a program.

    `do` does it and answers, `told` says afterwards in words what that was.
    """

    scopes = frozenset({"calls:write"})
    body: type[asked.Asked] = asked.Asked
    kind: str

    def post(self, request: Request, user_id: int) -> Response:
        if is_dry_run(request):
            return self._planned(request, user_id)
        return idempotency.once(request, lambda: self._done(*self._admitted(request, user_id)))

    def _planned(self, request: Request, user_id: int) -> Response:
        client, agent, wanted = self._admitted(request, user_id)

        def told() -> str:
            self._done(client, agent, wanted)
            return self.told(agent, wanted)

        return shown(foreseeing.of_agent(told, kind=self.kind, user_id=user_id))

    def _admitted(
        self, request: Request, user_id: int
    ) -> tuple[clients.Client, Agent, dict[str, Any]]:
        agent = visible(request).filter(user=user_id).first()
        if agent is None:
            raise NotFound("There is no such agent.")
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        return clients.of(request), agent, wanted.validated_data

    def _done(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        try:
            return self.do(client, agent, wanted)
        except (shifts.NotTheirs, standby.MayNot) as refused:
            raise PermissionDenied(str(refused)) from refused
        except shifts.ShiftRefused as refused:
            raise problems.Conflict(str(refused), "cannot-be-so") from refused

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        raise NotImplementedError

    def told(self, agent: Agent, wanted: dict[str, Any]) -> str:
        raise NotImplementedError

    def shown(self, agent: Agent, code: int = status.HTTP_200_OK) -> Response:
        """The agent as they are now."""
        [shown] = drawn([agent])
        return Response(shown, status=code)


@extend_schema(
    request=StateBody,
    responses={200: planned_or(AgentShape)},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["agents"],
)
class SetState(AnAgent):
    """The agent is available, on a break or offline from now on; a call in progress goes on."""

    body, kind = StateBody, "state"

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

    def told(self, agent: Agent, wanted: dict[str, Any]) -> str:
        is_so = "on a break" if wanted["intent"] == Intent.BREAK else wanted["intent"]
        why = f": {wanted['break_reason']}" if "break_reason" in wanted else ""
        return f"{agent.name} is {is_so}{why}"


@extend_schema(
    request=LogOutBody,
    responses={200: planned_or(AgentShape)},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["agents"],
)
class LogOut(AnAgent):
    """The agent goes offline, and is offered no more calls; one in progress goes on."""

    body, kind = LogOutBody, "log-out"

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        directing.log_out(
            agent=agent,
            by=client.user,
            after_call=wanted["after_call"],
            reason=client.reason(wanted["reason"], ""),
            now=timezone.now(),
        )
        return self.shown(agent)

    def told(self, agent: Agent, wanted: dict[str, Any]) -> str:
        agent.refresh_from_db()
        later = wanted["after_call"] and agent.intent != Intent.OFFLINE
        return f"{agent.name} goes offline after this call" if later else f"{agent.name} is offline"


@extend_schema(
    request=asked.Why,
    responses={200: planned_or(shapes.WrapUpShape)},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["agents"],
)
class FinishWrapUp(AnAgent):
    """The agent's after-call work ends now, with the notes as they are."""

    body, kind = asked.Why, "finish-wrap-up"

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:
        reason = client.reason(wanted["reason"], "")
        finished = directing.finish_for(
            agent=agent, by=client.user, reason=reason, now=timezone.now()
        )
        return Response(shapes.WrapUpShape(finished).data)

    def told(self, agent: Agent, wanted: dict[str, Any]) -> str:  # noqa: ARG002
        return f"The after-call work of {agent.name} is finished"


@extend_schema(
    request=asked.Asked,
    responses={202: AgentShape, 200: PlanShape},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["agents"],
)
class StandBy(AnAgent):
    """Ring the agent's line once, and keep it open: calls come with a beep until the shift ends."""

    kind = "standby"

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:  # noqa: ARG002
        standby.start(agent=agent, by=client.user, now=timezone.now())
        return self.shown(agent, status.HTTP_202_ACCEPTED)

    def told(self, agent: Agent, wanted: dict[str, Any]) -> str:  # noqa: ARG002
        return f"{agent.name}'s line is kept open"


@extend_schema(
    request=asked.Asked,
    responses={202: AgentShape, 200: PlanShape},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["agents"],
)
class EndStandBy(AnAgent):
    """The line that is kept open is hung up on, after the call that it is part of; calls ring."""

    kind = "end-standby"

    def do(self, client: clients.Client, agent: Agent, wanted: dict[str, Any]) -> Response:  # noqa: ARG002
        standby.end(agent=agent, by=client.user, now=timezone.now())
        return self.shown(agent, status.HTTP_202_ACCEPTED)

    def told(self, agent: Agent, wanted: dict[str, Any]) -> str:  # noqa: ARG002
        return f"{agent.name}'s line is not kept open any longer"
