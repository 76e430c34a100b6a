"""What every request about a call tells the application.

Source: https://www.twilio.com/docs/voice/twiml ("Request parameters").
"""

from __future__ import annotations

import json
from hashlib import sha256

from sandbox.core.calls import Call, Direction

Params = list[tuple[str, str]]
PLACES = ("City", "State", "Zip", "Country")


NORTH_AMERICA = "+1"
VERIFIED = "TN-Validation-Passed-A"
ATTESTED = "B"


def call_token(call: Call) -> str:
    """What proves, when this caller is passed on by another call, whose number is shown."""
    digest = sha256(call.sid.encode()).hexdigest()
    return json.dumps({"parentCallInfoToken": digest, "identityHeaderTokens": []})


def call_params(call: Call, *, status: str | None = None) -> Params:
    """The standard voice parameters; `status` for callbacks that say `initiated`."""
    called = call.extra_params.get("Called", call.to)
    params = [
        ("CallSid", call.sid),
        ("AccountSid", call.account.sid),
        ("From", call.from_),
        ("To", call.to),
        ("CallStatus", status or call.status.value),
        ("ApiVersion", call.api_version),
        ("Direction", call.direction.value),
        ("Caller", call.from_),
        ("Called", called),
    ]
    params += _places("From", call.from_) + _places("Caller", call.from_)
    params += _places("To", call.to) + _places("Called", called)
    params += _known(call) + _proofs(call)
    return params + [(k, v) for k, v in call.extra_params.items() if k != "Called"]


def _known(call: Call) -> Params:
    maybe = {
        "CallerName": call.caller_name,
        "ForwardedFrom": call.forwarded_from,
        "ParentCallSid": call.parent_sid,
        "ApplicationSid": call.application_sid,
    }
    return [(name, value) for name, value in maybe.items() if value]


def _proofs(call: Call) -> Params:
    """Who vouches for the caller: of incoming calls from telephone numbers."""
    if call.direction is not Direction.INBOUND or not call.from_.startswith("+"):
        return []
    verified = call.from_.startswith(NORTH_AMERICA) and "StirVerstat" not in call.extra_params
    proofs = [("CallToken", call_token(call))]
    return proofs + ([("StirVerstat", VERIFIED)] if verified else [])


def attestation(call: Call) -> Params:
    """How sure the network is of the number that a callee in North America is shown."""
    known = all(party.startswith(NORTH_AMERICA) for party in (call.from_, call.to))
    outbound = call.direction is not Direction.INBOUND
    return [("StirStatus", ATTESTED)] if known and outbound else []


def _places(prefix: str, address: str) -> Params:
    if not address.startswith("+"):
        return []
    known = {"Country": "US"} if address.startswith("+1") else {}
    return [(prefix + place, known.get(place, "")) for place in PLACES]


def merged(params: Params, extra: Params) -> Params:
    """`extra` added to `params`, replacing what has the same name."""
    replaced = {name for name, _ in extra}
    return [pair for pair in params if pair[0] not in replaced] + extra
