"""The signature: every published vector, and the SDK's own validator."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator, compare

from sandbox.core.signature import SHA256, sign, url_with_body_hash

TOKEN = "12345"
U = "https://mycompany.com/myapp.php?foo=1&bar=2"
P = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
REPEATED = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]
BODY = b'{"property": "value", "boolean": true}'
HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        (U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", P, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", P, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", P, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (U, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ("https://mycompany.com/myapp", P, "3M0LHWqn3EfNbG6V2+syyg40dpM="),
        (f"{U}&bodySHA256={HASH}", [], "a9nBmqA0ju/hNViExpshrM61xv4="),
        ("https://example.test/voice?x=1", [], "F2btw/wII4EJptCoWGc3jH1af+0="),
        ("wss://example.test/media", [], "/mQlli9tTTPANH4vwl22tAVb7Bg="),
    ],
)
def test_a_published_vector_is_reproduced(
    url: str, params: list[tuple[str, str]], signature: str
) -> None:
    assert sign(TOKEN, url, params) == signature


def test_a_shared_key_signs_with_sha256() -> None:
    signature = sign(TOKEN, U, P, SHA256)
    assert signature == "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
    assert RequestValidator(TOKEN).validate(U, dict(P), signature, SHA256)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert sign(TOKEN, U, reversed(P)) == sign(TOKEN, U, P)


@pytest.mark.parametrize("url", [U, "https://mycompany.com:443/x", "http://mycompany.com:8000/x"])
def test_the_sdk_accepts_a_signed_form(url: str) -> None:
    assert RequestValidator(TOKEN).validate(url, dict(P), sign(TOKEN, url, P))


def test_the_sdk_accepts_a_signed_get() -> None:
    assert RequestValidator(TOKEN).validate(U, {}, sign(TOKEN, U))


def test_the_sdk_accepts_a_signed_json_body() -> None:
    url = url_with_body_hash("https://mycompany.com/x", BODY)
    assert RequestValidator(TOKEN).validate(url, BODY.decode(), sign(TOKEN, url))


def test_a_body_hash_joins_an_existing_query() -> None:
    assert url_with_body_hash(U, BODY) == f"{U}&bodySHA256={HASH}"


def test_the_sdk_refuses_another_token() -> None:
    assert not RequestValidator("54321").validate(U, dict(P), sign(TOKEN, U, P))


def test_a_changed_digit_changes_the_signature() -> None:
    changed = [(k, "4321" if k == "Digits" else v) for k, v in P]
    assert not compare(sign(TOKEN, U, changed), sign(TOKEN, U, P))


def test_umlauts_are_signed_as_utf8() -> None:
    params = {"SpeechResult": "Grüße aus Köln"}
    signature = sign(TOKEN, U, list(params.items()))
    assert RequestValidator(TOKEN).validate(U, params, signature)
