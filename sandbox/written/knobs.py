"""Settings that are turned by name: the fields of a dataclass, from text.

The configuration file and the console change timings, choices and faults through here, so that
both know the same names and refuse the same nonsense.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from sandbox.written.parts import NO, YES, suggestion


class Knob(NamedTuple):
    """One setting. `kind` is flag, whole, number, text, choice, pair or list."""

    name: str
    kind: str
    value: Any
    allowed: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The value as it would be written."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, (list, tuple)):
            return ", ".join(_plain(each) for each in self.value)
        return _plain(self.value)


def knobs(target: object) -> list[Knob]:
    """Every field of a dataclass that can be turned, in order."""
    hints = get_type_hints(type(target))
    found = (_knob(target, f.name, hints[f.name]) for f in fields(target))  # type: ignore[arg-type]  # any dataclass
    return [knob for knob in found if knob is not None]


def turn(target: object, name: str, written: str) -> None:
    """Set one field from text; ValueError says what is wrong and what to write."""
    knob = next((each for each in knobs(target) if each.name == name), None)
    if knob is None:
        known = [each.name for each in knobs(target)]
        raise ValueError(f"there is no setting {name!r}. {suggestion(name, known)}")
    setattr(target, name, READERS[knob.kind](knob, written.strip()))


def _knob(target: object, name: str, hint: Any) -> Knob | None:
    value = getattr(target, name)
    if get_origin(hint) is Literal:
        return Knob(name, "choice", value, tuple(str(each) for each in get_args(hint)))
    if get_origin(hint) is list and get_origin(get_args(hint)[0]) is Literal:
        return Knob(name, "list", value, tuple(str(each) for each in get_args(get_args(hint)[0])))
    if get_origin(hint) is tuple:
        return Knob(name, "pair", value)
    return Knob(name, KINDS[hint], value) if hint in KINDS else None


KINDS: dict[Any, str] = {bool: "flag", int: "whole", float: "number", str: "text"}


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _flag(knob: Knob, written: str) -> bool:
    if written.lower() not in YES | NO:
        raise ValueError(f"{knob.name} is {written!r}. Write true or false")
    return written.lower() in YES


def _number(knob: Knob, written: str) -> float:
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{knob.name} is {written!r}. Write a number from 0 up")
    return number


def _whole(knob: Knob, written: str) -> int:
    number = _number(knob, written)
    if not number.is_integer():
        raise ValueError(f"{knob.name} is {written!r}. Write a whole number")
    return int(number)


def _choice(knob: Knob, written: str) -> str:
    if written not in knob.allowed:
        raise ValueError(f"{knob.name} is {written!r}. {suggestion(written, knob.allowed)}")
    return written


def _pair(knob: Knob, written: str) -> tuple[float, float]:
    numbers = tuple(_number(knob, each.strip()) for each in written.split(","))
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise ValueError(f"{knob.name} is {written!r}. Write two numbers, less first: 0.5, 5")
    return numbers[0], numbers[1]


def _list(knob: Knob, written: str) -> list[str]:
    return [_choice(knob, each.strip()) for each in written.split(",") if each.strip()]


READERS: dict[str, Callable[[Knob, str], object]] = {
    "flag": _flag,
    "whole": _whole,
    "number": _number,
    "text": lambda _, written: written,
    "choice": _choice,
    "pair": _pair,
    "list": _list,
}
