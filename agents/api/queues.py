"""The lines of callers: how they are set up, how they stand, and how they did today."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents import lines
from agents.api.shapes import QueueShape
from calls.api import asked, clients
from calls.models import Queue
from calls.services import access


def _visible(request: Request) -> QuerySet[Queue]:
    """A person's queues: those that they serve or watch over."""
    queues = Queue.objects.prefetch_related("opening_hours")
    client = clients.of(request)
    if client.key is not None:
        return queues
    return queues.filter(_theirs(client.user)) if client.user is not None else queues.none()


def _theirs(user: User) -> Q:
    served = Queue.objects.filter(memberships__agent__user=user).values("pk")
    return Q(pk__in=served) | Q(pk__in=access.supervised_queue_ids(user))


def _drawn(queues: list[Queue]) -> Any:
    """Three statements for however many queues."""
    now = timezone.now()
    ids = [queue.pk for queue in queues]
    context = {
        "now": now,
        "lines": {line.queue_id: line for line in lines.lines(queue_ids=ids, now=now)},
        "days": lines.today(queues=queues, now=now),
    }
    return QueueShape(queues, many=True, context=context).data


class QueueList(ListAPIView[Queue]):
    scopes = frozenset({"queues:read"})
    serializer_class = QueueShape
    order = ("name", "id")
    queryset = Queue.objects.none()

    @extend_schema(tags=["queues"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        """Your queues by name, with how many wait at this moment and since when."""
        asked.Filters(data=request.query_params).is_valid(raise_exception=True)
        page = self.paginate_queryset(_visible(request))
        return self.get_paginated_response(_drawn(list(page or ())))


class QueueDetail(APIView):
    scopes = frozenset({"queues:read"})

    @extend_schema(responses=QueueShape, tags=["queues"])
    def get(self, request: Request, slug: str) -> Response:
        """One queue as it stands at this moment."""
        found = list(_visible(request).filter(slug=slug))
        if not found:
            raise NotFound("There is no such queue.")
        [queue] = _drawn(found)
        return Response(queue)
