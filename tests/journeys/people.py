"""Who there is on a journey: agents at desks and telephones, and customers on their visit."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from agents import presence
from agents.models import Agent, BreakReason
from agents.services import shifts
from calls.models import Call, Leg, Offer, Waiting
from sandbox.core.carrier import Carrier
from sandbox.people.person import Person, Trouble
from tests.journeys.browsers import Browser
from tests.journeys.ears import Listener


class Place(Protocol):
    """What people need of the world that they are in."""

    carrier: Carrier
    desks_open: set[int]

    @property
    def now(self) -> datetime: ...
    def settle(self) -> None: ...


class Reachable:
    """Somebody with a telephone, who may be called."""

    __slots__ = ()
    world: Place
    phone: Listener

    # what the telephone does from now on when it is called

    def answers_when_asked(self) -> None:
        """It is picked up, and the key is pressed when a voice asks for it."""

        async def listens() -> None:
            await self.phone.answers(after=1)
            await self.phone.waits_to_hear("Press 1", within=60)
            await self.phone.waits(1)
            await self.phone.presses("1")

        self._when_called(listens)

    def answers_after(self, seconds: float, *, presses: str = "") -> None:
        """It is picked up after so long, and then a key is pressed."""

        async def picks_up() -> None:
            await self.phone.answers(after=seconds)
            if presses:
                await self.phone.waits(2)
                await self.phone.presses(presses)

        self._when_called(picks_up)

    def answers_and_hangs_up_after(self, seconds: float) -> None:
        async def picks_up_and_puts_down() -> None:
            await self.phone.answers(after=1)
            await self.phone.waits(seconds)
            await self.phone.hangs_up()

        self._when_called(picks_up_and_puts_down)

    def rejects_after(self, seconds: float) -> None:
        async def rejects() -> None:
            await self.phone.rejects(after=seconds)

        self._when_called(rejects)

    def lets_it_ring(self) -> None:
        self.phone.refusal = self.phone.when_called = None

    def is_busy(self) -> None:
        self.phone.refusal, self.phone.when_called = ("busy", 486), None

    def cannot_be_reached(self) -> None:
        self.phone.refusal, self.phone.when_called = ("failed", 404), None

    # what they do now, on the call that rings or is on

    def picks_up(self) -> None:
        assert self.phone.call is not None
        self.phone.call.answer()
        self.world.settle()

    def picks_up_unheard(self) -> None:
        """The same, but what follows from it comes after whatever else is done at this moment."""
        assert self.phone.call is not None
        self.phone.call.answer()

    def presses(self, keys: str) -> None:
        assert self.phone.call is not None
        self.phone.call.press(keys)
        self.world.settle()

    def hangs_up(self) -> None:
        """A phone that still rings is rejected by that."""
        assert self.phone.call is not None
        self.phone.call.hang_up()
        self.world.settle()

    def _when_called(self, does: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def until_trouble() -> None:
            with suppress(Trouble):
                await does()

        def rings() -> None:
            self.world.carrier.kernel.spawn(until_trouble(), f"{self.phone.name}'s telephone")

        self.phone.refusal, self.phone.when_called = None, rings


@dataclass(slots=True)
class Outsider(Reachable):
    """Somebody outside whom agents call."""

    world: Place
    phone: Listener


@dataclass(slots=True)
class Colleague(Reachable):
    """An agent: the person, the desk, the telephone."""

    world: Place
    agent: Agent
    phone: Listener

    def fresh(self) -> Agent:
        return Agent.objects.get(pk=self.agent.pk)

    def confirms_by_key(self) -> None:
        """Whoever answers this telephone is asked for a key, from now on."""
        Agent.objects.filter(pk=self.agent.pk).update(confirm_by_key=True)

    def opens_desk(self) -> None:
        self.world.desks_open.add(self.agent.user_id)
        line = self.phone.state if isinstance(self.phone, Browser) else ""
        presence.heartbeat(user_id=self.agent.user_id, line=line, now=self.world.now)

    def desk_freezes(self) -> None:
        """The page stops sending heartbeats; nothing tells the server."""
        self.world.desks_open.discard(self.agent.user_id)

    def goes_available(self) -> None:
        shifts.available(agent=self.fresh(), by=self.agent.user, now=self.world.now)
        self.world.settle()

    def takes_break(self) -> None:
        lunch, _ = BreakReason.objects.get_or_create(name="Lunch")
        agent = self.fresh()
        shifts.take_break(agent=agent, reason=lunch, by=agent.user, now=self.world.now)
        self.world.settle()

    def goes_offline(self) -> None:
        shifts.go_offline(agent=self.fresh(), by=self.agent.user, now=self.world.now)
        self.world.settle()

    @property
    def offers(self) -> list[Offer]:
        return list(Offer.objects.filter(user=self.agent.user).order_by("id"))

    @property
    def live_leg(self) -> Leg | None:
        return Leg.objects.live().filter(user=self.agent.user).first()


@dataclass(slots=True)
class Visit:
    """One customer's visit, seen from both ends."""

    world: Place
    person: Listener

    @property
    def call(self) -> Call:
        return Call.objects.filter(customer_number=self.person.number).latest("arrived_at")

    @property
    def leg(self) -> Leg:
        return self.call.legs.get(role="customer")

    @property
    def waiting(self) -> Waiting:
        return self.call.waitings.latest("id")

    def hears(self, other: Person) -> bool:
        """Whether the other's voice comes through to this person now."""
        return self.person.call is not None and any(
            other.call is not None and other.call.sid in getattr(sound, "heard", ())
            for sound in self.person.hearing
        )

    def hangs_up(self) -> None:
        assert self.person.call is not None
        self.person.call.hang_up()
        self.world.settle()
