"""While web or database is down, callers hear that somebody is there."""

import asyncio
import subprocess
import sys
from uuid import uuid4
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from pytest_django import Settings

from callcenter import fallback
from calls.carrier import addresses
from calls.webhooks.one_moment import MOST_ATTEMPTS, attempts_so_far
from tests.calls.webhooks.carrier_requests import Request, asked
from tests.calls.webhooks.one_process import Lifespan, ask


def heard(failed: str) -> list[Element]:
    request = asked(addresses.fallback(), ErrorCode="11200", ErrorUrl=failed)
    response = asyncio.run(ask(fallback.application, request))
    assert response.status == 200, response
    return list(ElementTree.fromstring(response.body))


def test_a_caller_hears_one_moment_and_we_are_asked_again() -> None:
    say, pause, redirect = heard(addresses.voice())
    assert say.text == "One moment, please."
    assert pause.get("length") == "2"
    assert redirect.text == addresses.resume_anyone(1)
    assert redirect.get("method") == "POST"


def test_each_pause_is_a_little_longer_up_to_ten_seconds() -> None:
    pauses = [int(heard(addresses.resume_anyone(n))[1].get("length", "")) for n in range(8)]
    assert pauses == [2, 3, 5, 8, 10, 10, 10, 10]


def test_the_attempts_are_counted_in_the_address_that_failed() -> None:
    assert heard(addresses.resume_anyone(4))[2].text == addresses.resume_anyone(5)


def test_after_some_ten_minutes_we_say_so_and_end() -> None:
    seconds = 0
    attempt = 0
    while (said := heard(addresses.resume_anyone(attempt)))[-1].tag == "Redirect":
        seconds += int(said[1].get("length", ""))
        attempt += 1
    assert 300 <= seconds <= 600
    assert attempt == MOST_ATTEMPTS
    assert [verb.tag for verb in said] == ["Say", "Hangup"]


def test_who_has_left_a_message_is_not_asked_for_it_again() -> None:
    say, hang_up = heard(addresses.voicemail(uuid4()))
    assert (say.text, hang_up.tag) == ("Thank you. Goodbye.", "Hangup")


@pytest.mark.parametrize(
    "failed",
    ["", "not an address", "https://a.test/?attempt=-1", "https://a.test/?attempt=x", "https://["],
)
def test_whatever_failed_the_caller_is_kept(failed: str) -> None:
    assert [verb.tag for verb in heard(failed)] == ["Say", "Pause", "Redirect"]


def test_no_address_counts_to_infinity() -> None:
    assert attempts_so_far(f"https://a.test/?attempt={'9' * 40}") == MOST_ATTEMPTS


def test_a_forged_request_is_refused_here_too() -> None:
    request = asked(addresses.fallback()).with_header("X-Twilio-Signature", "no")
    assert asyncio.run(ask(fallback.application, request)).status == 403


def test_it_is_signed_for_its_own_address(settings: Settings) -> None:
    settings.FALLBACK_URL = "https://fallback.example.com"
    request = asked(addresses.fallback())
    assert asyncio.run(ask(fallback.application, request)).status == 200


def test_it_answers_nothing_else() -> None:
    assert asyncio.run(ask(fallback.application, asked(addresses.voice()))).status == 404


def test_it_says_that_it_is_alive() -> None:
    request = Request("GET", "/healthz", "", {}, b"")
    response = asyncio.run(ask(fallback.application, request))
    assert (response.status, response.body) == (200, b"ok\n")


def test_it_starts_and_stops() -> None:
    told = asyncio.run(Lifespan().run(fallback.application))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_it_stands_on_no_database() -> None:
    """Loaded by itself it knows no driver, no table of ours, and Django is not set up."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import callcenter.fallback, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "calls.webhooks.one_moment" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("psycopg", "procrastinate")]
    assert not [name for name in loaded if name.startswith(("calls.models", "agents"))]
