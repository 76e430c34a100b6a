"""Applications, phone numbers, verified caller ids: what an account is set up with."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.core.accounts import VoiceUrls
from tests.sandbox.rest.house import APP, NUMBER, TALK, House
from tests.sandbox.rest.refusals import refused

# applications


def test_an_application_is_made_read_changed_and_removed(house: House) -> None:
    made = house.client.applications.create(
        friendly_name="desk", voice_url=f"{APP}/voice", voice_method="GET", sms_url=f"{APP}/sms"
    )
    assert (made.voice_url, made.voice_method, made.sms_url) == (
        f"{APP}/voice",
        "GET",
        f"{APP}/sms",
    )
    application = house.client.applications(made.sid)
    application.update(voice_url=f"{APP}/other", status_callback=f"{APP}/status")
    read = application.fetch()
    assert (read.voice_url, read.voice_method) == (f"{APP}/other", "GET")
    assert (read.status_callback, read.friendly_name) == (f"{APP}/status", "desk")
    assert application.delete() is True
    with refused(20404, 404):
        application.fetch()


def test_an_address_is_cleared_by_an_empty_one(house: House) -> None:
    made = house.client.applications.create(voice_url=f"{APP}/voice", sms_url=f"{APP}/sms")
    cleared = house.client.applications(made.sid).update(voice_url="", sms_url="")
    assert (cleared.voice_url, cleared.sms_url) == (None, None)


def test_flags_of_an_application_are_kept(house: House) -> None:
    made = house.client.applications.create(
        voice_caller_id_lookup=True, public_application_connect_enabled=True
    )
    kept = house.client.applications(made.sid).update(friendly_name="renamed")
    assert (kept.voice_caller_id_lookup, kept.public_application_connect_enabled) == (True, True)
    assert kept.friendly_name == "renamed"


def test_applications_are_listed_and_found_by_name(house: House) -> None:
    desk = house.client.applications.create(friendly_name="desk")
    board = house.client.applications.create(friendly_name="board")
    assert [each.sid for each in house.client.applications.list()] == [board.sid, desk.sid]
    assert [each.sid for each in house.client.applications.list(friendly_name="desk")] == [desk.sid]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"voice_url": "/voice"}, 21402),
        ({"status_callback": "status"}, 21402),
        ({"voice_method": "PUT"}, 21403),
        ({"voice_fallback_url": f"{APP}/sorry"}, 21405),
        ({"friendly_name": "x" * 65}, 20002),
        ({"voice_caller_id_lookup": "maybe"}, 20001),
    ],
)
def test_an_application_is_judged(house: House, changes: dict[str, Any], code: int) -> None:
    with refused(code):
        house.client.applications.create(**changes)


# numbers


def test_a_number_is_bought_and_rings_the_application(house: House) -> None:
    house.pages["/new"] = TALK
    bought = house.client.incoming_phone_numbers.create(
        phone_number="+15550111", voice_url=f"{APP}/new", friendly_name="support"
    )
    assert (bought.phone_number, bought.friendly_name) == ("+15550111", "support")
    assert bought.capabilities["voice"] is True
    house.person("+15550177")
    house.carrier.dial_in(house.people["+15550177"], from_="+15550177", to="+15550111")
    house.advance(2)
    assert house.asked[-1].url == f"{APP}/new"


def test_a_number_is_named_after_itself(house: House) -> None:
    bought = house.client.incoming_phone_numbers.create(phone_number="+14155550111")
    assert bought.friendly_name == "(415) 555-0111"


def test_any_number_of_an_area(house: House) -> None:
    bought = [house.client.incoming_phone_numbers.create(area_code="415") for _ in range(2)]
    assert [each.phone_number for each in bought] == ["+14155550100", "+14155550101"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 21421),
        ({"phone_number": "dana"}, 21421),
        ({"phone_number": NUMBER}, 21422),
        ({"area_code": "11"}, 21451),
        ({"phone_number": "+15550111", "voice_url": "/voice"}, 21402),
        ({"phone_number": "+15550111", "voice_method": "PUT"}, 21403),
        ({"phone_number": "+15550111", "voice_fallback_url": f"{APP}/sorry"}, 21405),
        ({"phone_number": "+15550111", "voice_application_sid": "AP" + "0" * 32}, 22108),
    ],
)
def test_buying_a_number_is_judged(house: House, changes: dict[str, Any], code: int) -> None:
    with refused(code):
        house.client.incoming_phone_numbers.create(**changes)
    assert len(house.client.incoming_phone_numbers.list()) == 1


def test_an_area_can_run_out_of_numbers(house: House) -> None:
    for line in range(100, 200):
        house.carrier.add_number(house.account, f"+1415555{line:04d}")
    with refused(21452, text="415"):
        house.client.incoming_phone_numbers.create(area_code="415")


def test_a_number_is_pointed_somewhere_else(house: House) -> None:
    number = house.client.incoming_phone_numbers(house.number.sid)
    changed = number.update(
        voice_url=f"{APP}/night", voice_fallback_url=f"{APP}/sorry", status_callback=f"{APP}/s"
    )
    assert (changed.voice_url, changed.voice_fallback_url) == (f"{APP}/night", f"{APP}/sorry")
    house.dial_in()
    assert f"{APP}/night" in [fetch.url for fetch in house.asked]


def test_a_number_is_given_to_an_application(house: House) -> None:
    house.pages["/app"] = TALK
    app = house.carrier.add_application(house.account, "desk", VoiceUrls(f"{APP}/app"))
    number = house.client.incoming_phone_numbers(house.number.sid)
    assert number.update(voice_application_sid=app.sid).voice_application_sid == app.sid
    house.dial_in()
    assert house.asked[-1].url == f"{APP}/app"
    assert number.update(voice_application_sid="").voice_application_sid == ""


def test_what_has_no_effect_on_calls_is_kept(house: House) -> None:
    number = house.client.incoming_phone_numbers(house.number.sid)
    number.update(sms_url=f"{APP}/sms", address_sid="AD" + "0" * 32, voice_caller_id_lookup=True)
    kept = number.fetch()
    assert (kept.sms_url, kept.address_sid) == (f"{APP}/sms", "AD" + "0" * 32)
    assert kept.voice_caller_id_lookup is True


def test_numbers_are_found_by_name_and_by_part(house: House) -> None:
    house.client.incoming_phone_numbers.create(phone_number="+14155550111", friendly_name="sales")
    numbers = house.client.incoming_phone_numbers
    assert [n.phone_number for n in numbers.list(friendly_name="sales")] == ["+14155550111"]
    assert [n.phone_number for n in numbers.list(phone_number="+1415")] == ["+14155550111"]
    assert [n.phone_number for n in numbers.list(phone_number="5550***")] == [
        "+14155550111",
        NUMBER,
    ]
    assert numbers.list(phone_number="999") == []


def test_a_number_is_given_back(house: House) -> None:
    assert house.client.incoming_phone_numbers(house.number.sid).delete() is True
    assert house.client.incoming_phone_numbers.list() == []
    with refused(21210):
        house.client.calls.create(to="+15550177", from_=NUMBER, url=f"{APP}/voice")


def test_a_number_does_not_move_to_another_account(house: House) -> None:
    with refused(20501, 501, "transfer"):
        house.client.incoming_phone_numbers(house.number.sid).update(account_sid="AC" + "0" * 32)


# caller ids


def test_verified_caller_ids_are_listed_and_found(house: House) -> None:
    omar = house.carrier.add_caller_id(house.account, "+15550142", "omar")
    zoe = house.carrier.add_caller_id(house.account, "+15550143", "zoe")
    ids = house.client.outgoing_caller_ids
    assert [each.sid for each in ids.list()] == [zoe.sid, omar.sid]
    assert [each.sid for each in ids.list(phone_number="+15550142")] == [omar.sid]
    assert [each.sid for each in ids.list(friendly_name="zoe")] == [zoe.sid]
    assert ids(omar.sid).fetch().phone_number == "+15550142"


def test_another_accounts_settings_are_20404(house: House) -> None:
    globex = house.carrier.add_account(name="Globex")
    theirs = house.carrier.add_number(globex, "+15550200")
    app = house.carrier.add_application(globex, "theirs")
    for resource in (
        house.client.incoming_phone_numbers(theirs.sid),
        house.client.applications(app.sid),
    ):
        with refused(20404, 404):
            resource.fetch()
