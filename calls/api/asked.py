"""What clients send. A field that is not named here is refused, never ignored or passed on."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import QueryDict
from rest_framework import serializers

from calls import plans
from calls.carrier import given_twiml
from calls.models import PhoneNumber, Queue
from calls.services import outside
from calls.states import CallOutcome, CallState, Direction, OfferState

MOST_REASON = 120


class Asked(serializers.Serializer[Any]):
    """Takes the fields that it names, and nothing else."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [_printable(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name: [f"There is no {self.word} of this name."] for name in unknown}
                )
        return super().to_internal_value(data)

    word = "field"


def _printable(name: object) -> str:
    """What a client calls a field, short, and such that it can be written in an answer."""
    return str(name)[:80].encode(errors="backslashreplace").decode()


class Why(Asked):
    """Told in the call's story."""

    reason = serializers.CharField(
        max_length=MOST_REASON,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why; it is told in the call's timeline.",
    )


class End(Why):
    """Everybody on the call is hung up on."""


class Redirect(Why):
    """Exactly one of `queue`, `number`, `twiml` and `url`."""

    queue = serializers.SlugField(
        required=False, help_text="The slug of the queue whose line the caller joins."
    )
    number = serializers.CharField(
        required=False,
        max_length=16,
        help_text="A number of ours: the caller is received as if they had rung it, with its "
        "greeting, its hours, and what is said where it takes nobody.",
    )
    twiml = serializers.CharField(
        required=False,
        max_length=given_twiml.MOST_CHARACTERS,
        trim_whitespace=False,
        help_text="What the caller's line does from now on. Allowed verbs: "
        + ", ".join(given_twiml.VERBS)
        + ". Addresses are absolute, and their hosts allowed by the administrator.",
    )
    url = serializers.CharField(
        required=False,
        max_length=500,
        help_text="Where the carrier asks, by POST, what the caller's line does from now on. Its "
        "host is one that the administrator allows.",
    )

    def validate_queue(self, slug: str) -> Queue:
        queue = Queue.objects.filter(slug=slug, is_active=True).first()
        if queue is None:
            raise serializers.ValidationError("There is no active queue with this slug.")
        return queue

    def validate_number(self, e164: str) -> PhoneNumber:
        ours = PhoneNumber.objects.filter(e164=e164, is_active=True).select_related("queue")
        number = ours.filter(queue__is_active=True).first()
        if number is None:
            raise serializers.ValidationError("That is no number of ours that is in use.")
        return number

    def validate_twiml(self, twiml: str) -> str:
        wrong = outside.mistakes_in_twiml(twiml)
        if wrong:
            raise serializers.ValidationError(wrong)
        return twiml

    def validate_url(self, url: str) -> str:
        wrong = given_twiml.mistakes_in_address(url, hosts=settings.API_TWIML_HOSTS, where="url")
        if wrong:
            raise serializers.ValidationError(wrong)
        return url

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"queue", "number", "twiml", "url"} & set(attrs)) != 1:
            raise serializers.ValidationError("Give one of queue, number, twiml and url.")
        return attrs


class Digits(Why):
    """Tones for one line."""

    digits = serializers.CharField(
        max_length=plans.MOST_DIGITS,
        help_text="0-9, *, #, A-D, and w for half a second's pause.",
    )

    def validate_digits(self, digits: str) -> str:
        if not set(digits) <= plans.DIGITS:
            raise serializers.ValidationError("Only 0-9, *, #, A-D, and w for a pause.")
        return digits


class Message(Why):
    """Exactly one of `say` and `play`."""

    say = serializers.CharField(
        required=False, default="", max_length=plans.LONGEST_MESSAGE, help_text="Spoken."
    )
    play = serializers.CharField(
        required=False,
        default="",
        max_length=500,
        help_text="The address of a sound. Its host is one that the administrator allows.",
    )

    def validate_play(self, url: str) -> str:
        wrong = url and given_twiml.mistakes_in_address(url, hosts=settings.API_TWIML_HOSTS)
        if wrong:
            raise serializers.ValidationError(wrong)
        return url

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["say"]) == bool(attrs["play"]):
            raise serializers.ValidationError("Give either say or play.")
        return attrs


def _lists(query: Any) -> Iterable[tuple[str, list[str]]]:
    return query.lists() if isinstance(query, QueryDict) else ()


class Filters(Asked):
    """The query of a list. The paging's own parameters are not filters."""

    word = "filter"
    PAGING = ("cursor", "page_size")

    def to_internal_value(self, data: Any) -> Any:
        twice = [name for name, values in _lists(data) if len(values) > 1]
        if twice:
            raise serializers.ValidationError({name: ["Give this once."] for name in twice})
        return super().to_internal_value(
            {name: data[name] for name in data if name not in self.PAGING}
        )


class CallFilters(Filters):
    queue = serializers.SlugField(required=False, help_text="A queue's slug.")
    state = serializers.ChoiceField(choices=list(CallState), required=False)
    outcome = serializers.ChoiceField(choices=list(CallOutcome), required=False)
    direction = serializers.ChoiceField(choices=list(Direction), required=False)
    customer_number = serializers.CharField(
        required=False,
        max_length=64,
        help_text="Exactly as the carrier gave it: +15551234567.",
    )
    agent = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="An agent on the call."
    )
    arrived_from = serializers.DateTimeField(required=False, help_text="At or after.")
    arrived_to = serializers.DateTimeField(required=False, help_text="Before.")

    def validate_customer_number(self, number: str) -> str:
        """A plus sign in a query reads as a space, which people forget."""
        return f"+{number}" if number.isascii() and number.isdigit() else number


class WaitingFilters(Filters):
    queue = serializers.SlugField(required=False, help_text="A queue's slug.")


class OfferFilters(Filters):
    call = serializers.UUIDField(required=False)
    queue = serializers.SlugField(required=False, help_text="A queue's slug.")
    agent = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    state = serializers.ChoiceField(choices=list(OfferState), required=False)
    offered_from = serializers.DateTimeField(required=False, help_text="At or after.")
    offered_to = serializers.DateTimeField(required=False, help_text="Before.")
