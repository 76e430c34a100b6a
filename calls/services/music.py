"""The sounds that somebody hears who is on their own for a while."""

from django.conf import settings
from django.templatetags.static import static


def url(own: str) -> str:
    """A queue's own music; else what comes with it, where the carrier can fetch it, or silence."""
    if own or not settings.HOLD_MUSIC:
        return own
    return f"{settings.PUBLIC_URL}{static(settings.HOLD_MUSIC)}"
