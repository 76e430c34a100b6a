"""The tables of docs/sandbox.md, made from the code that they describe.

`python -m sandbox.reference docs/sandbox.md` writes them anew between their markers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.core.config import Choices, Timings
from sandbox.core.faults import Faults
from sandbox.core.twiml.schema import NOT_YET, SHAPES
from sandbox.core.twiml.schema import WITHOUT_EFFECT as IGNORED
from sandbox.people.suffixes import BEHAVIOURS
from sandbox.people.words import WORDS
from sandbox.rest.not_carried import WITHOUT_EFFECT
from sandbox.rest.table import CARRIED, NOT_CARRIED
from sandbox.written.knobs import Knob, knobs


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = [*head]
    lines = [names, ["---"] * len(names), *([*row] for row in rows)]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def rest() -> str:
    """Each path of the REST API with what can be done there."""
    paths: dict[str, list[str]] = {}
    for method, path, _ in CARRIED:
        paths.setdefault(path.removeprefix("Accounts/{account}"), []).append(method)
    rows = ((f"`{_example(path)}`", ", ".join(methods)) for path, methods in paths.items())
    return table(("below `/2010-04-01/Accounts/{AccountSid}`", "methods"), rows)


def not_carried() -> str:
    """What the REST API refuses as not there yet."""
    rows = (
        (f"`{method} {_example(path.removeprefix('Accounts/{account}'))}`", what)
        for method, path, what in NOT_CARRIED
    )
    return table(("request", "belongs to"), rows)


def _example(path: str) -> str:
    return f"{path}.json"


def twiml() -> str:
    """Each element of a document with its attributes."""
    known = ((name, shape) for name, shape in SHAPES.items() if name not in NOT_YET)
    rows = ((f"`<{name}>`", ", ".join(sorted(shape.attributes)) or "–") for name, shape in known)
    later = ", ".join(f"`<{name}>`" for name in sorted(NOT_YET))
    return table(("element", "attributes"), rows) + f"\n\nNot yet: {later}."


def without_effect() -> str:
    """What is taken and changes nothing."""
    verbs = ((f"`<{name}>`", ", ".join(sorted(given)), "–") for name, given in IGNORED.items())
    rows = (("REST", names, why) for names, why in WITHOUT_EFFECT)
    return table(("of", "taken without effect", "because"), (*verbs, *rows))


def words() -> str:
    """The words in which people are written down."""
    return table(
        ("word", "for example", "what happens"),
        ((f"`{name}`", f"`- {word.example}`", word.means) for name, word in WORDS.items()),
    )


def suffixes() -> str:
    """What the last digit of a behaving number means."""
    return table(
        ("last digit", "what happens"), ((f"`{b.digit}`", b.means) for b in BEHAVIOURS.values())
    )


def choices() -> str:
    """Every named choice with its default and its evidence."""
    rows = (
        (f"`{row.name}`", f"`{_plain(row.value)}`", row.means, row.evidence)
        for row in Choices().table()
    )
    return table(("choice", "default", "what it decides", "evidence"), rows)


def timings() -> str:
    return table(("timing", "seconds"), _settings(Timings()))


def faults() -> str:
    return table(("fault", "off", "takes"), ((*row, _takes(k)) for k, row in _faults()))


def _faults() -> list[tuple[Knob, tuple[str, str]]]:
    found = knobs(Faults())
    return [(knob, (f"`{knob.name}`", f"`{knob.text or '[]'}`")) for knob in found]


def _takes(knob: Knob) -> str:
    if knob.kind == "list":
        return "a list of " + ", ".join(knob.allowed) + ": one for each request to come"
    if knob.kind == "pair":
        return "two numbers of seconds, from and to"
    if knob.name.endswith("_ms"):
        return "milliseconds"
    times = ("seconds", "delay", "hold")
    return "seconds" if knob.name.endswith(times) else "a chance from 0 to 1"


def _settings(target: object) -> list[tuple[str, str]]:
    return [(f"`{knob.name}`", f"`{knob.text}`") for knob in knobs(target)]


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


TABLES: dict[str, Callable[[], str]] = {
    "rest": rest,
    "not carried": not_carried,
    "twiml": twiml,
    "without effect": without_effect,
    "words": words,
    "suffixes": suffixes,
    "faults": faults,
    "choices": choices,
    "timings": timings,
}


def renewed(text: str) -> str:
    """The document with every table written anew; ValueError if a marker is missing."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, found, rest_of_it = text.partition(begin)
        _, closed, after = rest_of_it.partition(end)
        if not found or not closed:
            raise ValueError(f"the document has no place for {name}: {begin.strip()} … {end}")
        text = f"{before}{begin}{make()}\n{end}{after}"
    return text


def main() -> None:
    path = Path(sys.argv[1])
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
