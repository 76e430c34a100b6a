"""What can come of an order: the carrier's answer as a value, and what kind of answer it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The carrier does it; `status` is what it says the leg is."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class AlreadyOver:
    """A hang-up of a leg that had ended: what was wanted is so."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """A change of a leg that had ended."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier said no, and would say no again."""

    http_status: int | None
    code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Passing:
    """It did not happen, or may be asked again without harm: ask again soon."""

    message: str
    http_status: int | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It may have happened, and asking again might do it twice: never ask again."""

    message: str


Outcome = Done | AlreadyOver | TooLate | Refused | Passing | NoAnswer
