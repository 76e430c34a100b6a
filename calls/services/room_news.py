"""The carrier's news of a room, put in order.

Pieces of one conference are numbered. A room that emptied and filled again is another conference,
whose numbers start anew; between two conferences the moment decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection
from django.db.models import Q

from calls.models import Call, CarrierEvent, Leg
from calls.services import recordings, rooms

JOIN, LEAVE = "participant-join", "participant-leave"
# Of somebody who is there and treated differently from now on.
TREATED = frozenset(
    {
        "participant-hold",
        "participant-unhold",
        "participant-mute",
        "participant-unmute",
        "participant-modify",
    }
)
# Why somebody is said to leave whom the carrier was to bring in, and who never was there.
# https://www.twilio.com/docs/voice/twiml/conference
NEVER_CAME = "participant_add_failed"
START, END = "conference-start", "conference-end"
# What was ordered to be said has been heard, or cannot be.
ANNOUNCED = {"announcement-end": True, "announcement-fail": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomNews:
    what: str
    conference_sid: str
    sequence: int
    at: datetime
    leg: Leg | None
    treatment: rooms.Treatment
    announcement: UUID | None = None  # the order's


def read(event: CarrierEvent, here: Sequence[Leg]) -> RoomNews:
    """What the piece says; `here` are the call's legs that are not over."""
    what = event.params.get("StatusCallbackEvent", "")
    if event.params.get("ReasonParticipantLeft") == NEVER_CAME:
        what = ""
    return RoomNews(
        what=what,
        conference_sid=event.conference_sid,
        sequence=-1 if event.sequence is None else event.sequence,
        at=_moment(event),
        leg=_participant(event, here),
        treatment=_treatment(event, here),
        announcement=_announcement(event.params.get("AnnounceUrl", "")),
    )


def _announcement(address: str) -> UUID | None:
    """Our own address of what was said ends with the order's id."""
    try:
        return UUID(urlsplit(address).path.rpartition("/")[2])
    except ValueError:
        return None


def _treatment(event: CarrierEvent, here: Sequence[Leg]) -> rooms.Treatment:
    """Each piece about a person says all that is true of them."""
    told = event.params
    coached = told.get("CallSidToCoach", "") if told.get("Coaching") == "true" else ""
    return rooms.Treatment(
        on_hold=told.get("Hold") == "true",
        muted=told.get("Muted") == "true",
        coaches=told.get("Coaching") == "true",
        at=_moment(event),
        whispers_to=next((leg for leg in here if coached and leg.sid == coached), None),
    )


def _moment(event: CarrierEvent) -> datetime:
    try:
        return parsedate_to_datetime(event.params["Timestamp"])
    except (KeyError, ValueError):
        return event.received_at


def _participant(event: CarrierEvent, here: Sequence[Leg]) -> Leg | None:
    """By our own label, which is the leg's id; else by the carrier's name for the leg."""
    try:
        label = UUID(event.params.get("ParticipantLabel", ""))
    except ValueError:
        label = None
    for leg in here:
        if leg.id == label if label else leg.sid == event.call_sid:
            return leg
    known = Q(pk=label) if label else Q(sid=event.call_sid)
    return Leg.objects.filter(known, Q(call_id=event.call_id)).first()


def apply(call: Call, news: RoomNews, here: Sequence[Leg], now: datetime) -> bool:
    """Do what the news means for the call, which is locked; False where later news is known."""
    if news.what == END:
        return _room_ended(call, news, here, now)
    if news.what == START:
        Call.objects.filter(pk=call.pk).update(conference_sid=news.conference_sid)
    if news.what in ANNOUNCED and news.announcement is not None:
        heard = ANNOUNCED[news.what]
        recordings.announced(call=call, order_id=news.announcement, heard=heard, now=now)
        return True
    if news.leg is None or news.what not in (JOIN, LEAVE, *TREATED):
        return True
    news.leg.call = call
    if not _is_latest(news.leg, news) or (news.what != LEAVE and _has_ended(call, news)):
        rooms.was_there(call, news.leg, now)
        return False
    if news.what == JOIN and _was_elsewhere(news.leg, news):
        rooms.go_out(call, news.leg, here, now)
    _stamp(news.leg, news)
    if news.what == LEAVE:
        rooms.go_out(call, news.leg, here, now)
        return True
    if news.what == JOIN:
        rooms.come_in(call, news.leg, here, now)
    else:
        news.leg.save(update_fields=_STAMP)
    rooms.treat(call, news.leg, news.treatment, here, now)
    return True


def _is_latest(leg: Leg, news: RoomNews) -> bool:
    if leg.room_event_at is None:
        return True
    if leg.conference_sid == news.conference_sid:
        return news.sequence > leg.room_sequence
    return news.at >= leg.room_event_at


def _was_elsewhere(leg: Leg, news: RoomNews) -> bool:
    """In a room before this one, whose end we have not been told of."""
    return leg.in_room and leg.conference_sid not in ("", news.conference_sid)


def _stamp(leg: Leg, news: RoomNews) -> None:
    leg.conference_sid, leg.room_sequence = news.conference_sid, news.sequence
    leg.room_event_at = news.at


_STAMP = ("conference_sid", "room_sequence", "room_event_at")


def _has_ended(call: Call, news: RoomNews) -> bool:
    """The news that a conference ended may come before the news of who entered it."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [call.pk, news.conference_sid, END])
        row = cursor.fetchone()
    return bool(row and row[0])


_ENDED = """
select exists (select from calls_carrierevent
               where call_id = %s and conference_sid = %s
               and params ->> 'StatusCallbackEvent' = %s)
"""


def _room_ended(call: Call, news: RoomNews, here: Sequence[Leg], now: datetime) -> bool:
    """Everybody is out of it, also those whose leaving we have not been told of."""
    for leg in here:
        if leg.is_live and leg.in_room and leg.conference_sid == news.conference_sid:
            rooms.go_out(call, leg, here, now)
    return True
