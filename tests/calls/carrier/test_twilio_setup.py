"""`manage.py twilio_setup`: a number's calls come to us."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from calls.carrier import addresses
from calls.models import PhoneNumber, Queue
from tests.calls.carrier.scripted_carrier import ScriptedCarrier, page, problem

BILLING, SALES = "+15550100000", "+15550100009"
PN = "PN" + "7" * 32
ELSEWHERE = {
    "sid": PN,
    "phone_number": BILLING,
    "voice_url": "https://demo.twilio.com/welcome",
    "voice_method": "GET",
    "voice_application_sid": "AP" + "1" * 32,
}


AP = "AP" + "8" * 32


@pytest.fixture(autouse=True)
def _no_browsers(settings: Settings) -> None:
    settings.TWILIO_TWIML_APP_SID = ""


def ours() -> dict[str, Any]:
    return {
        "sid": PN,
        "phone_number": BILLING,
        "voice_url": addresses.voice(),
        "voice_method": "POST",
        "voice_fallback_url": addresses.fallback(),
        "voice_fallback_method": "POST",
        "status_callback": addresses.number_status(),
        "status_callback_method": "POST",
        "voice_application_sid": None,
        "trunk_sid": None,
    }


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("twilio_setup", *arguments, stdout=out)
    return out.getvalue()


def test_a_number_is_pointed_at_us_and_taken_from_its_application(
    carrier: ScriptedCarrier,
) -> None:
    carrier.will_say(page("incoming_phone_numbers", ELSEWHERE), (200, ELSEWHERE))
    told = run(BILLING)
    looked, changed = carrier.asked
    assert ("PhoneNumber", BILLING) in looked.query
    assert changed.path.endswith(f"/IncomingPhoneNumbers/{PN}.json")
    assert dict(changed.form) == {
        "VoiceUrl": addresses.voice(),
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": addresses.fallback(),
        "VoiceFallbackMethod": "POST",
        "StatusCallback": addresses.number_status(),
        "StatusCallbackMethod": "POST",
        "VoiceApplicationSid": "",
    }
    assert f"voice_url: https://demo.twilio.com/welcome -> {addresses.voice()}" in told
    assert f"voice_application_sid: AP{'1' * 32} -> nothing" in told


def test_a_dry_run_tells_the_same_and_changes_nothing(carrier: ScriptedCarrier) -> None:
    carrier.will_say(page("incoming_phone_numbers", ELSEWHERE))
    told = run(BILLING, "--dry-run")
    assert "would change" in told
    assert addresses.voice() in told
    assert [asked.method for asked in carrier.asked] == ["GET"]


def test_a_number_that_comes_to_us_already_is_left_alone(carrier: ScriptedCarrier) -> None:
    carrier.will_say(page("incoming_phone_numbers", ours()))
    assert "already comes to us" in run(BILLING)
    assert [asked.method for asked in carrier.asked] == ["GET"]


def test_a_number_may_be_written_as_people_write_it(carrier: ScriptedCarrier) -> None:
    carrier.will_say(page("incoming_phone_numbers", ours()))
    assert BILLING in run("+1 (555) 010-0000")


@pytest.mark.django_db
def test_without_numbers_all_active_ones_are_pointed(carrier: ScriptedCarrier) -> None:
    queue = Queue.objects.create(name="Billing", slug="billing")
    PhoneNumber.objects.create(e164=BILLING, queue=queue)
    PhoneNumber.objects.create(e164=SALES, queue=queue, is_active=False)
    carrier.will_say(page("incoming_phone_numbers", ours()))
    run()
    asked = [dict(asked.query)["PhoneNumber"] for asked in carrier.asked]
    assert asked == [BILLING]


@pytest.mark.django_db
def test_with_no_number_at_all_we_say_where_to_add_one(carrier: ScriptedCarrier) -> None:
    with pytest.raises(CommandError, match="admin"):
        run()


@pytest.fixture
def browsers(db: None, settings: Settings) -> None:
    """Agents talk in the browser, and one number is active, which comes to us already."""
    settings.TWILIO_TWIML_APP_SID = AP
    queue = Queue.objects.create(name="Billing", slug="billing")
    PhoneNumber.objects.create(e164=BILLING, queue=queue)


@pytest.mark.usefixtures("browsers")
def test_the_application_of_the_browsers_is_pointed_at_us(carrier: ScriptedCarrier) -> None:
    app = {"sid": AP, "friendly_name": "Desks", "voice_url": "", "voice_method": "GET"}
    carrier.will_say(page("incoming_phone_numbers", ours()), (200, app), (200, app))
    told = run()
    changed = carrier.asked[-1]
    assert changed.path.endswith(f"/Applications/{AP}.json")
    assert dict(changed.form) == {
        "VoiceUrl": addresses.browser(),
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": addresses.fallback(),
        "VoiceFallbackMethod": "POST",
        "StatusCallback": addresses.browser_status(),
        "StatusCallbackMethod": "POST",
    }
    assert f"TwiML App Desks ({AP}) changes:" in told


@pytest.mark.usefixtures("browsers")
def test_a_dry_run_leaves_the_application_as_it_is(carrier: ScriptedCarrier) -> None:
    app = {"sid": AP, "friendly_name": "Desks", "voice_url": "https://demo.twilio.com/welcome"}
    carrier.will_say(page("incoming_phone_numbers", ours()), (200, app))
    told = run("--dry-run")
    assert f"voice_url: https://demo.twilio.com/welcome -> {addresses.browser()}" in told
    assert [asked.method for asked in carrier.asked] == ["GET", "GET"]


@pytest.mark.usefixtures("browsers")
def test_an_application_that_the_account_does_not_own_is_named(carrier: ScriptedCarrier) -> None:
    carrier.will_say(page("incoming_phone_numbers", ours()), problem(404, 20404, "Not found"))
    with pytest.raises(CommandError, match=f"does not own the TwiML App {AP}"):
        run()


def test_a_number_that_the_account_does_not_own_is_named(carrier: ScriptedCarrier) -> None:
    """A number that only contains the digits is another one."""
    longer = ours() | {"phone_number": f"{SALES}9"}
    carrier.will_say(page("incoming_phone_numbers", longer))
    with pytest.raises(CommandError, match=r"does not own \+15550100009"):
        run(SALES)


def test_wrong_credentials_are_told_as_such(carrier: ScriptedCarrier) -> None:
    carrier.will_say(problem(401, 20003, "Authenticate"))
    with pytest.raises(CommandError, match="TWILIO_AUTH_TOKEN"):
        run(BILLING)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("PUBLIC_URL", "http://127.0.0.1:8800"),
        ("PUBLIC_URL", "https://localhost"),
        ("PUBLIC_URL", "http://calls.example.com"),
        ("FALLBACK_URL", "http://127.0.0.1:8805"),
    ],
)
def test_an_address_that_the_carrier_cannot_call_is_refused(
    settings: Settings, name: str, url: str
) -> None:
    settings.CARRIER_API_URL = ""
    settings.PUBLIC_URL = settings.FALLBACK_URL = "https://calls.example.com"
    setattr(settings, name, url)
    with pytest.raises(CommandError, match=name):
        run(BILLING)
