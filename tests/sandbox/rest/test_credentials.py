"""Who may ask."""

from __future__ import annotations

import base64

import pytest

from sandbox.core.accounts import Account
from sandbox.core.errors import RestError
from sandbox.rest.credentials import signed_in

ACME = Account("AC" + "a" * 32, "acme-token", api_keys={"SK" + "1" * 32: "key-secret"})
GLOBEX = Account("AC" + "b" * 32, "globex-token")


def basic(username: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def refusal(authorization: str) -> RestError:
    with pytest.raises(RestError) as refused:
        signed_in([ACME, GLOBEX], authorization)
    return refused.value


def test_the_account_token_opens_its_account() -> None:
    assert signed_in([ACME, GLOBEX], basic(GLOBEX.sid, "globex-token")) == (GLOBEX, False)


def test_an_api_key_opens_its_account_and_is_known_as_a_key() -> None:
    assert signed_in([ACME, GLOBEX], basic("SK" + "1" * 32, "key-secret")) == (ACME, True)


def test_a_secret_with_colons_is_read_whole() -> None:
    colons = Account("AC" + "c" * 32, "a:b:c")
    assert signed_in([colons], basic(colons.sid, "a:b:c")) == (colons, False)


def test_an_unknown_name_is_told_so() -> None:
    assert refusal(basic("AC" + "0" * 32, "x")).message == "Authentication Error - invalid username"


def test_a_wrong_token_is_refused_with_20003() -> None:
    refused = refusal(basic(ACME.sid, "globex-token"))
    assert (refused.code, refused.status, refused.message) == (20003, 401, "Authenticate")


def test_a_wrong_key_secret_is_refused() -> None:
    assert refusal(basic("SK" + "1" * 32, "acme-token")).status == 401


@pytest.mark.parametrize("header", ["", "Bearer abc", "Basic ???", "Basic " + "Og==", "Basic YWJj"])
def test_without_readable_credentials_the_answer_says_that_none_came(header: str) -> None:
    refused = refusal(header)
    assert refused.message == "Authentication Error - No credentials provided"
    assert refused.detail == "Your AccountSid or AuthToken was incorrect."
