"""What clients are shown of calls, lines, offers and orders. Moments are ISO 8601, in UTC."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from calls.carrier.numbers import is_withheld
from calls.models import (
    Call,
    Command,
    HelpRequest,
    Leg,
    Offer,
    TextWhisper,
    Voicemail,
    Waiting,
    Watch,
    WrapUp,
)
from calls.plans import TALKERS
from calls.states import CallOutcome
from calls.timeline import name_of

OUTCOMES = [(outcome, outcome) for outcome in CallOutcome]


class Person(serializers.Serializer[Any]):
    """An agent or another member of staff."""

    id = serializers.IntegerField(source="pk", help_text="The same in every list of the API.")
    name = serializers.SerializerMethodField()

    def get_name(self, user: Any) -> str:
        return name_of(user)


class Customer(serializers.Serializer[Call]):
    """Who calls."""

    number = serializers.SerializerMethodField(help_text="Null where it is withheld.")
    name = serializers.CharField(source="customer_name", help_text="Empty where it is not known.")
    withheld = serializers.SerializerMethodField()

    def get_number(self, call: Call) -> str | None:
        return None if is_withheld(call.customer_number) else call.customer_number

    def get_withheld(self, call: Call) -> bool:
        return is_withheld(call.customer_number)


class CallInList(serializers.ModelSerializer[Call]):
    """A customer's whole visit, from the first ring to its end."""

    queue = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    number = serializers.SlugRelatedField[Any](
        slug_field="e164", read_only=True, allow_null=True, help_text="The number of ours."
    )
    outcome = serializers.SerializerMethodField(
        help_text="What came of it. Null while that is open."
    )
    customer = Customer(source="*", read_only=True)
    dialled_by = Person(
        allow_null=True, read_only=True, help_text="Of an outbound call: who dialled the customer."
    )
    agents = serializers.SerializerMethodField(help_text="Those who talked with the customer.")

    class Meta:
        model = Call
        fields: tuple[str, ...] = (
            "id",
            "direction",
            "state",
            "outcome",
            "queue",
            "number",
            "customer",
            "dialled_by",
            "agents",
            "arrived_at",
            "answered_at",
            "ended_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=OUTCOMES, allow_null=True))
    def get_outcome(self, call: Call) -> str | None:
        return call.outcome or None

    @extend_schema_field(Person(many=True))
    def get_agents(self, call: Call) -> Any:
        """Each once, in the order in which they came; `legs` are loaded with their users."""
        joined = sorted(
            (leg for leg in call.legs.all() if leg.user and leg.joined_at and leg.role in TALKERS),
            key=lambda leg: (leg.joined_at, leg.pk),
        )
        return Person(list({leg.user_id: leg.user for leg in joined}.values()), many=True).data


class LegShape(serializers.ModelSerializer[Leg]):
    """One telephone line in a call."""

    user = Person(allow_null=True, read_only=True)

    class Meta:
        model = Leg
        fields = (
            "id",
            "role",
            "state",
            "sid",
            "user",
            "address",
            "our_number",
            "in_room",
            "sip_code",
            "planned_at",
            "ringing_at",
            "answered_at",
            "joined_at",
            "ended_at",
        )
        read_only_fields = fields


class OfferInList(serializers.ModelSerializer[Offer]):
    """A call offered to one agent, and what came of it."""

    agent = Person(source="user", read_only=True)
    queue = serializers.SlugRelatedField[Any](
        source="waiting.queue", slug_field="slug", read_only=True
    )
    because = serializers.SerializerMethodField(help_text="Why this agent, in words.")

    class Meta:
        model = Offer
        fields: tuple[str, ...] = (
            "id",
            "call",
            "queue",
            "agent",
            "leg",
            "state",
            "offered_at",
            "expires_at",
            "settled_at",
            "because",
            "note",
        )
        read_only_fields = fields

    def get_because(self, offer: Offer) -> str:
        return str(offer.reason.get("because", ""))


class OfferShape(OfferInList):
    candidates = serializers.SerializerMethodField(
        help_text="Who else could have been asked, as it stood then."
    )

    class Meta(OfferInList.Meta):
        fields = (*OfferInList.Meta.fields, "candidates")
        read_only_fields = fields

    def get_candidates(self, offer: Offer) -> list[dict[str, Any]]:
        return list(offer.reason.get("candidates", []))


class WrapUpShape(serializers.ModelSerializer[WrapUp]):
    """An agent's after-call work."""

    agent = Person(source="user", read_only=True)
    disposition = serializers.SlugRelatedField[Any](
        slug_field="name", read_only=True, allow_null=True
    )

    class Meta:
        model = WrapUp
        fields = (
            "agent",
            "started_at",
            "due_at",
            "finished_at",
            "finished_by_timer",
            "disposition",
            "notes",
        )
        read_only_fields = fields


class WatchShape(serializers.ModelSerializer[Watch]):
    """A supervisor's stretch on the call in one mode."""

    supervisor = Person(source="user", read_only=True)

    class Meta:
        model = Watch
        fields = ("supervisor", "leg", "mode", "is_private", "began_at", "ended_at")
        read_only_fields = fields


class HelpShape(serializers.ModelSerializer[HelpRequest]):
    """An agent's wish for a supervisor; open while `ended_at` is null."""

    asked_by = Person(read_only=True)
    answered_by = Person(allow_null=True, read_only=True)

    class Meta:
        model = HelpRequest
        fields = ("id", "call", "asked_by", "text", "asked_at", "answered_by", "ended_at")
        read_only_fields = fields


class TextWhisperShape(serializers.ModelSerializer[TextWhisper]):
    """What a supervisor wrote to an agent."""

    by = Person(read_only=True)
    to = Person(read_only=True)

    class Meta:
        model = TextWhisper
        fields = ("id", "call", "by", "to", "text", "at")
        read_only_fields = fields


class VoicemailShape(serializers.ModelSerializer[Voicemail]):
    """A message that the caller left."""

    heard_by = Person(allow_null=True, read_only=True)

    class Meta:
        model = Voicemail
        fields = ("seconds", "left_at", "heard_at", "heard_by")
        read_only_fields = fields


class EntryShape(serializers.Serializer[Any]):
    """One line of a call's story."""

    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="A word; or order:<verb>, or news:<kind>.")
    text = serializers.CharField()
    who = serializers.CharField(help_text="Whose doing it was; empty where nobody's.")
    detail = serializers.DictField(help_text="Facts, by name; they depend on the kind.")


