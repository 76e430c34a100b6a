"""What people hear of each other, and what comes out of a tape."""

from __future__ import annotations

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
