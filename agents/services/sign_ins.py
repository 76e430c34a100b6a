"""How often somebody may be wrong about a password, for each account and for each address.

An attempt is taken from both allowances before the password is looked at, and given back when it
was right: so not even many attempts at once are more than the allowance. It matters not whether
there is such an account; nobody learns here who has one.
"""

from datetime import datetime

from django.conf import settings

from calls import allowances
from calls.allowances import Rate
from calls.models import Allowance

ACCOUNT, ADDRESS = "account", "address"


class TooManyFailures(Exception):
    """No password is looked at before `again_at`; `whose` is ACCOUNT or ADDRESS."""

    def __init__(self, whose: str, again_at: datetime) -> None:
        super().__init__(whose, again_at)
        self.whose = whose
        self.again_at = again_at


def rate_of(kind: str) -> Rate | None:
    """What the settings allow; None for any number."""
    names = {ACCOUNT: "SIGN_IN_RATE_PER_ACCOUNT", ADDRESS: "SIGN_IN_RATE_PER_ADDRESS"}
    return allowances.rate(getattr(settings, names[kind]))


def admit(*, account: str, address: str, now: datetime) -> None:
    """Call it before the password is looked at; `address` may be empty where it is not known.

    Raises TooManyFailures, and then nothing was taken.
    """
    _take(ACCOUNT, account, now)
    try:
        _take(ADDRESS, address, now)
    except TooManyFailures:
        _give_back(ACCOUNT, account)
        raise


def succeeded(*, account: str, address: str, now: datetime) -> None:
    """The password was right: the account's earlier failures count no more.

    Those of the address do: whoever has an account of their own could try others' for ever.
    """
    unlock(kind=ACCOUNT, name=account)
    _give_back(ADDRESS, address)
    allowances.forget(now=now)


def unlock(*, kind: str, name: str) -> None:
    """The account, or the address, has its whole allowance again."""
    allowances.restore(subject=_subject(kind, name))


def _take(kind: str, name: str, now: datetime) -> None:
    rate = rate_of(kind)
    if rate is None or not name:
        return
    again_at = allowances.take(subject=_subject(kind, name), rate=rate, now=now)
    if again_at is not None:
        raise TooManyFailures(kind, again_at)


def _give_back(kind: str, name: str) -> None:
    rate = rate_of(kind)
    if rate is not None and name:
        allowances.give_back(subject=_subject(kind, name), rate=rate)


def _subject(kind: str, name: str) -> str:
    """Names that differ in their case alone are one: PostgreSQL tells them apart, people do not."""
    longest = Allowance._meta.get_field("subject").max_length or 0
    return f"{kind} {name.casefold()}"[:longest]
