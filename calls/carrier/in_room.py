"""Orders about somebody in a room: their call goes on, the room treats them differently.

Source: https://www.twilio.com/docs/voice/api/conference-participant-resource
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from twilio.rest import Client

from calls.carrier import addresses
from calls.carrier.outcomes import Done
from calls.states import Verb

_Body = Mapping[str, Any]


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
