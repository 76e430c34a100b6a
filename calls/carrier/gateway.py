"""Asking the carrier to change a call while it is live. What comes of it is a value.

Source of the rules: https://www.twilio.com/docs/voice/api/call-resource and
https://www.twilio.com/docs/api/errors/21220.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import aiohttp
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from calls import steps
from calls.carrier import addresses, in_room, recordings, twiml
from calls.carrier.clients import async_client, close_async_client, use_transport
from calls.carrier.numbers import masked
from calls.carrier.outcomes import (
    AlreadyOver,
    Done,
    NoAnswer,
    Outcome,
    Passing,
    Refused,
    TooLate,
)
from calls.carrier.readings import (
    CarrierCall,
    CarrierParticipant,
    CarrierRoom,
    CarrierTrouble,
    fetch_call,
    live_calls,
    live_rooms,
    participants,
)
from calls.carrier.recordings import CarrierRecording, Sound, delete, listen
from calls.carrier.recordings import of_call as recordings_of
from calls.states import IN_ROOM_VERBS, LEG_OVER, RECORDING_VERBS, Recourse, Verb

__all__ = [
    "AlreadyOver",
    "CarrierCall",
    "CarrierParticipant",
    "CarrierRecording",
    "CarrierRoom",
    "CarrierTrouble",
    "Done",
    "NoAnswer",
    "Outcome",
    "Passing",
    "Refused",
    "Sound",
    "TooLate",
    "ask",
    "close_async_client",
    "delete",
    "fetch_call",
    "listen",
    "live_calls",
    "live_rooms",
    "participants",
    "recordings_of",
    "use_transport",
]

logger = logging.getLogger("callcenter.carrier")

LONGEST_DOCUMENT = 4000
PROGRESS = ["initiated", "ringing", "answered", "completed"]
NOT_IN_PROGRESS, NOT_FOUND = 21220, 20404
# The account allows no call of this length. https://www.twilio.com/docs/api/errors/13216
NOT_SO_LONG = 13216
# These start a call: asked twice, they might do it twice.
STARTS = frozenset({Verb.DIAL, Verb.STAND_BY})
# Where a leg is lent from standby, it is brought and let go by moving it.
MOVES = frozenset({Verb.DIAL, Verb.HANG_UP})
# Answered before anything was done, also where doing it twice would matter.
NEVER_PROCESSED = {429, 503}
TRY_AGAIN = {408, 425, 429}

_Body = Mapping[str, Any]


async def ask(
    verb: Verb,
    *,
    sid: str | None,
    to: str,
    from_: str,
    params: Mapping[str, Any],
    leg_id: UUID,
    call_id: UUID,
    order_id: UUID,
    room: str,
    conference_sid: str,
) -> Outcome:
    """Ask the carrier to do this to the leg, and say what came of it.

    `params` by verb: stand-by `timeout`, `time_limit` (seconds; where the account
    allows no such, what is usual there); dial `timeout`, `time_limit`, `detect_machine`,
    `into_room` where the carrier puts whoever answers into the room by itself, and, as hang-up,
    `standby` where the leg is lent (whose it is); join-room `announcement`;
    enqueue `queue_name`, `greeting`; play-out `message`, `recourse`; redirect `twiml` or `url`;
    send-digits `digits`; coach see in_room; those about recordings see recordings; the others none.
    """
    body: _Body | Refused
    wanted = verb
    if verb in MOVES and params.get("standby"):
        verb, params = Verb.REDIRECT, {"url": addresses.standby(params["standby"])}
    if verb in STARTS:
        body = _start(verb, to=to, from_=from_, params=params, leg_id=leg_id, call_id=call_id)
    elif sid is None:
        return Refused(None, None, f"{verb} of a leg that the carrier has not named")
    elif verb in IN_ROOM_VERBS:
        body = in_room.body(verb, params=params, leg_id=leg_id, order_id=order_id)
    elif verb in RECORDING_VERBS:
        body = recordings.body(verb, params=params, leg_id=leg_id)
    elif verb == Verb.HANG_UP:
        body = {"status": "completed"}
    else:
        body = _redirect(verb, params=params, leg_id=leg_id, call_id=call_id, room=room)
    where = room if params.get("into_room") else conference_sid
    outcome = body if isinstance(body, Refused) else await _sent(verb, sid or "", where, body)
    if wanted == Verb.HANG_UP and isinstance(outcome, TooLate):
        outcome = AlreadyOver()
    logger.info(
        "%s: %s",
        wanted,
        type(outcome).__name__,
        extra={"leg_id": str(leg_id), "call_id": str(call_id), "to": masked(to)},
    )
    return outcome


def _start(
    verb: Verb, *, to: str, from_: str, params: Mapping[str, Any], leg_id: UUID, call_id: UUID
) -> _Body:
    if params.get("into_room"):
        named = _with_name(to, "leg", leg_id)
        return in_room.invitation(
            to=named, from_=from_, params=params, leg_id=leg_id, call_id=call_id
        )
    return _dial(verb, to=to, from_=from_, params=params, leg_id=leg_id)


def _dial(verb: Verb, *, to: str, from_: str, params: Mapping[str, Any], leg_id: UUID) -> _Body:
    """Our own leg id is in each address: news may come before the answer with the carrier's id."""
    detection = {"machine_detection": "Enable"} if params.get("detect_machine") else {}
    limit = {"time_limit": params["time_limit"]} if "time_limit" in params else {}
    stays = verb == Verb.STAND_BY
    return {
        **detection,
        **limit,
        "to": _with_name(to, "standby" if stays else "leg", leg_id),
        "from_": from_,
        "url": addresses.standby(leg_id) if stays else addresses.agent(leg_id),
        "method": "POST",
        "fallback_url": addresses.fallback(),
        "fallback_method": "POST",
        "status_callback": (addresses.standby_status if stays else addresses.status)(leg_id),
        "status_callback_method": "POST",
        "status_callback_event": PROGRESS,
        "timeout": int(params["timeout"]),
    }


