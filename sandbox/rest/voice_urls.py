"""Addresses and odds and ends that applications and phone numbers are configured with."""

from __future__ import annotations

from sandbox.core.accounts import VoiceUrls
from sandbox.core.errors import bad_request
from sandbox.rest.form import Form

BAD_URL, BAD_METHOD, FALLBACK_ALONE = 21402, 21403, 21405


def changed_urls(form: Form, now: VoiceUrls) -> VoiceUrls:
    """What the request makes of `now`: an empty value clears, a missing one keeps.

    Raises 21402, 21403, and 21405 for a fallback to nothing.
    """
    urls = VoiceUrls(
        voice_url=_url(form, "VoiceUrl", now.voice_url),
        voice_method=form.method("VoiceMethod", now.voice_method, BAD_METHOD),
        voice_fallback_url=_url(form, "VoiceFallbackUrl", now.voice_fallback_url),
        voice_fallback_method=form.method(
            "VoiceFallbackMethod", now.voice_fallback_method, BAD_METHOD
        ),
        status_callback=_url(form, "StatusCallback", now.status_callback),
        status_callback_method=form.method(
            "StatusCallbackMethod", now.status_callback_method, BAD_METHOD
        ),
    )
    if form.text("VoiceFallbackUrl") and not urls.voice_url:
        raise bad_request("Cannot set VoiceFallbackUrl without setting VoiceUrl", FALLBACK_ALONE)
    return urls


def changed_extra(form: Form, names: tuple[str, ...], now: dict[str, str]) -> dict[str, str]:
    """Parameters that are only kept and shown, by their form names."""
    return now | {name: form.text(name) or "" for name in names if form.given(name)}


def _url(form: Form, name: str, now: str) -> str:
    return form.url(name, BAD_URL) or "" if form.given(name) else now
