"""Cookies that the application sets during a call, kept until the call is over."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

Jar = dict[str, dict[str, str]]


def keep_cookies(jar: Jar, url: str, set_cookies: Iterable[str]) -> None:
    """Take what an answer from `url` sets; Max-Age=0 forgets. A malformed cookie is left out."""
    host = urlsplit(url).hostname or ""
    for line in set_cookies:
        try:
            parsed = SimpleCookie(line)
        except CookieError:
            continue
        for name, morsel in parsed.items():
            kept = jar.setdefault(host, {})
            if morsel["max-age"] == "0":
                kept.pop(name, None)
            else:
                kept[name] = morsel.value


def cookie_header(jar: Jar, url: str) -> str:
    """What to send back to `url`'s host; empty if nothing was set."""
    kept = jar.get(urlsplit(url).hostname or "", {})
    return "; ".join(f"{name}={value}" for name, value in kept.items())
