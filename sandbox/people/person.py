"""Somebody with a telephone: dials, answers, listens, presses, speaks, hangs up.

    dana = Person(carrier, "+15550100001", name="dana")

    async def asks_for_billing() -> None:
        await dana.dials("+15557000100")
        await dana.waits_to_hear("press 1", within=30)
        await dana.presses("1")
        await dana.says("billing")
        await dana.hangs_up()

    carrier.kernel.spawn(asks_for_billing(), "dana")

A script is a coroutine on the carrier's clock; the driver that turns the clock runs it. What
cannot happen any more raises `HungUp`, what did not happen in time `NotHeard`, and both end the
script. Somebody has one telephone: while they are on it, the next caller gets the busy signal.
"""

from __future__ import annotations

import re

from sandbox.core.calls import Call, Direction, Refusal
from sandbox.people.ears import Words
from sandbox.people.telephone import BUSY_HERE, Telephone

DECLINED = 603
NOT_FOUND = 404
HALF_SECOND = 0.5
TO_THE_EAR = 0.2


class Trouble(Exception):
    """A script cannot go on; the text says what this person was doing."""


class HungUp(Trouble):
    """The call was over before this person was done."""


class NotHeard(Trouble):
    """What this person waited for did not come in time."""


class WrongNumber(Trouble):
    """What this person dialled belongs to nobody here."""


class OnThePhone(Trouble):
    """This person is in a call and would need a second telephone."""


def _too_late(what: str, within: float | None) -> NotHeard:
    return NotHeard(f"{what} within {within or 0:g} s")


