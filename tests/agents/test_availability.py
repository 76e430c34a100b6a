"""What an agent is doing, as a table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.availability import RETURNS_AFTER, STALE_AFTER, Intent, Known, Status, is_stale, status

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MORNING = NOON - timedelta(hours=3)
SECOND = timedelta(seconds=1)


def known(**facts: Any) -> Known:
    """Dana at her desk, available since the morning."""
    usual: dict[str, Any] = {
        "intent": Intent.AVAILABLE,
        "has_live_leg": False,
        "has_open_offer": False,
        "has_open_wrap_up": False,
        "last_set_aside_at": None,
        "intent_since": MORNING,
        "needs_desk": True,
        "seen_at": NOON - 5 * SECOND,
    }
    return Known(**usual | facts)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Status.AVAILABLE),
        ({"intent": Intent.BREAK}, Status.BREAK),
        ({"intent": Intent.OFFLINE}, Status.OFFLINE),
        ({"intent": Intent.OFFLINE, "intent_since": None, "seen_at": None}, Status.OFFLINE),
        # What holds them comes before what they asked for.
        ({"has_open_offer": True}, Status.RINGING),
        ({"has_open_offer": True, "has_live_leg": True}, Status.RINGING),
        ({"has_live_leg": True}, Status.BUSY),
        ({"has_live_leg": True, "has_open_wrap_up": True}, Status.BUSY),
        ({"has_open_wrap_up": True}, Status.WRAPPING_UP),
        ({"has_live_leg": True, "intent": Intent.OFFLINE}, Status.BUSY),
        ({"has_open_wrap_up": True, "intent": Intent.BREAK}, Status.WRAPPING_UP),
        ({"has_live_leg": True, "seen_at": None}, Status.BUSY),
        ({"has_open_wrap_up": True, "last_set_aside_at": NOON}, Status.WRAPPING_UP),
        # A desk that is silent.
        ({"seen_at": None}, Status.AWAY),
        ({"seen_at": NOON - STALE_AFTER}, Status.AVAILABLE),
        ({"seen_at": NOON - STALE_AFTER - SECOND}, Status.AWAY),
        ({"seen_at": None, "needs_desk": False}, Status.AVAILABLE),
        ({"seen_at": None, "intent": Intent.BREAK}, Status.BREAK),
        # A browser that cannot be reached.
        ({"has_line": False}, Status.AWAY),
        ({"has_line": False, "needs_desk": False}, Status.AWAY),
        ({"has_line": False, "has_live_leg": True}, Status.BUSY),
        ({"has_line": False, "intent": Intent.BREAK}, Status.BREAK),
        # A missed call.
        ({"last_set_aside_at": NOON - SECOND}, Status.SET_ASIDE),
        ({"last_set_aside_at": MORNING - SECOND}, Status.AVAILABLE),
        ({"last_set_aside_at": MORNING}, Status.AVAILABLE),
        ({"last_set_aside_at": NOON, "intent": Intent.OFFLINE}, Status.OFFLINE),
        # Without a desk there is nowhere to say available again.
        ({"last_set_aside_at": NOON - SECOND, "needs_desk": False}, Status.SET_ASIDE),
        ({"last_set_aside_at": NOON - RETURNS_AFTER, "needs_desk": False}, Status.AVAILABLE),
        ({"last_set_aside_at": NOON - RETURNS_AFTER}, Status.SET_ASIDE),
        ({"last_set_aside_at": NOON, "seen_at": None}, Status.AWAY),
    ],
)
def test_what_holds_an_agent_comes_before_what_they_asked_for(
    facts: dict[str, Any], expected: Status
) -> None:
    assert status(known(**facts), now=NOON) is expected


def test_a_desk_ahead_of_our_clock_is_not_stale() -> None:
    assert not is_stale(needs_desk=True, seen_at=NOON + SECOND, now=NOON)
