"""Callers who come by themselves: how often, how patient, and how long they talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from sandbox.core.carrier import Carrier
from sandbox.core.kernel import Task
from sandbox.people.person import Person
from sandbox.people.script import Script, Step
from sandbox.people.words import converse
from sandbox.written.amounts import Amount

TRIES_FOR_A_FREE_NUMBER = 20
LAST_DIGITS = 4


@dataclass(slots=True)
class Arrivals:
    """One stream of callers.

    `number` is a pattern: each `#` becomes a digit. Each caller dials `dials`, then does `steps`,
    then waits for somebody no longer than `patience`, talks for `talks_for` and hangs up. At most
    `at_most` of them are on the telephone at once; after `times` callers nobody comes any more.
    """

    name: str
    number: str
    dials: str
    every: Amount
    patience: Amount
    talks_for: Amount
    steps: Script = field(default_factory=Script)
    about: tuple[str, ...] = ()
    at_most: int = 100
    times: int | None = None
    dice: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - repeatable on purpose
    arrived: int = 0
    on_the_phone: dict[str, Person] = field(default_factory=dict)
    paused: bool = False

    def begin(self, carrier: Carrier) -> Task[None]:
        return carrier.kernel.spawn(self._come(carrier), f"arrivals: {self.name}")

    def caller(self, carrier: Carrier) -> Person | None:
        """The next caller, with a number that nobody is using; None if all are on the telephone."""
        for _ in range(TRIES_FOR_A_FREE_NUMBER):
            number = "".join(
                str(self.dice.randrange(10)) if each == "#" else each for each in self.number
            )
            if number not in self.on_the_phone:
                dice = Random(self.dice.random())  # noqa: S311 - repeatable on purpose
                name = f"{self.name} {number[-LAST_DIGITS:]}"
                return Person(carrier, number, name=name, dice=dice, listed=False)
        return None

    def visit(self) -> Script:
        """What one caller does."""
        return Script(
            (
                Step("dials", lambda who: who.dials(self.dials)),
                Step("patience", self._is_patient),
                *self.steps.steps,
                Step("talks for", lambda who: converse(who, self._talk(who), self.about)),
            )
        )

    async def _is_patient(self, person: Person) -> None:
        person.loses_patience_in(self.patience.draw(person.dice))

    def _talk(self, person: Person) -> float:
        return self.talks_for.draw(person.dice)

    async def _come(self, carrier: Carrier) -> None:
        while self.times is None or self.arrived < self.times:
            await carrier.kernel.sleep(self.every.draw(self.dice))
            self._arrives(carrier)

    def _arrives(self, carrier: Carrier) -> None:
        if self.paused or len(self.on_the_phone) >= self.at_most:
            return
        person = self.caller(carrier)
        if person is not None:
            self.arrived += 1
            self.on_the_phone[person.number] = person
            carrier.kernel.spawn(self._visits(person), f"caller {person.number}")

    async def _visits(self, person: Person) -> None:
        try:
            await self.visit().acted_by(person)
        finally:
            del self.on_the_phone[person.number]
