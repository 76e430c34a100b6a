"""What random days try is each once done where it makes sense: nothing is only ever refused."""

import pytest
from django.db.models import Q

from calls.models import Leg, Queue
from calls.states import LegRole, RecordingPolicy
from tests.journeys.handing import Handing, another_queue, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.test_supervisors import supervisor
from tests.journeys.verbs import ALL, LiveVerbs, Try
from tests.journeys.world import World

# One after the other, by Dana and of Ruth's line where there is a choice.
DAYS: dict[str, list[str]] = {
    "a conversation": [
        *["hold", "resume", "mute", "unmute", "digits", "tell one", "tell all"],
        *["play to one", "play to all", "ask for help", "end help", "write"],
        *["force", "log out", "end", "finish for"],
    ],
    "a recording": [
        *["record", "pause recording", "resume recording", "pause recording, left out"],
        *["resume recording", "stop recording"],
    ],
    "supervisors": [
        *["listen", "whisper", "barge", "whisper to one", "stop watching", "listen unseen"],
        *["take over", "send to a document"],
    ],
    "a third": ["add an agent", "drop", "add an outsider", "drop who rings"],
    "left and parked": ["add an agent", "leave", "park", "retrieve", "send to an address"],
    "a consult": [
        *["warm to a queue", "decline", "warm to an agent", "swap", "three-way", "cancel"],
        *["warm outside", "complete"],
    ],
    "sent on": ["warm to a number of ours", "cancel", "blind to an agent", "blind outside"],
    "pulled": ["send to a queue", "to the front", "pull"],
    "a line moved": ["blind to a queue", "move a line", "stop moving a line"],
    "a line closed": ["send to a queue", "close a line"],
    "handed to a number of ours": ["blind to a number of ours"],
    "sent to a number of ours": ["send to a number of ours"],
}
NOBODY_THERE = ("pulled", "a line moved", "a line closed")
# Before somebody who rings has answered.
AT_ONCE = ("add an outsider", "warm to a queue")


def try_of(at: Handing, verb: str) -> Try:
    """The agent is Omar, the line Sales, for everything but Dana's own after-call work."""
    call, dana = at.talk.call, at.dana.agent.user
    legs = Leg.objects.live().filter(call=call).order_by("planned_at")
    third = legs.exclude(Q(role=LegRole.CUSTOMER) | Q(user=dana)).last()
    named = {"drop": third, "whisper to one": legs.filter(user=dana).first()}
    leg = named.get(verb, legs.filter(role=LegRole.CUSTOMER).first())
    which = 0 if verb == "finish for" else 1
    return Try(call=call, leg=leg, by=dana, which=which, other=1, now=at.world.now)


def a_day(world: World) -> tuple[Handing, Queue]:
    at = handing(world, "Cleo", recording=RecordingPolicy.ON_DEMAND, wrap_up_seconds=300)
    at.talk.agents["Cleo"].goes_available()
    for agent in at.talk.agents.values():
        agent.answers_after(3)
    return at, another_queue(world, "Sales", at.omar)


@pytest.mark.parametrize("day", DAYS)
def test_what_is_tried_at_random_can_be_done(world: World, day: str) -> None:
    at, sales = a_day(world)
    judge, lawyer, queues = Judge(world), outsider(world), [at.talk.queue, sales]
    watchers = [supervisor(world, name, *queues, may_be_private=True) for name in ("Sofia", "Theo")]
    judge.company.supervisors |= {who.phone.number for who in watchers}
    verbs = LiveVerbs(world, queues, list(at.talk.agents.values()), watchers, [lawyer])
    if day in NOBODY_THERE:
        at.omar.takes_break()
        world.calls_in("Eve", sales)
    for verb in DAYS[day]:
        assert verbs.is_done(verb, try_of(at, verb)), verbs.told[-1]
        world.run(1 if verb in AT_ONCE else 8)
        judge.look([at.ruth])


def test_all_that_is_tried_at_random_is_among_it() -> None:
    assert {verb for day in DAYS.values() for verb in day} == set(ALL)
