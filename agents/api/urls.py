"""The API of queues and of those who serve them."""

from django.urls import path

from agents.api.people import AgentDetail, AgentList
from agents.api.queues import QueueDetail, QueueList

urlpatterns = [
    path("queues", QueueList.as_view(), name="api-queues"),
    path("queues/<slug:slug>", QueueDetail.as_view(), name="api-queue"),
    path("agents", AgentList.as_view(), name="api-agents"),
    path("agents/<int:user_id>", AgentDetail.as_view(), name="api-agent"),
]
