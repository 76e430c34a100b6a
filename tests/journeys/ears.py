"""What the people on a journey live through, noted while it happens.

A caller's day is judged by what comes out of the telephone, as the carrier says, not by our
records: voices, announcements and music are company of a kind, silence is not.
"""

from dataclasses import dataclass

from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from sandbox.core.sounds import Hearing, Room, Silence
from sandbox.people.person import Person

APOLOGY = "application error"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Silence on an answered line; `ended` is None while it lasts."""

    began: float
    ended: float | None

    def longer_than(self, seconds: float, *, now: float, calm_since: float = 0.0) -> bool:
        """Only what falls into calm times counts: a worker that is away cannot help."""
        return (self.ended or now) - max(self.began, calm_since) > seconds


class Listener(Person):
    """Somebody who remembers each silence."""

    def __init__(self, carrier: Carrier, number: str, *, name: str) -> None:
        super().__init__(carrier, number, name=name)
        self.line: Call | None = None
        self._quiets: list[Quiet] = []
        self._quiet_since: float | None = None

    @property
    def line_is_up(self) -> bool:
        """A call of theirs is going on, answered or not."""
        return self.line is not None and not self.line.ended

    @property
    def quiets(self) -> list[Quiet]:
        still = [] if self._quiet_since is None else [Quiet(self._quiet_since, None)]
        return self._quiets + still

    def dials_as(self, from_: str, to: str) -> None:
        """Dial with this for a caller's number, which may be withheld."""
        self.line = self.carrier.dial_in(self, from_=from_, to=to)
        self._takes(self.line)

    def connected(self, call: Call) -> None:
        super().connected(call)
        self._note(quiet=is_quiet(call.hearing))

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:
        super().hears(call, hearing)
        if self.through:
            self._note(quiet=is_quiet(hearing))

    def hung_up(self, call: Call) -> None:
        super().hung_up(call)
        self._note(quiet=False)

    def _note(self, *, quiet: bool) -> None:
        if quiet and self._quiet_since is None:
            self._quiet_since = self.carrier.now
        elif not quiet and self._quiet_since is not None:
            self._quiets.append(Quiet(self._quiet_since, self.carrier.now))
            self._quiet_since = None


def is_quiet(hearing: tuple[Hearing, ...]) -> bool:
    """Nothing comes out of the telephone: an empty room is as silent as no room."""
    return all(
        isinstance(each, Silence) or (isinstance(each, Room) and not each.heard) for each in hearing
    )
