"""Two legs that talk with each other."""

from __future__ import annotations

from sandbox.core.calls import Call
from sandbox.core.legs import hear
from sandbox.core.sounds import Talk
from sandbox.core.switch import Switch


def connect(switch: Switch, one: Call, other: Call) -> None:
    """From now on each hears the other."""
    one.wires.peer, other.wires.peer = other, one
    hear(switch, one, Talk(other.sid))
    hear(switch, other, Talk(one.sid))
    switch.tell("call", one)
    switch.tell("call", other)


def disconnect(switch: Switch, one: Call, other: Call) -> None:
    """The conversation is over; what each leg hears next is not decided here."""
    for leg in (one, other):
        if leg.wires.peer in (one, other):
            leg.wires.peer = None
            hear(switch, leg)
