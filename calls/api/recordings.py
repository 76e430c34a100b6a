"""Recordings over the API: begun, paused, gone on with, stopped; listed and listened to; kept."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import plans
from calls.api import asked, clients, idempotency, problems, shapes, sound
from calls.api.changes import LiveChange, change
from calls.carrier import gateway
from calls.models import Call, Recording, RecordingGap, Voicemail
from calls.services import access, keeping, playing

BEHAVIOURS = ("silence", "skip")


# Changes of a live call ---------------------------------------------------------------------------


class PauseBody(asked.Why):
    reason = serializers.CharField(
        max_length=asked.MOST_REASON,
        help_text="Why; it stands in the call's timeline and beside the gap.",
    )
    behaviour = serializers.ChoiceField(
        choices=BEHAVIOURS,
        default="silence",
        help_text="silence: the pause is as long on the recording; skip: it is left out.",
    )


@change(asked.Why)
class Record(LiveChange):
    """Begin to record the call: both sides, each on a channel. The caller is told before."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        return plans.record(scene)


@change(PauseBody)
class PauseRecording(LiveChange):
    """Record nothing for now, as while a card number is said. When it was is on record."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:
        return plans.pause_recording(
            scene, why=wanted["reason"], behaviour=wanted.get("behaviour", "silence")
        )


@change(asked.Why)
class ResumeRecording(LiveChange):
    """Go on recording after a pause."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        return plans.resume_recording(scene)


@change(asked.Why)
class StopRecording(LiveChange):
    """Record nothing more of this call; what was recorded is kept."""

    def plan(self, scene: plans.Scene, wanted: dict[str, Any]) -> plans.Plan:  # noqa: ARG002
        return plans.stop_recording(scene)


# What there is ------------------------------------------------------------------------------------


class GapShape(serializers.ModelSerializer[RecordingGap]):
    """A time in which nothing was recorded, by the carrier's word."""

    by = shapes.Person(allow_null=True, read_only=True)

    class Meta:
        model = RecordingGap
        fields = ("began_at", "ended_at", "behaviour", "why", "by", "is_automatic")
        read_only_fields = fields


class RecordingShape(serializers.ModelSerializer[Recording]):
    """A recording of a call, and what is not on it."""

    gaps = GapShape(many=True, read_only=True)

    class Meta:
        model = Recording
        fields = (
            "id",
            "call",
            "state",
            "because",
            "planned_at",
            "began_at",
            "ended_at",
            "seconds",
            "delete_after",
            "deleted_at",
            "gaps",
        )
        read_only_fields = fields


class RecordingList(APIView):
    scopes = frozenset({"calls:read", "recordings:read"})

    @extend_schema(responses=RecordingShape(many=True), tags=["recordings"])
    def get(self, request: Request, call_id: UUID) -> Response:
        """What was recorded of a call, and the proof of each pause."""
        call = _call(request, call_id)
        tapes = Recording.objects.filter(call=call).prefetch_related("gaps__by")
        return Response(RecordingShape(tapes.order_by("planned_at"), many=True).data)


LISTENING = [
    OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="A part: bytes=0-"),
    OpenApiParameter("download", str, enum=["1"], description="As a file to keep."),
]


class RecordingSound(APIView):
    scopes = frozenset({"recordings:read"})

    @extend_schema(
        responses={(200, sound.TYPE): OpenApiTypes.BINARY, (206, sound.TYPE): OpenApiTypes.BINARY},
        parameters=LISTENING,
        tags=["recordings"],
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The sound as WAV, the caller on one channel and the others on the other.

        That it was listened to, and by whom, is written down.
        """
        client = clients.of(request)
        tape = Recording.objects.select_related("call__queue").filter(pk=pk).first()
        if tape is None or not client.calls().filter(pk=tape.call_id).exists():
            raise NotFound("There is no such recording.")
        return _sound(request, tape, tape.call)


class VoicemailSound(APIView):
    scopes = frozenset({"recordings:read"})

    @extend_schema(
        responses={(200, sound.TYPE): OpenApiTypes.BINARY, (206, sound.TYPE): OpenApiTypes.BINARY},
        parameters=LISTENING,
        tags=["recordings"],
    )
    def get(self, request: Request, call_id: UUID) -> HttpResponseBase:
        """The message that the caller left, as WAV.

        That it was listened to, and by whom, is written down.
        """
        call = _call(request, call_id)
        message = Voicemail.objects.select_related("call").filter(call=call).first()
        if message is None:
            raise NotFound("No message was left.")
        return _sound(request, message, call)


def _sound(request: Request, tape: Recording | Voicemail, call: Call) -> HttpResponseBase:
    client = clients.of(request)
    if client.key is None and not (client.user and access.may_hear(client.user, call)):
        raise PermissionDenied("You may look at this call, but not listen to it.")
    key = client.key.name if client.key else ""
    try:
        return sound.answer(request._request, tape, by=client.user, by_key=key)
    except playing.NotThere as not_there:
        raise NotFound(str(not_there)) from not_there
    except gateway.CarrierTrouble as trouble:
        raise CarrierAway from trouble


class CarrierAway(problems.Unavailable):
    default_code = "carrier-away"
    default_detail = "The carrier cannot be reached. Try again in a moment."


def _call(request: Request, call_id: UUID) -> Call:
    return clients.found(clients.of(request).calls(), call_id)


# Legal hold ---------------------------------------------------------------------------------------


class HoldBody(asked.Asked):
    reason = serializers.CharField(max_length=asked.MOST_REASON, help_text="Why it is kept.")


class HoldShape(serializers.ModelSerializer[Call]):
    """Whether a call is kept, and why; empty: it is deleted when its time is over."""

    class Meta:
        model = Call
        fields = ("id", "legal_hold")
        read_only_fields = fields


class _Keeping(APIView):
    scopes = frozenset({"records:hold"})
    body: type[asked.Asked]

    def _once(self, request: Request, call_id: UUID) -> Response:
        return idempotency.once(request, lambda: self._done(request, call_id))

    def _done(self, request: Request, call_id: UUID) -> Response:
        client, call = clients.of(request), _call(request, call_id)
        if client.key is None and not (client.user and client.user.is_superuser):
            raise PermissionDenied("Only administrators decide what is kept.")
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        why = client.reason(wanted.validated_data["reason"], "")
        return Response(HoldShape(self.keep(call, client, why)).data)

    def keep(self, call: Call, client: clients.Client, why: str) -> Call:
        raise NotImplementedError


class LegalHold(_Keeping):
    body = HoldBody

    @extend_schema(
        request=HoldBody,
        responses=HoldShape,
        parameters=[idempotency.PARAMETER],
        tags=["recordings"],
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """Keep everything of a call: nothing of it is deleted until it is released."""
        return self._once(request, call_id)

    def keep(self, call: Call, client: clients.Client, why: str) -> Call:
        return keeping.hold(call_id=call.pk, by=client.user, why=why, now=timezone.now())


class ReleaseHold(_Keeping):
    body = asked.Why

    @extend_schema(
        request=asked.Why,
        responses=HoldShape,
        parameters=[idempotency.PARAMETER],
        tags=["recordings"],
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """End a legal hold: what is due to be deleted is deleted."""
        return self._once(request, call_id)

    def keep(self, call: Call, client: clients.Client, why: str) -> Call:
        return keeping.release(call_id=call.pk, by=client.user, why=why, now=timezone.now())
