"""Everybody who waits in a line, over the API: sent elsewhere, or told goodbye."""

from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.api import asked, clients, idempotency, shapes
from calls.api.changes import DRY_RUN, is_dry_run, planned_or, shown
from calls.models import LineChange, Queue
from calls.services import access, foreseeing, whole_lines


class LineChangeBody(asked.Why):
    """At most one of the two; with neither, the queue's own closed message is said."""

    to_queue = serializers.SlugField(
        required=False, help_text="The slug of the queue to which they are sent."
    )
    message = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=500,
        help_text="What each of them hears before they are hung up on.",
    )

    def validate_to_queue(self, slug: str) -> Queue:
        queue = Queue.objects.filter(slug=slug, is_active=True).first()
        if queue is None:
            raise serializers.ValidationError("There is no active queue with this slug.")
        return queue

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["message"] and "to_queue" in attrs:
            raise serializers.ValidationError("Give either to_queue or message.")
        return attrs


class LineChangeShape(serializers.ModelSerializer[LineChange]):
    """What is done to everybody who waits in a line, and how far it is."""

    queue = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    to_queue = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    asked_by = shapes.Person(allow_null=True, read_only=True)
    stopped_by = shapes.Person(allow_null=True, read_only=True)
    passed_over = serializers.IntegerField(
        help_text="Gone, or with an agent, before their turn.", read_only=True
    )

    class Meta:
        model = LineChange
        fields = (
            "id",
            "queue",
            "to_queue",
            "message",
            "reason",
            "asked_by",
            "asked_at",
            "wanted",
            "done",
            "passed_over",
            "ended_at",
            "stopped_by",
        )
        read_only_fields = fields


class WaitingPerson(serializers.Serializer[Any]):
    call = serializers.UUIDField(source="call_id")
    customer = shapes.Customer(source="call")
    since = serializers.DateTimeField()


class PreviewShape(serializers.Serializer[whole_lines.Preview]):
    """How many and whom it would be, were it asked for now."""

    text = serializers.CharField()
    seconds = serializers.IntegerField(help_text="How long it takes at the least.")
    warnings = serializers.ListField(child=serializers.CharField())
    callers = WaitingPerson(many=True)


class ChangeLine(APIView):
    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=LineChangeBody,
        responses={202: LineChangeShape, 200: PreviewShape},
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["queues"],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send everybody who waits in this line to another; or tell them goodbye."""
        if is_dry_run(request):
            return self._previewed(request, slug)
        return idempotency.once(request, lambda: self._begun(request, slug), made="api-line-change")

    def _previewed(self, request: Request, slug: str) -> Response:
        queue, wanted = _admitted(request, slug)
        seen = whole_lines.preview(
            queue=queue,
            to_queue=wanted.get("to_queue"),
            message=wanted["message"],
            now=timezone.now(),
        )
        return Response(PreviewShape(seen).data)

    def _begun(self, request: Request, slug: str) -> Response:
        client = clients.of(request)
        queue, wanted = _admitted(request, slug)
        made = whole_lines.begin(
            queue=queue,
            to_queue=wanted.get("to_queue"),
            message=wanted["message"],
            by=client.user,
            reason=client.reason(wanted["reason"], "asked over the API"),
            now=timezone.now(),
        )
        return Response(LineChangeShape(made).data, status=status.HTTP_202_ACCEPTED)


def _admitted(request: Request, slug: str) -> tuple[Queue, dict[str, Any]]:
    queue = Queue.objects.filter(slug=slug).first()
    _check_may(clients.of(request), queue)
    if queue is None:
        raise NotFound("There is no such queue.")
    wanted = LineChangeBody(data=request.data)
    wanted.is_valid(raise_exception=True)
    return queue, wanted.validated_data


def _check_may(client: clients.Client, queue: Queue | None) -> None:
    """What somebody may not see is, for them, not there."""
    user = client.user
    if user is None or queue is None or access.may_move_line(user, queue):
        return
    if queue.pk in access.served_queue_ids(user):
        raise PermissionDenied("Only those who watch over a queue may move everybody in its line.")
    raise NotFound("There is no such queue.")


def _found(request: Request, pk: int) -> LineChange:
    changes = LineChange.objects.select_related("queue", "to_queue", "asked_by", "stopped_by")
    change = changes.filter(pk=pk).first()
    if change is None:
        raise NotFound("There is no such change.")
    _check_may(clients.of(request), change.queue)
    return change


@extend_schema(responses=LineChangeShape, tags=["queues"])
class LineChangeDetail(APIView):
    scopes = frozenset({"calls:read", "calls:write"})

    def get(self, request: Request, pk: int) -> Response:
        """How far the change of a whole line is."""
        return Response(LineChangeShape(_found(request, pk)).data)


class StopLineChange(APIView):
    scopes = frozenset({"calls:write"})

    @extend_schema(
        request=None,
        responses={200: planned_or(LineChangeShape)},
        parameters=[idempotency.PARAMETER, DRY_RUN],
        tags=["queues"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Leave those alone who have not been moved yet."""
        if is_dry_run(request):
            stop = partial(_stop, request, pk)
            return shown(foreseeing.come_of(stop, kind="stop-line-change", call_ids=[]))
        return idempotency.once(request, lambda: self._stopped(request, pk))

    def _stopped(self, request: Request, pk: int) -> Response:
        _stop(request, pk)
        return Response(LineChangeShape(_found(request, pk)).data)


def _stop(request: Request, pk: int) -> str:
    """What was stopped, in words."""
    change = _found(request, pk)
    whole_lines.stop(line_change_id=change.pk, by=clients.of(request).user, now=timezone.now())
    left = change.wanted - change.done - change.passed_over
    return f"{left} of {change.wanted} callers of {change.queue.name} are left where they are"
