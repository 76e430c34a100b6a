"""Whatever order a leg's news comes in, and however often: it ends in the same place."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.models import Call, CarrierEvent, Leg, Offer, Queue, Waiting, WrapUp
from calls.services import news, rooms
from calls.states import CallOutcome, CallState, LegState, OfferState, WaitingExit
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

# What is said, and the number that the carrier gave it.
PROGRESS = [("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3)]
AGENT = [*PROGRESS, ("participant-join", 1), ("participant-leave", 4)]
CUSTOMER = [("completed", 0), ("participant-join", 2), ("participant-leave", 3)]


def in_any_order(told: list[tuple[str, int]]) -> st.SearchStrategy[list[tuple[str, int]]]:
    """Each piece at least once, some of them again, in any order."""
    again = st.lists(st.sampled_from(told), max_size=4)
    return again.flatmap(lambda repeats: st.permutations([*told, *repeats]))


@contextmanager
def undone() -> Iterator[None]:
    """What happens in here leaves no trace, so that each example begins alike."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def hear(leg: Leg, what: str, number: int, now: datetime) -> None:
    if what.startswith("participant"):
        people.news(
            "conference",
            leg=leg,
            now=now,
            ConferenceSid="CF1",
            CallSid=leg.sid,
            ParticipantLabel=leg.id,
            StatusCallbackEvent=what,
            SequenceNumber=number,
        )
    else:
        people.news("status", leg=leg, now=now, CallStatus=what, SequenceNumber=number)
    news.apply_pending(limit=10, now=now)


def ending(call: Call, leg: Leg) -> dict[str, object]:
    """Everything that lasts, but for the moments."""
    known = Leg.objects.get(pk=leg.pk)
    ended = Call.objects.get(pk=call.pk)
    return {
        "leg": (known.state, known.in_room, known.joined_at is None, known.last_sequence),
        "moments": [m is None for m in (known.ringing_at, known.answered_at, known.ended_at)],
        "call": (ended.state, ended.outcome, ended.answered_at is None),
        "waiting": list(Waiting.objects.filter(call=call).values_list("exit", "claimed_at")),
        "offer": list(Offer.objects.filter(call=call).values_list("state", flat=True)),
        "wrap-ups": WrapUp.objects.filter(call=call).count(),
        "unapplied": CarrierEvent.objects.filter(state__in=["pending", "failed"]).count(),
    }


EXAMPLES = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@EXAMPLES
@given(told=in_any_order(AGENT))
def test_an_agents_line_that_was_lost_before_the_caller_came(
    billing: Queue, dana: User, told: list[tuple[str, int]]
) -> None:
    assert _agent_lost(dana, told) == {
        "leg": (LegState.COMPLETED, False, False, 3),
        "moments": [False, False, False],
        "call": (CallState.WAITING, "", True),
        "waiting": [("", None)],
        "offer": [OfferState.FAILED],
        "wrap-ups": 0,
        "unapplied": 0,
    }


def _agent_lost(dana: User, told: list[tuple[str, int]]) -> dict[str, object]:
    with undone():
        call = people.rings()
        leg = people.took(call, dana)
        for turn, (what, number) in enumerate(told):
            hear(leg, what, number, at(turn))
        return ending(call, leg)


@EXAMPLES
@given(told=in_any_order(CUSTOMER))
def test_a_customer_who_talked_and_hung_up(
    billing: Queue, dana: User, told: list[tuple[str, int]]
) -> None:
    assert _customer_talked(dana, told) == {
        "leg": (LegState.COMPLETED, False, False, 0),
        "moments": [False, False, False],
        "call": (CallState.ENDED, CallOutcome.ANSWERED, False),
        "waiting": [(WaitingExit.CONNECTED, NOON)],
        "offer": [OfferState.ACCEPTED],
        "wrap-ups": 1,
        "unapplied": 0,
    }


def _customer_talked(dana: User, told: list[tuple[str, int]]) -> dict[str, object]:
    with undone():
        call = people.rings()
        rooms.entered(leg=people.took(call, dana), now=NOON)
        customer = people.customer(call)
        for turn, (what, number) in enumerate(told):
            hear(customer, what, number, at(turn))
        return ending(call, customer)


@EXAMPLES
@given(told=in_any_order([("ringing", 1), ("busy", 2), ("initiated", 0)]))
def test_a_line_that_was_busy(billing: Queue, dana: User, told: list[tuple[str, int]]) -> None:
    with undone():
        call = people.rings()
        leg = people.line_of(people.offered(call, dana))
        for turn, (what, number) in enumerate(told):
            hear(leg, what, number, at(turn))
        assert ending(call, leg)["offer"] == ["busy"]
        assert people.waiting_of(call).since == NOON
