"""Two change one live call at the same moment: one does, the other is told what is true by then."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User

from agents.services import handoffs
from agents.services.handoffs import Target
from calls.models import Call, Change, Command, Leg, Offer, Parking, Queue
from calls.plans import CannotNow
from calls.services import lifecycle, parking, queueing, rooms, second_party, transfers
from calls.states import CallState, LegRole, OrderState, Verb
from tests import people
from tests.agents.test_dispatch_races import workers
from tests.agents.test_handing_on_races import talks_with
from tests.people import at

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(one: Callable[[], object], two: Callable[[], object]) -> list[str]:
    """What each was told, “done” first."""
    with workers(2) as start:
        told = [start(partial(_told, each)) for each in (one, two)]
        return sorted((each.result(timeout=20) for each in told), key=lambda text: text != "done")


def _told(does: Callable[[], object]) -> str:
    try:
        does()
    except (CannotNow, queueing.CallIsOver) as cannot:
        return str(cannot) or "The call is over."
    return "done"


def _settled(call: Call) -> None:
    Command.objects.filter(call=call).update(state=OrderState.DONE, settled_at=at(2))


def consulting(billing: Queue) -> tuple[Call, User]:
    """Dana talks with Omar, and Ruth hears music."""
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    omar = people.make_agent_user("Omar", billing)
    handoffs.start_warm(call_id=ruth.pk, to=Target(user=omar), by=dana, now=at(2))
    _settled(ruth)
    leg = Leg.objects.select_related("call").get(user=omar)
    leg.sid = people.call_sid()
    leg.save()
    second_party.answered(leg_id=leg.pk, now=at(3))
    second_party.pressed(leg_id=leg.pk, digits="1", now=at(3))
    rooms.entered(leg=leg, now=at(3))
    Leg.objects.filter(call=ruth, role=LegRole.CUSTOMER).update(held_at=at(2))
    _settled(ruth)
    return ruth, dana


@pytest.mark.parametrize("_again", range(3))
def test_a_consult_is_completed_or_cancelled(billing: Queue, _again: int) -> None:
    ruth, dana = consulting(billing)
    told = at_once(
        *(
            partial(verb, call_id=ruth.pk, by=dana, now=at(4))
            for verb in (transfers.complete, transfers.cancel)
        )
    )
    assert told[0] == "done"
    assert told[1].endswith("line is being ended already.") or told[1].endswith("being ended.")
    assert Command.objects.filter(verb=Verb.HANG_UP, state=OrderState.PENDING).count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_a_caller_is_parked_once(billing: Queue, _again: int) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    park = partial(parking.park, call_id=ruth.pk, now=at(2))
    told = at_once(partial(park, by=dana), partial(park, by=None))
    assert told == ["done", "The caller is parked already."]
    assert Parking.objects.count() == Change.objects.count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_a_parked_caller_is_retrieved_by_one_of_two(billing: Queue, _again: int) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    parking.park(call_id=ruth.pk, by=dana, now=at(2))
    _settled(ruth)
    two = [people.make_agent_user(name, billing) for name in ("Omar", "Noor")]
    told = at_once(
        *(partial(parking.retrieve_for, call_id=ruth.pk, user=user, now=at(3)) for user in two)
    )
    assert told[0] == "done"
    assert told[1].endswith(" was first.")
    assert Offer.objects.open().count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_a_call_that_is_ended_is_not_parked(billing: Queue, _again: int) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    told = at_once(
        partial(lifecycle.end_call, call_id=ruth.pk, by=None, reason="abuse", now=at(2)),
        partial(parking.park, call_id=ruth.pk, by=dana, now=at(2)),
    )
    # Who is parked can be ended all the same.
    assert told[0] == "done"
    ruth.refresh_from_db()
    assert ruth.state == CallState.ENDING
    assert not Parking.objects.filter(ended_at=None).exists()
