"""Filters by day and by moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.core.errors import RestError
from sandbox.rest.dates import COMPARISONS, read_moment

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 3, tzinfo=UTC).timestamp()
NEXT_MIDNIGHT = datetime(2026, 11, 4, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03T12:00:00Z",
        "2026-11-03T12:00:00.000Z",
        "2026-11-03T13:00:00+0100",
    ],
)
def test_a_moment_is_read_in_utc(text: str) -> None:
    assert read_moment("StartTime", text) == NOON


def test_a_day_is_its_first_moment() -> None:
    assert read_moment("StartTime", "2026-11-03") == MIDNIGHT


def test_anything_else_is_refused_by_name() -> None:
    with pytest.raises(RestError, match="StartTime"):
        read_moment("StartTime", "yesterday")


def test_equal_means_on_that_day() -> None:
    on = COMPARISONS[""](NOON)
    assert on(MIDNIGHT)
    assert on(NEXT_MIDNIGHT - 1)
    assert not on(NEXT_MIDNIGHT)
    assert not on(MIDNIGHT - 1)


def test_both_inequalities_include_their_bound() -> None:
    assert COMPARISONS["<"](NOON)(NOON)
    assert COMPARISONS[">"](NOON)(NOON)
    assert not COMPARISONS["<"](NOON)(NOON + 1)
    assert not COMPARISONS[">"](NOON)(NOON - 1)


@pytest.mark.parametrize("sign", ["", "<", ">"])
def test_what_has_no_moment_yet_never_matches(sign: str) -> None:
    assert not COMPARISONS[sign](NOON)(None)
