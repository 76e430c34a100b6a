"""The call centre as real processes: web, fallback and worker, and the sandbox carrier beside them.

For the journeys in which something is killed. Every process here was started here, and is ended by
its own number.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sandbox.drivers.realtime import Clock
from sandbox.drivers.server import Server
from sandbox.world import Wishes, World, from_text

CHECKOUT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
SERVER = (
    *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    *("--ws-per-message-deflate", "false"),
)

Result = TypeVar("Result")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class SandboxThread:
    """The carrier on real time, listening on its own port; `do` acts on it from the test."""

    def __init__(self, town: str, *, port: int) -> None:
        self.clock = Clock()
        self.world: World = from_text(town, now=self.clock(), wishes=Wishes(cps=0))
        self.server = Server(self.world, self.clock, host="127.0.0.1", port=port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox")

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(PATIENCE)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def do(self, act: Callable[[World], Result]) -> Result:
        """Somebody does something on the telephone; what follows happens by itself."""

        async def acts() -> Result:
            self.server.realtime.catch_up()
            result = act(self.world)
            self.server.realtime.turn()
            return result

        return asyncio.run_coroutine_threadsafe(acts(), self._loop).result(PATIENCE)

    def wait_until(self, happened: Callable[[World], bool], *, within: float = PATIENCE) -> None:
        wait_until(lambda: self.do(happened), within=within)


@dataclass
class Program:
    """One process of ours: started, killed outright, started again."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env=self.environment,
                cwd=CHECKOUT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """As when the machine fails: nothing is told, nothing is finished."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, sign: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(sign)
            try:
                self.process.wait(PATIENCE / 4)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)
            self.process = None


@dataclass
class Centre:
    """Our three programs on one database and one carrier."""

    database_url: str
    logs: Path
    web_port: int = field(default_factory=free_port)
    settings: str = "callcenter.settings"
    fallback_port: int = field(default_factory=free_port)
    carrier_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.web = self._server("web", "callcenter.asgi:application", self.web_port)
        self.fallback = self._server(
            "fallback", "callcenter.fallback:application", self.fallback_port
        )
        self.worker = self._program("worker", "manage.py", "worker")

    def town(self, number: str, people: str) -> str:
        """The carrier's configuration: one number of ours, and these people, as YAML."""
        return f"""
accounts:
  - sid: AC{"5a" * 16}
    token: {"5a" * 16}
    numbers:
      - number: {number}
        voice url: {self.address}/twilio/voice
        fallback url: {self.fallback_address}/twilio/fallback
        status callback: {self.address}/twilio/number-status
people:
{people}"""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def fallback_address(self) -> str:
        return f"http://127.0.0.1:{self.fallback_port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DATABASE_URL": self.database_url,
            "CARRIER_API_URL": f"http://127.0.0.1:{self.carrier_port}",
            "PUBLIC_URL": self.address,
            "FALLBACK_URL": self.fallback_address,
            "ALLOWED_HOSTS": "127.0.0.1",
            "LOG_FORMAT": "text",
        }

    def start(self) -> None:
        for program in (self.fallback, self.web, self.worker):
            program.start()
        self.wait_until_ready()

    def stop(self) -> None:
        for program in (self.worker, self.web, self.fallback):
            program.stop()

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.says("/readyz") == 200, within=PATIENCE)

    def says(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            env=self.environment,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _server(self, name: str, application: str, port: int) -> Program:
        address = ("--host", "127.0.0.1", "--port", str(port))
        return self._program(name, "-m", "uvicorn", *SERVER, *address, application)

    def _program(self, name: str, *command: str) -> Program:
        return Program(name, command, self.environment, self.logs / f"{name}.log")


def wait_until(happened: Callable[[], bool], *, within: float) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, f"it did not happen within {within} s"
        time.sleep(0.1)
