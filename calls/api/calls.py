"""Calls: found, looked at, and changed while they are live."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import plans, timeline
from calls.api import asked, clients, idempotency, problems, shapes
from calls.api.changes import DRY_RUN, PlanShape, is_dry_run, shown
from calls.models import Call, Command, HelpRequest, Leg, Offer, TextWhisper, Watch, WrapUp
from calls.plans import TALKERS
from calls.services import foreseeing, lifecycle, queueing, sending
from calls.states import LegRole


class CallList(ListAPIView[Call]):
    scopes = frozenset({"calls:read"})
    serializer_class = shapes.CallInList
    order = ("-arrived_at", "-id")
    queryset = Call.objects.none()

    @extend_schema(parameters=[asked.CallFilters], tags=["calls"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Calls that you may see, the newest first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Call]:
        filters = asked.CallFilters(data=self.request.query_params)
        filters.is_valid(raise_exception=True)
        found = clients.of(self.request).calls().filter(_condition(filters.validated_data))
        talks = Leg.objects.filter(joined_at__isnull=False, user__isnull=False)
        return found.select_related("queue", "number", "dialled_by").prefetch_related(
            Prefetch("legs", talks.select_related("user"))
        )


def _condition(wanted: dict[str, Any]) -> Q:
    names = {
        "queue": "queue__slug",
        "arrived_from": "arrived_at__gte",
        "arrived_to": "arrived_at__lt",
    }
    agent = wanted.pop("agent", None)
    condition = Q(**{names.get(name, name): value for name, value in wanted.items()})
    if agent is not None:
        # Not those whom they listened to: that may not be for everybody to know.
        own = Leg.objects.filter(user=agent, role__in=TALKERS)
        condition &= Q(pk__in=own.values("call_id"))
    return condition


class CallDetail(APIView):
    scopes = frozenset({"calls:read"})

    @extend_schema(responses=shapes.CallShape, tags=["calls"])
    def get(self, request: Request, call_id: UUID) -> Response:
        """One call with its legs, offers, after-call work, and its whole timeline."""
        call = clients.found(_whole(clients.of(request).calls()), call_id)
        _show(call, clients.of(request))
        return Response(shapes.CallShape(call).data)


def _show(call: Call, client: clients.Client) -> None:
    """What CallShape reads: without those who listen unseen, for whom they are unseen."""
    private = client.may_see_private(call)
    legs, watches = call.legs.all(), call.watches.all()
    whispers = call.text_whispers.all()
    shown: Any = call
    shown.story = timeline.story(call, private=private)
    shown.shown_legs = [leg for leg in legs if private or not leg.is_private]
    shown.shown_watches = [each for each in watches if private or not each.is_private]
    shown.shown_whispers = [each for each in whispers if private or each.to == client.user]


def _whole(calls: QuerySet[Call]) -> QuerySet[Call]:
    legs = Leg.objects.select_related("user").order_by("planned_at", "id")
    offers = Offer.objects.select_related("user", "waiting__queue").order_by("offered_at", "id")
    wrap_ups = WrapUp.objects.select_related("user", "disposition").order_by("started_at", "id")
    parts = (
        Prefetch("legs", legs),
        Prefetch("offers", offers),
        Prefetch("wrap_ups", wrap_ups),
        Prefetch("watches", Watch.objects.select_related("user").order_by("began_at", "id")),
        Prefetch("help_requests", HelpRequest.objects.select_related("asked_by", "answered_by")),
        Prefetch("text_whispers", TextWhisper.objects.select_related("by", "to").order_by("id")),
    )
    whole = calls.select_related("queue", "number", "dialled_by", "voicemail__heard_by")
    return whole.prefetch_related(*parts)


class Change(APIView):
    """A live call is changed: what came of it at the carrier is the order's to tell.

    `act` does it, and `foresee`, asked for the same, tells what that would come to.
    """

    scopes = frozenset({"calls:write"})
    body: type[asked.Why]
    act: Callable[..., None]
    foresee: Callable[..., plans.Plan]
    why: str  # where nobody says why

    def post(self, request: Request, call_id: UUID) -> Response:
        if is_dry_run(request):
            return self._planned(request, call_id)
        return idempotency.once(request, lambda: self._write(request, call_id), made="api-order")

    def _planned(self, request: Request, call_id: UUID) -> Response:
        client, call, wanted = self._admitted(request, call_id)
        with _conflicts():
            return shown(type(self).foresee(**wanted), client.unseen(call))

    def _write(self, request: Request, call_id: UUID) -> Response:
        _, call, wanted = self._admitted(request, call_id)
        with _conflicts():
            type(self).act(**wanted)
        return _ordered(call)

    def _admitted(
        self, request: Request, call_id: UUID
    ) -> tuple[clients.Client, Call, dict[str, Any]]:
        client = clients.of(request)
        call = clients.found(client.calls(), call_id)
        if not client.may_control(call):
            raise PermissionDenied("You may look at this call, but not change it.")
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        reason = client.reason(given["reason"], self.why)
        common = {"call_id": call.pk, "by": client.user, "reason": reason, "now": timezone.now()}
        return client, call, common | self.more(client, call, given)

    def more(self, client: clients.Client, call: Call, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        return {}


@contextmanager
def _conflicts() -> Iterator[None]:
    """What makes no sense now, in the API's words."""
    try:
        yield
    except queueing.CallIsOver as over:
        raise problems.Conflict("This call is over.", "call-is-over") from over
    except queueing.CannotRedirect as cannot:
        raise problems.Conflict(str(cannot), "cannot-redirect") from cannot


def _ordered(call: Call) -> Response:
    """The order for the customer's line; for another's, where the customer is gone. It may have
    been on its way already."""
    orders = Command.objects.filter(call=call).select_related("leg", "ordered_by")
    newest = orders.filter(leg__ended_at=None).order_by("-ordered_at", "-id")
    order = newest.filter(leg__role=LegRole.CUSTOMER).first() or newest.first()
    assert order is not None  # nothing else is answered with 202
    return Response(shapes.OrderShape(order).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(
    request=asked.End,
    responses={202: shapes.OrderShape, 200: PlanShape},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["calls"],
)
class EndCall(Change):
    """Hang up on everybody who is on the call."""

    body = asked.End
    act = lifecycle.end_call
    foresee = foreseeing.end
    why = "ended over the API"


@extend_schema(
    request=asked.Redirect,
    responses={202: shapes.OrderShape, 200: PlanShape},
    parameters=[idempotency.PARAMETER, DRY_RUN],
    tags=["calls"],
)
class RedirectCall(Change):
    """Send a live caller into a queue's line, to a number of ours as if they had rung it, or have
    their line do what TwiML says: given here, or to be fetched from an address."""

    body = asked.Redirect
    act = sending.send
    foresee = foreseeing.send
    why = "sent over the API"

    def more(self, client: clients.Client, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        names = ("queue", "number", "url", "twiml")
        to = sending.Elsewhere(**{name: given[name] for name in names if name in given})
        if to.is_dictated and not client.may_dictate(call):
            raise PermissionDenied(
                "You may send this call to a queue or a number of ours, and nowhere else."
            )
        return {"to": to}
