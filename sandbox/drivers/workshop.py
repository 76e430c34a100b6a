"""What takes time, off the carrier's loop: a voice in another process, files in a thread."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np

from sandbox.audio.files import NotSound, decode
from sandbox.audio.sound import Sound

log = logging.getLogger("sandbox")
Done = Callable[[Sound | None], None]
Work = Callable[[], Coroutine[Any, Any, Sound | None]]
PATIENCE = 30.0
MOST_UNREAD = 40  # texts that wait for the voice; callers are not to wait for more
COMMAND = (sys.executable, "-m", "sandbox.audio.reader")


class VoiceGone(Exception):
    """The process that reads has ended, or said nothing for too long."""


class ReaderProcess:
    """One voice that reads one text after another; started anew if it ends."""

    def __init__(self, command: tuple[str, ...] = COMMAND, patience: float = PATIENCE) -> None:
        self.voice = ""
        self._command = command
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._count = 0

    async def start(self) -> None:
        """Load the voice before the first text comes; what fails now fails then."""
        async with self._turn:
            await self._running()

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def read(self, text: str, pitch: float) -> Sound | None:
        """The text as sound; None if nobody can read it."""
        async with self._turn:
            try:
                return await asyncio.wait_for(self._read(text, pitch), self._patience)
            except (VoiceGone, TimeoutError) as error:
                log.warning("the voice did not read %r: %s", text[:40], error or "too slow")
                await self.stop()
                return None

    async def _read(self, text: str, pitch: float) -> Sound | None:
        process = await self._running()
        self._count += 1
        asked = {"id": self._count, "text": text, "pitch": pitch}
        if process.stdin is None:
            raise VoiceGone
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        head = await _line(process)
        if "problem" in head:
            if self.voice:
                log.warning("the voice cannot read %r: %s", text[:40], head["problem"])
            return None
        if process.stdout is None:
            raise VoiceGone
        try:
            samples = await process.stdout.readexactly(head["bytes"])
        except asyncio.IncompleteReadError as error:
            raise VoiceGone("it ended in the middle of a text") from error
        return np.frombuffer(samples, dtype="<i2").astype(np.int16)

    async def _running(self) -> asyncio.subprocess.Process:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            self.voice = (await _line(process))["voice"]
        return process


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    line = await process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise VoiceGone("it has ended")
    head: dict[str, Any] = json.loads(line)
    return head


class RealWorkshop:
    """The studio's `Workshop` on an asyncio loop; `turn` lets the carrier go on afterwards."""

    def __init__(self, turn: Callable[[], None], reader: ReaderProcess | None = None) -> None:
        self.reader = reader or ReaderProcess()
        self._turn = turn
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        try:
            await self.reader.start()
        except (VoiceGone, OSError) as error:
            log.warning("no voice could be started: %s", error)

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.reader.stop()

    def read(self, text: str, pitch: float, done: Done) -> None:
        if len(self._tasks) >= MOST_UNREAD:
            done(None)
            return
        self._begin(lambda: self.reader.read(text, pitch), done)

    def decode(self, content_type: str, body: bytes, done: Done) -> None:
        self._begin(lambda: _decoded(content_type, body), done)

    def _begin(self, work: Work, done: Done) -> None:
        task = asyncio.get_running_loop().create_task(self._finish(work, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, work: Work, done: Done) -> None:
        done(await work())
        self._turn()


async def _decoded(content_type: str, body: bytes) -> Sound | None:
    try:
        return await asyncio.to_thread(decode, content_type, body)
    except NotSound as problem:
        log.warning("a sound file cannot be decoded: %s", problem)
        return None
