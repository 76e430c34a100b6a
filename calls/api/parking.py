"""Calls set aside, over the API: parked, listed, retrieved."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import plans
from calls.api import asked, clients, idempotency, shapes
from calls.api.changes import DRY_RUN, LiveChange, PlanShape, change, is_dry_run, shown
from calls.models import Call, Change, Offer, Parking
from calls.services import access, foreseeing, parking
from calls.timeline import name_of


@change(asked.Why)
class Park(LiveChange):
    """Set the caller aside with music; whoever talked with them is let go."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        return plans.park(scene)

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        return parking.park(
            call_id=call.pk, by=client.user, reason=self.reason(client, wanted), now=timezone.now()
        ).change


class RetrieveBody(asked.Asked):
    agent = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Whose line is rung; you, where it is left out. An agent asks for nobody else.",
    )


class Retrieve(APIView):
    """Ring an agent of the call's queue, and bring the parked caller to them."""

    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=RetrieveBody,
        responses={202: shapes.OfferInList, 200: PlanShape},
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["changes"],
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        if is_dry_run(request):
            return self._planned(request, call_id)
        return idempotency.once(
            request, lambda: self._retrieved(request, call_id), made="api-offer"
        )

    def _planned(self, request: Request, call_id: UUID) -> Response:
        call, user = self._admitted(request, call_id)
        done = partial(_ring, call, user)
        plan = foreseeing.come_of(
            lambda: f"Ring {name_of(done().user)} for the caller, who is parked",
            kind="retrieve",
            call_ids=[call.pk],
        )
        return shown(plan)

    def _retrieved(self, request: Request, call_id: UUID) -> Response:
        offer = _ring(*self._admitted(request, call_id))
        return Response(shapes.OfferInList(offer).data, status=status.HTTP_202_ACCEPTED)

    def _admitted(self, request: Request, call_id: UUID) -> tuple[Call, User]:
        client = clients.of(request)
        call = clients.found(_touchable(client), call_id)
        wanted = RetrieveBody(data=request.data)
        wanted.is_valid(raise_exception=True)
        return call, _who(client, call, wanted.validated_data.get("agent"))


def _ring(call: Call, user: User) -> Offer:
    return parking.retrieve_for(call_id=call.pk, user=user, now=timezone.now())


def _touchable(client: clients.Client) -> QuerySet[Call]:
    """What the client may know of: also a parked call that they were never on."""
    if client.user is None:
        return client.calls()
    return client.calls() | access.retrievable_calls(client.user)


def _who(client: clients.Client, call: Call, asked_for: int | None) -> User:
    """The agent to be rung, who takes calls of the queue that the call is parked in."""
    user = User.objects.filter(pk=asked_for).first() if asked_for else client.user
    if user is None:
        raise serializers.ValidationError({"agent": ["Say which agent is to be rung."]})
    asking = client.user
    if asking is None or asking == user or call.queue_id in access.supervised_queue_ids(asking):
        return user
    raise PermissionDenied("You may retrieve a call for yourself alone.")


class ParkingShape(serializers.ModelSerializer[Parking]):
    """A call that is set aside."""

    queue = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    customer = shapes.Customer(source="call", read_only=True)
    parked_by = shapes.Person(allow_null=True, read_only=True)

    class Meta:
        model = Parking
        fields = ("call", "queue", "customer", "parked_by", "reason", "parked_at", "returns_at")
        read_only_fields = fields


class ParkedList(ListAPIView[Parking]):
    scopes = frozenset({"queues:read"})
    serializer_class = ParkingShape
    order = ("parked_at", "id")
    queryset = Parking.objects.none()

    @extend_schema(parameters=[asked.WaitingFilters], tags=["queues"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Calls parked in your queues, the first to be parked before the others."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Parking]:
        filters = asked.WaitingFilters(data=self.request.query_params)
        filters.is_valid(raise_exception=True)
        parked = Parking.objects.filter(ended_at__isnull=True)
        client = clients.of(self.request)
        if client.user is not None:
            parked = parked.filter(call__in=access.retrievable_calls(client.user))
        if "queue" in filters.validated_data:
            parked = parked.filter(queue__slug=filters.validated_data["queue"])
        return parked.select_related("queue", "call", "parked_by")
