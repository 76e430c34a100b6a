"""The proof that a request came from this carrier: `X-Twilio-Signature`.

Base64 of HMAC-SHA1, keyed with the account's auth token, over the URL as the application
configured it, followed for form bodies by every parameter name and value in order of names.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def sign(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """Sign a form POST (`params`), or a GET or websocket upgrade (full URL, no `params`).

    A name that occurs several times contributes each different value once, in sorted order.
    """
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(params)))
    digest = hmac.digest(token.encode(), text.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def url_with_body_hash(url: str, body: bytes) -> str:
    """The URL to request and to sign for a body that is not a form."""
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}bodySHA256={hashlib.sha256(body).hexdigest()}"
