"""The whole demo as a newcomer has it: started, called, killed in part, stopped, started again.

In a copy of the checkout, so that nobody's own demo and its rows are touched.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.journeys.programs import CHECKOUT, free_port, wait_until

PROGRAMS = ("manage.py", "agents", "callcenter", "calls", "sandbox", "static", "templates")
PATIENCE = 90.0
BILLING, DANA = "+15557000100", "+15553009999"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in PROGRAMS:
        kind = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        kind(CHECKOUT / name, folder / name)
    return folder


@dataclass
class Demo:
    """One run of it; what it has written so far is `screen`."""

    folder: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("web", "fallback", "sandbox")}
    )

    @contextmanager
    def running(self) -> Iterator[None]:
        ports = [
            word for name, port in self.ports.items() for word in (f"--{name}-port", str(port))
        ]
        command = [sys.executable, "-m", "callcenter.demo", "--quiet", *ports]
        usual = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        with (self.folder / "screen").open("w") as screen:
            self.process = psutil.Popen(
                command,
                cwd=self.folder,
                env=usual,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )
            try:
                yield
            finally:
                self.process.send_signal(signal.SIGINT)
                self.process.wait(PATIENCE)

    @property
    def screen(self) -> str:
        return (self.folder / "screen").read_text()

    def is_open(self) -> bool:
        assert self.process.poll() is None, self.screen
        return "Ctrl-C stops everything." in self.screen

    def pids(self) -> dict[str, int]:
        kept = json.loads((self.folder / ".local" / "demo.pids").read_text())
        return {name: pid for name, (pid, _) in kept.items()}

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def calls(self) -> list[dict[str, Any]]:
        """What an integrator reads with the key on the screen."""
        key = re.search(r"API key: (\S+)", self.screen)
        assert key, self.screen
        asked = {"Authorization": f"Api-Key {key[1]}"}
        found: list[dict[str, Any]] = json.loads(
            _read(f"{self.address('web')}/api/v1/calls", asked)
        )["results"]
        return found

    def dana_calls(self) -> None:
        """As a visitor of the console does it."""
        console = self.address("sandbox")
        token = re.search(r'name="console-token" content="([^"]+)"', _read(console))
        assert token
        asked = {"Origin": console, "X-Console-Token": token[1], "Content-Type": "application/json"}
        said = _read(
            f"{console}/console/do", asked, json.dumps({"do": "dial", "from": DANA, "to": BILLING})
        )
        assert "dials" in said

    def is_ready(self) -> bool:
        try:
            return bool(_read(f"{self.address('web')}/readyz"))
        except OSError:
            return False


def _read(address: str, headers: dict[str, str] | None = None, body: str | None = None) -> str:
    data = body.encode() if body else None
    request = urllib.request.Request(address, data=data, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: bytes = answer.read()
    return told.decode()


def test_the_demo_is_started_called_killed_in_part_stopped_and_started_again(copy: Path) -> None:
    demo = Demo(copy)
    with demo.running():
        wait_until(demo.is_open, within=PATIENCE)
        demo.dana_calls()
        wait_until(lambda: len(demo.calls()) == 1, within=10)
        killed = demo.pids()["worker"]
        psutil.Process(killed).kill()
        wait_until(lambda: demo.pids().get("worker", killed) != killed, within=20)
        wait_until(demo.is_ready, within=20)
        everybody = demo.process.children(recursive=True)
    assert demo.process.returncode == 0, demo.screen
    assert "stopped" in demo.screen.splitlines()[-1]
    assert not psutil.wait_procs(everybody, timeout=5)[1], "programs outlive the demo"
    with demo.running():
        wait_until(demo.is_open, within=PATIENCE)
        assert len(demo.calls()) == 1, "what was there is not there any more"
    assert demo.process.returncode == 0, demo.screen
