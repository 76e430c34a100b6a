"""Numbers as callers bring them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.carrier.numbers import (
    costs_more,
    country,
    is_withheld,
    masked,
    normalised,
    read_out,
)

WITHHELD = [
    "",
    "  ",
    "anonymous",
    "Anonymous",
    "RESTRICTED",
    "unknown",
    "+266696687",
    "+7378742833",
    "sip:anonymous@anonymous.invalid",
]


@pytest.mark.parametrize("raw", WITHHELD)
def test_a_withheld_number_is_recognised_in_every_spelling(raw: str) -> None:
    assert is_withheld(raw)
    assert normalised(raw) == ""
    assert masked(raw) == "withheld"


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        ("+15550100001", "+15550100001"),
        ("+1 (555) 010-0001", "+15550100001"),
        (" +15550100001 ", "+15550100001"),
        ("sip:Dana@PBX.example.com;transport=tls", "sip:dana@pbx.example.com"),
        ("client:omar", "client:omar"),
        ("5550100001", "5550100001"),
        ("911", "911"),
    ],
)
def test_one_caller_has_one_spelling(raw: str, same: str) -> None:
    assert not is_withheld(raw)
    assert normalised(raw) == same


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("+15550100001", "+1…0001"),
        ("sip:dana@pbx.example.com", "sip:d…@pbx.example.com"),
        ("client:omar", "client:o…"),
        ("12345", "…"),
    ],
)
def test_a_log_shows_too_little_to_call_anybody(raw: str, shown: str) -> None:
    assert masked(raw) == shown


@given(st.from_regex(r"\+[1-9][0-9]{8,14}", fullmatch=True))
def test_no_masked_number_can_be_called(number: str) -> None:
    assert number not in masked(number)
    assert len(masked(number)) <= 8


@given(st.text(max_size=40))
def test_whatever_comes_in_is_understood_or_left_alone(raw: str) -> None:
    once = normalised(raw)
    assert normalised(once) == once
    assert isinstance(masked(raw), str)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("+12125550123", "1, 2 1 2, 5 5 5, 0 1 2 3"),
        ("+442079460018", "4 4, 2 0, 7 9 4 6, 0 0 1 8"),
        ("5550123", "5 5 5 0 1 2 3"),
        ("sip:omar@pbx.example.com", "omar"),
        ("client:omar", "omar"),
        ("anonymous", ""),
        ("+266696687", ""),
    ],
)
def test_a_number_is_read_out_digit_by_digit_and_in_its_groups(raw: str, said: str) -> None:
    assert read_out(raw) == said


@pytest.mark.parametrize(
    ("e164", "where"),
    [
        ("+12125550123", "US"),
        ("+18765550123", "JM"),
        ("+442079460018", "GB"),
        ("+15557001000", "+1"),
        ("nonsense", ""),
    ],
)
def test_numbers_of_one_country_code_are_told_apart_by_country(e164: str, where: str) -> None:
    assert country(e164) == where


@pytest.mark.parametrize(
    ("e164", "dear"),
    [
        ("+19002345678", True),
        ("+190023456789", True),  # one digit too many is not dialled, and reaches it
        ("+499001234567", True),
        ("+12125550123", False),
        ("+121255501234", False),
        ("+15551230001", False),
        ("x", False),
    ],
)
def test_numbers_that_earn_somebody_money_are_known(e164: str, dear: bool) -> None:
    assert costs_more(e164) is dear
