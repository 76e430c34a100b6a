"""What was asked of the carrier, and what it confirmed."""

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import RetrieveAPIView

from calls.api import clients, shapes
from calls.models import Command


@extend_schema(tags=["calls"])
class OrderDetail(RetrieveAPIView[Command]):
    """What the carrier was asked, and what it confirmed.

    `pending` until it has answered; `done` when it said yes; `already-over` when a line that was
    to be ended had ended; `too-late` when one that was to be sent elsewhere had.
    """

    scopes = frozenset({"calls:read", "calls:write"})
    serializer_class = shapes.OrderShape
    queryset = Command.objects.none()

    def get_queryset(self) -> QuerySet[Command]:
        orders = Command.objects.select_related("call", "leg", "ordered_by")
        client = clients.of(self.request)
        return orders if client.key is not None else orders.filter(call__in=client.calls())

    def get_object(self) -> Command:
        order = super().get_object()
        if order.leg.is_private and order.leg_id in clients.of(self.request).unseen(order.call):
            raise Http404
        return order
