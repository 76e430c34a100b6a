"""What supervisors do on live calls, over the API; and what agents and supervisors tell each other.

Whoever listens is a person with a name: a key can do none of this.
"""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import plans
from calls.api import asked, clients, idempotency, shapes
from calls.api.changes import (
    DRY_RUN,
    LiveChange,
    PlanShape,
    change,
    is_dry_run,
    planned_or,
    shown,
)
from calls.models import Call, Change, HelpRequest
from calls.services import access, changing, foreseeing, watching
from calls.states import WatchMode

MODES = [(mode, mode) for mode in WatchMode]


class SwitchBody(asked.Why):
    mode = serializers.ChoiceField(
        choices=MODES,
        help_text="listen: nobody hears you. whisper: the agent alone. barge: everybody.",
    )
    agent_leg = serializers.UUIDField(
        required=False, help_text="The line of the agent to whisper to, where there are several."
    )


class WatchBody(SwitchBody):
    private = serializers.BooleanField(
        default=False, help_text="Listen without being shown to the agents."
    )
    number = serializers.CharField(
        required=False,
        default="",
        max_length=255,
        help_text="Where you have no line of your own: one that the administrator allows.",
    )


class TakeOverBody(asked.Why):
    agent_leg = serializers.UUIDField(
        required=False, help_text="The line of the agent to replace, where there are several."
    )


class Monitoring(LiveChange):
    """`planning` says what it comes to; it may refuse by itself."""

    def may(self, client: clients.Client, call: Call) -> bool:
        return client.user is not None and access.supervises(client.user, call)

    def planning(self, by: User, call: Call, wanted: dict[str, Any]) -> changing.Planning:
        raise NotImplementedError

    def planned(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> plans.Plan:
        return changing.dry_run(call_id=call.pk, planning=self._planning(client, call, wanted))

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        return changing.change(
            call_id=call.pk,
            planning=self._planning(client, call, wanted),
            by=client.user,
            reason=wanted["reason"],
            now=timezone.now(),
        ).change

    def _planning(
        self, client: clients.Client, call: Call, wanted: dict[str, Any]
    ) -> changing.Planning:
        try:
            return self.planning(_person(client), call, wanted)
        except watching.MayNot as refused:
            raise PermissionDenied(str(refused)) from refused


def _person(client: clients.Client) -> User:
    if client.user is None:
        raise PermissionDenied("A key is nobody: sign in.")
    return client.user


@change(WatchBody)
class Watch(Monitoring):
    """Your line is rung; it joins the call in this mode, and is heard by nobody else."""

    def planning(self, by: User, call: Call, wanted: dict[str, Any]) -> changing.Planning:
        return watching.to_watch(
            call_id=call.pk,
            by=by,
            mode=WatchMode(wanted["mode"]),
            private=wanted["private"],
            number=wanted["number"],
            agent_leg=wanted.get("agent_leg"),
        )


@change(SwitchBody)
class Switch(Monitoring):
    """Be heard by others than before, on the same line."""

    def planning(self, by: User, call: Call, wanted: dict[str, Any]) -> changing.Planning:
        mode, agent_leg = WatchMode(wanted["mode"]), wanted.get("agent_leg")
        return watching.to_switch(call_id=call.pk, by=by, mode=mode, agent_leg=agent_leg)


@change(TakeOverBody)
class TakeOver(Monitoring):
    """Become the call's agent; the agent's line is ended, and their after-call work begins."""

    def planning(self, by: User, call: Call, wanted: dict[str, Any]) -> changing.Planning:
        return watching.to_take_over(call_id=call.pk, by=by, agent_leg=wanted.get("agent_leg"))


@change(asked.Why)
class Stop(Monitoring):
    """Your line on this call is ended."""

    def planning(self, by: User, call: Call, wanted: dict[str, Any]) -> changing.Planning:  # noqa: ARG002
        return watching.to_stop(by=by)


# Help, and a written word -------------------------------------------------------------------------


class HelpBody(asked.Asked):
    text = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=200, help_text="What it is about."
    )


class TextWhisperBody(asked.Asked):
    text = serializers.CharField(max_length=300)
    to = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="The agent, where there are several on the call.",
    )