def _with_name(to: str, name: str, leg_id: UUID) -> str:
    """A browser is told which line it is that rings; what follows `?` is its custom parameters.
    https://www.twilio.com/docs/voice/api/call-resource#call-a-twilio-client
    """
    return f"{to}?{name}={leg_id}" if to.startswith(addresses.BROWSER) else to


def _redirect(
    verb: Verb, *, params: Mapping[str, Any], leg_id: UUID, call_id: UUID, room: str
) -> _Body | Refused:
    if verb == Verb.PARK or "url" in params:
        url = params.get("url") or addresses.resume(leg_id)
        return {"url": url, "method": "POST", "fallback_url": addresses.fallback()}
    document = (
        params["twiml"]
        if verb == Verb.REDIRECT
        else twiml.render(_step(verb, params=params, leg_id=leg_id, call_id=call_id, room=room))
    )
    if len(document) > LONGEST_DOCUMENT:
        return Refused(None, None, f"a document of {len(document)} characters; 4000 are allowed")
    return {"twiml": document}


def _step(
    verb: Verb, *, params: Mapping[str, Any], leg_id: UUID, call_id: UUID, room: str
) -> steps.Step:
    if verb == Verb.JOIN_ROOM:
        announcement = params.get("announcement", "")
        return steps.JoinRoom(leg_id=leg_id, call_id=call_id, room=room, announcement=announcement)
    if verb == Verb.SEND_DIGITS:
        back = steps.JoinRoom(leg_id=leg_id, call_id=call_id, room=room)
        return steps.SendDigits(digits=params["digits"], room=back)
    if verb == Verb.ENQUEUE:
        return steps.Wait(
            leg_id=leg_id, greeting=params.get("greeting", ""), queue_name=params["queue_name"]
        )
    return steps.PlayOut(
        leg_id=leg_id, message=params["message"], recourse=Recourse(params["recourse"])
    )


async def _sent(verb: Verb, sid: str, room: str, body: _Body) -> Outcome:
    """Once more, for as long as is usual, where the account allows no call of that length."""
    outcome = await _send(verb, sid, room, body)
    is_long = verb == Verb.STAND_BY and "time_limit" in body
    if is_long and isinstance(outcome, Refused) and outcome.code == NOT_SO_LONG:
        as_usual = {name: value for name, value in body.items() if name != "time_limit"}
        return await _send(verb, sid, room, as_usual)
    return outcome


async def _send(verb: Verb, sid: str, room: str, body: _Body) -> Outcome:
    """One request; `room` by its name or the carrier's. The limit on its time is ours: the
    asynchronous client has none."""
    client = async_client()
    try:
        async with asyncio.timeout(settings.CARRIER_TIMEOUT):
            if verb in IN_ROOM_VERBS:
                return await in_room.send(client, verb, sid, room, body)
            if verb in RECORDING_VERBS:
                return await recordings.send(client, verb, sid, body)
            if "label" in body:
                return await in_room.invite(client, room, body)
            if verb in STARTS:
                call = await client.calls.create_async(**body)
            else:
                call = await client.calls(sid).update_async(**body)
    except (TwilioRestException, TwilioServiceException) as said:
        return await _said_no(verb, sid, said)
    except aiohttp.ClientConnectorError as error:
        return Passing(f"not reached: {error.strerror or type(error).__name__}")
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError, TwilioException) as error:
        message = f"no answer: {type(error).__name__}"
        # Updates say what the leg should be doing: repeating one does no harm.
        return NoAnswer(message) if verb in STARTS else Passing(message)
    return Done(sid=str(call.sid), status=str(call.status))


async def _said_no(
    verb: Verb, sid: str, said: TwilioRestException | TwilioServiceException
) -> Outcome:
    status, code = int(said.status), said.code
    message = str(getattr(said, "msg", "") or getattr(said, "detail", "") or said)
    starts = verb in STARTS
    if not starts and (code == NOT_FOUND or status == 404):
        return _gone(verb)
    if not starts and code == NOT_IN_PROGRESS:
        return await _after_not_in_progress(verb, sid, message)
    if status >= 500 and starts and status not in NEVER_PROCESSED:
        return NoAnswer(f"error {status} after it was asked: {message}")
    if status >= 500 or status in TRY_AGAIN:
        return Passing(message, status, code)
    return Refused(status, code, message)


async def _after_not_in_progress(verb: Verb, sid: str, message: str) -> Outcome:
    """For some moments around answer the carrier says this of legs that are alive: look."""
    try:
        async with asyncio.timeout(settings.CARRIER_TIMEOUT):
            call = await async_client().calls(sid).fetch_async()
    except (TwilioRestException, TwilioServiceException) as said:
        if said.status == 404:
            return _gone(verb)
        return Passing(message, 400, NOT_IN_PROGRESS)
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError, TwilioException):
        return Passing(message, 400, NOT_IN_PROGRESS)
    return _gone(verb) if call.status in LEG_OVER else Passing(message, 400, NOT_IN_PROGRESS)


def _gone(verb: Verb) -> Outcome:
    return AlreadyOver() if verb in (Verb.HANG_UP, Verb.STOP_RECORDING) else TooLate()
