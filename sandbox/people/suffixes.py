"""Numbers whose last two digits say how they behave, for tests without scripts.

Of `+1555900xxRB` the last digit B says what happens, the digit before it, R, for how many seconds
it rings first (0: two seconds). `+15559000034` rings for three seconds and is answered by a
machine with greeting and beep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.core.carrier import Carrier
from sandbox.core.endpoints import Callee
from sandbox.people import machines
from sandbox.people.person import NOT_FOUND, Person
from sandbox.people.script import Action, Script, Step, when_called
from sandbox.people.telephone import BUSY_HERE

USUAL_RINGING = 2.0
HANGS_UP_AFTER = 5.0
GREETING = 6.0
ASKED_TO_PRESS = "press 1"


@dataclass(slots=True, frozen=True)
class Behaviour:
    """What a last digit stands for; `script(rings)` does it after so many seconds."""

    digit: str
    means: str
    script: Callable[[float], Script]


def rings_for(number: str) -> float:
    """Seconds of ringing, from the last digit but one."""
    return float(number[-2]) or USUAL_RINGING


def _one(action: Action, pick_up: Callee | None = None) -> Script:
    return Script((Step("behaves as its number says", action, pick_up=pick_up),))


def _person(rings: float) -> Script:
    async def answers_and_talks(person: Person) -> None:
        await person.answers(after=rings)
        await person.says("Hello?")
        await person.waits_for_the_end()

    return _one(answers_and_talks)


def _busy(_: float) -> Script:
    return Script((Step("is busy", lambda p: p.is_busy(), refusal=("busy", BUSY_HERE)),))


def _never(_: float) -> Script:
    return _one(lambda person: person.never_answers())


def _unreachable(_: float) -> Script:
    return Script(
        (Step("fails", lambda person: person.is_unreachable(), refusal=("failed", NOT_FOUND)),)
    )


def _machine(rings: float) -> Script:
    return _one(
        lambda person: machines.answering_machine(person, after=rings, greeting=GREETING),
        Callee("machine", GREETING, beep=True),
    )


def _rejects(rings: float) -> Script:
    return _one(lambda person: person.rejects(after=rings))


def _fax(rings: float) -> Script:
    return _one(
        lambda person: machines.fax_machine(person, after=rings), Callee("fax", 0.0, beep=False)
    )


def _silent(rings: float) -> Script:
    return _one(
        lambda person: machines.silence(person, after=rings), Callee("silence", 0.0, beep=False)
    )


def _short(rings: float) -> Script:
    async def answers_and_leaves(person: Person) -> None:
        await person.answers(after=rings)
        await person.waits(HANGS_UP_AFTER)
        await person.hangs_up()

    return _one(answers_and_leaves)


def _screened(rings: float) -> Script:
    async def answers_and_presses(person: Person) -> None:
        await person.answers(after=rings)
        await person.waits_to_hear(ASKED_TO_PRESS)
        await person.presses("1")
        await person.waits_for_the_end()

    return _one(answers_and_presses)


BEHAVIOURS: dict[str, Behaviour] = {
    each.digit: each
    for each in (
        Behaviour("0", "a person answers, says “Hello?” and stays on the line", _person),
        Behaviour("1", "busy at once", _busy),
        Behaviour("2", "rings, never answers", _never),
        Behaviour("3", "cannot be reached: fails at once", _unreachable),
        Behaviour("4", "an answering machine: 6 s of greeting, a beep, listens 60 s", _machine),
        Behaviour("5", "rejects the call", _rejects),
        Behaviour("6", "a fax machine", _fax),
        Behaviour("7", "answers and stays silent", _silent),
        Behaviour("8", "answers and hangs up after 5 s", _short),
        Behaviour("9", "answers, presses 1 when asked to “press 1”, stays on the line", _screened),
    )
}


def whoever_has(carrier: Carrier, number: str) -> Person:
    """Somebody who behaves as the last two digits of this number say, for one call."""
    person = Person(carrier, number, listed=False)
    when_called(BEHAVIOURS[number[-1]].script(rings_for(number)), person)
    return person
