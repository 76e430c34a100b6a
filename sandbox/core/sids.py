"""Names of things: two letters and 32 hexadecimal digits, from the carrier's seeded dice."""

from __future__ import annotations

import re
from random import Random
from typing import Final

ACCOUNT: Final = "AC"
API_KEY: Final = "SK"
CALL: Final = "CA"
CONFERENCE: Final = "CF"
QUEUE: Final = "QU"
RECORDING: Final = "RE"
NUMBER: Final = "PN"
APPLICATION: Final = "AP"
NOTIFICATION: Final = "NO"
STREAM: Final = "MZ"
TRANSCRIPTION: Final = "GT"
SIPREC: Final = "SR"
PAYMENT: Final = "PK"

_SHAPE = re.compile(r"^[A-Z]{2}[0-9a-fA-F]{32}$")


def new_sid(dice: Random, prefix: str) -> str:
    return f"{prefix}{dice.getrandbits(128):032x}"


def is_sid(text: str, prefix: str) -> bool:
    return text.startswith(prefix) and _SHAPE.match(text) is not None