class CallShape(CallInList):
    """A call with everything that is known about it."""

    legs = LegShape(source="shown_legs", many=True, read_only=True)
    watches = WatchShape(
        source="shown_watches",
        many=True,
        read_only=True,
        help_text="Supervisors on the call, as far as you are shown them.",
    )
    help_requests = HelpShape(many=True, read_only=True)
    text_whispers = TextWhisperShape(
        source="shown_whispers",
        many=True,
        read_only=True,
        help_text="What supervisors wrote to you; to supervisors, to anybody.",
    )
    offers = OfferInList(many=True, read_only=True)
    wrap_ups = WrapUpShape(many=True, read_only=True)
    voicemail = VoicemailShape(allow_null=True, read_only=True, default=None)
    timeline = EntryShape(source="story", many=True, read_only=True)

    class Meta(CallInList.Meta):
        fields = (
            *CallInList.Meta.fields,
            "legs",
            "offers",
            "wrap_ups",
            "watches",
            "help_requests",
            "text_whispers",
            "voicemail",
            "timeline",
        )
        read_only_fields = fields


class WaitingShape(serializers.ModelSerializer[Waiting]):
    """A caller's place in a line."""

    queue = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    customer = Customer(source="call", read_only=True)
    position = serializers.SerializerMethodField(
        help_text="1 is served next. Null for somebody for whom an agent is coming."
    )
    agent_is_coming = serializers.SerializerMethodField()

    class Meta:
        model = Waiting
        fields = (
            "call",
            "queue",
            "customer",
            "position",
            "agent_is_coming",
            "priority",
            "since",
            "leave_by",
        )
        read_only_fields = fields

    def get_position(self, waiting: Waiting) -> int | None:
        """`before` is annotated by the view."""
        if waiting.claimed_at is not None:
            return None
        before: int = waiting.before  # type: ignore[attr-defined]
        return before + 1

    def get_agent_is_coming(self, waiting: Waiting) -> bool:
        return waiting.claimed_at is not None


class OrderShape(serializers.ModelSerializer[Command]):
    """One thing that we asked, or are about to ask, of the carrier."""

    leg_role = serializers.CharField(source="leg.role", read_only=True)
    ordered_by = Person(allow_null=True, read_only=True)

    class Meta:
        model = Command
        fields = (
            "id",
            "call",
            "leg",
            "leg_role",
            "verb",
            "state",
            "reason",
            "ordered_by",
            "ordered_at",
            "give_up_at",
            "asked_at",
            "settled_at",
            "attempts",
            "http_status",
            "carrier_code",
            "answer",
        )
        read_only_fields = fields
