"""The quick answers: the same as a closer look gives, and none where something is unusual."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import steps
from calls.models import Call, Leg, Offer, Queue, TimelineEvent, Waiting
from calls.services import arriving, as_usual, offers
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

RUTH = {"from_number": "+15550100007", "to_number": "", "caller_name": "Ruth Weber"}
# What differs from one call to the next.
OWN = {"id", "sid", "call_id", "leg_id", "waiting_id", "user_id", "offer_id"}


@pytest.fixture
def billing() -> Queue:
    queue = people.make_queue("Billing", max_wait_seconds=600)
    people.make_number(queue)
    return queue


def rings(door: Callable[..., steps.Step | None], sid: str) -> steps.Step | None:
    number = Queue.objects.get().numbers.get().e164
    return door(sid=sid, now=NOON, **(RUTH | {"to_number": number}))


def facts(model: type[Model], call: Call, **condition: Any) -> list[dict[str, Any]]:
    found = model._default_manager.filter(**(condition or {"call": call})).order_by("pk")
    rows = [{k: v for k, v in row.items() if k not in OWN} for row in found.values()]
    return sorted(rows, key=lambda row: str(row.get("role", "")))


def jobs() -> list[tuple[str, Any]]:
    found = ProcrastinateJob.objects.filter(queue_name="timers").order_by("id")
    return list(found.values_list("task_name", "scheduled_at"))


def everything(call: Call) -> list[Any]:
    return [
        facts(Call, call, pk=call.pk),
        *(facts(model, call) for model in (Leg, Waiting, TimelineEvent, Offer)),
    ]


def test_a_caller_gets_the_same_place_and_story_either_way(dana: User) -> None:
    quick, close = rings(as_usual.arrives, "CA1"), rings(arriving.arrive, "CA2")
    assert isinstance(quick, steps.Wait)
    assert isinstance(close, steps.Wait)
    assert quick.greeting == close.greeting
    one, other = (Call.objects.get(legs__sid=sid) for sid in ("CA1", "CA2"))
    assert everything(one) == everything(other)
    first, second = jobs()
    assert first == second


def test_a_call_is_taken_the_same_either_way(dana: User) -> None:
    omar = people.make_agent_user("Omar", Queue.objects.get())
    told = []
    for sid, take in (("CA1", as_usual.takes), ("CA2", offers.agent_pressed)):
        rings(arriving.arrive, sid)
        call = Call.objects.get(legs__sid=sid)
        ProcrastinateJob.objects.all().delete()
        line = people.line_of(people.offered(call, dana if sid == "CA1" else omar))
        step = take(leg_id=line.pk, digits="1", now=at(9))
        assert step == steps.JoinRoom(leg_id=line.pk, call_id=call.pk, room=call.room)
        told.append((everything(call), jobs()))
    one, other = (str(each).replace("Omar", "Dana").replace("omar", "dana") for each in told)
    assert _without_agents(one) == _without_agents(other)


def _without_agents(text: str) -> str:
    """Each agent has a number of their own."""
    numbers = [str(n) for n in Leg.objects.filter(role="agent").values_list("address", flat=True)]
    for number in numbers:
        text = text.replace(number, "their line")
    return text


def test_whoever_is_known_is_looked_at_closely(dana: User) -> None:
    rings(as_usual.arrives, "CA1")
    assert rings(as_usual.arrives, "CA1") is None
    assert Call.objects.count() == 1


def test_nobody_is_put_into_a_line_without_people(billing: Queue) -> None:
    assert rings(as_usual.arrives, "CA1") is None
    assert not Call.objects.exists()


def test_nobody_is_put_into_a_full_line(dana: User) -> None:
    Queue.objects.update(max_waiting=1)
    assert rings(as_usual.arrives, "CA1") is not None
    assert rings(as_usual.arrives, "CA2") is None


@pytest.mark.parametrize("digits", ["", "2", "9"])
def test_other_keys_are_looked_at_closely(dana: User, digits: str) -> None:
    call = people.rings()
    line = people.line_of(people.offered(call, dana))
    assert as_usual.takes(leg_id=line.pk, digits=digits, now=at(1)) is None
    assert Offer.objects.open().get().leg == line


def test_a_caller_who_has_gone_cannot_be_taken(dana: User) -> None:
    call = people.rings()
    line = people.line_of(people.offered(call, dana))
    people.over(people.customer(call), now=at(1))
    assert as_usual.takes(leg_id=line.pk, digits="1", now=at(2)) is None
    assert not Offer.objects.filter(state="accepted").exists()


def test_a_call_is_taken_once(dana: User) -> None:
    line = people.line_of(people.offered(people.rings(), dana))
    assert as_usual.takes(leg_id=line.pk, digits="1", now=at(1)) is not None
    assert as_usual.takes(leg_id=line.pk, digits="1", now=at(2)) is None
    assert TimelineEvent.objects.filter(kind="accepted").count() == 1


def test_a_line_that_nobody_knows_takes_nothing(billing: Queue) -> None:
    assert as_usual.takes(leg_id=uuid4(), digits="1", now=NOON) is None
