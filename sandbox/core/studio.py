"""Whoever makes sound of what the carrier knows as facts; without one, lengths are estimated.

The carrier only asks how long a sound is, and whether a tape has real sound on it. The answers may
take a moment: a voice has to read a text before anybody knows how long that takes.
"""

from __future__ import annotations

from typing import Protocol

from sandbox.core.calls import Call
from sandbox.core.kernel import Future
from sandbox.core.recordings import Recording
from sandbox.core.sounds import Says


class Studio(Protocol):
    """Methods return at once; what takes time settles the future that they return."""

    def read(self, call: Call, says: Says) -> Future[float]:
        """Have a text read out; its length in seconds."""

    def take_in(self, url: str, content_type: str, body: bytes) -> Future[float | None]:
        """Keep a sound file for whoever will hear it; its length, None if it is no sound."""

    def tape(self, recording: Recording) -> bytes | None:
        """The WAV file of a finished recording; None if nobody listened to that one."""
