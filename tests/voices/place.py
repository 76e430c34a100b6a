"""The whole product as its users have it: carrier, web, fallback and worker, each a program.

The carrier is heard. Everything here was started here, and is ended by its own number.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from tests.journeys.programs import PATIENCE, Centre, Program, wait_until

T = TypeVar("T")
FRONT_DOOR = "+15557000100"  # leads to Billing
SIDE_DOOR = "+15557000200"  # leads to Sales
BACK_DOOR = "+15557000300"  # leads to Support
DOORS = (FRONT_DOOR, SIDE_DOOR, BACK_DOOR)
# Seconds that a browser may use a token: so few that it is renewed in the midst of every test.
TOKEN_SECONDS = 14

TOWN = """
cps: 0
accounts:
  - sid: AC{five_a}
    token: {five_a}
    api keys: {{SK{five_a}: {five_a}}}
    applications:
      - name: Desks
        sid: AP{five_a}
        voice url: {web}/twilio/browser
        fallback url: {fallback}/twilio/fallback
        status callback: {web}/twilio/browser-status
    numbers: [{numbers}]
"""
NUMBER = """
      {{number: {number}, voice url: {web}/twilio/voice, fallback url: {fallback}/twilio/fallback,
        status callback: {web}/twilio/number-status}}"""


class Place:
    """All programs of one call centre, and where they are."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.centre = Centre(database_url, folder, settings="tests.settings")
        self.centre.web.environment["SOFTPHONE_TOKEN_SECONDS"] = str(TOKEN_SECONDS)
        town = folder / "town.yaml"
        town.write_text(self._town())
        carrier = ("-m", "sandbox", "--config", str(town), "--port", str(self.centre.carrier_port))
        self.carrier = Program("carrier", carrier, self.centre.environment, folder / "carrier.log")

    def start(self) -> None:
        self.carrier.start()
        wait_until(lambda: self._carrier_says("/healthz") != b"", within=PATIENCE)
        self.centre.start()

    def stop(self) -> None:
        self.centre.stop()
        self.carrier.stop()

    @property
    def web_url(self) -> str:
        return self.centre.address

    @property
    def carrier_port(self) -> int:
        return self.centre.carrier_port

    @property
    def carrier_url(self) -> str:
        return f"http://127.0.0.1:{self.carrier_port}"

    @property
    def live_calls(self) -> list[dict[str, Any]]:
        """What the carrier knows of every line that is not over."""
        state: dict[str, list[dict[str, Any]]] = json.loads(
            self._carrier_says("/console/state.json")
        )
        return state["calls"]

    def hang_everybody_up(self) -> None:
        """Each telephone is put down, whoever it belongs to."""
        (token,) = re.findall(r'name="console-token" content="([^"]+)"', str(self._carrier_says()))
        for call in self.live_calls:
            self._do({"do": "hang_up", "call": call["sid"]}, token)

    def _do(self, action: dict[str, str], token: str) -> None:
        headers = {"X-Console-Token": token, "Origin": self.carrier_url}
        request = urllib.request.Request(
            f"{self.carrier_url}/console/do",
            data=json.dumps(action).encode(),
            headers=headers | {"Content-Type": "application/json"},
        )
        # Whoever was hung up by somebody else's end is gone already.
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=PATIENCE).close()

    def _carrier_says(self, path: str = "/") -> bytes:
        try:
            with urllib.request.urlopen(f"{self.carrier_url}{path}", timeout=PATIENCE) as answer:
                said: bytes = answer.read()
                return said
        except urllib.error.URLError:
            return b""

    def _town(self) -> str:
        known = {"web": self.centre.address, "fallback": self.centre.fallback_address}
        numbers = ",".join(NUMBER.format(number=n, **known) for n in DOORS)
        return TOWN.format(five_a="5a" * 16, numbers=numbers, **known)


class Way:
    """Between one browser and the carrier: what signals on it can be cut off, and let through."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="way")
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """What is under way breaks off, and nothing new is let through."""
        self._open = False
        self._run(self._break())

    def mend(self) -> None:
        self._open = True

    def close(self) -> None:
        self._server.close()
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _meet(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._writers.add(back)
        if self._open:
            there, on = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers.add(on)
            await asyncio.gather(self._carry(here, on), self._carry(there, back))
            self._writers.discard(on)
        back.close()
        self._writers.discard(back)

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while some := await source.read(65536):
                to.write(some)
                await to.drain()
        to.close()

    async def _break(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()
        # What was carried notices it before anything else happens.
        await asyncio.sleep(0.05)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)
