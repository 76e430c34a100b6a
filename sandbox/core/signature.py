"""The proof that a request came from this carrier: `X-Twilio-Signature`.

Base64 of HMAC-SHA1, keyed with the account's auth token (or, where the account has a shared key,
HMAC-SHA256 with that key's secret), over the URL as the application
configured it, followed for form bodies by every parameter name and value in order of names.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal

from sandbox.core.accounts import Account

Algorithm = Literal["HMAC_SHA1", "HMAC_SHA256"]
SHA1: Algorithm = "HMAC_SHA1"
SHA256: Algorithm = "HMAC_SHA256"
DIGESTS: dict[Algorithm, str] = {SHA1: "sha1", SHA256: "sha256"}


def sign(
    token: str, url: str, params: Iterable[tuple[str, str]] = (), algorithm: Algorithm = SHA1
) -> str:
    """Sign a form POST (`params`), or a GET or websocket upgrade (full URL, no `params`).

    A name that occurs several times contributes each different value once, in sorted order.
    """
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(params)))
    digest = hmac.digest(token.encode(), text.encode(), DIGESTS[algorithm])
    return base64.b64encode(digest).decode("ascii")


def signature_headers(
    account: Account, url: str, params: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """The signature, and which key made it where that is not the account's own token."""
    if account.shared_key is None:
        return {"X-Twilio-Signature": sign(account.auth_token, url, params)}
    name, secret = account.shared_key
    return {
        "X-Twilio-Signature": sign(secret, url, params, SHA256),
        "X-Twilio-Webhooks-Signature-Settings": f"key={name},algorithm={SHA256}",
    }


def url_with_body_hash(url: str, body: bytes) -> str:
    """The URL to request and to sign for a body that is not a form."""
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}bodySHA256={hashlib.sha256(body).hexdigest()}"
