"""The messages of the signalling socket: JSON in text frames, and a line break as heartbeat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.browsers.tokens import Permit, TokenRefused
from sandbox.core.calls import Call, CallStatus

VERSION = "1.6"
HEARTBEAT = "\n"
HEARTBEAT_SECONDS = 10.0
REGION = "US_EAST_VIRGINIA"
EDGE = "ashburn"
Payload = dict[str, Any]

# What a browser is told of a call that ended before anybody answered it.
REFUSALS = {
    CallStatus.BUSY: (31486, "Busy Here"),
    CallStatus.FAILED: (31404, "Not Found"),
    CallStatus.NO_ANSWER: (31480, "Temporarily Unavailable"),
}


def parse(text: str) -> tuple[str, Payload] | None:
    """The type and the payload of a message; None for heartbeats and for what is no message."""
    try:
        message = json.loads(text)
    except ValueError:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return None
    payload = message.get("payload")
    return message["type"], payload if isinstance(payload, dict) else {}


def compose(kind: str, payload: Payload) -> str:
    return json.dumps({"type": kind, "payload": payload, "version": VERSION})


def connected(permit: Permit, now: float) -> Payload:
    token = {"identity": permit.identity, "ttl": max(0, int(permit.expires - now))}
    return {"region": REGION, "edge": EDGE, "home": "us1", "token": token}


def refused(refusal: TokenRefused) -> Payload:
    return {"error": {"code": refusal.code, "message": refusal.text}}


def invitation(call: Call, sdp: str, token: str) -> Payload:
    """A call comes in. Its custom parameters travel as one encoded text."""
    told = {
        "CallSid": call.sid,
        "From": call.from_,
        "To": call.to,
        "AccountSid": call.account.sid,
        "ApiVersion": call.api_version,
    }
    custom = custom_parameters(call)
    told |= {"Params": urlencode(custom)} if custom else {}
    return {"callsid": call.sid, "sdp": sdp, "parameters": told, "reconnect": token}


def custom_parameters(call: Call) -> dict[str, str]:
    """`<Parameter>`s, or what follows the name in `client:dana?ticket=42`."""
    return dict(parse_qsl(urlsplit(call.to).query)) | call.custom_parameters


def asked_parameters(payload: Payload) -> dict[str, str]:
    """What a page gave to `device.connect({params})`."""
    told = payload.get("twilio")
    written = told.get("params", "") if isinstance(told, Mapping) else ""
    return dict(parse_qsl(str(written), keep_blank_values=True))


def unheard(sid: object, problem: Exception) -> Payload:
    """The call is over for this browser: its sound could not be reached."""
    error = {"code": 31000, "message": f"Media could not be negotiated: {problem}"}
    return {"callsid": sid, "error": error}


def goodbye(call: Call) -> Payload:
    """The call is over; a refusal says why."""
    payload: Payload = {"callsid": call.sid}
    if not call.answered and call.status in REFUSALS:
        code, message = REFUSALS[call.status]
        payload["error"] = {"code": code, "message": message}
    return payload
