"""Who may go when: each of the three, in each phase of a consult; and outsiders who do not come."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agents.services.handoffs import Target
from calls.models import Change, Leg
from calls.services import transfers
from calls.states import AgentGone, CallState, LegRole, TransferState
from sandbox.core.calls import Callee
from tests.journeys.handing import Handing, another_queue, handing, outsider
from tests.journeys.judging import Judge
from tests.journeys.people import Outsider
from tests.journeys.phases import all_three, consulting, ringing, swapped
from tests.journeys.talks import company_of
from tests.journeys.world import World

# The phases ---------------------------------------------------------------------------------------


def seeking(at: Handing) -> None:
    """Nobody of the other department is free yet."""
    sales = another_queue(at.world, "Sales", at.omar)
    at.omar.takes_break()
    at.consults(Target(queue=sales))
    at.world.run(3)


# Who goes -----------------------------------------------------------------------------------------


def ruth(at: Handing) -> None:
    at.talk.ruth.hangs_up()


def dana(at: Handing) -> None:
    at.dana.hangs_up()


def omar(at: Handing) -> None:
    at.omar.hangs_up()


def omar_by_the_desk(at: Handing) -> None:
    transfers.leave(call_id=at.talk.call.pk, by=at.omar.agent.user, now=at.world.now)


@dataclass(frozen=True, slots=True)
class Case:
    phase: Callable[[Handing], None]
    goes: Callable[[Handing], None]
    state: TransferState
    after: str  # who is with whom
    call: CallState = CallState.TALKING

    def __str__(self) -> str:
        return f"{self.phase.__name__}-{self.goes.__name__}"


CUSTOMER, FIRST, SECOND = (
    TransferState.CUSTOMER_GONE,
    TransferState.FIRST_GONE,
    TransferState.SECOND_GONE,
)
AGENTS, OMARS, DANAS = "Dana & Omar", "Omar & Ruth", "Dana & Ruth"
ENDED, WAITING, GOING_ON = CallState.ENDED, CallState.WAITING, CallState.GOING_ON
CASES = [
    Case(seeking, ruth, CUSTOMER, "", ENDED),
    Case(seeking, dana, FIRST, "Ruth: music", WAITING),
    Case(ringing, ruth, CUSTOMER, "", ENDED),
    Case(ringing, dana, FIRST, "Ruth: music", WAITING),
    Case(ringing, omar, TransferState.BUSY, DANAS),
    Case(consulting, ruth, CUSTOMER, AGENTS, GOING_ON),
    Case(consulting, dana, FIRST, OMARS),
    Case(consulting, omar, SECOND, DANAS),
    Case(consulting, omar_by_the_desk, SECOND, DANAS),
    Case(swapped, ruth, CUSTOMER, AGENTS, GOING_ON),
    Case(swapped, dana, FIRST, OMARS),
    Case(swapped, omar, SECOND, DANAS),
    Case(all_three, ruth, CUSTOMER, AGENTS, GOING_ON),
    Case(all_three, dana, FIRST, OMARS),
    Case(all_three, omar, SECOND, DANAS),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whoever_goes_the_others_have_each_other_or_a_place_in_line(
    world: World, case: Case
) -> None:
    """Scenario 4: nobody is moved into an empty room; those who stay are told, and may talk on."""
    at = handing(world, agent_gone=AgentGone.REQUEUE, wrap_up_seconds=0)
    at.omar.answers_after(2)
    case.phase(at)
    judge = Judge(world)
    case.goes(at)
    at.omar.lets_it_ring()
    at.dana.takes_break()
    world.run(10)
    assert at.transfer.state == case.state
    assert company_of(at.ruth, at.dana.phone, at.omar.phone) == case.after
    assert at.talk.call.state == case.call
    assert not any(quiet.longer_than(5, now=world.carrier.now) for quiet in at.ruth.quiets)
    if case.after == AGENTS:
        told = "The caller has hung up."
        assert at.dana.phone.has_heard(told)
        assert at.omar.phone.has_heard(told)
    if case.after == OMARS:
        assert at.talk.leg_of(at.omar).role == LegRole.AGENT
    if case.call == ENDED:
        assert not Leg.objects.live().exists()
    judge.look([at.ruth])
    judge.live_records_are_true()


# Outsiders who do not come ------------------------------------------------------------------------


def a_machine(lawyer: Outsider) -> None:
    lawyer.answers_after(2)
    lawyer.phone.pick_up = Callee("machine", greeting=6.0)


DO_NOT_COME: list[tuple[Callable[[Outsider], None], TransferState, str]] = [
    (lambda lawyer: lawyer.rejects_after(2), TransferState.DECLINED, "declined on the phone"),
    (Outsider.is_busy, TransferState.BUSY, "the line was busy"),
    (Outsider.lets_it_ring, TransferState.NO_ANSWER, "nobody answered"),
    (Outsider.cannot_be_reached, TransferState.FAILED, "could not be reached"),
    (a_machine, TransferState.VOICEMAIL, "a machine answered"),
]


@pytest.mark.parametrize("verb", [Handing.consults, Handing.sends_on, Handing.adds])
def test_an_outsider_who_does_not_come_leaves_the_caller_with_whoever_asked(
    world: World, verb: Callable[[Handing, Target], Change]
) -> None:
    """One after the other is tried; blind, the caller comes back to Dana, whose telephone rings."""
    at = handing(world, wrap_up_seconds=0)
    judge, lawyer = Judge(world), outsider(world)
    at.omar.takes_break()
    at.dana.answers_after(2)
    for manner, state, words in DO_NOT_COME:
        manner(lawyer)
        verb(at, Target(number=lawyer.phone.number, detect_machine=manner is a_machine))
        world.run(1)
        world.run_until(lambda: not Leg.objects.live().filter(role=LegRole.EXTERNAL).exists())
        world.run_until(lambda: at.ruth_is_with(at.dana.phone))
        told = at.talk.call.timeline.filter(text__startswith=f"{lawyer.phone.number} does not come")
        assert words in told.latest("id").text
        if verb is not Handing.adds:
            assert at.transfer.state == state
        world.run(3)
        judge.look([at.ruth])
    judge.live_records_are_true()
