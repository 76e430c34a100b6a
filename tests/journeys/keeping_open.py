"""Dana keeps her line open for the shift: what she does, and what her telephone does."""

from agents.models import Agent
from agents.services import standby
from calls.models import Leg, Standby, StandbyLeg
from tests.journeys.people import Colleague
from tests.journeys.world import World


def may_stand_by(colleague: Colleague) -> Colleague:
    Agent.objects.filter(pk=colleague.agent.pk).update(may_stand_by=True)
    return colleague


def starts(colleague: Colleague) -> Standby:
    """She presses the button; her telephone rings."""
    agent = may_stand_by(colleague).fresh()
    begun = standby.start(agent=agent, by=agent.user, now=colleague.world.now)
    colleague.world.settle()
    return begun


def ends(colleague: Colleague) -> None:
    agent = colleague.fresh()
    standby.end(agent=agent, by=agent.user, now=colleague.world.now)
    colleague.world.settle()


def line_of(colleague: Colleague) -> StandbyLeg | None:
    return StandbyLeg.objects.live().filter(user=colleague.agent.user).first()


def is_ready(colleague: Colleague) -> bool:
    line = line_of(colleague)
    return line is not None and line.ready_at is not None


def is_idle(colleague: Colleague) -> bool:
    """On the line, and part of no call."""
    return is_ready(colleague) and not Leg.objects.live().filter(user=colleague.agent.user).exists()


def on_standby(world: World, colleague: Colleague) -> Standby:
    """Her telephone was answered once, and stays up."""
    colleague.answers_after(2)
    begun = starts(colleague)
    world.run_until(lambda: is_ready(colleague))
    world.run(5)
    return begun


def rung(colleague: Colleague) -> int:
    """How often her telephone was called."""
    lines = colleague.world.carrier.calls.values()
    return sum(line.to == colleague.phone.number for line in lines)