class Person(Telephone):
    """One person with one telephone. Every verb is awaited on the carrier's clock."""

    async def dials(self, to: str, *, caller_name: str | None = None) -> Call:
        """Lift the receiver and dial a number of the carrier's; on return it rings there."""
        if self.call is not None:
            raise OnThePhone(f"{self.name} is in a call and cannot dial {to}")
        try:
            return self.lifts(to, caller_name=caller_name)
        except LookupError:
            raise WrongNumber(f"{self.name} dialled {to}, which no account owns") from None

    async def is_called(self, *, within: float | None = None) -> Call:
        """Wait until the telephone rings."""
        if not await self._until(lambda: self._rings() is not None, within):
            raise _too_late(f"nobody called {self.name}", within)
        call = self._rings()
        if call is None:
            raise HungUp(f"whoever called {self.name} gave up at once")
        return call

    async def answers(self, *, after: float = 2.0, within: float | None = None) -> Call:
        """Wait for the ring, let it ring for `after` seconds and pick up.

        Nobody speaks before the receiver is at their ear: this returns a moment later.
        """
        call = await self.is_called(within=within)
        await self._stays(call, after, "before answering")
        call.answer()
        await self._until(lambda: self.through or self.call is not call)
        self._must_be_in(call, "while answering")
        self.writes("answers")
        await self._stays(call, TO_THE_EAR, "while answering")
        return call

    async def rejects(self, *, after: float = 2.0) -> None:
        """Let it ring, then decline."""
        await self._refuses("busy", DECLINED, after, "rejects the call")

    async def is_busy(self, *, after: float = 0.0) -> None:
        await self._refuses("busy", BUSY_HERE, after, "is busy")

    async def is_unreachable(self, *, after: float = 0.0) -> None:
        """The attempt fails: switched off, out of reach, no such number."""
        await self._refuses("failed", NOT_FOUND, after, "cannot be reached")

    async def never_answers(self) -> None:
        """Let it ring until the caller gives up."""
        call = await self.is_called()
        self.writes("lets it ring")
        await self._until(lambda: self.call is not call)

    async def says(self, text: str) -> None:
        """Say something; takes as long as saying it does."""
        call = self._line("say something")
        self.memory.act()
        call.speak(text)
        self.writes(f"says “{text}”")
        pace = self.carrier.timings.speech_chars_per_second
        await self._stays(call, len(text) / pace, f"saying “{text}”")

    async def presses(self, keys: str) -> None:
        """Press keys, one after another; `w` waits half a second."""
        call = self._line("press keys")
        self.memory.act()
        call.press(keys)
        self.writes(f"presses {keys}")
        waits = keys.count("w") * HALF_SECOND + keys.count("W") * 2 * HALF_SECOND
        await self._stays(call, waits + len(keys) * self.carrier.timings.tone, f"pressing {keys}")

    async def waits_to_hear(
        self, words: str | re.Pattern[str], *, within: float | None = None
    ) -> None:
        """Listen until these words come, counting from this person's last act."""
        wanted = Words(words)
        call = self.call
        came = await self._until(
            lambda: self._has_come(wanted) or self.call is not call or call is None, within
        )
        if self._has_come(wanted):
            self.writes(f"hears “{wanted}”")
        elif came:
            raise HungUp(f"{self.name} was hung up on before hearing “{wanted}”")
        else:
            raise _too_late(f"{self.name} did not hear “{wanted}”", within)

    async def waits_to_be_through(self, *, within: float | None = None) -> None:
        """Wait until the call that this person dialled is answered."""
        call = self._line("wait for an answer")
        if not await self._until(lambda: self.through or self.call is not call, within):
            raise _too_late(f"nobody answered {self.name}", within)
        self._must_be_in(call, "before anybody answered")

    async def waits_for_somebody(self, *, within: float | None = None) -> None:
        """Wait until another person can be heard, through bridge or room."""
        call = self._line("wait for somebody")
        if not await self._until(lambda: self.with_company or self.call is not call, within):
            raise _too_late(f"{self.name} reached nobody", within)
        self._must_be_in(call, "before reaching anybody")

    async def waits_for_the_end(self, *, within: float | None = None) -> None:
        """Stay on the line until the other side ends the call; no call is an end too."""
        call = self.call
        if not await self._until(lambda: self.call is not call or call is None, within):
            raise _too_late(f"{self.name}'s call was not over", within)

    async def waits(self, seconds: float) -> None:
        """Let time pass; in a call, on the line."""
        if self.call is None:
            await self.carrier.kernel.sleep(seconds)
        else:
            await self._stays(self.call, seconds, "while waiting")

    async def hangs_up(self) -> None:
        """Put the receiver down; without a call, nothing happens."""
        call = self.call
        if call is not None:
            self.writes("hangs up")
            call.hang_up()
            await self._until(lambda: self.call is not call)

    def loses_patience_in(self, seconds: float) -> None:
        """Hang up after so long, unless somebody has been reached by then."""
        call = self._line("lose patience")

        def gives_up() -> None:
            if self.call is call and not self.met_somebody:
                self.writes(f"loses patience after {seconds:.0f} s and hangs up")
                call.hang_up()

        self.carrier.kernel.call_later(seconds, gives_up)

    # underneath

    def _rings(self) -> Call | None:
        """The call that waits to be answered, if there is one."""
        if self.call is None or self.through or self.call.direction is Direction.INBOUND:
            return None
        return self.call

    def _line(self, what: str) -> Call:
        if self.call is None:
            raise HungUp(f"{self.name} wanted to {what}, but is in no call")
        return self.call

    def _must_be_in(self, call: Call, when: str) -> None:
        if self.call is not call:
            raise HungUp(f"{self.name} was hung up on {when}")

    async def _refuses(self, how: Refusal, sip_code: int, after: float, note: str) -> None:
        call = await self.is_called()
        await self._stays(call, after, "before refusing")
        call.refuse(how, sip_code)
        self.writes(note)
        await self._until(lambda: self.call is not call)

    async def _stays(self, call: Call, seconds: float, when: str) -> None:
        if await self._until(lambda: self.call is not call, seconds):
            raise HungUp(f"{self.name} was hung up on {when}")
