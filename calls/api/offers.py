"""Calls that were offered to agents, why to these, and what came of it."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api import asked, clients, shapes
from calls.models import Offer

NAMES = {
    "agent": "user",
    "queue": "waiting__queue__slug",
    "offered_from": "offered_at__gte",
    "offered_to": "offered_at__lt",
}


def _visible(request: Request) -> QuerySet[Offer]:
    """Offers of calls that the client may see, and their own, which they may have missed."""
    offers = Offer.objects.select_related("user", "waiting__queue")
    client = clients.of(request)
    if client.key is not None:
        return offers
    return offers.filter(Q(user=client.user) | Q(call__in=client.calls()))


class OfferList(ListAPIView[Offer]):
    scopes = frozenset({"agents:read"})
    serializer_class = shapes.OfferInList
    order = ("-id",)
    queryset = Offer.objects.none()

    @extend_schema(parameters=[asked.OfferFilters], tags=["agents"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Offers, the newest first: accepted, declined, missed, busy, failed or withdrawn."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Offer]:
        filters = asked.OfferFilters(data=self.request.query_params)
        filters.is_valid(raise_exception=True)
        wanted = filters.validated_data
        return _visible(self.request).filter(
            Q(**{NAMES.get(name, name): value for name, value in wanted.items()})
        )


@extend_schema(tags=["agents"])
class OfferDetail(RetrieveAPIView[Offer]):
    """One offer, with everybody who could have been asked when it was made."""

    scopes = frozenset({"agents:read"})
    serializer_class = shapes.OfferShape
    queryset = Offer.objects.none()

    def get_queryset(self) -> QuerySet[Offer]:
        return _visible(self.request)
