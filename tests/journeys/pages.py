"""Agents who talk in the browser, and a caller who talks with one."""

from typing import Any

from calls.models import Queue
from tests.journeys.browsers import Browser
from tests.journeys.people import Colleague, Visit
from tests.journeys.talks import hear_each_other
from tests.journeys.world import World


def in_browser(world: World, name: str, *queues: Queue, **fields: Any) -> Colleague:
    return world.agent(name, *queues, browser=True, **fields)


def page_of(who: Colleague) -> Browser:
    assert isinstance(who.phone, Browser)
    return who.phone


def in_talk(world: World, **queue: object) -> tuple[Visit, Colleague]:
    billing = world.queue("Billing", **queue)
    ana = in_browser(world, "Ana", billing)
    page_of(ana).accepts = 1.0
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: hear_each_other(dana.person, ana.phone))
    world.run(10)
    return dana, ana
