"""What people hear of each other, and what comes out of a tape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agents.models import Agent
from calls.models import Call, Command
from calls.states import LegRole, Verb
from tests.sandbox.browsers.visitor import Visitor
from tests.voices.people import ADA, DANA, Desk, Street


def talks_with_ada(street: Street) -> tuple[Visitor, Desk]:
    """Dana has called in, and Ada, at her desk, has accepted."""
    ada = street.ada().is_available()
    dana = street.dana_calls()
    ada.accepts()
    ada.talks()
    hear_each_other(dana, ada)
    return dana, ada


def hear_each_other(dana: Visitor, agent: Desk, tone: float = ADA) -> None:
    """And not themselves."""
    dana.waits_to_hear(tone, nothing_of=[DANA])
    agent.waits_to_hear(DANA, nothing_of=[tone])


@contextmanager
def ada_wants(**wishes: bool) -> Iterator[None]:
    """Her line is as she wants it meanwhile, and then as everybody's."""
    hers = Agent.objects.filter(user__username="ada")
    hers.update(**wishes)
    try:
        yield
    finally:
        hers.update(**dict.fromkeys(wishes, False))


def the_call() -> Call:
    """The one that came last."""
    return Call.objects.latest("arrived_at")


def was_rung() -> bool:
    """Whether the agent of the last call was, by the carrier."""
    rung = Command.objects.filter(verb=Verb.DIAL, leg__role=LegRole.AGENT)
    return rung.filter(leg__call=the_call()).exists()
