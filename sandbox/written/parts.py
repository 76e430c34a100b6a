"""YAML whose every part knows its line, so that a mistake is told where it was made.

Plain scalars keep their text: `+15550100001` and `0123` need no quotes.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import yaml

Node = yaml.nodes.Node
DEEPEST = 40
LARGEST = 500_000
NOTHING_WRITTEN = "tag:yaml.org,2002:null"
YES = frozenset({"true", "yes", "on"})
NO = frozenset({"false", "no", "off"})


class WrittenWrong(Exception):
    """The file cannot be understood: where, why, and what to write instead."""

    def __init__(self, file: str, line: int, problem: str, instead: str = "") -> None:
        super().__init__(f"{file}, line {line}: {problem}" + (f" {instead}" if instead else ""))
        self.file = file
        self.line = line
        self.problem = problem
        self.instead = instead


@dataclass(frozen=True)
class Part:
    """One value of the file, with what it is called (`title`) in messages."""

    file: str
    node: Node
    title: str

    @property
    def line(self) -> int:
        return self.node.start_mark.line + 1

    def wrong(self, problem: str, instead: str = "") -> WrittenWrong:
        return WrittenWrong(self.file, self.line, problem, instead)

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag != NOTHING_WRITTEN

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def text(self) -> str:
        """One scalar as it was written."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong(f"{self.title} is to be one text.", f"Write {self.title}: some text")
        if self.node.tag == NOTHING_WRITTEN and not self.node.value:
            raise self.wrong(
                f"{self.title} has nothing written after it.",
                "Write its value on the same line; put a lone # in quotes.",
            )
        return str(self.node.value)

    def number(self) -> float:
        written = self.text()
        try:
            number = float(written)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.wrong(
                f"{self.title} is to be a number, not {written!r}.", "Write digits, such as 2.5"
            )
        return number

    def amount(self) -> float:
        """A number that is not below 0."""
        if self.number() < 0:
            raise self.wrong(f"{self.title} is {self.text()}.", "Write 0 or more")
        return self.number()

    def whole(self) -> int:
        number = self.number()
        if not number.is_integer():
            raise self.wrong(
                f"{self.title} is to be a whole number, not {self.text()!r}.", "Write 3, say"
            )
        return int(number)

    def count(self) -> int:
        """A whole number that is not below 0."""
        self.amount()
        return self.whole()

    def flag(self) -> bool:
        written = self.text().lower()
        if written not in YES | NO:
            raise self.wrong(f"{self.title} is {written!r}.", "Write true or false")
        return written in YES

    def one_of(self, allowed: Iterable[str]) -> str:
        words = tuple(allowed)
        written = self.text()
        if written not in words:
            raise self.wrong(f"{self.title} is {written!r}.", suggestion(written, words))
        return written

    @cached_property
    def _children(self) -> dict[str, Part]:
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(
                f"{self.title} is to be a list of names with values.",
                "Write name: value lines below it, indented",
            )
        children: dict[str, Part] = {}
        for key, value in self.node.value:
            name = re.sub(r"\s+", " ", str(key.value).strip())
            if name in children:
                raise WrittenWrong(
                    self.file,
                    key.start_mark.line + 1,
                    f"{name!r} is written twice in {self.title}.",
                    f"Keep one; the first is on line {children[name].line}",
                )
            children[name] = Part(self.file, value, name)
        return children

    def names(self) -> dict[str, Part]:
        """Every name with its value, in the order written."""
        return dict(self._children)

    def only(self, allowed: Iterable[str]) -> dict[str, Part]:
        """The same, when only these names may occur."""
        words = tuple(allowed)
        for name, part in self._children.items():
            if name not in words:
                raise part.wrong(
                    f"{self.title} does not know the word {name!r}.", suggestion(name, words)
                )
        return self.names()

    def items(self) -> list[Part]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong(
                f"{self.title} is to be a list.", "Write its items below it, each after a dash: - …"
            )
        return [Part(self.file, each, self.title) for each in self.node.value]

    def one_or_more(self) -> list[Part]:
        """The items of a list, or the one thing that stands in its place."""
        return self.items() if self.is_list else [self]


def suggestion(written: str, words: Iterable[str]) -> str:
    """What to write instead of an unknown word."""
    known = tuple(words)
    near = difflib.get_close_matches(written, known, n=1, cutoff=0.6)
    if near:
        return f"Write {near[0]!r} instead"
    return "Write one of: " + ", ".join(known)


def read(text: str, file: str = "this file") -> Part | None:
    """The whole file as one part; None if nothing is written in it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise WrittenWrong(
            file,
            line,
            f"this is not YAML: {error.problem or error}.",
            "Look at indentation, colons and quotes on this line and the one above",
        ) from error
    except yaml.YAMLError as error:
        raise WrittenWrong(file, 1, f"this is not YAML: {error}.", "Save it as UTF-8") from error
    if node is None:
        return None
    _measure(Part(file, node, "the file"))
    return Part(file, node, "the file")


def _measure(whole: Part) -> None:
    """Anchors may be used again and again, but not so that the file never ends."""
    waiting = [(whole.node, 0)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > LARGEST:
            raise Part(whole.file, node, "this").wrong(
                "the file is too deep or too large here.", "See whether an &anchor contains itself"
            )
        waiting += [(child, depth + 1) for child in _inside(node)]


def _inside(node: Node) -> list[Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
