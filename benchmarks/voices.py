"""What it costs the sandbox carrier to be heard: CPU for each browser leg, and what gets through.

The carrier is a process of its own. The browsers here are not: each is a signalling socket and a
WebRTC connection of this process, which hums a tone and keeps what it hears, so that only the
carrier's work is counted. They sit in rooms of two and each is to hear the other.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
import numpy as np
import psutil
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from benchmarks.ground import Running
from benchmarks.report import Measured
from sandbox.audio.mouths import Microphone
from sandbox.audio.sound import RATE, TICK, TICK_SECONDS, Sound, of_waves
from sandbox.audio.tones import strength
from sandbox.browsers.peers import Peer, meet_browsers_of
from sandbox.browsers.signals import compose, parse

CHECKOUT = Path(__file__).parent.parent
PORT = 9310
ACCOUNT, KEY, SECRET, APP = "AC" + "5a" * 16, "SK" + "5a" * 16, "5a" * 16, "AP" + "5a" * 16
CROWDS = (1, 2, 4, 8, 32)
PROMISED = 4
SETTLING, SPAN, PATIENCE = 3.0, 10.0, 30.0
HEARD = 0.03


def run() -> list[Measured]:
    with _application() as url, _carrier(url) as carrier:
        idle = asyncio.run(_idle(carrier))
        crowds = [asyncio.run(_crowd(carrier, count)) for count in CROWDS]
    return [Measured("CPU with nobody on the line", idle, "% of a core"), *_measured(crowds)]


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many browsers at once. `arrived` is the share of ticks that reached them."""

    count: int
    cpu: float
    arrived: float
    recognised: int
    stayed: int


def _measured(crowds: Sequence[Crowd]) -> Iterator[Measured]:
    for each in crowds:
        promised = each.count <= PROMISED
        most = 60.0 if each.count == PROMISED else None
        legs = f"{each.count} browser{'s' if each.count > 1 else ''}"
        yield Measured(f"CPU, {legs}", each.cpu, "% of a core", at_most=most)
        yield Measured(f"CPU a leg, {legs}", each.cpu / each.count, "% of a core")
        yield Measured(
            f"sound that arrived, {legs}",
            each.arrived * 100,
            "%",
            at_least=90 if promised else None,
        )
        if each.count > 1:
            least = each.count if promised else None
            yield Measured(f"tones recognised, {legs}", each.recognised, "", at_least=least)
        yield Measured(f"calls that stayed, {legs}", each.stayed, "", at_least=each.count)


