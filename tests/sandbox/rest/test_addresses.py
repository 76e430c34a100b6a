"""To, From and CallerId."""

from __future__ import annotations

import pytest

from sandbox.rest.addresses import as_address, as_number, formatted


@pytest.mark.parametrize("text", ["+15550100", "+442071234567", "+123456789012345"])
def test_e164_numbers_stand_as_they_are(text: str) -> None:
    assert as_number(text) == text


@pytest.mark.parametrize("text", ["(415) 555-0100", "415.555.0100", "1-415-555-0100"])
def test_north_american_numbers_are_understood_as_people_write_them(text: str) -> None:
    assert as_number(text) == "+14155550100"


@pytest.mark.parametrize("text", ["", "+", "+0155501000", "555", "dana", "+1555abc0100", "+1" * 9])
def test_what_is_no_number(text: str) -> None:
    assert as_number(text) is None


@pytest.mark.parametrize("text", ["client:dana", "sip:omar@pbx.example", "sips:a@b;region=us1"])
def test_clients_and_sip_users_can_be_called(text: str) -> None:
    assert as_address(text) == text


@pytest.mark.parametrize("text", ["client:", "client:d a", "sip:pbx.example", "queue:x", "dana"])
def test_what_cannot_be_called(text: str) -> None:
    assert as_address(text) is None


def test_north_american_numbers_are_printed_for_people() -> None:
    assert formatted("+14155550100") == "(415) 555-0100"
    assert formatted("+442071234567") == "+442071234567"
    assert formatted("client:dana") == "client:dana"
