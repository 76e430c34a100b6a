"""What somebody does, step by step, and how it is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sandbox.core.calls import Refusal
from sandbox.core.endpoints import Callee
from sandbox.core.kernel import Task
from sandbox.people.person import Person, Trouble

Action = Callable[[Person], Awaitable[object]]


@dataclass(slots=True, frozen=True)
class Step:
    """One thing that somebody does. `place` says where it was written.

    `pick_up` and `refusal` are what has to be known before the step is reached: what machine
    detection will find, and a refusal that comes before the telephone rings.
    """

    text: str
    action: Action
    place: str = ""
    pick_up: Callee | None = None
    refusal: tuple[Refusal, int] | None = None


@dataclass(slots=True, frozen=True)
class Script:
    """Steps in order. A step that cannot be done ends the script; the diary says why."""

    steps: Sequence[Step] = field(default_factory=tuple)

    @property
    def pick_up(self) -> Callee | None:
        return next((step.pick_up for step in self.steps if step.pick_up), None)

    @property
    def refusal(self) -> tuple[Refusal, int] | None:
        return self.steps[0].refusal if self.steps else None

    async def acted_by(self, person: Person) -> None:
        """Carry the steps out; whoever runs out of steps in a call hangs up."""
        try:
            for step in self.steps:
                await step.action(person)
        except Trouble as trouble:
            person.writes(f"stops: {trouble}")
        await person.hangs_up()


def start(script: Script, person: Person) -> Task[None]:
    """Carry a script out from now on."""
    return person.carrier.kernel.spawn(script.acted_by(person), person.name)


def when_called(script: Script, person: Person) -> None:
    """Carry a script out each time that this person is called."""
    person.pick_up = script.pick_up or Callee("person")
    person.refusal = script.refusal
    person.when_called = lambda: start(script, person)
