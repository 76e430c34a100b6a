"""Logs tell which call a line is about, and never a number or a secret."""

import json
import logging
import sys

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.logs import JsonLines, PlainLines, masked
from calls.about import about


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.getLogger("tests").makeRecord(
        "tests", logging.WARNING, __file__, 1, message, arguments, None, extra=extra
    )
    made.created = 1_772_452_800.5
    return made


def entry(made: logging.LogRecord) -> dict[str, object]:
    read: dict[str, object] = json.loads(JsonLines().format(made))
    return read


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("dana called from +15550001234", "dana called from +1…1234"),
        ("From=%2B15550001234&To=x", "From=%2B1…1234&To=x"),
        ("omar is at 00155500012345.", "omar is at 0…2345."),
        ("call (555) 010-1234 back", "call 5…1234 back"),
        ("call 555-010-1234 back", "call 5…1234 back"),
        ("+44 20 7946 0958: busy", "+4…0958: busy"),
        ("client:+15550001234@desk", "client:+1…1234@desk"),
    ],
)
def test_what_looks_like_a_number_is_masked(said: str, written: str) -> None:
    assert masked(said) == written


@pytest.mark.parametrize(
    "harmless",
    [
        "CA" + "0123456789abcdef" * 2,
        "leg 0198c1b2-1234-1234-1234-123456789012",
        "2026-03-02 12:00:00.123456+00:00",
        "127.0.0.1:8800 answered in 0.1234567890 s",
        "error 21220, order 42",
    ],
)
def test_what_is_no_number_stays(harmless: str) -> None:
    assert masked(harmless) == harmless


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.text(max_size=20))
@example("+15550001234", "")
def test_no_number_survives_whatever_stands_around_it(number: str, around: str) -> None:
    assert number not in masked(f"{around} {number} {around}").replace(around, "")


def test_a_line_is_one_object_with_its_moment_and_level() -> None:
    assert entry(record("%s waits", "dana")) == {
        "at": "2026-03-02T12:00:00.500+00:00",
        "level": "WARNING",
        "logger": "tests",
        "message": "dana waits",
    }


def test_numbers_in_arguments_and_extras_are_masked() -> None:
    written = entry(record("ringing %s", "+15550001234", caller="+15550005678", leg_id="7"))
    assert written["message"] == "ringing +1…1234"
    assert (written["caller"], written["leg_id"]) == ("+1…5678", "7")


def test_numbers_in_a_traceback_are_masked() -> None:
    made = record("it failed")
    try:
        raise ValueError("no such number: +15550001234")
    except ValueError:
        made.exc_info = sys.exc_info()
    written = JsonLines().format(made)
    assert "+1…1234" in written
    assert "15550001234" not in written


def test_our_own_secrets_are_taken_out_wherever_they_turn_up() -> None:
    said = f"signed with {settings.TWILIO_AUTH_TOKEN}, key {settings.SECRET_KEY}"
    assert masked(said) == "signed with [secret], key [secret]"
    assert masked("Authorization: Basic QUM1YTVhOnNlY3JldA==") == "Authorization: Basic [secret]"


def test_lines_carry_the_call_and_leg_that_the_code_is_about() -> None:
    with about(call_id="c-1"), about(leg_id="l-2", queue=None):
        written = entry(record("joined the room"))
    assert (written["call_id"], written["leg_id"]) == ("c-1", "l-2")
    assert "queue" not in written
    assert "call_id" not in entry(record("something else"))


def test_what_a_line_says_of_itself_comes_before_what_surrounds_it() -> None:
    with about(leg_id="outer"):
        assert entry(record("joined", leg_id="inner"))["leg_id"] == "inner"


def test_people_get_plain_lines_with_the_same_care() -> None:
    written = PlainLines().format(record("ringing %s", "+15550001234", leg_id="7"))
    assert written.endswith("WARNING tests: ringing +1…1234 leg_id=7")
