"""How long a sound plays: a file, which is fetched once, or a text that is read out.

The request for a file says nothing of the call.
"""

from __future__ import annotations

import struct

from sandbox.core.calls import Call
from sandbox.core.sounds import Says
from sandbox.core.switch import Switch
from sandbox.core.webhooks import Question, Reply, ask

MULAW_TYPES = ("audio/basic", "audio/ulaw", "audio/x-mulaw")
MULAW_BYTES_A_SECOND = 8000


class MediaFailed(Exception):
    """The sound cannot be played: `code` and text for the debugger."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


async def reading_seconds(switch: Switch, call: Call, says: Says) -> float:
    """How long it takes to read a text out once."""
    if switch.studio is not None:
        return await switch.studio.read(call, says)
    return len(says.text) / switch.timings.speech_chars_per_second


async def media_seconds(switch: Switch, call: Call, url: str) -> float:
    """Length of the sound at `url`; raises MediaFailed."""
    known = switch.media_seconds.get(url)
    if known is not None:
        return known
    question = Question(
        url=url, account=call.account, method="GET", kind="media", purpose="media", call=call
    )
    reply = await ask(switch, question)
    if not reply.ok:
        raise MediaFailed(reply.error_code, reply.error_text)
    seconds = await _listened(switch, url, reply)
    switch.media_seconds[url] = seconds
    return seconds


async def _listened(switch: Switch, url: str, reply: Reply) -> float:
    """The length as who makes it heard finds it, or as the file says."""
    seconds = _seconds(switch, reply)
    if switch.studio is None:
        return seconds
    real = await switch.studio.take_in(url, reply.content_type, reply.body)
    if real is None:
        raise MediaFailed(12300, f"{reply.content_type} at {reply.url} cannot be decoded")
    return real


def _seconds(switch: Switch, reply: Reply) -> float:
    if reply.body[:4] == b"RIFF":
        return wav_seconds(reply.body, default=switch.timings.unknown_media)
    if reply.content_type in MULAW_TYPES:
        return len(reply.body) / MULAW_BYTES_A_SECOND
    if not reply.content_type.startswith("audio/"):
        raise MediaFailed(12300, f"{reply.content_type or 'no type'} at {reply.url} is no sound")
    return switch.timings.unknown_media


def wav_seconds(body: bytes, *, default: float) -> float:
    """Length of RIFF/WAVE bytes from their `fmt ` and `data` chunks."""
    rate, position = 0, 12
    while position + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, position)
        if name == b"fmt " and position + 20 <= len(body):
            rate = struct.unpack_from("<I", body, position + 16)[0]
        if name == b"data" and rate:
            return float(min(size, len(body) - position - 8) / rate)
        position += 8 + size + size % 2
    return default
