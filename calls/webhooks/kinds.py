"""Our addresses that the carrier calls: what each is for, whom its path names, what it wants back.

An address either wants to be told what a leg should do now (TwiML), or brings news and wants
nothing but to know that it was written down.
"""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID


class Wants(Enum):
    INSTRUCTIONS = "instructions"  # TwiML, decided in the database
    ONE_MOMENT = "one moment"  # TwiML, whatever has happened to the database
    NOTHING = "nothing"  # news: 204 once it is written down


class Named(Enum):
    """Whom the last part of the path names."""

    LEG = "leg"
    CALL = "call"
    ORDER = "order"
    NOBODY = "nobody"
    LEG_IF_KNOWN = "leg, if known"


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    wants: Wants
    named: Named
    # The number's own addresses are set at the carrier, where somebody may have chosen GET.
    may_get: bool = False
    # The carrier's id without which the request means nothing.
    about: str = "CallSid"


_ALL = (
    Kind("voice", Wants.INSTRUCTIONS, Named.NOBODY, may_get=True),
    # What an agent's browser calls, by way of a TwiML App; set at the carrier as a number's are.
    Kind("browser", Wants.INSTRUCTIONS, Named.NOBODY, may_get=True),
    Kind("browser-test", Wants.INSTRUCTIONS, Named.NOBODY),
    Kind("wait", Wants.INSTRUCTIONS, Named.LEG),
    Kind("queue-left", Wants.INSTRUCTIONS, Named.LEG),
    Kind("agent", Wants.INSTRUCTIONS, Named.LEG),
    Kind("agent-key", Wants.INSTRUCTIONS, Named.LEG),
    Kind("room-left", Wants.INSTRUCTIONS, Named.LEG),
    # The last part of the path names a standby leg.
    Kind("standby", Wants.INSTRUCTIONS, Named.LEG),
    Kind("standby-key", Wants.INSTRUCTIONS, Named.LEG),
    Kind("voicemail", Wants.INSTRUCTIONS, Named.LEG),
    Kind("resume", Wants.INSTRUCTIONS, Named.LEG_IF_KNOWN),
    Kind("hold", Wants.INSTRUCTIONS, Named.LEG, about="ConferenceSid"),
    Kind("announcement", Wants.INSTRUCTIONS, Named.ORDER, about="ConferenceSid"),
    Kind("fallback", Wants.ONE_MOMENT, Named.NOBODY, may_get=True),
    Kind("status", Wants.NOTHING, Named.LEG),
    Kind("answered-by", Wants.NOTHING, Named.LEG),
    Kind("standby-status", Wants.NOTHING, Named.LEG),
    Kind("number-status", Wants.NOTHING, Named.NOBODY, may_get=True),
    Kind("browser-status", Wants.NOTHING, Named.NOBODY, may_get=True),
    Kind("test-recording", Wants.NOTHING, Named.NOBODY, about="RecordingSid"),
    Kind("conference", Wants.NOTHING, Named.CALL, about="ConferenceSid"),
    Kind("recording", Wants.NOTHING, Named.LEG, about="RecordingSid"),
    Kind("call-recording", Wants.NOTHING, Named.LEG, about="RecordingSid"),
)
KINDS = {kind.name: kind for kind in _ALL}


@dataclass(frozen=True, slots=True)
class Place:
    """One of our addresses, found from its path."""

    kind: Kind
    leg_id: UUID | None = None
    call_id: UUID | None = None
    order_id: UUID | None = None


def find(path: str) -> Place | None:
    """`/twilio/wait/6f…` is the wait address of that leg; None where we have no such address."""
    parts = path.split("/")
    if len(parts) not in (3, 4) or parts[:2] != ["", "twilio"]:
        return None
    kind = KINDS.get(parts[2])
    if kind is None:
        return None
    return _place(kind, parts[3] if len(parts) == 4 else None)


def _place(kind: Kind, name: str | None) -> Place | None:
    if name is None:
        unnamed = kind.named in (Named.NOBODY, Named.LEG_IF_KNOWN)
        return Place(kind) if unnamed else None
    id = _uuid(name)
    if id is None or kind.named is Named.NOBODY:
        return None
    if kind.named is Named.ORDER:
        return Place(kind, order_id=id)
    return Place(kind, call_id=id) if kind.named is Named.CALL else Place(kind, leg_id=id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
