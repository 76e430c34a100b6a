"""Who hears whom, in sound: each says a tone of their own, and what comes out of each telephone is
listened to."""

from __future__ import annotations

from tests.voices.people import ADA, DANA, Street


def test_a_caller_hears_music_until_somebody_is_there(street: Street) -> None:
    dana = street.dana_calls()
    dana.waits_for_sound()