class OnACall(APIView):
    """Not done to the call, but beside it."""

    scopes = frozenset({"calls:write"})
    body: type[asked.Asked] = asked.Asked

    kind: str
    text: str  # what it is, in words

    def post(self, request: Request, call_id: UUID, **names: int) -> Response:
        if is_dry_run(request):
            return self._planned(request, call_id, names)
        return idempotency.once(request, lambda: self._done(request, call_id, names))

    def _planned(self, request: Request, call_id: UUID, names: dict[str, int]) -> Response:
        call = clients.found(clients.of(request).calls(), call_id)

        def told() -> str:
            self._done(request, call_id, names)
            return self.text

        return shown(foreseeing.come_of(told, kind=self.kind, call_ids=[call.pk]))

    def _done(self, request: Request, call_id: UUID, names: dict[str, int]) -> Response:
        client = clients.of(request)
        call, by = clients.found(client.calls(), call_id), _person(client)
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            return self.do(by, call, wanted.validated_data | names)
        except watching.MayNot as refused:
            raise PermissionDenied(str(refused)) from refused

    def do(self, by: User, call: Call, wanted: dict[str, Any]) -> Response:
        raise NotImplementedError


@extend_schema(
    request=HelpBody,
    responses={201: shapes.HelpShape, 200: PlanShape},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["changes"],
)
class AskForHelp(OnACall):
    """A flag on the supervisors' board: you want one of them on your call."""

    body = HelpBody
    kind, text = "ask-help", "A flag on the supervisors' board"

    def do(self, by: User, call: Call, wanted: dict[str, Any]) -> Response:
        raised = watching.ask_for_help(
            call_id=call.pk, by=by, text=wanted["text"], now=timezone.now()
        )
        return Response(shapes.HelpShape(raised).data, status=status.HTTP_201_CREATED)


@extend_schema(
    request=asked.Asked,
    responses={200: planned_or(shapes.HelpShape)},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["changes"],
)
class EndHelp(OnACall):
    """Take the flag down: it has been answered, or is not needed any more."""

    kind, text = "end-help", "The flag on the supervisors' board is taken down"

    def do(self, by: User, call: Call, wanted: dict[str, Any]) -> Response:
        if not HelpRequest.objects.filter(pk=wanted["help_id"], call=call).exists():
            raise NotFound("Nobody has asked for that.")
        ended = watching.end_help(help_id=wanted["help_id"], by=by, now=timezone.now())
        return Response(shapes.HelpShape(ended).data)


@extend_schema(
    request=TextWhisperBody,
    responses={201: shapes.TextWhisperShape, 200: PlanShape},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["changes"],
)
class WhisperText(OnACall):
    """A few words that the agent sees at the desk, and nobody else."""

    body = TextWhisperBody
    kind, text = "text", "Shown at the agent's desk, and heard by nobody"

    def do(self, by: User, call: Call, wanted: dict[str, Any]) -> Response:
        written = watching.whisper_text(
            call_id=call.pk, by=by, text=wanted["text"], to=wanted.get("to"), now=timezone.now()
        )
        return Response(shapes.TextWhisperShape(written).data, status=status.HTTP_201_CREATED)


# In line ------------------------------------------------------------------------------------------


class ToFront(APIView):
    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=asked.Why,
        responses=PlanShape,
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["changes"],
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """Move a waiting caller to the front of the line."""
        if is_dry_run(request):
            return self._planned(request, call_id)
        return idempotency.once(
            request, lambda: shown(self._move(*self._admitted(request, call_id)))
        )

    def _planned(self, request: Request, call_id: UUID) -> Response:
        client, call, reason = self._admitted(request, call_id)
        done = partial(self._move, client, call, reason)
        return shown(foreseeing.come_of(lambda: done().text, kind="to-front", call_ids=[call.pk]))

    def _move(self, client: clients.Client, call: Call, reason: str) -> plans.Plan:
        return watching.to_front(call_id=call.pk, by=client.user, reason=reason, now=timezone.now())

    def _admitted(self, request: Request, call_id: UUID) -> tuple[clients.Client, Call, str]:
        client = clients.of(request)
        call = clients.found(client.calls(), call_id)
        if client.user is not None and not access.supervises(client.user, call):
            raise PermissionDenied("Only those who watch over a queue may change its line.")
        wanted = asked.Why(data=request.data)
        wanted.is_valid(raise_exception=True)
        return client, call, client.reason(wanted.validated_data["reason"], "")
