"""`/Conferences/…/Participants`: who is in a room, and what may be done with them."""

from __future__ import annotations

from dataclasses import replace

from sandbox.core.conferences import Conference, Participant
from sandbox.core.errors import bad_request
from sandbox.core.sids import CONFERENCE, is_sid
from sandbox.rest.answers import Shape, answer, no_content
from sandbox.rest.asked import Asked
from sandbox.rest.calls import warn_of_useless_callback
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page
from sandbox.rest.participant_forms import participant_order, participant_update
from sandbox.rest.shapes import dates

LONGEST_NAME = 128


def create(asked: Asked) -> RestAnswer:
    """Ring somebody into a room; a room called by name need not exist yet."""
    order = participant_order(asked)
    room = _room_to_join(asked)
    if isinstance(room, Conference) and room.find(order.entrance.label) is not None:
        raise bad_request("Participant label is in use by another participant", 16026)
    if order.entrance.coaching and order.entrance.call_sid_to_coach is None:
        raise bad_request("CallSidToCoach is required when Coaching is true")
    joining = asked.carrier.create_participant(asked.account, room, order)
    warn_of_useless_callback(asked, joining.call)
    created = shape(asked, joining) | {"queue_time": str(joining.call.queue_ms)}
    return replace(answer(201, created), call_sid=joining.call.sid)


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, _participant(asked)))


def listed(asked: Asked) -> RestAnswer:
    """Who is in the room now: nobody once it is over."""
    muted, hold, coaching = (asked.query.maybe_flag(n) for n in ("Muted", "Hold", "Coaching"))

    def wanted(person: Participant) -> bool:
        return (
            muted in (None, person.muted)
            and hold in (None, person.hold)
            and coaching in (None, person.coaching)
        )

    people = _inside(_room(asked))
    people.reverse()
    return page(
        asked,
        Listing("participants", people, lambda p: p.call.sid, lambda p: shape(asked, p), wanted),
    )


def update(asked: Asked) -> RestAnswer:
    """Mute, hold, announce to, coach: what was sent changes, at once."""
    person = _participant(asked)
    asked.carrier.update_participant(person, participant_update(asked.form))
    return answer(200, shape(asked, person))


def delete(asked: Asked) -> RestAnswer:
    """Out of the room; the leg goes on with what follows its `<Dial>`."""
    asked.carrier.kick_participant(_participant(asked))
    return no_content()


def _participant(asked: Asked) -> Participant:
    person = _room(asked).find(asked.names["participant"])
    if person is None or person.left.done:
        raise asked.missing()
    return person


def _inside(room: Conference) -> list[Participant]:
    """Nobody is in a room that is over, whatever it still remembers."""
    everybody = room.participants.values()
    return [] if room.ended else [each for each in everybody if not each.left.done]


def _room(asked: Asked) -> Conference:
    name = asked.names["conference"]
    if asked.carrier.choices.room_by_name_everywhere and not is_sid(name, CONFERENCE):
        room = asked.carrier.open_conference(asked.account, name)
        if room is None:
            raise asked.missing()
        return room
    return asked.conference()


def _room_to_join(asked: Asked) -> Conference | str:
    name = asked.names["conference"]
    if is_sid(name, CONFERENCE):
        room = asked.conference()
        if room.ended:
            raise bad_request("Conference does not exist or is completed", 16022)
        return room
    if len(name) > LONGEST_NAME:
        raise bad_request(f"The conference's name is longer than {LONGEST_NAME} characters")
    return asked.carrier.open_conference(asked.account, name) or name


def shape(asked: Asked, person: Participant) -> Shape:
    room, call = person.conference.sid, person.call
    return {
        "account_sid": call.account.sid,
        "call_sid": call.sid,
        "label": person.label or None,
        "call_sid_to_coach": person.call_sid_to_coach,
        "coaching": person.coaching,
        "conference_sid": room,
        "end_conference_on_exit": person.end_conference_on_exit,
        "muted": person.muted,
        "hold": person.hold,
        "start_conference_on_enter": person.start_conference_on_enter,
        "status": person.status,
        "queue_time": None,
        "uri": f"{asked.root}/Conferences/{room}/Participants/{call.sid}.json",
        **dates(person),
    }
