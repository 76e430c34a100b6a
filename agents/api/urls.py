"""The API of queues and of those who serve them."""

from django.urls import path

from agents.api import transfers
from agents.api.dialling import Dial
from agents.api.directing import EndStandBy, FinishWrapUp, LogOut, Pull, SetState, StandBy
from agents.api.people import AgentDetail, AgentList
from agents.api.queues import QueueDetail, QueueList

urlpatterns = [
    path("queues", QueueList.as_view(), name="api-queues"),
    path("queues/<slug:slug>", QueueDetail.as_view(), name="api-queue"),
    path("agents", AgentList.as_view(), name="api-agents"),
    path("agents/<int:user_id>", AgentDetail.as_view(), name="api-agent"),
    path("agents/<int:user_id>/state", SetState.as_view(), name="api-set-state"),
    path("agents/<int:user_id>/log-out", LogOut.as_view(), name="api-log-out"),
    path("agents/<int:user_id>/standby", StandBy.as_view(), name="api-standby"),
    path("agents/<int:user_id>/standby/end", EndStandBy.as_view(), name="api-end-standby"),
    path("agents/<int:user_id>/dial", Dial.as_view(), name="api-dial"),
    path("agents/<int:user_id>/finish-wrap-up", FinishWrapUp.as_view(), name="api-finish-wrap-up"),
    path("calls/<uuid:call_id>/transfer", transfers.Begin.as_view(), name="api-transfer"),
    path("calls/<uuid:call_id>/add", transfers.Add.as_view(), name="api-add"),
    path("calls/<uuid:call_id>/pull", Pull.as_view(), name="api-pull"),
]
