"""Who may change anything from the console: the page itself, and nothing that pretends to be it.

A page of another site can make a browser send requests here. It knows neither the token that this
page carries, nor can it forge `Origin`; and a name that was made to point at this machine is not a
host that the console answers to.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
TOKEN_HEADER = "X-Console-Token"  # noqa: S105 - a header's name


class Guard:
    """Judges requests to the console. `host` is what the server was told to listen on."""

    def __init__(self, host: str) -> None:
        self.token = secrets.token_urlsafe(24)
        self.host = host.lower()

    def refuses_page(self, headers: Mapping[str, str]) -> str:
        """Why this request may not even look; empty if it may."""
        name = _host_name(headers.get("Host", ""))
        if name in LOCAL_NAMES or name == self.host or _is_address(name):
            return ""
        return f"The console does not answer to the name {name!r}: use the machine's address."

    def refuses_change(self, headers: Mapping[str, str], token: str) -> str:
        """Why this request may not change anything; empty if it may."""
        refused = self.refuses_page(headers)
        if refused:
            return refused
        if urlsplit(headers.get("Origin", "")).netloc != headers.get("Host", ""):
            return "This request comes from another page."
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return "This page is from before the carrier was restarted: load it again."
        return ""


def _host_name(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
