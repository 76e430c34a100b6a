"""Passwords in webhook URLs: how a 401 challenge is answered for `https://user:pass@host/`."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from random import Random
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(slots=True, frozen=True)
class Login:
    """Username and password from a URL."""

    username: str
    password: str


def split_login(url: str) -> tuple[str, Login | None]:
    """The URL without its userinfo, and the userinfo."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, Login(unquote(parts.username), unquote(parts.password or ""))


def answer_challenge(
    challenge: str, login: Login, *, method: str, url: str, dice: Random
) -> str | None:
    """The Authorization header for a WWW-Authenticate challenge; None for an unknown scheme."""
    scheme = challenge.partition(" ")[0].lower()
    if scheme == "basic":
        pair = f"{login.username}:{login.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")
    if scheme == "digest":
        return _digest(challenge, login, method, url, f"{dice.getrandbits(64):016x}")
    return None


def _digest(challenge: str, login: Login, method: str, url: str, cnonce: str) -> str:
    asked = {
        k.lower(): a or b for k, a, b in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)
    }
    parts = urlsplit(url)
    uri = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    secret = _md5(f"{login.username}:{realm}:{login.password}")
    middle = f"{nonce}:00000001:{cnonce}:auth" if "qop" in asked else nonce
    response = _md5(f"{secret}:{middle}:{_md5(f'{method}:{uri}')}")
    fields = {"username": login.username, "realm": realm, "nonce": nonce, "uri": uri}
    fields |= {"response": response}
    if "opaque" in asked:
        fields["opaque"] = asked["opaque"]
    header = "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items())
    return header + (f', qop=auth, nc=00000001, cnonce="{cnonce}"' if "qop" in asked else "")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
