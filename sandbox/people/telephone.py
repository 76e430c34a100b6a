"""One telephone: the calls that come and go on it, what it hears, and a diary of both.

`Telephone` is what the carrier sees (its `Line`); what somebody does with one is in `Person`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sandbox.core.calls import Call, Refusal
from sandbox.core.carrier import Carrier
from sandbox.core.endpoints import Callee
from sandbox.core.kernel import Future
from sandbox.core.sounds import Hearing, Moment
from sandbox.people.ears import Heard, Memory, Words, in_words, is_company

BUSY_HERE = 486
DIARY_PAGES = 60


@dataclass(slots=True, frozen=True)
class Note:
    """A line of somebody's diary."""

    at: float
    text: str


class Telephone:
    """At most one call at a time; while it is in use, the next caller gets the busy signal.

    `when_called()` is told of each ring; without it, somebody else (a test, the console)
    has to answer. `refusal` is given at once, before it rings. `pick_up` is what machine detection
    finds. With `listed=False` the number does not reach this telephone.
    """

    def __init__(
        self,
        carrier: Carrier,
        number: str,
        *,
        name: str = "",
        dice: Random | None = None,
        listed: bool = True,
    ) -> None:
        self.carrier = carrier
        self.number = number
        self.name = name or number
        self.dice = dice or Random(f"{number}")  # noqa: S311 - repeatable on purpose
        self.call: Call | None = None
        self.calls = 0
        self.through = False
        self.met_somebody = False
        self.memory = Memory()
        self.diary: deque[Note] = deque(maxlen=DIARY_PAGES)
        self.pick_up = Callee("person")
        self.refusal: tuple[Refusal, int] | None = None
        self.when_called: Callable[[], object] | None = None
        self._stirred: Future[None] = Future()
        if listed:
            carrier.phones.connect(number, self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.number}>"

    # what this person can see and remember

    @property
    def hearing(self) -> tuple[Hearing, ...]:
        """What comes out of the telephone right now; nothing without a call."""
        return self.call.hearing if self.call else ()

    @property
    def with_company(self) -> bool:
        """Somebody else can be heard: a conversation, not an announcement."""
        return is_company(self.hearing)

    def has_heard(self, words: str | re.Pattern[str]) -> bool:
        """In this call (or, with none going on, in the last one)."""
        return self.memory.has(Words(words)) or self._hears_now(Words(words))

    def writes(self, text: str) -> None:
        """Put a line into the diary, which the console shows."""
        self.diary.append(Note(self.carrier.now, text))
        self.carrier.tell("person", self)

    def lifts(self, to: str, *, caller_name: str | None = None) -> Call:
        """Lift the receiver and dial, at once; LookupError if no account owns that number."""
        call = self.carrier.dial_in(self, from_=self.number, to=to, caller_name=caller_name)
        self._takes(call)
        self.writes(f"dials {to}")
        return call

    # what the carrier tells this person's telephone

    def offered(self, call: Call) -> None:
        if self.call is not None:
            self.writes(f"is called by {call.from_} while in a call")
            call.refuse("busy", BUSY_HERE)
        elif self.refusal is not None:
            self.writes(f"is called by {call.from_}: {self.refusal[0]}")
            call.refuse(*self.refusal)
        else:
            self._takes(call)
            self.writes(f"is called by {call.from_}")
            if self.when_called is not None:
                self.when_called()

    def connected(self, call: Call) -> None:
        if call is self.call:
            self.through = True
            self._stir()

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:
        if call is not self.call:
            return
        for each in hearing:
            self.memory.take(each)
        self.met_somebody = self.met_somebody or is_company(hearing)
        self._stir()

    def heard(self, call: Call, moment: Moment) -> None:
        if call is self.call:
            self._notes(moment)
            self.memory.take(moment)
            self._stir()

    def hung_up(self, call: Call) -> None:
        if call is not self.call:
            return
        self.call = None
        self.through = False
        self.writes(f"call over: {call.status.value}")
        self._stir()

    def callee(self, call: Call) -> Callee:
        return self.pick_up if call is self.call else Callee("silence")

    # underneath

    def _takes(self, call: Call) -> None:
        self.call = call
        self.calls += 1
        self.through = False
        self.met_somebody = False
        self.memory = Memory()
        self._stir()

    def _hears_now(self, words: Words) -> bool:
        return any(words.are_in(in_words(each)) for each in self.hearing)

    def _has_come(self, words: Words) -> bool:
        return self.memory.has_since(words) or self._hears_now(words)

    def _notes(self, heard: Heard) -> None:
        words = in_words(heard)
        if words:
            self.writes(f"hears “{words}”")

    def _stir(self) -> None:
        self._stirred.try_set(None)
        self._stirred = Future()

    async def _until(self, happened: Callable[[], bool], within: float | None = None) -> bool:
        """Wait until it has happened; False if `within` seconds passed first."""
        kernel = self.carrier.kernel
        deadline = None if within is None else kernel.now + within
        while not happened():
            if deadline is None:
                await self._stirred
            elif kernel.now < deadline:
                await self._stirred_before(deadline)
            else:
                return False
        return True

    async def _stirred_before(self, deadline: float) -> None:
        either: Future[None] = Future()

        def expire() -> None:
            either.try_set(None)

        timer = self.carrier.kernel.call_at(deadline, expire)
        stirred = self._stirred

        def wake(_: Future[None]) -> None:
            either.try_set(None)

        stirred.on_done(wake)
        try:
            await either
        finally:
            stirred.forget(wake)
            timer.cancel()
