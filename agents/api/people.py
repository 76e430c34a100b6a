"""Those who take calls, and what they are doing now."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents import roster
from agents.api.shapes import AgentShape
from agents.models import Agent
from calls.api import asked, clients
from calls.services import access


class AgentFilters(asked.Filters):
    queue = serializers.SlugField(required=False, help_text="A queue's slug: who serves it.")


def visible(request: Request) -> QuerySet[Agent]:
    """A person sees themselves and, as a supervisor, the agents of their queues."""
    client = clients.of(request)
    if client.key is not None:
        return Agent.objects.all()
    user = client.user
    if user is None:
        return Agent.objects.none()
    if user.is_superuser:
        return Agent.objects.all()
    watched = Agent.objects.filter(queues__in=access.supervised_queue_ids(user)).values("pk")
    return Agent.objects.filter(Q(user=user) | Q(pk__in=watched))


def drawn(agents: list[Agent]) -> Any:
    """One statement for however many agents, in the order given."""
    ids = [agent.pk for agent in agents]
    standings = roster.standings(agent_ids=ids, now=timezone.now())
    known = {standing.agent_id: standing for standing in standings}
    return [AgentShape(known[pk]).data for pk in ids if pk in known]


class AgentList(ListAPIView[Agent]):
    scopes = frozenset({"agents:read"})
    serializer_class = AgentShape  # type: ignore[assignment] # drawn from the agents' standings
    order = ("name", "id")
    queryset = Agent.objects.none()

    @extend_schema(parameters=[AgentFilters], tags=["agents"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        """Agents by name, with what they are doing at this moment, since when and on which call."""
        filters = AgentFilters(data=request.query_params)
        filters.is_valid(raise_exception=True)
        found = visible(request)
        if "queue" in filters.validated_data:
            found = found.filter(queues__slug=filters.validated_data["queue"])
        page = self.paginate_queryset(found)
        return self.get_paginated_response(drawn(list(page or ())))


class AgentDetail(APIView):
    scopes = frozenset({"agents:read"})

    @extend_schema(responses=AgentShape, tags=["agents"])
    def get(self, request: Request, user_id: int) -> Response:
        """One agent, and what they are doing at this moment."""
        found = list(visible(request).filter(user=user_id))
        if not found:
            raise NotFound("There is no such agent.")
        [agent] = drawn(found)
        return Response(agent)
