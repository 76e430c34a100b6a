"""Who is asking: HTTP Basic with an account SID and its token, or an API key and its secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from sandbox.core.accounts import Account
from sandbox.core.errors import RestError, invalid_username, no_credentials


def signed_in(accounts: Iterable[Account], authorization: str) -> tuple[Account, bool]:
    """The account that these credentials open, and whether with an API key.

    Raises 20003: nothing sent, a name that nobody has, or a secret that is not its own.
    """
    username, secret = _read(authorization)
    account = _owner(accounts, username)
    if account is None:
        raise invalid_username()
    if not account.accepts(username, secret):
        raise not_authenticated()
    return account, username != account.sid


def not_authenticated() -> RestError:
    return RestError(20003, 401, "Authenticate")


def _owner(accounts: Iterable[Account], username: str) -> Account | None:
    return next(
        (each for each in accounts if username == each.sid or username in each.api_keys), None
    )


def _read(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise no_credentials()
    try:
        username, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as unreadable:
        raise no_credentials() from unreadable
    if not colon or not username:
        raise no_credentials()
    return username, secret
