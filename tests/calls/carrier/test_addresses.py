"""Every address that the carrier is given is one that we answer at."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from pytest_django import Settings

from calls.carrier import addresses
from calls.webhooks.kinds import KINDS, Named, Wants, find

# Fixed, as it is part of tests' names.
LEG = CALL = ORDER = UUID("6f9619ff-8b86-4d01-b42d-00c04fc964ff")
OF_LEGS: list[Callable[..., str]] = [
    addresses.wait,
    addresses.queue_left,
    addresses.agent,
    addresses.agent_key,
    addresses.room_left,
    addresses.standby,
    addresses.standby_key,
    addresses.standby_status,
    addresses.voicemail,
    addresses.resume,
    addresses.status,
    addresses.answered_by,
    addresses.recording,
    addresses.hold,
]
OF_NOBODY: list[Callable[..., str]] = [
    addresses.voice,
    addresses.browser,
    addresses.browser_status,
    addresses.browser_test,
    addresses.test_recording,
    addresses.fallback,
    addresses.number_status,
]


@pytest.fixture(autouse=True)
def _public(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"
    settings.FALLBACK_URL = "https://fallback.example.com"


def _all() -> list[str]:
    return [
        *(address(LEG) for address in OF_LEGS),
        *(address() for address in OF_NOBODY),
        addresses.conference(CALL),
        addresses.call_recording(LEG, CALL),
        addresses.announcement(ORDER),
        addresses.resume_anyone(3),
    ]


def test_every_address_is_one_of_our_doors_and_every_door_has_one() -> None:
    places = [find(urlsplit(url).path) for url in _all()]
    assert None not in places
    assert {place.kind.name for place in places if place} == set(KINDS)


@pytest.mark.parametrize("address", OF_LEGS)
def test_our_own_leg_id_travels_in_the_address(address: Callable[..., str]) -> None:
    place = find(urlsplit(address(LEG)).path)
    assert place is not None
    assert place.leg_id == LEG


def test_a_room_is_known_by_its_call() -> None:
    place = find(urlsplit(addresses.conference(CALL)).path)
    assert place is not None
    assert place.call_id == CALL


@pytest.mark.parametrize("url", _all())
def test_the_carrier_is_told_to_try_again_within_its_fifteen_seconds(url: str) -> None:
    told = parse_qs(urlsplit(url).fragment)
    place = find(urlsplit(url).path)
    assert place is not None
    if place.kind.wants is Wants.NOTHING:
        assert told == {"rc": ["3"], "rp": ["5xx,ct,rt"]}
    else:
        tries = int(told["rc"][0]) + 1
        assert tries * (int(told["ct"][0]) + int(told["rt"][0])) <= 15_000


def test_only_the_fallback_is_elsewhere() -> None:
    elsewhere = [url for url in _all() if not url.startswith("https://calls.example.com/twilio/")]
    assert len(elsewhere) == 1
    assert elsewhere[0].startswith("https://fallback.example.com/twilio/fallback#")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/twilio",
        "/twilio/",
        "/twilio/nothing",
        "/twilio/wait",
        "/twilio/wait/",
        "/twilio/wait/omar",
        f"/twilio/wait/{LEG}/",
        f"/twilio/wait/{LEG}/more",
        f"/twilio/voice/{LEG}",
        f"/twilio/wait/{{{str(LEG)[:-2]}}}",
        f"/other/wait/{LEG}",
        f"/x/twilio/wait/{LEG}",
    ],
)
def test_no_other_path_is_ours(path: str) -> None:
    assert find(path) is None


def test_a_leg_may_be_resumed_by_our_id_or_by_the_carriers() -> None:
    assert KINDS["resume"].named is Named.LEG_IF_KNOWN
    place = find("/twilio/resume")
    assert place is not None
    assert place.leg_id is None
