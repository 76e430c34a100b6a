"""The two doors with a password: the pages' and the admin's. Whoever is wrong too often waits."""

import ipaddress
import logging
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from agents.services import sign_ins
from calls.admin.theme import AdminSignInForm

logger = logging.getLogger(__name__)

WHOSE = {
    sign_ins.ACCOUNT: "for this user name",
    sign_ins.ADDRESS: "from your network",
}
# Whoever has one IPv6 address has all of its network's.
ONE_HOUSE = 64

if TYPE_CHECKING:
    Form = AuthenticationForm
else:
    Form = object


class Patient(Form):
    """Looks at no password while there were too many wrong ones."""

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not name or not password:
            return super().clean()
        who = {"account": name, "address": client_address(self.request)}
        try:
            sign_ins.admit(**who, now=timezone.now())
        except sign_ins.TooManyFailures as refused:
            # People write passwords into the wrong field: the log does not name the account.
            logger.warning("too many failed sign-ins %s", WHOSE[refused.whose])
            raise ValidationError(_come_back(refused, timezone.now()), "too-many") from refused
        cleaned = super().clean()
        sign_ins.succeeded(**who, now=timezone.now())
        return cleaned


class SignInForm(Patient, AuthenticationForm):
    """At /login/."""


class OfficeSignInForm(Patient, AdminSignInForm):
    """At /admin/login/."""


def _come_back(refused: sign_ins.TooManyFailures, now: datetime) -> str:
    minutes = max(1, ceil((refused.again_at - now).total_seconds() / 60))
    until = timezone.localtime(refused.again_at)
    return (
        f"Too many failed sign-ins {WHOSE[refused.whose]}. "
        f"Try again in {minutes} minute{'' if minutes == 1 else 's'}, at {until:%H:%M %Z}, "
        "or ask an administrator to unlock it."
    )


def client_address(request: HttpRequest | None) -> str:
    """Where the request came from, as the settings say that it can be known; empty if it cannot.

    Anybody may send `X-Forwarded-For`. Only what our own proxies added is true, from the right.
    """
    if request is None:
        return ""
    if settings.PROXIES_IN_FRONT:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        known = len(hops) >= settings.PROXIES_IN_FRONT
        return _network(hops[-settings.PROXIES_IN_FRONT].strip()) if known else ""
    # Behind a proxy of which we know nothing everybody would seem to be one.
    return "" if settings.SECURE_PROXY_SSL_HEADER else _network(request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), ONE_HOUSE), strict=False))
