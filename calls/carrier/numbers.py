"""Telephone numbers as they come in: told apart from withheld ones, made comparable, read out."""

import re

import phonenumbers

# https://www.twilio.com/docs/glossary/what-e164
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# Keypad spellings that stand for a withheld number.
# https://www.twilio.com/docs/voice/twiml#request-parameters, "Caller ID"
_SPELT = {
    "+266696687",  # ANONYMOUS
    "+7378742833",  # RESTRICTED
    "+2562533",  # BLOCKED
    "+8656696",  # UNKNOWN
    "+8566696",  # UNKNOWN, as it is documented
    "+86282452253",  # UNAVAILABLE
}
_WORDS = {"anonymous", "unavailable", "restricted", "unknown", "private", "blocked", "withheld"}
_SCHEMES = ("sip:", "sips:", "client:")
_SHOWN = 4
_Kind = phonenumbers.PhoneNumberType
_DEAR = {_Kind.PREMIUM_RATE, _Kind.SHARED_COST, _Kind.PERSONAL_NUMBER, _Kind.PAGER}
# Satellites and networks of no country, by their country codes.
# https://www.itu.int/pub/T-SP-E.164D
_NO_COUNTRY = "001"  # as the plan has it
_OF_NO_COUNTRY = {870, 878, 881, 882, 883, 979}


def is_withheld(raw: str) -> bool:
    """Whether the caller's number was kept from us, in any of the ways in which it is."""
    text = raw.strip()
    if text.startswith(_SCHEMES):
        text = text.split(":", 1)[1].split("@", 1)[0]
    return not text or text.lower() in _WORDS or text in _SPELT


def normalised(raw: str) -> str:
    """One spelling for one far end: E.164 where it is a number, empty where it is withheld."""
    text = raw.strip()
    if is_withheld(text):
        return ""
    if text.startswith(_SCHEMES):
        return text.split(";", 1)[0].split("?", 1)[0].lower()
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country(e164: str) -> str:
    """The country of a number: `US`; where the plan knows none, its country code: `+1`.

    A country code is not enough to tell: +1 is also that of islands which cost many times as much.
    """
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.region_code_for_number(number) or f"+{number.country_code}"


def countries_that_begin(prefix: str) -> list[str]:
    """The countries whose numbers all begin so: of `+7` Russia and Kazakhstan."""
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    begin = [regions for code, regions in codes if f"+{code}".startswith(prefix)]
    return [region for regions in begin for region in regions if region != _NO_COUNTRY]


def costs_more(e164: str) -> bool:
    """Whether calling the number pays somebody for more than the call, or a satellite."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164.startswith(tuple(f"+{code}" for code in _OF_NO_COUNTRY))
    # Networks leave digits that are too many undialled.
    phonenumbers.truncate_too_long_number(number)
    return number.country_code in _OF_NO_COUNTRY or phonenumbers.number_type(number) in _DEAR


def typed(text: str, *, like: str) -> str:
    """What somebody typed, as +, country code and number; a national one is of the same country as
    `like`, a number of ours. Whatever cannot be understood comes back as it is."""
    plain = re.sub(r"[\s()./\-\u2010-\u2015]", "", text)
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    if plain.startswith("+"):
        return normalised(plain) if E164.fullmatch(plain) else plain
    try:
        code = phonenumbers.parse(like, None).country_code
        here = phonenumbers.region_code_for_country_code(code or 0)
        number = phonenumbers.parse(plain, here)
    except phonenumbers.NumberParseException:
        return plain
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def read_out(raw: str) -> str:
    """For a voice that reads it out: digit by digit, a pause between the groups; empty if withheld.

    Without the spaces a voice makes millions of it.
    https://www.twilio.com/docs/voice/twiml/say
    """
    text = normalised(raw)
    if text.startswith(_SCHEMES):
        return text.split(":", 1)[1].split("@", 1)[0]
    try:
        number = phonenumbers.parse(text, None)
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        pass
    return ", ".join(" ".join(group) for group in re.findall(r"[0-9]+", text))


def masked(raw: str) -> str:
    """For logs: enough to recognise a number that one knows, too little to call it."""
    text = raw.strip()
    if is_withheld(text):
        return "withheld"
    if text.startswith(_SCHEMES):
        scheme, rest = text.split(":", 1)
        user, at, host = rest.partition("@")
        return f"{scheme}:{user[:1]}…{at}{host}"
    return f"{text[:2]}…{text[-_SHOWN:]}" if len(text) > _SHOWN + 3 else "…"
