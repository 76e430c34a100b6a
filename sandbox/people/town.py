"""Everybody with a telephone: who is at which number, and who does what by themselves."""

from __future__ import annotations

from random import Random

from sandbox.core.carrier import Carrier
from sandbox.core.endpoints import Line
from sandbox.people.arrivals import Arrivals
from sandbox.people.person import Person
from sandbox.people.script import Script, when_called
from sandbox.people.suffixes import whoever_has

PHONE_PREFIX = "+"


class Town:
    """The people of one carrier.

    `areas` are beginnings of numbers (`+1555900`) whose last two digits choose behaviour. Any other
    number that nobody has rings as a telephone of its own, which the console can answer. Dice are
    each person's own, from `seed` and their name, so that one more person changes nobody else.
    """

    def __init__(self, carrier: Carrier, *, seed: int = 1, areas: tuple[str, ...] = ()) -> None:
        self.carrier = carrier
        self.seed = seed
        self.areas = areas
        self.people: dict[str, Person] = {}
        self.arrivals: list[Arrivals] = []
        self._plans: list[tuple[Person, Script, float]] = []
        carrier.phones.unlisted = self.at

    def dice(self, name: str) -> Random:
        return Random(f"{self.seed}/{name}")  # noqa: S311 - repeatable on purpose

    def add(
        self,
        name: str,
        number: str,
        *,
        called: Script | None = None,
        does: Script | None = None,
        after: float = 0.0,
    ) -> Person:
        """Somebody moves in. `called`: what they do when it rings; `does`: by themselves."""
        person = Person(self.carrier, number, name=name, dice=self.dice(name))
        self.people[number] = person
        if called is not None:
            when_called(called, person)
        if does is not None:
            self._plans.append((person, does, after))
        return person

    def person_at(self, number: str) -> Person:
        """Whoever has this number; a new person if nobody has. Behaving numbers stay so."""
        if number in self.people:
            return self.people[number]
        if self.behaves(number):
            return Person(self.carrier, number, listed=False)
        return self.add(number, number)

    def behaves(self, address: str) -> bool:
        """Whether the last two digits of this number choose what happens."""
        return any(address.startswith(area) for area in self.areas) and address[-2:].isdigit()

    def at(self, address: str) -> Line | None:
        """Who picks up at a number that no person is listed under."""
        if self.behaves(address):
            return whoever_has(self.carrier, address)
        if address.startswith(PHONE_PREFIX):
            return Person(self.carrier, address, listed=False)
        return None

    def begin(self) -> None:
        """Everybody with plans of their own starts to carry them out."""
        for person, does, after in self._plans:
            self.carrier.kernel.spawn(_in_time(person, does, after), person.name)
        for stream in self.arrivals:
            stream.begin(self.carrier)


async def _in_time(person: Person, does: Script, after: float) -> None:
    await person.carrier.kernel.sleep(after)
    await does.acted_by(person)
