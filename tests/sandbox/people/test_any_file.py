"""Whatever somebody writes, the answer is a carrier or a sentence with a line, never a crash."""

import math
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.core.faults import Faults
from sandbox.people.ears import Words
from sandbox.people.words import WORDS
from sandbox.world import World, from_text
from sandbox.written.amounts import amount
from sandbox.written.knobs import knobs, turn
from sandbox.written.parts import WrittenWrong, read
from tests.sandbox.people.test_world import FULL

LINES = FULL.splitlines()
SCRAPS = st.sampled_from(
    [
        *("", "{}", "[]", "~", "null", "-", ": ", "#", "'", "&a", "*a", "!!int x", "1e999", "-1"),
        *("nan", "true", "{a: b}", "[[1]]", "\t", "? x", "- - -", "<<: {a: 1}", "é", "+1555"),
        *("AC", "...", "0", "1.5"),
    ]
)


def understood(text: str) -> World | None:
    """The world, or None after a proper complaint."""
    complaint = None
    try:
        return from_text(text, "town.yaml", now=0.0)
    except WrittenWrong as error:
        complaint = error
    assert str(complaint).startswith("town.yaml, line ")
    assert 1 <= complaint.line <= text.count("\n") + 2
    return None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), SCRAPS), min_size=1, max_size=3))
def test_lines_replaced_by_scraps(changes: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for place, scrap in changes:
        indent = len(lines[place]) - len(lines[place].lstrip())
        lines[place] = " " * indent + scrap
    understood("\n".join(lines))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(LINES) - 1), SCRAPS)
def test_values_replaced_by_scraps(place: int, scrap: str) -> None:
    lines = list(LINES)
    name, colon, _ = lines[place].partition(":")
    lines[place] = f"{name}{colon} {scrap}"
    understood("\n".join(lines))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(FULL)), st.integers(0, 40))
def test_pieces_cut_out(start: int, length: int) -> None:
    understood(FULL[:start] + FULL[start + length :])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
@example("? {a: b}\n: c")
@example("{[a]: b}")
@example("&x [*x]")
def test_any_text_at_all(text: str) -> None:
    understood(text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WORDS)), SCRAPS)
def test_any_value_for_any_word(word: str, scrap: str) -> None:
    understood(f"people:\n  dana:\n    number: +15550100001\n    does:\n      - {word}: {scrap}\n")


def test_something_that_contains_itself_is_refused() -> None:
    text = "people:\n  dana: {number: +15550100001, does: &again [one of: [{does: *again}]]}\n"
    assert understood(text) is None


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([knob.name for knob in knobs(Faults())]), st.text(max_size=12))
def test_a_knob_takes_a_text_or_says_why_not(name: str, text: str) -> None:
    faults, complaint = Faults(), ""
    try:
        turn(faults, name, text)
    except ValueError as error:
        complaint = str(error)
    assert name in complaint or not complaint
    assert not complaint or getattr(faults, name) == getattr(Faults(), name)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["{exponential: %g}", "{normal: [%g, 5]}", "{uniform: [0, %g]}", "%g"]),
    st.floats(0.001, 100_000),
    st.integers(),
)
def test_nobody_takes_less_than_no_time(form: str, number: float, seed: int) -> None:
    whole = read(f"waits: {form % number}")
    assert whole is not None
    try:
        drawn = amount(whole.names()["waits"]).draw(Random(seed))
    except WrittenWrong:
        assert "e" in form % number
    else:
        assert 0 <= drawn < math.inf


@given(st.text(min_size=1, max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_words_are_found_wherever_they_stand(words: str, before: str, after: str) -> None:
    if words.strip():
        assert Words(words).are_in(f"{before} {words} {after}")


@pytest.mark.parametrize("size", [1000])
def test_a_large_town_is_read_quickly(size: int) -> None:
    people = "".join(
        f"  person {n}: {{number: +15550{n:06d}, when called: [answers, waits: 5]}}\n"
        for n in range(size)
    )
    found = understood(f"people:\n{people}")
    assert found is not None
    assert len(found.town.people) == size
