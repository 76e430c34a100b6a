"""Access tokens as Twilio's own library makes them, and what is no such thing."""

from __future__ import annotations

import time

import jwt
import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import SyncGrant, VoiceGrant

from sandbox.browsers.tokens import (
    AUTHENTICATION_FAILED,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    Permit,
    TokenRefused,
    read_token,
)
from sandbox.core.accounts import Account

SID, KEY, SECRET = "AC" + "1" * 32, "SK" + "2" * 32, "s3cret" * 6


def made(identity: str | None = "ada", secret: str = SECRET, ttl: int = 60) -> AccessToken:
    return AccessToken(SID, KEY, secret, identity=identity, ttl=ttl)


def voice(**grant: object) -> str:
    token = made()
    token.add_grant(VoiceGrant(**grant))
    return str(token.to_jwt())


def read(token: str, later: float = 0.0) -> Permit:
    account = Account(sid=SID, auth_token="token", api_keys={KEY: SECRET})
    return read_token({SID: account}, token, time.time() + later)


def refusal(token: str, later: float = 0.0) -> int:
    with pytest.raises(TokenRefused) as caught:
        read(token, later)
    return caught.value.code


def test_it_says_who_and_what() -> None:
    permit = read(
        voice(
            incoming_allow=True,
            outgoing_application_sid="AP1",
            outgoing_application_params={"team": "support"},
        )
    )
    assert permit.identity == "ada"
    assert permit.account.sid == SID
    assert permit.takes_calls
    assert permit.application_sid == "AP1"
    assert permit.params == {"team": "support"}
    assert 50 < permit.expires - time.time() <= 60


def test_one_that_grants_less_permits_less() -> None:
    permit = read(voice(outgoing_application_sid="AP1"))
    assert not permit.takes_calls
    assert read(voice(incoming_allow=True)).application_sid == ""


def test_one_that_has_expired() -> None:
    assert refusal(voice(incoming_allow=True), later=61) == TOKEN_EXPIRED


def test_one_with_another_secret() -> None:
    token = made(secret="guessed" * 5)
    token.add_grant(VoiceGrant(incoming_allow=True))
    assert refusal(str(token.to_jwt())) == TOKEN_INVALID


def test_one_with_a_key_that_nobody_knows() -> None:
    token = AccessToken(SID, "SK" + "9" * 32, SECRET, identity="ada")
    assert refusal(str(token.to_jwt())) == AUTHENTICATION_FAILED


def test_one_without_voice_or_without_a_name() -> None:
    token = made()
    token.add_grant(SyncGrant(service_sid="IS1"))
    assert refusal(str(token.to_jwt())) == TOKEN_INVALID
    nameless = made(identity=None)
    nameless.add_grant(VoiceGrant(incoming_allow=True))
    assert refusal(str(nameless.to_jwt())) == TOKEN_INVALID


@pytest.mark.parametrize("claims", [{}, {"grants": 7}, {"exp": "soon"}, {"nbf": 9e9}])
def test_signed_nonsense(claims: dict[str, object]) -> None:
    head = {"cty": "twilio-fpa;v=1"}
    usual = {"iss": KEY, "sub": SID, "exp": time.time() + 9}
    token = jwt.encode(usual | claims, SECRET, algorithm="HS256", headers=head)
    assert refusal(token) in (TOKEN_INVALID, TOKEN_EXPIRED)


def test_one_that_nobody_signed() -> None:
    head = {"cty": "twilio-fpa;v=1"}
    unsigned = jwt.encode(
        {"iss": KEY, "sub": SID, "exp": time.time() + 9}, "", algorithm="none", headers=head
    )
    assert refusal(unsigned) == TOKEN_INVALID


@pytest.mark.parametrize("token", ["", "x.y.z", "not a token", jwt.encode({}, "k" * 32)])
def test_what_is_no_access_token(token: str) -> None:
    assert refusal(token) == TOKEN_INVALID
