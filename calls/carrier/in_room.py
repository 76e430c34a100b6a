"""Orders about somebody in a room: their call goes on, the room treats them differently.

Source: https://www.twilio.com/docs/voice/api/conference-participant-resource
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from twilio.rest import Client

from calls.carrier import addresses
from calls.carrier.outcomes import Done
from calls.carrier.twiml import ROOM_NEWS
from calls.states import LegState, Verb

_Body = Mapping[str, Any]

# What the carrier calls a line that it brings into a room, as it calls any other line.
_STATES = {
    "queued": LegState.QUEUED,
    "connecting": LegState.INITIATED,
    "ringing": LegState.RINGING,
    "connected": LegState.IN_PROGRESS,
    "complete": LegState.COMPLETED,
    "failed": LegState.FAILED,
}


def invitation(
    *, to: str, from_: str, params: Mapping[str, Any], leg_id: UUID, call_id: UUID
) -> _Body:
    """Somebody is rung and, when they answer, is in the room at once; whoever is there already
    hears the ringing, or the voice that says why there is none (early media).

    The room's address for news is given as well: should the room be empty by then, this one is the
    first in it.
    """
    detection = {
        "machine_detection": "Enable",
        "amd_status_callback": addresses.answered_by(leg_id),
        "amd_status_callback_method": "POST",
    }
    return {
        **(detection if params.get("detect_machine") else {}),
        **({"time_limit": int(params["time_limit"])} if "time_limit" in params else {}),
        "to": to,
        "from_": from_,
        "label": str(leg_id),
        "early_media": True,
        "beep": "false",
        "start_conference_on_enter": True,
        "end_conference_on_exit": False,
        "wait_url": "",
        "timeout": int(params["timeout"]),
        "status_callback": addresses.status(leg_id),
        "status_callback_method": "POST",
        "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        "conference_status_callback": addresses.conference(call_id),
        "conference_status_callback_method": "POST",
        "conference_status_callback_event": ROOM_NEWS.split(),
    }


async def invite(client: Client, room: str, body: _Body) -> Done:
    """One request; `room` is the room's own name. The carrier's exceptions are the caller's."""
    person = await client.conferences(room).participants.create_async(**body)
    return Done(sid=str(person.call_sid), status=_STATES[str(person.status)])


def body(verb: Verb, *, params: Mapping[str, Any], leg_id: UUID, order_id: UUID) -> _Body:
    """What is asked of the participant, or of the whole room.

    coach `muted`, `coaching`, and with coaching `call_sid_to_coach`; the others have no `params`
    here (what an announcement says is asked for at its address).
    """
    match verb:
        case Verb.HOLD:
            return {"hold": True, "hold_url": addresses.hold(leg_id), "hold_method": "POST"}
        case Verb.RESUME:
            return {"hold": False}
        case Verb.MUTE | Verb.UNMUTE:
            return {"muted": verb == Verb.MUTE}
        case Verb.COACH:
            told = ("muted", "coaching", "call_sid_to_coach")
            return {name: params[name] for name in told if name in params}
        case Verb.ANNOUNCE | Verb.ANNOUNCE_ALL:
            announcement = addresses.announcement(order_id)
            return {"announce_url": announcement, "announce_method": "POST"}
    raise ValueError(f"{verb} is not done in a room")


async def send(client: Client, verb: Verb, sid: str, conference_sid: str, body: _Body) -> Done:
    """One request. The carrier's exceptions are the caller's to read."""
    room = client.conferences(conference_sid)
    if verb == Verb.ANNOUNCE_ALL:
        answered = await room.update_async(**body)
        return Done(sid=sid, status=str(answered.status))
    person = await room.participants(sid).update_async(**body)
    return Done(sid=sid, status=str(person.status))
