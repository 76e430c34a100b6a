"""Whatever two agents and a caller do in whatever order, and whatever news is late or lost:
nobody is left on hold with nobody, or alone in a room.

`TRANSFER_SEEDS=500` for a soak.
"""

import os
import random
from collections.abc import Callable

import pytest

from agents.services.handoffs import Target
from calls.models import Call, Change, Leg, Queue, Transfer
from calls.plans import CannotNow
from calls.services import transfers
from calls.states import TRANSFER_OPEN, CallState, ChangeState
from sandbox.core.config import Config
from tests.journeys.conftest import MakeWorld
from tests.journeys.handing import Handing, another_queue, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.talks import hears_nothing

SEEDS = range(int(os.environ.get("TRANSFER_SEEDS", "12")))
MOST_DEEDS = 10
# Until the reconciler has read everything twice, and who was alone has been helped.
DUST_SETTLES = 150.0


def _hangs_up(who: str) -> Callable[[Handing], None]:
    def does(at: Handing) -> None:
        person = at.ruth if who == "Ruth" else at.talk.agents[who].phone
        if person.call is not None:
            person.call.hang_up()
            at.world.settle()

    return does


def _leaves(at: Handing) -> None:
    transfers.leave(call_id=at.talk.call.pk, by=at.dana.agent.user, now=at.world.now)
    at.world.settle()


DEEDS: dict[str, Callable[[Handing], object]] = {
    "consults Omar": Handing.consults,
    "sends Ruth on": Handing.sends_on,
    "asks a queue": lambda at: at.consults(Target(queue=_sales(at))),
    "sends to a queue": lambda at: at.sends_on(Target(queue=_sales(at))),
    "adds a lawyer": lambda at: at.adds(Target(number=outsider(at.world).phone.number)),
    "swaps": Handing.swaps,
    "brings all together": Handing.brings_all_together,
    "completes": Handing.completes,
    "cancels": Handing.cancels,
    "Dana leaves": _leaves,
    "Dana hangs up": _hangs_up("Dana"),
    "Omar hangs up": _hangs_up("Omar"),
    "Ruth hangs up": _hangs_up("Ruth"),
}
# What makes the day longer than hanging up does.
WEIGHTS = [4, 2, 2, 1, 2, 3, 2, 2, 2, 1, 1, 2, 1]


def _sales(at: Handing) -> Queue:
    return at.omar.agent.queues.get(name="Sales")


def _any_manners(at: Handing, dice: random.Random) -> None:
    omar = at.omar
    manners: list[Callable[[], object]] = [
        lambda: omar.answers_after(dice.uniform(1, 6)),
        lambda: omar.answers_after(2),
        lambda: omar.rejects_after(2),
        omar.lets_it_ring,
        omar.is_busy,
        lambda: omar.answers_and_hangs_up_after(dice.uniform(0, 4)),
    ]
    dice.choice(manners)()


def _any_faults(at: Handing, dice: random.Random) -> None:
    faults = at.world.carrier.faults
    faults.callback_late = dice.choice([0.0, 0.5])
    faults.callback_reordered = dice.choice([0.0, 0.5])
    faults.callback_repeated = dice.choice([0.0, 0.3])
    faults.callback_lost = dice.choice([0.0, 0.0, 0.3])
    faults.rest_5xx = dice.choice([0.0, 0.0, 0.3])


def _no_faults(at: Handing) -> None:
    faults = at.world.carrier.faults
    for fault in ("callback_late", "callback_reordered", "callback_repeated", "callback_lost"):
        setattr(faults, fault, 0.0)
    faults.rest_5xx = 0.0


def _tried(at: Handing, deed: str) -> str:
    try:
        DEEDS[deed](at)
    except CannotNow as cannot:
        return f"{deed}: {cannot}"
    return deed


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_left_with_nobody(make_world: MakeWorld, seed: int) -> None:
    """Scenario 4, 15, 33: in any order, with any of them gone, and a carrier that fails."""
    dice = random.Random(seed)
    world = make_world(seed=seed, config=Config(cps=0))
    at = handing(world, agent_gone=dice.choice(["end", "requeue"]), wrap_up_seconds=5)
    another_queue(world, "Sales", at.omar)
    at.dana.answers_after(2)
    judge, done = Judge(world), list[str]()
    if seed % 3:
        _any_faults(at, dice)
    for _ in range(dice.randint(2, MOST_DEEDS)):
        _any_manners(at, dice)
        done.append(_tried(at, dice.choices(list(DEEDS), WEIGHTS)[0]))
        judge.note_trouble()
        world.run(dice.choice([0, 0.3, 1, 3, 8, 25]))
    _no_faults(at)
    at.omar.answers_after(2)
    world.run(DUST_SETTLES)
    judge.note_trouble()
    _all_are_served(at, done)
    judge.live_records_are_true()


def _all_are_served(at: Handing, done: list[str]) -> None:
    call = Call.objects.get(pk=at.talk.call.pk)
    people = [at.ruth, at.dana.phone, at.omar.phone]
    for person in people:
        if person.call is not None:
            assert not hears_nothing(person), (person.name, call.state, done)
    assert not Change.objects.filter(state=ChangeState.GOING_ON).exists(), done
    open_ones = Transfer.objects.filter(state__in=TRANSFER_OPEN)
    for transfer in open_ones:
        assert transfer.to_leg is not None, done
        assert transfer.to_leg.is_live, done
    talking = Leg.objects.live().filter(call=call, in_room=True)
    if talking and not talking.filter(held_at=None).exists():
        raise AssertionError(("all on hold", done))
    if call.state == CallState.ENDED:
        assert not Leg.objects.live().filter(call=call).exists(), done
