"""What clients are shown of queues and agents."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.availability import Intent, Status
from agents.lines import QueueLine, Today
from agents.models import LineKind, LineState
from agents.roster import Standing
from calls.models import Queue
from calls.states import StandbyState

INTENT = [(word, word) for word in Intent]
STATUS = [(word, word) for word in Status]
LINE_KIND, LINE_STATE = LineKind.choices, LineState.choices
STANDBY = [(word, word) for word in StandbyState]


class TodayShape(serializers.Serializer[Today]):
    """The line's day so far, from midnight in the queue's time zone."""

    answered = serializers.IntegerField()
    answered_in_time = serializers.IntegerField()
    abandoned = serializers.IntegerField()
    average_wait_seconds = serializers.IntegerField(
        allow_null=True, help_text="Average speed of answer (ASA)."
    )
    service_level = serializers.FloatField(
        allow_null=True,
        help_text="Share answered in time, 0 to 1; those who soon hung up do not count.",
    )


class NowShape(serializers.Serializer[QueueLine]):
    """The line at this moment."""

    waiting = serializers.IntegerField(help_text="Without those for whom an agent is coming.")
    longest_wait_since = serializers.DateTimeField(
        source="longest_since", allow_null=True, help_text="Null when nobody waits."
    )
    agents_available = serializers.IntegerField(
        source="available", help_text="Who could be offered one of its calls this moment."
    )


class QueueShape(serializers.ModelSerializer[Queue]):
    """A line of callers, as it is set up, as it stands, and how it did today."""

    is_open = serializers.SerializerMethodField(help_text="By its opening hours, at this moment.")
    now = serializers.SerializerMethodField()
    today = serializers.SerializerMethodField()

    class Meta:
        model = Queue
        fields = (
            "slug",
            "name",
            "is_active",
            "is_open",
            "priority",
            "max_waiting",
            "service_level_seconds",
            "now",
            "today",
        )
        read_only_fields = fields

    def get_is_open(self, queue: Queue) -> bool:
        return queue.is_open_at(self.context["now"])

    @extend_schema_field(NowShape)
    def get_now(self, queue: Queue) -> Any:
        return NowShape(self.context["lines"][queue.pk]).data

    @extend_schema_field(TodayShape)
    def get_today(self, queue: Queue) -> Any:
        return TodayShape(self.context["days"][queue.pk]).data


class OnCall(serializers.Serializer[Standing]):
    """The call that rings, is talked on or is wrapped up."""

    id = serializers.UUIDField(source="call_id")
    queue = serializers.CharField(source="queue_name", help_text="The queue's name.")


class LineShape(serializers.Serializer[Standing]):
    """What an agent talks on."""

    kind = serializers.ChoiceField(choices=LINE_KIND, source="line_kind")
    state = serializers.ChoiceField(
        choices=LINE_STATE,
        source="line_state",
        allow_null=True,
        help_text="Of a browser: whether a call could reach it. Null: of any other line.",
    )


class AgentShape(serializers.Serializer[Standing]):
    """Somebody who takes calls, and what they are doing now."""

    id = serializers.IntegerField(source="user_id")
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUS)
    since = serializers.DateTimeField(allow_null=True, help_text="Null: never signed in.")
    why = serializers.CharField(help_text="Why set aside or away; which break. Mostly empty.")
    intent = serializers.ChoiceField(choices=INTENT, help_text="What they asked to be.")
    after_call = serializers.ChoiceField(
        choices=INTENT, allow_null=True, help_text="What they will be after this call."
    )
    until = serializers.DateTimeField(allow_null=True, help_text="The end of a limited break.")
    standby = serializers.ChoiceField(
        choices=STANDBY, allow_null=True, help_text="The line kept open. Null: calls ring."
    )
    line = LineShape(source="*")
    call = serializers.SerializerMethodField()

    @extend_schema_field(OnCall(allow_null=True))
    def get_call(self, agent: Standing) -> Any:
        return OnCall(agent).data if agent.call_id else None
