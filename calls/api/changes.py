"""What people and programs do to a live call, one address for each.

Each is planned over the call as it is at that moment, and refused with a sentence where it makes
no sense then. With `?dry_run=1` the plan is answered and nothing is done.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import plans
from calls.api import asked, clients, idempotency, shapes
from calls.models import Call, Change, Command, Leg
from calls.models.together import read_together
from calls.plans import CannotNow
from calls.services import changing

View = TypeVar("View", bound=type)

DRY_RUN = OpenApiParameter(
    "dry_run", str, enum=["1"], description="Answer with the plan, and do nothing."
)


class StepShape(serializers.Serializer[plans.Step]):
    verb = serializers.CharField()
    leg = serializers.UUIDField(source="leg_id")
    why = serializers.CharField()


class PlanShape(serializers.Serializer[plans.Plan]):
    """What would be done: in words, and as the orders that the carrier would be given."""

    kind = serializers.CharField()
    text = serializers.CharField()
    steps = StepShape(many=True)


class ChangeShape(serializers.ModelSerializer[Change]):
    """Something that was done to a live call. `failed`: what was done of it was taken back."""

    asked_by = shapes.Person(allow_null=True, read_only=True)
    orders = serializers.SerializerMethodField()

    class Meta:
        model = Change
        fields = (
            "id",
            "call",
            "kind",
            "text",
            "state",
            "note",
            "reason",
            "asked_by",
            "asked_at",
            "settled_at",
            "orders",
        )
        read_only_fields = fields

    @extend_schema_field(shapes.OrderShape(many=True))
    def get_orders(self, made: Change) -> Any:
        """Without those of the lines that the context names as `unseen`."""
        unseen = self.context.get("unseen", frozenset())
        orders = [order for order in _orders_of(made) if order.leg_id not in unseen]
        return shapes.OrderShape(orders, many=True).data


_ORDERS = """
    select {o}, {l}, {u} from calls_command o join calls_leg l on l.id = o.leg_id
    left join auth_user u on u.id = o.ordered_by_id
    where o.change_id = %s order by o.ordered_at, o.id
"""


def _orders_of(made: Change) -> Iterator[Command]:
    for order, leg, user in read_together(_ORDERS, [made.pk], o=Command, l=Leg, u=User):
        order.leg, order.ordered_by = leg, user
        yield order


class ChangeDetail(RetrieveAPIView[Change]):
    scopes = frozenset({"calls:read", "calls:write"})
    serializer_class = ChangeShape
    queryset = Change.objects.none()

    @extend_schema(tags=["changes"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        """What came of a change: the carrier's word on each of its orders."""
        made = self.get_object()
        unseen = clients.of(request).unseen(made.call)
        of = set(made.orders.values_list("leg_id", flat=True))
        if of and of <= unseen:
            raise Http404
        return Response(ChangeShape(made, context={"unseen": unseen}).data)

    def get_queryset(self) -> QuerySet[Change]:
        client = clients.of(self.request)
        found = Change.objects.select_related("asked_by", "call")
        return found if client.key is not None else found.filter(call__in=client.calls())


