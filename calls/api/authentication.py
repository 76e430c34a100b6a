"""API keys in the `Authorization` header: `Api-Key <prefix>.<secret>`."""

import re
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from calls.models import ApiKey

SCHEME = "Api-Key"
_KEY = re.compile(r"[A-Za-z0-9]{1,8}\.[A-Za-z0-9]{1,80}")
# When a key was used is written down at most so often, so that reading stays cheap.
NOTED_EVERY = timedelta(minutes=1)


class KeyAuthentication(BaseAuthentication):
    """The key's client has no user; `request.auth` is the key."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        key = _usable(secret.strip())
        if key is None:
            raise AuthenticationFailed("This API key is unknown, revoked or expired.")
        _note_use(key)
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return f'{SCHEME} realm="api"'


def _usable(secret: str) -> ApiKey | None:
    if not _KEY.fullmatch(secret):
        return None
    try:
        key = ApiKey.objects.get_from_key(secret)
    except ApiKey.DoesNotExist:
        return None
    return key if isinstance(key, ApiKey) and not key.has_expired else None


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
