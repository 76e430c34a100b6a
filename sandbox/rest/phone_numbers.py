"""`/IncomingPhoneNumbers`: numbers of ours, and what is asked when somebody dials them."""

from __future__ import annotations

import re

from sandbox.core.accounts import API_VERSION, IncomingPhoneNumber, VoiceUrls
from sandbox.core.errors import bad_request
from sandbox.rest.addresses import as_number, formatted
from sandbox.rest.answers import Shape, answer, no_content
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.not_carried import NotCarried
from sandbox.rest.paging import Listing, page
from sandbox.rest.shapes import dates
from sandbox.rest.voice_urls import changed_extra, changed_urls

KEPT = (
    "SmsApplicationSid",
    "SmsUrl",
    "SmsMethod",
    "SmsFallbackUrl",
    "SmsFallbackMethod",
    "EmergencyStatus",
    "EmergencyAddressSid",
    "TrunkSid",
    "VoiceReceiveMode",
    "IdentitySid",
    "AddressSid",
    "BundleSid",
)
CAPABILITIES = {"voice": True, "sms": True, "mms": True, "fax": False}


def create(asked: Asked) -> RestAnswer:
    """Buy a number: a certain one, or any with this area code."""
    form = asked.form
    wanted = _wanted_number(asked)
    number = asked.carrier.add_number(
        asked.account,
        wanted,
        changed_urls(form, VoiceUrls()),
        friendly_name=form.text("FriendlyName") or formatted(wanted),
        voice_application_sid=_application_sid(asked, ""),
        extra=changed_extra(form, KEPT, {}),
    )
    number.voice_caller_id_lookup = form.flag("VoiceCallerIdLookup")
    return answer(201, shape(asked, number))


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, _number(asked)))


def listed(asked: Asked) -> RestAnswer:
    """Filtered by name, or by part of the number with `*` for any digit."""
    name, part = asked.query.text("FriendlyName"), asked.query.text("PhoneNumber")
    matches = _matcher(part) if part else None
    listing = Listing(
        "incoming_phone_numbers",
        asked.newest(asked.carrier.numbers),
        lambda number: number.sid,
        lambda number: shape(asked, number),
        lambda number: (
            name in (None, number.friendly_name)
            and (matches is None or matches.search(number.phone_number) is not None)
        ),
    )
    return page(asked, listing)


def update(asked: Asked) -> RestAnswer:
    """Point a number somewhere else; the next call to it goes there."""
    number, form = _number(asked), asked.form
    if form.text("AccountSid") not in (None, asked.account.sid):
        raise NotCarried("the transfer of numbers between accounts")
    application_sid = _application_sid(asked, number.voice_application_sid)
    number.urls = changed_urls(form, number.urls)
    number.voice_application_sid = application_sid
    number.friendly_name = form.text("FriendlyName") or number.friendly_name
    number.voice_caller_id_lookup = form.flag(
        "VoiceCallerIdLookup", default=number.voice_caller_id_lookup
    )
    number.extra = changed_extra(form, KEPT, number.extra)
    asked.carrier.touch(number)
    return answer(200, shape(asked, number))


def delete(asked: Asked) -> RestAnswer:
    """Give the number back."""
    asked.carrier.remove_number(_number(asked))
    return no_content()


def _number(asked: Asked) -> IncomingPhoneNumber:
    return asked.own(asked.carrier.numbers, "number")


def _matcher(part: str) -> re.Pattern[str]:
    return re.compile("".join(r"\d" if each == "*" else re.escape(each) for each in part))


def _wanted_number(asked: Asked) -> str:
    text, area = asked.form.text("PhoneNumber"), asked.form.text("AreaCode")
    if text is None and area is not None:
        return _free_number(asked, area)
    number = as_number(text or "")
    if number is None:
        raise bad_request(f"'{text or ''}' is not a valid number", 21421)
    if asked.carrier.number_called(number) is not None:
        raise bad_request(f"{number} is not available", 21422)
    return number


def _free_number(asked: Asked, area: str) -> str:
    """The first free one of the block that is reserved for examples."""
    if not re.fullmatch(r"[2-9]\d{2}", area):
        raise bad_request(f"AreaCode '{area}' is not valid", 21451)
    for line in range(100, 200):
        number = f"+1{area}555{line:04d}"
        if asked.carrier.number_called(number) is None:
            return number
    raise bad_request(f"No phone numbers found in area code {area}", 21452)


def _application_sid(asked: Asked, now: str) -> str:
    if not asked.form.given("VoiceApplicationSid"):
        return now
    sid = asked.form.text("VoiceApplicationSid") or ""
    found = asked.carrier.applications.get(sid)
    if sid and (found is None or found.account is not asked.account):
        raise bad_request(f"VoiceApplicationSid {sid} is not valid", 22108)
    return sid


def shape(asked: Asked, number: IncomingPhoneNumber) -> Shape:
    urls, extra = number.urls, number.extra
    return {
        "sid": number.sid,
        "account_sid": number.account.sid,
        "api_version": API_VERSION,
        "phone_number": number.phone_number,
        "friendly_name": number.friendly_name,
        "voice_url": urls.voice_url,
        "voice_method": urls.voice_method,
        "voice_fallback_url": urls.voice_fallback_url,
        "voice_fallback_method": urls.voice_fallback_method,
        "voice_application_sid": number.voice_application_sid,
        "voice_caller_id_lookup": number.voice_caller_id_lookup,
        "voice_receive_mode": extra.get("VoiceReceiveMode") or "voice",
        "status_callback": urls.status_callback,
        "status_callback_method": urls.status_callback_method,
        "sms_application_sid": extra.get("SmsApplicationSid", ""),
        "sms_url": extra.get("SmsUrl", ""),
        "sms_method": extra.get("SmsMethod") or "POST",
        "sms_fallback_url": extra.get("SmsFallbackUrl", ""),
        "sms_fallback_method": extra.get("SmsFallbackMethod") or "POST",
        "uri": f"{asked.root}/IncomingPhoneNumbers/{number.sid}.json",
        **_regulatory(extra),
        **dates(number),
    }


def _regulatory(extra: dict[str, str]) -> Shape:
    return {
        "address_requirements": "none",
        "address_sid": extra.get("AddressSid") or None,
        "beta": False,
        "bundle_sid": extra.get("BundleSid") or None,
        "capabilities": CAPABILITIES,
        "emergency_address_sid": extra.get("EmergencyAddressSid") or None,
        "emergency_address_status": "unregistered",
        "emergency_status": extra.get("EmergencyStatus") or "Inactive",
        "identity_sid": extra.get("IdentitySid") or None,
        "origin": "twilio",
        "status": "in-use",
        "trunk_sid": extra.get("TrunkSid") or None,
        "type": "local",
    }
