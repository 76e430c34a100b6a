"""Reading what the carrier has: its live calls, its rooms and who is in them. For threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import requests
from twilio.base.exceptions import TwilioException
from twilio.rest.api.v2010.account.call import CallInstance

from calls.carrier.clients import sync_client
from calls.states import LegState

PAGE = 1000
ROOM_IS_THERE = ("init", "in-progress")
LIVE = (LegState.QUEUED, LegState.RINGING, LegState.IN_PROGRESS)


class CarrierTrouble(Exception):
    """The carrier could not be read; the message says why."""


@dataclass(frozen=True, slots=True)
class CarrierCall:
    sid: str
    status: str
    direction: str
    to: str
    from_: str
    parent_sid: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CarrierRoom:
    sid: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class CarrierParticipant:
    call_sid: str
    label: str
    muted: bool
    hold: bool
    status: str
    conference_sid: str = ""
    coached_sid: str = ""  # the one line that hears them; empty where all do


# Listed with those who are in the room, and not there: the carrier still rings them.
# https://www.twilio.com/docs/voice/api/conference-participant-resource#participant-properties
ON_THEIR_WAY = frozenset({"queued", "connecting", "ringing"})


def live_calls(*, since: datetime | None = None) -> list[CarrierCall]:
    """Every call that the carrier has on the line; with `since`, of those in progress only
    the ones that began after it."""
    with in_our_words():
        found = [
            call
            for status in LIVE
            for call in sync_client().calls.list(
                status=str(status),
                page_size=PAGE,
                **({"start_time_after": since} if since and status == "in-progress" else {}),
            )
        ]
    return [_call(call) for call in found]


def check_reachable() -> None:
    """Ask the smallest question that needs the carrier and our account. Raises CarrierTrouble."""
    with in_our_words():
        sync_client().calls.list(limit=1, page_size=1)


def fetch_call(sid: str) -> CarrierCall | None:
    """What the carrier knows of one leg; None where it knows nothing."""
    with in_our_words():
        try:
            return _call(sync_client().calls(sid).fetch())
        except TwilioException as said:
            if _is_unknown(said):
                return None
            raise


def live_rooms() -> list[CarrierRoom]:
    """Also those in which somebody is still alone: the carrier says that they have not begun."""
    with in_our_words():
        rooms = [
            room
            for status in ROOM_IS_THERE
            for room in sync_client().conferences.list(status=status, page_size=PAGE)
        ]
    return [CarrierRoom(str(r.sid), str(r.friendly_name), str(r.status)) for r in rooms]


def participants(conference_sid: str) -> list[CarrierParticipant]:
    """Who is in the room now; nobody where it has ended."""
    with in_our_words():
        try:
            found = sync_client().conferences(conference_sid).participants.list(page_size=PAGE)
        except TwilioException as said:
            if _is_unknown(said):
                return []
            raise
    return [
        CarrierParticipant(
            str(p.call_sid),
            p.label or "",
            bool(p.muted),
            bool(p.hold),
            str(p.status),
            str(p.conference_sid or ""),
            str(p.call_sid_to_coach or "") if p.coaching else "",
        )
        for p in found
        if p.status not in ON_THEIR_WAY
    ]


def _call(call: CallInstance) -> CarrierCall:
    return CarrierCall(
        sid=str(call.sid),
        status=str(call.status),
        direction=str(call.direction or ""),
        # What a browser was told along with the call is no part of its address.
        to=str(call.to or "").partition("?")[0],
        from_=str(call._from or ""),
        parent_sid=str(call.parent_call_sid or ""),
        started_at=call.start_time,
        ended_at=call.end_time,
    )


def _is_unknown(said: TwilioException) -> bool:
    """404, which the SDK says in one way of a page and in another of everything else."""
    return 404 in {
        getattr(said, "status", None),
        *(getattr(argument, "status_code", None) for argument in said.args),
    }


@contextmanager
def in_our_words() -> Iterator[None]:
    try:
        yield
    except (TwilioException, requests.RequestException, OSError, ValueError) as error:
        raise CarrierTrouble(f"{type(error).__name__}: {error}") from error
