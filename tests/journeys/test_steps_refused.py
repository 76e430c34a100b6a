"""The carrier refuses one step of a change for good: what was done before it is taken back, nobody
is left with nothing, and whoever wanted it may ask again."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agents.services.handoffs import Target
from calls import plans
from calls.models import Change
from calls.states import ChangeState, Verb
from sandbox.core.errors import RestError
from sandbox.rest import RestAnswer, RestRequest
from sandbox.rest.answers import refusal
from tests.journeys.handing import Handing, another_queue, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.phases import all_three, consulting, ringing, swapped
from tests.journeys.talks import company_of
from tests.journeys.world import World

# What the form of an order says, by which it is known.
SAYS = {
    Verb.DIAL: ("To", "+1555"),
    Verb.HOLD: ("Hold", "true"),
    Verb.RESUME: ("Hold", "false"),
    Verb.HANG_UP: ("Status", "completed"),
    Verb.PARK: ("Url", "/twilio/resume"),
}


class Refuses:
    """The carrier says no to the next order of this kind."""

    def __init__(self, world: World, verb: Verb) -> None:
        self.name, self.value = SAYS[verb]
        self.has_refused = False
        world.driver.ambush = self

    def __call__(self, request: RestRequest) -> RestAnswer | None:
        said = dict(request.form).get(self.name, "")
        if self.has_refused or request.method != "POST" or self.value not in said.lower():
            return None
        self.has_refused = True
        return refusal(RestError(21205, 400, "No"))


# The scenes ---------------------------------------------------------------------------------------


def talks(at: Handing) -> None:
    """Ruth with Dana."""


def added(at: Handing) -> None:
    """The three talk."""
    adds(at)
    at.world.run(5)


def added_and_held(at: Handing) -> None:
    """The three talk, but for Omar, who hears music."""
    added(at)
    at.talk.does(plans.hold, at.talk.leg_of(at.omar).pk, by=at.dana.agent.user)
    at.world.run(1)


# The changes --------------------------------------------------------------------------------------


def adds(at: Handing) -> Change:
    return at.adds(Target(user=at.omar.agent.user))


def sends_to_a_line(at: Handing) -> Change:
    return at.sends_on(Target(queue=another_queue(at.world, "Sales")))


def outside(verb: Callable[[Handing, Target], Change]) -> Callable[[Handing], Change]:
    def does(at: Handing) -> Change:
        return verb(at, Target(number=outsider(at.world).phone.number))

    does.__name__ = f"{verb.__name__} outside"
    return does


TWO = "Dana & Ruth"
CONSULT = "Dana & Omar, Ruth: music"
SWAPPED = "Dana & Ruth, Omar: music"
THREE = "Dana & Omar & Ruth"
OMARS = "Omar & Ruth"
ALONE = "Ruth: music"


@dataclass(frozen=True, slots=True)
class Case:
    scene: Callable[[Handing], None]
    does: Callable[[Handing], Change]
    refused: Verb
    after: str
    again: str = ""  # asked once more, when the carrier is well: empty where there is no need

    def __str__(self) -> str:
        return f"{self.scene.__name__}-{self.does.__name__}-{self.refused}"


CASES = [
    Case(consulting, Handing.swaps, Verb.HOLD, CONSULT, SWAPPED),
    Case(consulting, Handing.swaps, Verb.RESUME, CONSULT, SWAPPED),
    Case(swapped, Handing.swaps, Verb.RESUME, SWAPPED, CONSULT),
    Case(consulting, Handing.brings_all_together, Verb.RESUME, CONSULT, THREE),
    Case(consulting, Handing.completes, Verb.RESUME, CONSULT, OMARS),
    Case(consulting, Handing.completes, Verb.HANG_UP, CONSULT, OMARS),
    Case(swapped, Handing.completes, Verb.RESUME, SWAPPED, OMARS),
    Case(swapped, Handing.completes, Verb.HANG_UP, SWAPPED, OMARS),
    Case(all_three, Handing.completes, Verb.HANG_UP, THREE, OMARS),
    Case(ringing, Handing.cancels, Verb.HANG_UP, TWO),
    Case(ringing, Handing.cancels, Verb.RESUME, TWO),
    Case(consulting, Handing.cancels, Verb.HANG_UP, CONSULT, TWO),
    Case(consulting, Handing.cancels, Verb.RESUME, TWO),
    Case(swapped, Handing.cancels, Verb.HANG_UP, SWAPPED, TWO),
    Case(added, Handing.leaves, Verb.HANG_UP, THREE, OMARS),
    Case(added_and_held, Handing.leaves, Verb.RESUME, SWAPPED, OMARS),
    Case(added_and_held, Handing.leaves, Verb.HANG_UP, SWAPPED, OMARS),
    Case(added, Handing.drops_omar, Verb.HANG_UP, THREE, TWO),
    Case(talks, Handing.sends_on, Verb.HOLD, TWO, OMARS),
    Case(talks, Handing.sends_on, Verb.DIAL, TWO),
    Case(talks, Handing.sends_on, Verb.HANG_UP, TWO, OMARS),
    Case(talks, outside(Handing.sends_on), Verb.DIAL, TWO),
    Case(talks, outside(Handing.consults), Verb.DIAL, TWO),
    Case(talks, outside(Handing.adds), Verb.DIAL, TWO),
    Case(talks, adds, Verb.DIAL, TWO),
    Case(talks, sends_to_a_line, Verb.HANG_UP, ALONE),
    Case(talks, Handing.parks, Verb.PARK, TWO, ALONE),
    Case(talks, Handing.parks, Verb.HANG_UP, ALONE),
]


def everybody(at: Handing) -> str:
    return company_of(at.ruth, at.dana.phone, at.omar.phone)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_that_is_refused_for_good_leaves_everybody_with_a_next_step(
    world: World, case: Case
) -> None:
    at = handing(world)
    at.omar.answers_after(2)
    case.scene(at)
    judge, refuses = Judge(world), Refuses(world, case.refused)
    made = case.does(at)
    world.run(50)
    made.refresh_from_db()
    assert refuses.has_refused
    assert made.state == ChangeState.FAILED
    assert at.talk.call.timeline.filter(text__startswith="Did not work: ").exists()
    assert everybody(at) == case.after
    assert not any(quiet.longer_than(5, now=world.carrier.now) for quiet in at.ruth.quiets)
    judge.look([at.ruth])
    judge.live_records_are_true()
    if case.again:
        assert case.does(at).state == ChangeState.DONE
        world.run(5)
        assert everybody(at) == case.again
