"""Whether this machine has what it takes to make a carrier heard."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.console.guard import Guard
from sandbox.drivers.realtime import RealTime
from sandbox.drivers.server import Audio
from sandbox.world import World

AUDIO: Callable[[World, RealTime, Guard], Audio] | None = None
WITHOUT_AUDIO = ""

try:
    from sandbox.drivers.sounding import Sounding
except ModuleNotFoundError as missing:
    WITHOUT_AUDIO = (
        f"none: the package {missing.name} is missing (pip install -r requirements/sandbox.txt)."
        " Everything else works"
    )
else:
    AUDIO = Sounding
