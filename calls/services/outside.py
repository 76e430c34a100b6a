"""Numbers outside: which of them may be rung for a caller, and what they are shown."""

from collections.abc import Callable
from functools import partial

from django.conf import settings

from calls import plans
from calls.carrier import given_twiml, numbers
from calls.models import Call, DoNotCall, PhoneNumber
from calls.plans import CannotNow
from calls.services import dial_rules, offering
from calls.states import LegRole

RING_SECONDS = 30


def line_to(
    *, call: Call, number: str, show_caller: bool = False, detect_machine: bool = False
) -> plans.Second:
    """The line of somebody who is none of ours. Raises CannotNow."""
    _check(call, number)
    ours = offering.our_number(call)
    caller = numbers.normalised(call.customer_number)
    shown = caller if show_caller and numbers.E164.fullmatch(caller) else ours
    return plans.Second(
        role=LegRole.EXTERNAL,
        name=number,
        address=number,
        shown_number=shown,
        our_number=ours,
        ring_seconds=RING_SECONDS,
        detect_machine=detect_machine,
    )


def _check(call: Call, number: str) -> None:
    check_is_number(number)
    if number == numbers.normalised(call.customer_number):
        raise CannotNow("That is the caller's own number.", "callers-own-number")
    if PhoneNumber.objects.filter(e164=number, is_active=True).exists():
        raise CannotNow("That is a number of ours: name its queue instead.", "number-of-ours")
    check_may_be_rung(number)


def check_is_number(number: str) -> None:
    """Raises CannotNow, also for a second spelling of a number: `+49 030…` is `+49 30…`, whose
    price counts, and who may not want to be called."""
    if not numbers.E164.fullmatch(number):
        text = "Write the number as +, country code and number."
        raise CannotNow(text, "no-number")
    if numbers.normalised(number) != number:
        text = "Write the number as +, country code and number, without the zero between the two."
        raise CannotNow(text, "no-number")


def check_may_be_rung(number: str) -> None:
    """Raises CannotNow for whoever does not want to be called, and for what is too dear."""
    if numbers.costs_more(number):
        text = f"Calls to {number} are not allowed: such a number costs more than a call."
        raise CannotNow(text, "number-not-allowed")
    if not is_allowed(number):
        text = f"Calls to {number} are not allowed: the administrator says which countries are."
        raise CannotNow(text, "number-not-allowed")
    if DoNotCall.objects.filter(number=number).exists():
        raise CannotNow(f"{number} is not to be called: it is on the list.", "do-not-call")


def mistakes_in_twiml(twiml: str) -> list[str]:
    """What is wrong with TwiML that is given for a live caller, which may dial as little as an
    agent may; a sentence each."""
    wrong = given_twiml.mistakes(twiml, hosts=settings.API_TWIML_HOSTS)
    if wrong or not given_twiml.dials(twiml):
        return wrong
    if why := _why_not(dial_rules.check_is_on):
        return [why]
    checks = (partial(_check_given, each) for each in given_twiml.numbers_dialled(twiml))
    return [why for check in checks if (why := _why_not(check))]


def _check_given(number: str) -> None:
    check_is_number(number)
    check_may_be_rung(number)


def _why_not(check: Callable[[], None]) -> str:
    try:
        check()
    except CannotNow as cannot:
        return str(cannot)
    return ""


def is_allowed(number: str) -> bool:
    """By the setting OUTSIDE_PREFIXES; without it, the countries of our own numbers. Never what
    costs more than a call, however wide the prefix."""
    if numbers.costs_more(number):
        return False
    if settings.OUTSIDE_PREFIXES:
        return number.startswith(tuple(settings.OUTSIDE_PREFIXES))
    ours = PhoneNumber.objects.filter(is_active=True).values_list("e164", flat=True)
    return numbers.country(number) in {numbers.country(each) for each in ours}
