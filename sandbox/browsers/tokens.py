"""Access tokens of browsers. Source: https://www.twilio.com/docs/iam/access-tokens"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from sandbox.core.accounts import Account

CONTENT_TYPE = "twilio-fpa;v=1"
AUTHENTICATION_FAILED = 31201
TOKEN_INVALID = 31204
TOKEN_EXPIRED = 31205


class TokenRefused(Exception):
    """This token opens nothing; `code` is what the browser is told."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(slots=True, frozen=True)
class Permit:
    """What a token lets somebody do, until `expires` (epoch seconds)."""

    account: Account
    identity: str
    expires: float
    takes_calls: bool = False
    application_sid: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def read_token(accounts: Mapping[str, Account], token: str, now: float) -> Permit:
    """Judge a token by the secret of the API key that it names; raises TokenRefused."""
    claims = _claims(token)
    account = accounts.get(str(claims.get("sub")))
    secret = account.api_keys.get(str(claims.get("iss"))) if account is not None else None
    if account is None or secret is None:
        raise TokenRefused(
            AUTHENTICATION_FAILED, "No API key of this carrier has signed this token"
        )
    _verify(token, secret)
    _check_times(claims, now)
    return _permit(account, claims)


def _claims(token: str) -> dict[str, Any]:
    try:
        if jwt.get_unverified_header(token).get("cty") != CONTENT_TYPE:
            raise TokenRefused(TOKEN_INVALID, f"An access token's cty is {CONTENT_TYPE}")
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused(TOKEN_INVALID, f"This is no access token: {error}") from error
    return claims


def _verify(token: str, secret: str) -> None:
    try:
        jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefused(TOKEN_INVALID, "The token's signature is not the API key's") from error


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if _number(claims.get("exp")) <= now:
        raise TokenRefused(TOKEN_EXPIRED, "The token has expired")
    if _number(claims.get("nbf")) > now + 1:
        raise TokenRefused(TOKEN_INVALID, "The token is not valid yet")


def _permit(account: Account, claims: Mapping[str, Any]) -> Permit:
    grants = _table(claims.get("grants"))
    voice = _table(grants.get("voice"))
    identity = str(grants.get("identity") or "")
    if not identity or not voice:
        raise TokenRefused(TOKEN_INVALID, "The token names no identity or grants no voice")
    outgoing = _table(voice.get("outgoing"))
    return Permit(
        account=account,
        identity=identity,
        expires=_number(claims.get("exp")),
        takes_calls=bool(_table(voice.get("incoming")).get("allow")),
        application_sid=str(outgoing.get("application_sid") or ""),
        params={name: str(value) for name, value in _table(outgoing.get("params")).items()},
    )


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
