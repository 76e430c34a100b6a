"""The numbers that the account owns, and the TwiML App that agents' browsers call through: where
their calls go. For a command, in a thread."""

from dataclasses import dataclass

from twilio.base.exceptions import TwilioException

from calls.carrier import addresses
from calls.carrier.clients import sync_client
from calls.carrier.readings import in_our_words


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """A number of the account; `settings` are the ones that decide where its calls go."""

    sid: str
    e164: str
    settings: dict[str, str]


def wanted() -> dict[str, str]:
    """The settings that bring a number's calls to us.

    A number that is bound to an application or a trunk ignores its own addresses.
    """
    return {
        "voice_url": addresses.voice(),
        "voice_method": "POST",
        "voice_fallback_url": addresses.fallback(),
        "voice_fallback_method": "POST",
        "status_callback": addresses.number_status(),
        "status_callback_method": "POST",
        "voice_application_sid": "",
        "trunk_sid": "",
    }


def owned_number(e164: str) -> OwnedNumber | None:
    """None where the account has no such number. Raises CarrierTrouble."""
    with in_our_words():
        found = sync_client().incoming_phone_numbers.list(phone_number=e164, limit=20)
    # The carrier's filter also finds numbers that merely contain these digits.
    for number in found:
        if number.phone_number == e164:
            settings = {name: str(getattr(number, name) or "") for name in wanted()}
            return OwnedNumber(str(number.sid), e164, settings)
    return None


@dataclass(frozen=True, slots=True)
class OwnedApplication:
    """A TwiML App of the account; `settings` are the ones that decide where its calls go."""

    sid: str
    name: str
    settings: dict[str, str]


def wanted_of_application() -> dict[str, str]:
    """The settings that bring what agents' browsers connect to us."""
    return {
        "voice_url": addresses.browser(),
        "voice_method": "POST",
        "voice_fallback_url": addresses.fallback(),
        "voice_fallback_method": "POST",
        "status_callback": addresses.browser_status(),
        "status_callback_method": "POST",
    }


def owned_application(sid: str) -> OwnedApplication | None:
    """None where the account has no such application. Raises CarrierTrouble."""
    with in_our_words():
        try:
            found = sync_client().applications(sid).fetch()
        except TwilioException as said:
            if getattr(said, "status", None) == 404:
                return None
            raise
    settings = {name: str(getattr(found, name) or "") for name in wanted_of_application()}
    return OwnedApplication(str(found.sid), str(found.friendly_name or ""), settings)


def differences_of_application(application: OwnedApplication) -> dict[str, tuple[str, str]]:
    """What would change, as (is, will be)."""
    return _differences(application.settings, wanted_of_application())


def point_application_at_us(application: OwnedApplication) -> None:
    """From now on what browsers connect through it comes to us. Raises CarrierTrouble."""
    changed = {name: value for name, (_, value) in differences_of_application(application).items()}
    with in_our_words():
        sync_client().applications(application.sid).update(**changed)


def differences(number: OwnedNumber) -> dict[str, tuple[str, str]]:
    """What would change, as (is, will be)."""
    return _differences(number.settings, wanted())


def _differences(is_now: dict[str, str], wanted: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (is_now[name], value) for name, value in wanted.items() if is_now[name] != value}


def point_at_us(number: OwnedNumber) -> None:
    """From now on calls to this number come to us. Raises CarrierTrouble."""
    changed = {name: value for name, (_, value) in differences(number).items()}
    with in_our_words():
        sync_client().incoming_phone_numbers(number.sid).update(**changed)
