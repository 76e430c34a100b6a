"""Load on loopback: as fast as it goes over a few connections, or at Poisson's moments.

Requests are made before the clock runs. Every answer is read and its status kept: a fast refusal
is not a result.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

MOST_CONNECTIONS = 64


@dataclass(slots=True)
class Answers:
    """What came back, and how long each took (seconds, from the moment it was due)."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1000

    def refuse_others(self, *wanted: int) -> None:
        others = {status: n for status, n in self.statuses.items() if status not in wanted}
        if others:
            raise SystemExit(f"Answers other than {wanted}: {others}. This is no result.")


def saturate(port: int, requests: Iterable[bytes], *, seconds: float, connections: int) -> Answers:
    """Each connection sends its next request when the last was answered."""
    return uvloop.run(_saturate(port, iter(requests), seconds, connections))


def arrive(port: int, requests: Iterable[bytes], *, seconds: float, per_second: float) -> Answers:
    """Requests arrive as callers do: independently, whatever is still being answered."""
    return uvloop.run(_arrive(port, iter(requests), seconds, per_second))


class _Connection(asyncio.Protocol):
    """One request at a time; reads just enough of HTTP to know where an answer ends."""

    def __init__(self) -> None:
        self._read = b""
        self._answered: Callable[[int], None] = lambda _status: None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes, answered: Callable[[int], None]) -> None:
        assert self._transport is not None
        self._answered = answered
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, blank, body = self._read.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._read = b""
        self._answered(int(head[9:12]))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def _connect(port: int) -> _Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
    return connection


async def _saturate(
    port: int, requests: Iterator[bytes], seconds: float, connections: int
) -> Answers:
    answers = Answers()
    lines = [await _connect(port) for _ in range(connections)]
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_ask_for(line, requests, answers, until) for line in lines))
    answers.seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return answers


async def _ask_for(
    line: _Connection, requests: Iterator[bytes], answers: Answers, until: float
) -> None:
    while (now := time.perf_counter()) < until:
        request = next(requests, None)
        if request is None:
            return
        await _one(line, request, answers, due=now)


async def _one(line: _Connection, request: bytes, answers: Answers, *, due: float) -> None:
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    line.ask(request, done.set_result)
    status = await done
    answers.statuses[status] += 1
    answers.latencies.append(time.perf_counter() - due)


async def _arrive(
    port: int, requests: Iterator[bytes], seconds: float, per_second: float
) -> Answers:
    answers = Answers()
    free = deque([await _connect(port) for _ in range(MOST_CONNECTIONS)])
    came_free = asyncio.Event()
    under_way: set[asyncio.Task[None]] = set()
    began = due = time.perf_counter()
    for request in requests:
        due += random.expovariate(per_second)
        if due > began + seconds:
            break
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        while not free:
            came_free.clear()
            await came_free.wait()
        task = asyncio.create_task(_lend(free.popleft(), free, came_free, request, answers, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    answers.seconds = time.perf_counter() - began
    for line in free:
        line.close()
    return answers


async def _lend(
    line: _Connection,
    free: deque[_Connection],
    came_free: asyncio.Event,
    request: bytes,
    answers: Answers,
    due: float,
) -> None:
    await _one(line, request, answers, due=due)
    free.append(line)
    came_free.set()
