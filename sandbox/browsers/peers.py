"""One browser's sound: a WebRTC connection that carries telephone sound both ways, as PCMU.

Nothing is sent to anybody but the browser: no STUN, no TURN, no multicast. aioice leaves loopback
out, which is where browser and carrier meet, so it is told to take it in.
"""

from __future__ import annotations

import asyncio
import fractions
import ipaddress
import re
from collections.abc import Callable
from typing import Any

import aioice.ice
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, Packet

from sandbox.audio import mulaw
from sandbox.audio.mouths import Microphone
from sandbox.audio.sound import RATE, TICK, Sound

LOOPBACK = "127.0.0.1"
CODEC = "audio/pcmu"
MOST_WAITING = 10  # ticks for a browser that does not take them
LOST = ("failed", "closed")
_usual_addresses = aioice.ice.get_host_addresses
_NAMED = re.compile(r"^a=candidate:.*\.local .*\r?\n", re.MULTILINE)
_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)


class NotReached(Exception):
    """A browser's description cannot be used; the text says why."""


def meet_browsers_of(host: str) -> None:
    """Where browsers are met, for the whole process: where the carrier listens, loopback too."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = ipaddress.ip_address(LOOPBACK)
    own = [] if address.is_loopback or address.is_unspecified else [str(address)]

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        others = _usual_addresses(use_ipv4, use_ipv6) if address.is_unspecified else own
        return [LOOPBACK, *others]

    aioice.ice.get_host_addresses = addresses


class Outgoing(MediaStreamTrack):
    """What a browser hears, already coded, in the order of its ticks."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._ticks: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(MOST_WAITING)
        self._at = 0

    def put(self, sound: Sound) -> None:
        if self._ticks.full():
            self._ticks.get_nowait()
        self._ticks.put_nowait((self._at, mulaw.encode(sound)))
        self._at += TICK

    async def recv(self) -> Packet[Any]:
        at, coded = await self._ticks.get()
        packet = Packet(coded)
        packet.pts = packet.dts = at
        packet.time_base = fractions.Fraction(1, RATE)
        return packet


def _nobody() -> None:
    """Nobody minds."""


class Peer:
    """One connection. `lost` is called once when the browser cannot be reached any more."""

    def __init__(self) -> None:
        self.lost: Callable[[], None] = _nobody
        self.microphone = Microphone()
        self._outgoing = Outgoing()
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._closed = False
        self._listening: set[asyncio.Task[None]] = set()
        self._connection.on("track", self._track)
        self._connection.on("connectionstatechange", self._state_changed)

    def play(self, sound: Sound) -> None:
        """One tick for the browser's ear."""
        self._outgoing.put(sound)

    async def answer(self, offer: str) -> str:
        """A browser calls: the answer to its description; raises NotReached."""
        try:
            self._speak()
            await self._connection.setRemoteDescription(_description(offer, "offer"))
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except Exception as error:
            raise NotReached(f"{type(error).__name__}: {error}") from error
        return self._connection.localDescription.sdp

    async def offer(self) -> str:
        """A browser is called: what it is to answer."""
        self._speak()
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """The browser has answered; raises NotReached."""
        try:
            await self._connection.setRemoteDescription(_description(answer, "answer"))
        except Exception as error:
            raise NotReached(f"{type(error).__name__}: {error}") from error

    def _speak(self) -> None:
        """In PCMU alone, also with a browser that would rather have another coding."""
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        transceiver = self._connection.addTransceiver(self._outgoing, direction="sendrecv")
        transceiver.setCodecPreferences([each for each in codecs if each.mimeType.lower() == CODEC])

    def is_with(self, sdp: str) -> bool:
        """Whether this description is of the connection that there is already."""
        known, told = self._connection.remoteDescription, _UFRAG.search(sdp)
        found = _UFRAG.search(known.sdp) if known is not None else None
        return bool(told and found and told[1] == found[1])

    async def close(self) -> None:
        self._closed = True
        for task in self._listening:
            task.cancel()
        await self._connection.close()

    def _track(self, track: MediaStreamTrack) -> None:
        task = asyncio.get_running_loop().create_task(self._listen(track))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

    async def _listen(self, track: MediaStreamTrack) -> None:
        """Whatever comes is taken at once: nobody else empties the track's queue."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame):
                samples = bytes(frame.planes[0])[: frame.samples * 2]
                self.microphone.hear(np.frombuffer(samples, dtype=np.int16))

    def _state_changed(self) -> None:
        if self._connection.connectionState in LOST and not self._closed:
            self._closed = True
            self.lost()


def _description(sdp: str, kind: str) -> RTCSessionDescription:
    """Without names that only multicast could resolve: a browser is learnt from its packets."""
    return RTCSessionDescription(sdp=_NAMED.sub("", sdp), type=kind)
