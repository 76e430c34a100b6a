"""What an agent is doing, derived from what is known. Pure: values in, values out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A desk sends a heartbeat every 10 seconds; after three missing ones it is not offered calls.
STALE_AFTER = timedelta(seconds=30)
# Who works by telephone alone has no desk at which to say available again after a missed call.
RETURNS_AFTER = timedelta(seconds=120)


class Intent(StrEnum):
    """What the agent has asked to be."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    BREAK = "break"


class Status(StrEnum):
    """What the agent is, for routing and for the board."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    BREAK = "break"
    RINGING = "ringing"  # an open offer
    BUSY = "busy"  # a live leg beyond an open offer
    WRAPPING_UP = "wrapping-up"
    SET_ASIDE = "set-aside"  # missed a call since they last said available
    # Says available, but the desk is closed or frozen, or the line in its browser is not there.
    AWAY = "away"
    CONNECTING = "connecting"  # their standby line is being rung, or ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The facts that an agent's status follows from."""

    intent: Intent
    has_live_leg: bool
    has_open_offer: bool
    has_open_wrap_up: bool
    last_set_aside_at: datetime | None  # settled_at of the latest missed, busy or failed offer
    intent_since: datetime | None
    needs_desk: bool
    seen_at: datetime | None
    has_line: bool = True  # of a browser: it says that its line is ready
    is_connecting: bool = False


def is_stale(*, needs_desk: bool, seen_at: datetime | None, now: datetime) -> bool:
    """Whether the desk has been silent for so long that nobody can be sitting at it."""
    return needs_desk and (seen_at is None or now - seen_at > STALE_AFTER)


def status(known: Known, *, now: datetime) -> Status:
    """The agent's status at `now`: what holds them comes before what they asked for."""
    if known.has_open_offer:
        return Status.RINGING
    if known.has_live_leg:
        return Status.BUSY
    if known.has_open_wrap_up:
        return Status.WRAPPING_UP
    if known.intent is not Intent.AVAILABLE:
        return Status(known.intent)
    stale = is_stale(needs_desk=known.needs_desk, seen_at=known.seen_at, now=now)
    if stale or not known.has_line:
        return Status.AWAY
    if _is_set_aside(known, now):
        return Status.SET_ASIDE
    return Status.CONNECTING if known.is_connecting else Status.AVAILABLE


def _is_set_aside(known: Known, now: datetime) -> bool:
    """Until they say available again; without a desk, for a while."""
    missed, since = known.last_set_aside_at, known.intent_since
    if missed is None or since is None or missed <= since:
        return False
    return known.needs_desk or now - missed < RETURNS_AFTER
