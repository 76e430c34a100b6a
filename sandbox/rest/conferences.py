"""`/Conferences`: look at rooms, end them, announce something to everybody in one."""

from __future__ import annotations

from sandbox.core.accounts import API_VERSION
from sandbox.core.conferences import Conference, ConferenceStatus
from sandbox.core.orders import ConferenceUpdate
from sandbox.rest.answers import Shape, answer
from sandbox.rest.asked import Asked
from sandbox.rest.dates import date_test
from sandbox.rest.documents import address
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page
from sandbox.rest.shapes import dates, subresources


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, asked.conference()))


def listed(asked: Asked) -> RestAnswer:
    query = asked.query
    name = query.text("FriendlyName")
    status = query.choice("Status", tuple(ConferenceStatus))
    created, updated = date_test(query, "DateCreated"), date_test(query, "DateUpdated")

    def wanted(room: Conference) -> bool:
        return (
            name in (None, room.friendly_name)
            and status in (None, room.status)
            and created(room.created_at)
            and updated(room.updated_at)
        )

    rooms = asked.newest(asked.carrier.conferences)
    return page(
        asked,
        Listing("conferences", rooms, lambda room: room.sid, lambda r: shape(asked, r), wanted),
    )


def update(asked: Asked) -> RestAnswer:
    """End the room for everybody, or play something to everybody in it."""
    room = asked.conference()
    completed = asked.form.choice("Status", ("completed",))
    order = ConferenceUpdate(
        status=None if completed is None else "completed",
        announce=address(asked.form, "AnnounceUrl", "AnnounceMethod"),
    )
    asked.carrier.update_conference(room, order)
    return answer(200, shape(asked, room))


def shape(asked: Asked, room: Conference) -> Shape:
    uri = f"{asked.root}/Conferences/{room.sid}.json"
    return {
        "sid": room.sid,
        "account_sid": room.account.sid,
        "api_version": API_VERSION,
        "friendly_name": room.friendly_name,
        "status": room.status,
        "region": room.region,
        "reason_conference_ended": room.reason_conference_ended,
        "call_sid_ending_conference": room.call_sid_ending_conference,
        "uri": uri,
        "subresource_uris": subresources(uri, participants="Participants", recordings="Recordings"),
        **dates(room),
    }
