"""Date filters of the REST lists: `StartTime=`, `StartTime<=`, `StartTime>=`.

On the wire the parameter is called `StartTime<` and holds a date, which reads as
`StartTime<=2026-11-03`: both inequalities include their bound, and a bare day stands for
its first moment. Equality means "on this day", whether a day or a moment is given.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.core.errors import bad_request
from sandbox.rest.form import Form

DAY = 86400.0
FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S%z")

Moment = float | None
DateTest = Callable[[Moment], bool]


def read_moment(name: str, text: str) -> float:
    """Seconds since the epoch for a day or a moment in UTC; 20001 for anything else."""
    for form in FORMATS:
        try:
            read = datetime.strptime(text, form)  # noqa: DTZ007 (made aware below)
        except ValueError:
            continue
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    raise bad_request(f"Invalid date '{text}' for parameter {name}")


def on_day(bound: float) -> DateTest:
    start = bound - bound % DAY
    return lambda moment: moment is not None and start <= moment < start + DAY


def at_or_before(bound: float) -> DateTest:
    return lambda moment: moment is not None and moment <= bound


def at_or_after(bound: float) -> DateTest:
    return lambda moment: moment is not None and moment >= bound


COMPARISONS = {"": on_day, "<": at_or_before, ">": at_or_after}


def date_test(query: Form, name: str) -> DateTest:
    """The test that the query's `name`, `name<` and `name>` make together."""
    tests: list[DateTest] = []
    for sign, comparison in COMPARISONS.items():
        text = query.text(name + sign)
        if text is not None:
            tests.append(comparison(read_moment(name, text)))
    return lambda moment: all(test(moment) for test in tests)
