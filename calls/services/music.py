"""The sounds that somebody hears who is on their own for a while."""

from django.conf import settings
from django.templatetags.static import static

BEEP = "audio/standby.wav"


def beep() -> str:
    """Tells whoever keeps a line open of a call; empty where the carrier cannot fetch it."""
    return f"{settings.PUBLIC_URL}{static(BEEP)}" if settings.HOLD_MUSIC else ""


def url(own: str) -> str:
    """A queue's own music; else what comes with it, where the carrier can fetch it, or silence."""
    if own or not settings.HOLD_MUSIC:
        return own
    return f"{settings.PUBLIC_URL}{static(settings.HOLD_MUSIC)}"
