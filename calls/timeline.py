"""A call's story: one sentence for everything that happened, beside its orders and news."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from calls.models import Call, CarrierEvent, Command, Leg, TimelineEvent
from calls.models.together import insert_together
from calls.states import Direction

# Of the carrier's news.
NOT_SHOWN = ("RecordingUrl", "CallToken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the story. `kind` is a timeline word, or starts with `order:` or `news:`."""

    at: datetime
    kind: str
    text: str
    who: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def note(
    *,
    call: Call,
    kind: str,
    text: str,
    now: datetime,
    leg: Leg | None = None,
    user: User | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Write one sentence of the call's story."""
    insert_together(
        sentence(call=call, kind=kind, text=text, now=now, leg=leg, user=user, facts=facts)
    )


def sentence(
    *,
    call: Call,
    kind: str,
    text: str,
    now: datetime,
    leg: Leg | None = None,
    user: User | None = None,
    facts: dict[str, Any] | None = None,
) -> TimelineEvent:
    """The same, for whoever writes it together with something else."""
    return TimelineEvent(
        call=call, leg=leg, user=user, at=now, kind=kind, text=text[:300], facts=facts or {}
    )


# The same of `u`, a row of people, in the database's words.
NAME = "coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username)"


def name_of(user: User | None) -> str:
    """What a person is called in sentences."""
    return "" if user is None else user.get_full_name() or user.get_username()


def caller_of(call: Call) -> str:
    """What whoever calls is called in sentences."""
    return call.customer_name or _nameless(call)


def _nameless(call: Call) -> str:
    return "the customer" if call.direction == Direction.OUTBOUND else "the caller"


def story(call: Call, *, private: bool) -> list[Entry]:
    """Everything that is known about the call, in the order in which it happened.

    Without `private`, nothing of supervisors who listen unseen.
    """
    unseen = [] if private else list(Leg.objects.filter(call=call, is_private=True))
    told = [*_sentences(call, unseen), *_orders(call, unseen), *_news(call, unseen)]
    return sorted(told, key=lambda entry: entry.at)


def sentences(call: Call, *, private: bool) -> QuerySet[TimelineEvent]:
    """What was told of the call; the same limits."""
    told = TimelineEvent.objects.filter(call=call)
    return told if private else told.exclude(leg__is_private=True)


def _sentences(call: Call, unseen: Sequence[Leg]) -> list[Entry]:
    events = sentences(call, private=not unseen).select_related("user").order_by("at", "id")
    return [
        Entry(
            at=event.at,
            kind=event.kind,
            text=event.text,
            who=name_of(event.user),
            detail={**event.facts, **({"leg": str(event.leg_id)} if event.leg_id else {})},
        )
        for event in events
    ]


def _orders(call: Call, unseen: Sequence[Leg]) -> list[Entry]:
    orders = Command.objects.filter(call=call).exclude(leg__in=unseen)
    orders = orders.select_related("leg", "ordered_by")
    return [
        Entry(
            at=order.ordered_at,
            kind=f"order:{order.verb}",
            text=f"{order.verb} for the {order.leg.role}: {order.state}",
            who=name_of(order.ordered_by),
            detail=_order_detail(order),
        )
        for order in orders.order_by("ordered_at", "id")
    ]


def _order_detail(order: Command) -> dict[str, Any]:
    return {
        "order": str(order.id),
        "leg": str(order.leg_id),
        "reason": order.reason,
        "state": order.state,
        "attempts": order.attempts,
        "asked_at": order.asked_at,
        "settled_at": order.settled_at,
        "http_status": order.http_status,
        "carrier_code": order.carrier_code,
        "answer": order.answer,
    }


def _news(call: Call, unseen: Sequence[Leg]) -> list[Entry]:
    legs = list(Leg.objects.filter(call=call, sid__isnull=False))
    own = [leg.sid for leg in legs if leg.standby_id is None]
    about = Q(call_id=call.id) | Q(call_sid__in=own)
    # News of a leg that is lent is of this call where it names the leg.
    lent = [leg for leg in legs if leg.standby_id is not None]
    about |= Q(call_sid__in=[leg.sid for leg in lent], leg_id__in=[leg.pk for leg in lent])
    hidden = [leg.sid for leg in unseen if leg.sid], [leg.id for leg in unseen]
    untold = [*hidden[0], *map(str, hidden[1])]
    about &= ~Q(call_sid__in=hidden[0]) & (Q(leg_id=None) | ~Q(leg_id__in=hidden[1]))
    return [
        Entry(
            at=event.received_at,
            kind=f"news:{event.kind}",
            text=_news_text(event),
            detail={
                "state": event.state,
                "note": event.note,
                "params": _shown(event.params, untold),
            },
        )
        for event in CarrierEvent.objects.filter(about).order_by("received_at", "id")
    ]


def _shown(params: dict[str, Any], untold: Sequence[str]) -> dict[str, Any]:
    """Without what somebody could use at the carrier: the sound's address, the token with which to
    call as the caller. News of a room may name the lines of others: not those that are unseen.
    """
    return {
        name: value
        for name, value in params.items()
        if name not in NOT_SHOWN and not any(line in str(value) for line in untold)
    }


def _news_text(event: CarrierEvent) -> str:
    params = event.params
    words = ("RecordingStatus", "StatusCallbackEvent", "CallStatus")
    said = next((params[word] for word in words if params.get(word)), "")
    return f"{event.kind} {said}".strip() + f" ({event.state})"
