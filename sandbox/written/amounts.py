"""How long people take: always the same, or drawn from a distribution with their own dice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sandbox.written.parts import Part

UNITS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0, "h": 3600.0}
EXAMPLES = (
    "Write seconds (2.5), a time (90s, 3m), or {exponential: 20}, {normal: [180, 60]}, "
    "{uniform: [5, 15]}, {fixed: 5}"
)
LIMITS = ("at least", "at most")
_TIME = re.compile(r"^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|min|m|h)?$")


@dataclass(slots=True, frozen=True)
class Amount:
    """Seconds, of one of four kinds.

    `fixed`: always `first`. `exponential`: mean `first`, as arrivals are. `normal`: mean `first`,
    deviation `second`. `uniform`: from `first` to `second`. Never below `least` or above `most`.
    """

    kind: str
    first: float
    second: float = 0.0
    least: float = 0.0
    most: float = float("inf")

    def draw(self, dice: Random) -> float:
        return min(max(DRAWS[self.kind](self, dice), self.least), self.most)

    def __str__(self) -> str:
        if self.kind == "fixed":
            return f"{self.first:g} s"
        second = "" if self.kind == "exponential" else f", {self.second:g}"
        return f"{self.kind}({self.first:g}{second}) s"


DRAWS: dict[str, Callable[[Amount, Random], float]] = {
    "fixed": lambda amount, _: amount.first,
    "exponential": lambda amount, dice: dice.expovariate(1 / amount.first),
    "normal": lambda amount, dice: dice.gauss(amount.first, amount.second),
    "uniform": lambda amount, dice: dice.uniform(amount.first, amount.second),
}


def fixed(seconds: float) -> Amount:
    return Amount("fixed", seconds)


def seconds(part: Part) -> float:
    """A fixed time: `2.5`, `90s`, `3m`, `1h`."""
    written = part.text()
    match = _TIME.match(written.strip())
    if match is None:
        raise part.wrong(f"{part.title} is to be a time, not {written!r}.", "Write 2.5, 90s or 3m")
    return float(match[1]) * UNITS[match[2] or ""]


def amount(part: Part) -> Amount:
    """A time, fixed or drawn."""
    if part.is_text:
        return fixed(seconds(part))
    if not part.is_mapping:
        raise part.wrong(f"{part.title} is to be a time.", EXAMPLES)
    names = part.only((*DRAWS, *LIMITS))
    kinds = [name for name in names if name in DRAWS]
    if len(kinds) != 1:
        raise part.wrong(f"{part.title} is to name one distribution.", EXAMPLES)
    first, second = _numbers(kinds[0], names[kinds[0]])
    least = seconds(names["at least"]) if "at least" in names else 0.0
    most = seconds(names["at most"]) if "at most" in names else float("inf")
    if least > most:
        raise part.wrong(f"{part.title} is at least {least:g} and at most {most:g}.", "Swap them")
    return Amount(kinds[0], first, second, least, most)


def _numbers(kind: str, part: Part) -> tuple[float, float]:
    if kind in ("fixed", "exponential"):
        value = seconds(part)
        if kind == "exponential" and value <= 0:
            raise part.wrong("exponential needs a mean above 0.", "Write {exponential: 20}")
        return value, 0.0
    pair = part.items() if part.is_list else []
    if len(pair) != 2:
        raise part.wrong(f"{kind} needs two numbers.", EXAMPLES)
    first, second = seconds(pair[0]), seconds(pair[1])
    if kind == "uniform" and first > second:
        raise part.wrong("uniform goes from less to more.", f"Write [{second:g}, {first:g}]")
    return first, second
