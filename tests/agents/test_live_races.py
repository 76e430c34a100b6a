"""Two change one live call at the same moment: one does, the other is told what is true by then."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User

from agents.models import Agent
from agents.services import directing, dispatch, handoffs
from agents.services.handoffs import Target
from calls.models import Call, Change, Command, Leg, Offer, Parking, Queue, Waiting, Watch
from calls.plans import CannotNow
from calls.services import (
    lifecycle,
    parking,
    queueing,
    rooms,
    second_party,
    sending,
    transfers,
    watching,
)
from calls.states import CallState, LegRole, LegState, OrderState, Verb, WatchMode
from tests import people
from tests.agents.test_dispatch_races import workers
from tests.agents.test_handing_on_races import talks_with
from tests.people import NOON, at

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


def listens(name: str, to: Call, queue: Queue) -> User:
    """A supervisor whose line is in the room, and is heard by nobody."""
    user = people.make_supervisor(name, queue)
    leg = Leg.objects.create(
        call=to,
        role=LegRole.SUPERVISOR,
        user=user,
        sid=people.call_sid(),
        state=LegState.IN_PROGRESS,
        planned_at=at(1),
        answered_at=at(1),
        joined_at=at(1),
        in_room=True,
        accepted_at=at(1),
        muted=True,
    )
    Watch.objects.create(call=to, leg=leg, user=user, mode=WatchMode.LISTEN, began_at=at(1))
    return user


def hung_up_on(call: Call) -> list[str]:
    """Whose line is to be ended."""
    ends = Command.objects.filter(call=call, verb=Verb.HANG_UP)
    return sorted(set(ends.values_list("leg__user__first_name", flat=True)))


@pytest.mark.parametrize("_again", range(3))
def test_a_call_is_taken_over_by_one_of_two_supervisors(billing: Queue, _again: int) -> None:
    ruth, _ = talks_with(billing, "Dana", "+15551230001")
    vera, sofia = (listens(name, ruth, billing) for name in ("Vera", "Sofia"))
    take = partial(watching.take_over, call_id=ruth.pk, now=at(2))
    told = at_once(partial(take, by=vera), partial(take, by=sofia))
    assert told == ["done", "There is no agent on this call to take over from."]
    assert hung_up_on(ruth) == ["Dana"]
    assert Change.objects.count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_a_caller_is_parked_or_taken_over(billing: Queue, _again: int) -> None:
    """Whoever is first has the caller; nobody takes over what hears music by itself."""
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    sofia = listens("Sofia", ruth, billing)
    told = at_once(
        partial(parking.park, call_id=ruth.pk, by=dana, now=at(2)),
        partial(watching.take_over, call_id=ruth.pk, by=sofia, now=at(2)),
    )
    ruth.refresh_from_db()
    assert told[0] == "done"
    if ruth.state == CallState.PARKED:
        assert told[1] == "There is no agent on this call to take over from."
        assert Parking.objects.get(ended_at=None).parked_by == dana
    else:
        assert told[1] == "Dana's line is being ended already."
        assert not Parking.objects.exists()
        assert hung_up_on(ruth) == ["Dana"]


@pytest.mark.parametrize("_again", range(3))
def test_a_caller_is_pulled_to_an_agent_or_offered_to_the_next(billing: Queue, _again: int) -> None:
    users = [people.make_agent_user(name, billing) for name in ("Dana", "Omar")]
    omar = Agent.objects.get(user=users[1])
    ruth = people.rings(now=NOON)
    told = at_once(
        partial(dispatch.run, now=at(2)),
        partial(directing.pull_to, call_id=ruth.pk, agent_id=omar.pk, by=None, now=at(2)),
    )
    rung = Offer.objects.open().select_related("user").get(call=ruth)
    if rung.reason.get("because") == "chosen by a program":
        assert told == ["done", "done"]  # dispatch found nobody left to serve
        assert rung.user == omar.user
    else:
        assert told == ["done", f"{rung.user.first_name}'s line is ringing for that caller."]
    assert Leg.objects.live().filter(call=ruth, role=LegRole.AGENT).count() == 1


def test_who_is_being_taken_over_from_does_not_park_the_caller(billing: Queue) -> None:
    ruth, dana = talks_with(billing, "Dana", "+15551230001")
    sofia = listens("Sofia", ruth, billing)
    watching.take_over(call_id=ruth.pk, by=sofia, now=at(2))
    with pytest.raises(CannotNow, match="Dana's line is being ended already"):
        parking.park(call_id=ruth.pk, by=dana, now=at(2))
    ruth.refresh_from_db()
    assert ruth.state == CallState.TALKING


@pytest.mark.parametrize("_again", range(3))
def test_a_consulted_call_is_sent_elsewhere_or_completed(billing: Queue, _again: int) -> None:
    """Sent elsewhere, both agents are let go; completed first, the second one is let go after it:
    in either case the caller is on the way into the line."""
    ruth, dana = consulting(billing)
    sales = people.make_queue("Sales")
    told = at_once(
        partial(
            sending.send,
            call_id=ruth.pk,
            to=sending.Elsewhere(queue=sales),
            by=None,
            reason="",
            now=at(4),
        ),
        partial(transfers.complete, call_id=ruth.pk, by=dana, now=at(4)),
    )
    ruth.refresh_from_db()
    assert told[0] == "done"
    assert told[1] in ("done", "This call is not being handed on.")
    assert (ruth.state, ruth.queue) == (CallState.WAITING, sales)
    assert Waiting.objects.filter(call=ruth, left_at=None, queue=sales).count() == 1
    moved = Command.objects.filter(call=ruth, verb=Verb.ENQUEUE)
    assert moved.count() == 1
    assert hung_up_on(ruth) == ["Dana", "Omar"]
