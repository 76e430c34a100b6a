"""Two hand on at one moment: one wins, the other is told what happened."""

from concurrent.futures import Future
from functools import partial

import pytest
from django.contrib.auth.models import User

from agents.services import dispatch, handoffs
from agents.services.handoffs import Target
from calls.models import Call, Leg, Offer, Queue, Transfer
from calls.plans import CannotNow
from calls.services.changing import Changed
from calls.states import TransferState
from tests import people
from tests.agents.test_dispatch_races import workers
from tests.people import NOON, at

pytestmark = pytest.mark.django_db(transaction=True)


def talks_with(queue: Queue, name: str, number: str) -> tuple[Call, User]:
    user = people.make_agent_user(name, queue)
    call = people.rings(number=number)
    people.talking(call, user, now=at(1))
    return call, user


def _outcome(future: Future[Changed]) -> str:
    try:
        future.result(timeout=20)
    except CannotNow as cannot:
        return str(cannot)
    return "done"


def outcomes(first: Future[Changed], second: Future[Changed]) -> list[str]:
    return sorted([_outcome(first), _outcome(second)], key=lambda text: text != "done")


@pytest.mark.parametrize("_again", range(3))
def test_one_agent_is_consulted_by_one_of_two(billing: Queue, _again: int) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    eve, pia = talks_with(billing, "Pia", "+15551230002")
    omar = people.make_agent_user("Omar", billing)
    consult = partial(handoffs.start_warm, to=Target(user=omar), now=at(2))
    with workers(2) as start:
        one = start(partial(consult, call_id=ruth.pk, by=dana))
        two = start(partial(consult, call_id=eve.pk, by=pia))
        assert outcomes(one, two) == ["done", "Omar is not free: busy."]
    assert Leg.objects.filter(user=omar).count() == 1
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_one_call_is_handed_on_once(billing: Queue, _again: int) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    omar, noor = (people.make_agent_user(name, billing) for name in ("Omar", "Noor"))
    with workers(2) as start:
        one = start(
            partial(
                handoffs.start_warm,
                call_id=ruth.pk,
                to=Target(user=omar),
                by=dana,
                now=at(2),
            )
        )
        two = start(
            partial(
                handoffs.start_blind,
                call_id=ruth.pk,
                to=Target(user=noor),
                by=None,
                now=at(2),
            )
        )
        [done, refused] = outcomes(one, two)
    assert done == "done"
    assert "handed on to" in refused
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_an_agent_is_not_offered_a_caller_and_a_consult(billing: Queue, _again: int) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    omar = people.make_agent_user("Omar", billing)
    people.rings(number="+15551239999", now=NOON)
    consult = partial(
        handoffs.start_warm, call_id=ruth.pk, to=Target(user=omar), by=dana, now=at(2)
    )
    with workers(2) as start:
        asked = start(consult)
        looked = start(partial(dispatch.run, now=at(2)))
        asked_for = _outcome(asked)
        looked.result(timeout=20)
    consulted = Transfer.objects.filter(state=TransferState.RINGING).count()
    offered = Offer.objects.open().filter(user=omar).count()
    assert consulted + offered == 1
    assert (asked_for == "done") == bool(consulted)
    assert Leg.objects.live().filter(user=omar).count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_two_queues_with_the_same_people_do_not_wait_for_each_other(
    billing: Queue, _again: int
) -> None:
    """Each is asked for in another order, so two who took hold one by one would stand still."""
    sales = people.make_queue("Sales")
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    eve, pia = talks_with(billing, "Pia", "+15551230002")
    omar, noor = (people.make_agent_user(name) for name in ("Omar", "Noor"))
    for user, queue, priority in (
        (omar, billing, 1),
        (noor, billing, 2),
        (omar, sales, 2),
        (noor, sales, 1),
    ):
        user.agent.memberships.create(queue=queue, priority=priority)
    with workers(2) as start:
        asked = [
            start(
                partial(
                    handoffs.start_warm,
                    call_id=call.pk,
                    to=Target(queue=queue),
                    by=user,
                    now=at(2),
                )
            )
            for call, queue, user in ((ruth, billing, dana), (eve, sales, pia))
        ]
        assert outcomes(*asked) == ["done", "done"]
    rung = Leg.objects.filter(role="consult").values_list("user_id", flat=True)
    assert len(rung) == len(set(rung))
