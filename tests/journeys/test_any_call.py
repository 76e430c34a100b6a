"""One call, and everything that may be done to it in whatever order: nobody hears what is not
theirs, and nobody is left with nobody.

`test_any_day` has many calls and few changes of each; here are many changes of one. For a soak:

    CALL_SEEDS=500 pytest tests/journeys/test_any_call.py --timeout=0
"""

import os
import random
from collections.abc import Callable

import pytest

from calls.models import Call
from calls.states import AgentGone, RecordingPolicy
from sandbox.core.config import Config
from sandbox.core.errors import RestError
from sandbox.core.orders import ConferenceUpdate
from sandbox.rest import RestAnswer, RestRequest
from sandbox.rest.answers import refusal
from tests.journeys.browsers import Browser
from tests.journeys.conftest import MakeWorld
from tests.journeys.handing import another_queue, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.keeping_open import on_standby
from tests.journeys.people import Reachable
from tests.journeys.test_supervisors import supervisor
from tests.journeys.verbs import OFTEN, LiveVerbs
from tests.journeys.world import World

SEEDS = range(int(os.environ.get("CALL_SEEDS", "12")))
MOST_DEEDS = 22
# Until the reconciler has read everything twice, and who was alone has been helped.
DUST_SETTLES = 150.0
# What ends the call, or is of no call: others make the day longer.
RARE = {"end", "send to a document", "send to a queue", "move a line", "stop moving a line"}
RARE |= {"force", "log out", "finish for", "write", "blind to a queue", "blind outside", "park"}
RARE |= {"blind to a number of ours", "send to a number of ours"}
VERBS = [verb for verb in OFTEN if verb not in RARE] * 3 + sorted(RARE)
SUPERVISING = ["listen", "whisper", "barge", "whisper", "take over", "stop watching"]
CONSULTING = ["warm to an agent", "swap", "three-way", "complete", "cancel"]


def _any_manners(person: Reachable, dice: random.Random) -> None:
    manners: list[Callable[[], object]] = [
        lambda: person.answers_after(dice.uniform(1, 6)),
        lambda: person.answers_after(2),
        lambda: person.rejects_after(2),
        person.lets_it_ring,
        person.is_busy,
        lambda: person.answers_and_hangs_up_after(dice.uniform(0, 4)),
    ]
    dice.choice(manners)()
    if isinstance(person.phone, Browser):
        person.phone.accepts = dice.choice([0.5, 2.0, 8.0, None])
        person.phone.returns = dice.choice([0.5, 4.0, 12.0, None])


def _any_faults(world: World, dice: random.Random) -> None:
    faults = world.carrier.faults
    faults.callback_late = dice.choice([0.0, 0.5])
    faults.callback_reordered = dice.choice([0.0, 0.5])
    faults.callback_repeated = dice.choice([0.0, 0.3])
    faults.callback_lost = dice.choice([0.0, 0.0, 0.3, 0.7])
    faults.rest_5xx = dice.choice([0.0, 0.0, 0.3])
    faults.rest_timeout = dice.choice([0.0, 0.0, 0.2])


def _no_faults(world: World) -> None:
    world.carrier.faults = type(world.carrier.faults)(dice=world.carrier.faults.dice)


def _says_no(world: World) -> None:
    """The carrier refuses the next order, for good."""

    def refuses(request: RestRequest) -> RestAnswer | None:
        if request.method != "POST":
            return None
        world.driver.ambush = None
        return refusal(RestError(21205, 400, "No"))

    world.driver.ambush = refuses


def _somebody_hangs_up(people: list[Reachable], dice: random.Random) -> None:
    lines = [person.phone.call for person in people if person.phone.call is not None]
    if lines:
        dice.choice(lines).hang_up()


def _the_room_ends(world: World) -> None:
    """The carrier ends it. Where its news is late or lost as well, who comes back first is not held
    at every instant."""
    rooms = [room for room in world.carrier.conferences.values() if not room.ended]
    faults = world.carrier.faults
    in_time = not (faults.callback_late or faults.callback_reordered or faults.callback_lost)
    if rooms and in_time:
        world.carrier.update_conference(rooms[0], ConferenceUpdate(status="completed"))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_done_to_a_call_nobody_is_left_with_nobody(
    make_world: MakeWorld, seed: int
) -> None:
    """Scenario 4, 15, 33: in any order, with anybody gone, and a carrier that fails."""
    dice = random.Random(seed)
    world = make_world(seed=seed, config=Config(cps=0))
    at = handing(
        world,
        "Cleo",
        browsers=seed % 4 == 3,  # and else on telephones
        agent_gone=dice.choice(list(AgentGone)),
        recording=dice.choice(list(RecordingPolicy)),
        wrap_up_seconds=5,
        ring_seconds=15,
    )
    sales = another_queue(world, "Sales", at.omar)
    at.talk.agents["Cleo"].goes_available()
    lawyer, judge = outsider(world), Judge(world)
    queues = [at.talk.queue, sales]
    watchers = [
        supervisor(world, "Sofia", *queues),
        supervisor(world, "Theo", *queues, may_be_private=True),
    ]
    judge.company.supervisors |= {who.phone.number for who in watchers}
    agents = list(at.talk.agents.values())
    verbs = LiveVerbs(world, queues, agents, watchers, [lawyer])
    for agent in agents if seed % 4 == 1 else []:
        if agent is not at.dana:
            on_standby(world, agent)
    if seed % 3:
        _any_faults(world, dice)
    # Each day has something that it is mostly about.
    likely = [*VERBS, *dice.choice([SUPERVISING, CONSULTING, VERBS]) * 25]
    for _ in range(dice.randint(6, MOST_DEEDS)):
        _any_manners(dice.choice([*agents, *agents, lawyer, *watchers]), dice)
        if dice.random() < 0.1:
            _says_no(world)
        verbs.tries(
            dice.choice(likely),
            dice.randrange(1, 24),
            dice.randrange(24),
            twice=dice.random() < 0.3,
        )
        if dice.random() < 0.1:
            _somebody_hangs_up([*agents, lawyer, *watchers], dice)
        if dice.random() < 0.1:
            _the_room_ends(world)
        judge.note_trouble()
        world.run(dice.choice([0, 0.3, 1, 3, 8, 25]))
        judge.look([at.ruth])
    _no_faults(world)
    world.driver.ambush = None
    for agent in agents:
        agent.answers_after(2)
        if isinstance(agent.phone, Browser):
            agent.phone.accepts = agent.phone.returns = 1.0
    world.run(DUST_SETTLES)
    judge.look([at.ruth])
    judge.live_records_are_true()
    assert not Call.objects.filter(alone_since__isnull=False).exists(), verbs.told
