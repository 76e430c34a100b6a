"""Transfers that are going on, and leaving the others talking. How one is begun is told by
agents.api.transfers, which knows whose line is free."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import plans
from calls.api import asked, clients, idempotency, shapes
from calls.api.changes import DRY_RUN, LiveChange, PlanShape, change, is_dry_run, shown
from calls.models import Call, Change, Transfer
from calls.services import access, changing, foreseeing, second_party, transfers
from calls.timeline import caller_of, name_of


class TransferShape(serializers.ModelSerializer[Transfer]):
    """One attempt to hand a call on, and what came of it."""

    to_agent = shapes.Person(source="to_user", allow_null=True, read_only=True)
    to_queue = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    started_by = shapes.Person(read_only=True)
    second = shapes.Person(
        source="to_leg.user",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="The agent who is being asked, or was last.",
    )

    class Meta:
        model = Transfer
        fields = (
            "id",
            "kind",
            "state",
            "to_agent",
            "to_queue",
            "to_number",
            "shown_number",
            "second",
            "started_by",
            "reason",
            "notes",
            "started_at",
            "answered_at",
            "settled_at",
            "note",
        )
        read_only_fields = fields


class TransferList(ListAPIView[Transfer]):
    scopes = frozenset({"calls:read"})
    serializer_class = TransferShape
    order = ("-id",)
    queryset = Transfer.objects.none()

    @extend_schema(tags=["changes"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The call's transfers, the newest first; one that is going on is the first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Transfer]:
        call = clients.found(clients.of(self.request).calls(), self.kwargs["call_id"])
        people = ("to_user", "to_queue", "started_by", "to_leg__user")
        return Transfer.objects.filter(call=call).select_related(*people)


class Conduct(LiveChange):
    """By the agent who began it, or a supervisor; not by whoever is consulted."""

    planning: Callable[[UUID], changing.Planning]
    verb: Callable[..., changing.Changed]

    def may(self, client: clients.Client, call: Call) -> bool:
        if client.key is not None:
            return True
        return client.user is not None and access.may_hand_on(client.user, call)

    def planned(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        planning = type(self).planning(call.pk)
        return changing.dry_run(call_id=call.pk, planning=planning)

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        reason = self.reason(client, wanted)
        return (
            type(self)
            .verb(call_id=call.pk, by=client.user, reason=reason, now=timezone.now())
            .change
        )


@change(asked.Why)
class Swap(Conduct):
    """Talk with the one who is on hold; the other is put on hold."""

    planning = staticmethod(transfers.swapping)
    verb = staticmethod(transfers.swap)


@change(asked.Why)
class ThreeWay(Conduct):
    """Customer, agent and whoever is consulted are in one conversation."""

    planning = staticmethod(transfers.three_waying)
    verb = staticmethod(transfers.three_way)


@change(asked.Why)
class Complete(Conduct):
    """The customer is with whoever was consulted; the agent's line ends."""

    planning = staticmethod(transfers.completing)
    verb = staticmethod(transfers.complete)


@change(asked.Why)
class Cancel(Conduct):
    """Whoever is consulted is hung up on; the customer is with the agent again."""

    planning = staticmethod(transfers.cancelling)
    verb = staticmethod(transfers.cancel)


@change(asked.Why)
class Leave(LiveChange):
    """Your own line ends, and the others talk on. For people who are on the call."""

    def may(self, client: clients.Client, call: Call) -> bool:
        return client.takes_part(call)

    def planned(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        return changing.dry_run(call_id=call.pk, planning=transfers.leaving(client.user))

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        return transfers.leave(
            call_id=call.pk,
            by=client.user,
            reason=self.reason(client, wanted),
            now=timezone.now(),
        ).change


class Decline(APIView):
    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=asked.Asked,
        responses={204: None, 200: PlanShape},
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["changes"],
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """Say no to being brought into this call: your line stops ringing."""
        if is_dry_run(request):
            return self._planned(request, call_id)
        return idempotency.once(request, lambda: self._declined(request, call_id))

    def _planned(self, request: Request, call_id: UUID) -> Response:
        client, call = self._admitted(request, call_id)
        done = partial(_decline, client, call)
        plan = foreseeing.come_of(done, kind="decline", call_ids=[call.pk])
        return shown(plan, client.unseen(call))

    def _declined(self, request: Request, call_id: UUID) -> Response:
        _decline(*self._admitted(request, call_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _admitted(self, request: Request, call_id: UUID) -> tuple[clients.Client, Call]:
        client = clients.of(request)
        call = clients.found(client.calls(), call_id)
        asked.Asked(data=request.data).is_valid(raise_exception=True)
        return client, call


def _decline(client: clients.Client, call: Call) -> str:
    second_party.decline(call_id=call.pk, user=client.user, now=timezone.now())
    return f"{name_of(client.user)} declines to be brought into the call of {caller_of(call)}"
