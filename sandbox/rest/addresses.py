"""Whom a call may be made to and as whom: the reading of `To`, `From` and `CallerId`."""

from __future__ import annotations

import re

E164 = re.compile(r"\+[1-9]\d{6,14}")
PUNCTUATION = str.maketrans("", "", " -().")
CLIENT = re.compile(r"client:\S{1,256}")
SIP = re.compile(r"sips?:[^\s@]+@[^\s@]+")
APPLICATION = re.compile(r"app:AP[0-9a-fA-F]{32}(\?.*)?")


def as_number(text: str) -> str | None:
    """The number in E.164, or None. Written like "(415) 555-0100" it is taken for a
    North American one, as Twilio does."""
    bare = text.translate(PUNCTUATION)
    if re.fullmatch(r"[2-9]\d{9}", bare):
        bare = f"+1{bare}"
    elif re.fullmatch(r"1[2-9]\d{9}", bare):
        bare = f"+{bare}"
    return bare if E164.fullmatch(bare) else None


def as_address(text: str) -> str | None:
    """A number in E.164, or a client or SIP address as it stands; None for anything else."""
    if CLIENT.fullmatch(text) or SIP.fullmatch(text):
        return text
    return as_number(text)


def is_number(address: str) -> bool:
    return address.startswith("+")


def formatted(address: str) -> str:
    """How the API prints a number for people: North American ones as (415) 555-0100."""
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", address)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else address