class LiveChange(APIView):
    """`plan` says what it comes to; `wanted` is the body, with the ids of the address.

    A change that is more than its plan has its own `planned` and `carried_out`.
    """

    scopes = frozenset({"calls:write"})
    body: type[asked.Why] = asked.Why

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        raise NotImplementedError

    def planned(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        return changing.dry_run(call_id=call.pk, planning=lambda scene: self.plan(scene, wanted))

    def carried_out(self, client: clients.Client, call: Call, wanted: dict[str, Any]) -> Change:
        return changing.change(
            call_id=call.pk,
            planning=lambda scene: self.plan(scene, wanted),
            by=client.user,
            reason=self.reason(client, wanted),
            now=timezone.now(),
        ).change

    def may(self, client: clients.Client, call: Call) -> bool:
        return client.may_control(call)

    def reason(self, client: clients.Client, wanted: dict[str, Any]) -> str:
        return client.reason(wanted["reason"], "asked over the API")

    def post(self, request: Request, call_id: UUID, **names: UUID) -> Response:
        if is_dry_run(request):
            return self._planned(request, call_id, names)
        return idempotency.once(
            request, lambda: self._changed(request, call_id, names), made="api-change"
        )

    def _planned(self, request: Request, call_id: UUID, names: dict[str, UUID]) -> Response:
        client, call, wanted = self._admitted(request, call_id, names)
        return shown(self.planned(client, call, wanted | names), client.unseen(call))

    def _changed(self, request: Request, call_id: UUID, names: dict[str, UUID]) -> Response:
        client, call, wanted = self._admitted(request, call_id, names)
        made = self.carried_out(client, call, wanted | names)
        return Response(ChangeShape(made).data, status=status.HTTP_202_ACCEPTED)

    def _admitted(
        self, request: Request, call_id: UUID, names: dict[str, UUID]
    ) -> tuple[clients.Client, Call, dict[str, Any]]:
        client = clients.of(request)
        call = clients.found(client.calls(), call_id)
        if not self.may(client, call):
            raise PermissionDenied("You may look at this call, but not change it so.")
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        if names.get("leg_id") in client.unseen(call):
            raise CannotNow(plans.LINE_IS_OVER, "line-is-over")
        return client, call, wanted.validated_data


def shown(plan: plans.Plan, unseen: Collection[UUID] = ()) -> Response:
    """What would be done, without what would be done to those who listen unseen."""
    steps = tuple(step for step in plan.steps if step.leg_id not in unseen)
    return Response(PlanShape(replace(plan, steps=steps)).data)


def planned_or(done: type[serializers.Serializer[Any]]) -> PolymorphicProxySerializer:
    """What is answered with 200 both by a dry run and by the deed, for the API's document."""
    return PolymorphicProxySerializer(
        component_name=f"{done.__name__.removesuffix('Shape')}OrPlan",
        serializers=[done, PlanShape],
        resource_type_field_name=None,
    )


def is_dry_run(request: Request) -> bool:
    unknown = [name for name in request.query_params if name != "dry_run"]
    if unknown:
        raise ValidationError({name: ["There is no such parameter."] for name in unknown})
    given = request.query_params.get("dry_run", "")
    if given not in ("", "1"):
        raise ValidationError({"dry_run": ["Give 1, or leave it out."]})
    return given == "1"


def change(body: type[asked.Why]) -> Callable[[View], View]:
    """What is sent for this change, for the view and for the API's document."""

    def of(view: View) -> View:
        view.body = body  # type: ignore[attr-defined] # each is a LiveChange
        described: View = extend_schema(
            request=body,
            responses={202: ChangeShape, 200: PlanShape},
            parameters=[idempotency.PARAMETER, DRY_RUN],
            tags=["changes"],
        )(view)
        return described

    return of


# Of one leg ---------------------------------------------------------------------------------------


@change(asked.Why)
class Hold(LiveChange):
    """Isolate one party of the call from the others, with music."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.hold(scene, wanted["leg_id"])


@change(asked.Why)
class Resume(LiveChange):
    """Take one party off hold."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.resume(scene, wanted["leg_id"])


@change(asked.Why)
class Mute(LiveChange):
    """One party is heard by nobody, and hears everybody."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.mute(scene, wanted["leg_id"])


@change(asked.Why)
class Unmute(LiveChange):
    """One party is heard again."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.unmute(scene, wanted["leg_id"])


@change(asked.Digits)
class SendDigits(LiveChange):
    """Send tones to the far end of one line, as a keypad would."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.send_digits(scene, wanted["leg_id"], wanted["digits"])


@change(asked.Message)
class Announce(LiveChange):
    """Say or play a message: to one party alone, or to everybody in the room."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.announce(scene, wanted.get("leg_id"), say=wanted["say"], play=wanted["play"])


@change(asked.Why)
class Drop(LiveChange):
    """Take one party out of the call; the others go on."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.drop(scene, wanted["leg_id"])
