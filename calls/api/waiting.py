"""Who stands in line, and where."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api import asked, clients, shapes
from calls.models import Waiting


class WaitingList(ListAPIView[Waiting]):
    scopes = frozenset({"queues:read"})
    serializer_class = shapes.WaitingShape
    order = ("place", "id")
    queryset = Waiting.objects.none()

    @extend_schema(parameters=[asked.WaitingFilters], tags=["queues"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Callers in line, of your queues, those who are served first before the others."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Waiting]:
        filters = asked.WaitingFilters(data=self.request.query_params)
        filters.is_valid(raise_exception=True)
        line = Waiting.objects.in_line()
        client = clients.of(self.request)
        if client.key is None:
            line = line.filter(call__in=client.calls())
        if "queue" in filters.validated_data:
            line = line.filter(queue__slug=filters.validated_data["queue"])
        return line.select_related("queue", "call").annotate(before=_before())


def _before() -> Coalesce:
    """How many are served before; callers for whom an agent is coming are not counted."""
    ahead = Waiting.objects.in_line().filter(
        Q(place__lt=OuterRef("place")) | Q(id__lt=OuterRef("id")),
        queue=OuterRef("queue"),
        claimed_at__isnull=True,
        place__lte=OuterRef("place"),
    )
    counted = ahead.order_by().values("queue").annotate(n=Count("id")).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())
