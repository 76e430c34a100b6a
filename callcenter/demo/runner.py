"""Run a few programs side by side: their logs kept, the dead started again, all stopped at the end.

Each program is its own process group, so a Ctrl-C in the terminal reaches this runner alone, which
then stops them in the reverse of the order in which they were started.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

from callcenter.demo.screen import BAD, DIM, Screen

LOG_BYTES = 5_000_000
LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]


@dataclass(frozen=True)
class Patience:
    """Seconds. A program that lived for `settled` starts its back-off afresh."""

    first_pause: float = 0.5
    longest_pause: float = 15.0
    settled: float = 30.0
    stopping: float = 10.0


@dataclass
class Runner:
    environment: Mapping[str, str]
    folder: Path
    logs: Path
    screen: Screen
    patience: Patience = field(default_factory=Patience)
    # Told of every change, so that a killed runner's programs can be found again.
    pids_changed: Callable[[Mapping[str, int]], object] = dict
    pids: dict[str, int] = field(default_factory=dict)

    async def run(self, programs: Sequence[Program], stopping: asyncio.Event) -> None:
        """Keep them running until `stopping` is set, then stop them, the last one first."""
        self.logs.mkdir(parents=True, exist_ok=True)
        running: list[tuple[Program, asyncio.Task[None], asyncio.Event]] = []
        try:
            for program in programs:
                end = asyncio.Event()
                task = asyncio.create_task(self._keep_running(program, end), name=program.name)
                running.append((program, task, end))
            await _first_of(stopping.wait(), *(task for _, task, _ in running))
        finally:
            for _, task, end in reversed(running):
                end.set()
                await task

    async def _keep_running(self, program: Program, end: asyncio.Event) -> None:
        pause = self.patience.first_pause
        while not end.is_set():
            started = time.monotonic()
            status = await self._run_once(program, end)
            if end.is_set():
                self.screen.say(program.name, "stopped", DIM)
                return
            if time.monotonic() - started > self.patience.settled:
                pause = self.patience.first_pause
            self.screen.say(
                program.name,
                f"{described(status)}; starting it again in {pause:g} s"
                f" (its log: {self._log_path(program)})",
                BAD,
            )
            await _first_of(end.wait(), asyncio.sleep(pause))
            pause = min(pause * 2, self.patience.longest_pause)

    async def _run_once(self, program: Program, end: asyncio.Event) -> int:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            cwd=self.folder,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            start_new_session=True,
        )
        self._note(program, process.pid)
        reading = asyncio.create_task(self._read(program, process))
        try:
            await _first_of(end.wait(), process.wait())
        finally:
            await self._stop(program, process)
            self._note(program, None)
            await _first_of(reading, asyncio.sleep(2))
        return process.returncode or 0

    async def _stop(self, program: Program, process: asyncio.subprocess.Process) -> None:
        """Ask, wait, then insist; its own children go with it."""
        if process.returncode is None:
            process.terminate()
            await _first_of(process.wait(), asyncio.sleep(self.patience.stopping))
        if process.returncode is None:
            self.screen.say(program.name, "does not stop when asked: killed", BAD)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _read(self, program: Program, process: asyncio.subprocess.Process) -> None:
        log = RotatingFileHandler(self._log_path(program), maxBytes=LOG_BYTES, backupCount=1)
        stream = process.stdout
        assert stream is not None
        try:
            while line := await _line(stream):
                text = line.decode(errors="replace").rstrip()
                log.emit(logging.makeLogRecord({"msg": text}))
                self.screen.overheard(program.name, text)
        finally:
            log.close()

    def _log_path(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"

    def _note(self, program: Program, pid: int | None) -> None:
        if pid is None:
            self.pids.pop(program.name, None)
        else:
            self.pids[program.name] = pid
        self.pids_changed(self.pids)


def described(status: int) -> str:
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended ({status})"


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or a piece of one that is longer than any line should be."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)


async def _first_of(*awaitables: Coroutine[object, object, object] | asyncio.Task[None]) -> None:
    """Wait for any of them; coroutines that were not first are cancelled, tasks go on."""
    tasks = [each if isinstance(each, asyncio.Task) else None for each in awaitables]
    ours = [asyncio.create_task(each) for each in awaitables if not isinstance(each, asyncio.Task)]
    try:
        await asyncio.wait(
            [*(task for task in tasks if task), *ours], return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
