"""What is at the other end of a leg: the `Line` that a person, a machine or a console implements.

The carrier calls a line's methods from inside its own steps; a line answers by calling the
methods of `Call` (`answer`, `refuse`, `press`, `speak`, `hang_up`), at once or later. `PhoneBook`
says which line an address reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.core.calls import Call, Callee, Line
from sandbox.core.sounds import Hearing, Moment

__all__ = ["Callee", "Line", "PhoneBook", "SilentLine", "UnreachableLine"]


class SilentLine:
    """A phone that nobody picks up. Base for lines that care about a few things only."""

    def offered(self, call: Call) -> None:
        """It rings and rings."""

    def connected(self, call: Call) -> None:
        """Nobody there to notice."""

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:
        """Nobody there to listen."""

    def heard(self, call: Call, moment: Moment) -> None:
        """Nobody there to listen."""

    def hung_up(self, call: Call) -> None:
        """Nobody there to notice."""

    def callee(self, call: Call) -> Callee:  # noqa: ARG002 - the same for every call
        return Callee(kind="silence")


class UnreachableLine(SilentLine):
    """An address that leads nowhere: the attempt fails without ringing."""

    def offered(self, call: Call) -> None:
        call.refuse("failed", 404)


def _nobody(_: str) -> Line | None:
    return None


@dataclass(slots=True)
class PhoneBook:
    """Which line an address (`+1555…`, `client:dana`, `sip:…`) reaches.

    `unlisted` is asked for addresses without an entry; where it returns None too, a phone number
    rings with nobody there. Numbers of ours never come here: they lead to their voice URL.
    """

    entries: dict[str, Line] = field(default_factory=dict)
    unlisted: Callable[[str], Line | None] = _nobody

    def connect(self, address: str, line: Line) -> None:
        self.entries[address] = line

    def disconnect(self, address: str) -> None:
        self.entries.pop(address, None)

    def find(self, address: str) -> Line | None:
        listed = self.entries.get(address)
        return listed if listed is not None else self.unlisted(address)
