"""Two at once: the database lets one win, and the other is told so."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest
from django.contrib.auth.models import User
from django.db import connection

from calls.models import Call, Command, Leg, Offer, Queue, WrapUp
from calls.services import arriving, news, offering, offers, rooms
from calls.states import CallState, OfferState, Verb
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db(transaction=True)

Result = TypeVar("Result")


def at_once(*works: Callable[[], Result]) -> list[Result]:
    """Each in a thread with a database connection of its own, all begun together."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Result]) -> Result:
        gate.wait(timeout=10)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, w) for w in works]]


def offer_to(call: Call, user: User) -> Callable[[], Offer | None]:
    return partial(
        offering.make,
        waiting=people.waiting_of(call),
        user=user,
        address=f"+1555900{user.pk:04d}",
        confirm_by_key=False,
        reason={},
        now=NOON,
    )


def test_two_agents_are_never_rung_for_one_caller(billing: Queue, dana: User, omar: User) -> None:
    call = people.rings()
    made = at_once(*[offer_to(call, user) for user in (dana, omar, dana, omar)])
    assert sum(offer is not None for offer in made) == 1
    assert Offer.objects.count() == Leg.objects.filter(role="agent").count() == 1
    assert Command.objects.filter(verb=Verb.DIAL).count() == 1


def test_one_agent_is_never_rung_for_two_callers(billing: Queue, dana: User) -> None:
    callers = [people.rings(number=f"+155512300{turn:02d}") for turn in range(4)]
    made = at_once(*[offer_to(call, dana) for call in callers])
    assert sum(offer is not None for offer in made) == 1
    assert Leg.objects.filter(user=dana).count() == 1


def test_the_same_caller_asked_about_twice_at_once_is_one_call(billing: Queue, dana: User) -> None:
    ring = partial(
        arriving.arrive,
        sid="CA1",
        from_number="+15551230000",
        to_number=people.OUR_NUMBER,
        caller_name="",
        now=NOON,
    )
    steps = at_once(ring, ring, ring)
    assert len(set(steps)) == 1
    assert Call.objects.count() == 1
    assert people.waiting_of(Call.objects.get()).exit == ""


def test_a_caller_hangs_up_in_the_moment_the_agent_takes_the_call(
    billing: Queue, dana: User
) -> None:
    call = people.rings()
    leg = people.line_of(people.offered(call, dana))
    caller = people.customer(call)
    at_once(
        lambda: str(offers.agent_pressed(leg_id=leg.id, digits="1", now=at(1))),
        lambda: str(people.over(caller, now=at(1))),
    )
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert Call.objects.get().state == CallState.ENDED
    assert Command.objects.filter(leg=leg, verb=Verb.HANG_UP).count() == 1


def test_a_decline_and_a_key_at_once_have_one_outcome(billing: Queue, dana: User) -> None:
    call = people.rings()
    offer = people.offered(call, dana)
    leg = people.line_of(offer)

    def decline() -> str:
        try:
            offers.decline(offer_id=offer.id, user=dana, now=at(1))
        except offers.OfferIsSettled:
            return "too late"
        return "declined"

    _, said = at_once(
        lambda: str(offers.agent_pressed(leg_id=leg.id, digits="1", now=at(1))), decline
    )
    claimed = people.waiting_of(call).claimed_at is not None
    assert claimed == (said == "too late")


def test_both_ends_hang_up_at_once(billing: Queue, dana: User) -> None:
    call = people.rings()
    leg = people.talking(call, dana)
    caller = people.customer(call)
    at_once(lambda: people.over(caller, now=at(60)), lambda: people.over(leg, now=at(60)))
    assert Call.objects.get().state == CallState.ENDED
    assert WrapUp.objects.count() == 1
    assert not Leg.objects.live().exists()


def test_two_workers_apply_each_piece_of_news_once(billing: Queue, dana: User) -> None:
    call = people.rings()
    leg = people.took(call, dana)
    for number in range(8):
        people.news("status", leg=leg, CallStatus="in-progress", SequenceNumber=number)
    people.news(
        "conference",
        leg=leg,
        ConferenceSid="CF1",
        ParticipantLabel=leg.id,
        StatusCallbackEvent="participant-join",
        SequenceNumber=1,
    )
    at_once(*[partial(news.apply_pending, limit=50, now=at(1))] * 3)
    assert Command.objects.filter(verb=Verb.JOIN_ROOM).count() == 1
    assert news.apply_pending(limit=50, now=at(9)) == 0


def test_the_room_told_twice_at_once_orders_the_customer_once(billing: Queue, dana: User) -> None:
    call = people.rings()
    leg = people.took(call, dana)
    copies = [Leg.objects.get(pk=leg.pk) for _ in range(3)]
    at_once(*[partial(rooms.entered, leg=copy, now=at(1)) for copy in copies])
    assert Command.objects.filter(verb=Verb.JOIN_ROOM).count() == 1