class Ear(Microphone):
    """Keeps all that comes."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Sound] = []

    def hear(self, sound: Sound) -> None:
        self.kept.append(sound)


@dataclass
class Robot:
    """One browser: it calls into a room, hums, and listens."""

    number: int
    session: aiohttp.ClientSession
    signals: str  # where the carrier's socket is
    token: str
    peer: Peer = field(default_factory=Peer)
    ear: Ear = field(default_factory=Ear)
    over: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def hertz(self) -> float:
        return pitch(self.number)

    async def calls(self) -> None:
        """On return it is in its room."""
        self.peer.microphone = self.ear
        socket = await self.session.ws_connect(self.signals)
        await socket.send_str(compose("listen", {"token": self.token}))
        offer = await self.peer.offer()
        asked = {"params": f"room={self.number // 2}"}
        invitation = {"callsid": f"TJS{self.number}", "sdp": offer, "twilio": asked}
        await socket.send_str(compose("invite", invitation))
        answered = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._follow(socket, answered)),
            asyncio.create_task(self._hum()),
        ]
        await asyncio.wait_for(answered.wait(), PATIENCE)

    async def leaves(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.peer.close()

    async def _follow(
        self, socket: aiohttp.ClientWebSocketResponse, answered: asyncio.Event
    ) -> None:
        async with socket:
            async for message in socket:
                kind, payload = parse(message.data) or ("", {})
                if payload.get("sdp"):
                    await self.peer.accept(payload["sdp"])
                if kind == "answer":
                    answered.set()
                self.over = self.over or kind == "hangup"

    async def _hum(self) -> None:
        times, due = np.arange(TICK) / RATE, time.monotonic()
        for tick in range(10_000_000):
            waves = np.sin(2 * np.pi * self.hertz * (times + tick * TICK_SECONDS)) * 0.2
            self.peer.play(of_waves(waves))
            due += TICK_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _idle(carrier: Running) -> float:
    """Once the voice is loaded, which it is at the start."""
    await asyncio.sleep(SETTLING)
    return await _cpu(carrier)


async def _cpu(carrier: Running) -> float:
    """Percent of a core while `SPAN` goes by."""
    spent, began = -carrier.cpu_seconds(), time.monotonic()
    await asyncio.sleep(SPAN)
    return (spent + carrier.cpu_seconds()) / (time.monotonic() - began) * 100


async def _crowd(carrier: Running, count: int) -> Crowd:
    async with aiohttp.ClientSession() as session:
        signals = f"ws://127.0.0.1:{PORT}/signal"
        robots = [
            Robot(number, session, signals, _token(f"robot{number}")) for number in range(count)
        ]
        for robot in robots:
            await robot.calls()
        await asyncio.sleep(SETTLING)
        for robot in robots:
            robot.ear.kept.clear()
        cpu = await _cpu(carrier)
        heard = what_was_heard(robots)
        crowd = Crowd(
            count=count,
            cpu=cpu,
            arrived=sum(each.size for each in heard) / (SPAN * RATE * count),
            recognised=sum(recognises(robot, heard) for robot in robots) if count > 1 else 0,
            stayed=sum(not robot.over for robot in robots),
        )
        for robot in robots:
            await robot.leaves()
        return crowd


def pitch(number: int) -> float:
    """What this one hums; there are not more of them than a telephone can tell apart."""
    return 400.0 + 150.0 * (number % 16)


def what_was_heard(robots: Sequence[Robot]) -> list[Sound]:
    return [np.concatenate([*robot.ear.kept, np.zeros(1, np.int16)]) for robot in robots]


def recognises(robot: Robot, heard: Sequence[Sound]) -> bool:
    """Whether the other one in the room could be heard, and oneself not, second by second."""
    sound, other = heard[robot.number], pitch(robot.number ^ 1)
    seconds = [sound[start : start + RATE] for start in range(0, sound.size - RATE, RATE)]
    good = sum(
        strength(each, other) > HEARD and strength(each, robot.hertz) < HEARD for each in seconds
    )
    return bool(seconds) and good > len(seconds) / 2


def _token(identity: str) -> str:
    token = AccessToken(ACCOUNT, KEY, SECRET, identity=identity)
    token.add_grant(VoiceGrant(outgoing_application_sid=APP))
    return str(token.to_jwt())


class _Application(BaseHTTPRequestHandler):
    """Everybody is sent into the room that they ask for."""

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        room = dict(pair.split("=", 1) for pair in form.split("&"))["room"]
        twiml = f"<Response><Dial><Conference beep='false'>{room}</Conference></Dial></Response>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.end_headers()
        self.wfile.write(twiml.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def _application() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def _carrier(voice_url: str) -> Iterator[Running]:
    meet_browsers_of("127.0.0.1")
    application = {"name": "rooms", "sid": APP, "voice url": voice_url}
    account = {
        "sid": ACCOUNT,
        "token": SECRET,
        "api keys": {KEY: SECRET},
        "applications": [application],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump({"accounts": [account]}, file)
        file.flush()
        command = [sys.executable, "-m", "sandbox", "--port", str(PORT), "--config", file.name]
        with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None or "listens on" not in process.stdout.readline():
                raise SystemExit("The sandbox carrier does not start.")
            try:
                yield Running(psutil.Process(process.pid))
            finally:
                process.terminate()
                process.communicate()
