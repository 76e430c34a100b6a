"""One clock for every telephone: coroutines run in a fixed order on time that is handed in.

`Kernel` is a small cooperative scheduler without any input or output. The same inputs give the
same order of steps, always. Rules that the rest of the carrier relies on:

- `Task.cancel(reason)` throws `Cancelled(reason)` at the task's current await, once. The first
  reason wins, and whatever the task awaits while it cleans up runs undisturbed.
- Clean-up that awaits belongs in `except Cancelled`, never in `finally`, so that an abandoned
  coroutine can be closed by the interpreter.
- A task that fails while nobody awaits it surfaces from `run_ready()`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Cancelled(BaseException):
    """What a task was doing is over, for `reason`."""

    def __init__(self, reason: object = None) -> None:
        super().__init__(reason)
        self.reason = reason


class NotDone(RuntimeError):
    """A result was asked for before there was one."""


class AlreadyDone(RuntimeError):
    """A result was given twice."""


class Future(Generic[T]):
    """A result that somebody waits for."""

    __slots__ = ("_done", "_error", "_value", "_wakers")

    def __init__(self) -> None:
        self._done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._wakers: list[Callable[[Future[T]], None]] = []

    @property
    def done(self) -> bool:
        return self._done

    @property
    def error(self) -> BaseException | None:
        return self._error

    def set(self, value: T) -> None:
        if not self.try_set(value):
            raise AlreadyDone(repr(self._value))

    def try_set(self, value: T) -> bool:
        """Give the result unless there is one already; True if it was taken."""
        if self._done:
            return False
        self._value = value
        self._settle()
        return True

    def fail(self, error: BaseException) -> None:
        if self._done:
            raise AlreadyDone(repr(error))
        self._error = error
        self._settle()

    def result(self) -> T:
        if not self._done:
            raise NotDone
        if self._error is not None:
            raise self._error
        return cast(T, self._value)

    def on_done(self, waker: Callable[[Future[T]], None]) -> None:
        if self._done:
            waker(self)
        else:
            self._wakers.append(waker)

    def forget(self, waker: Callable[[Future[T]], None]) -> None:
        if waker in self._wakers:
            self._wakers.remove(waker)

    def _settle(self) -> None:
        self._done = True
        wakers, self._wakers = self._wakers, []
        for waker in wakers:
            waker(self)

    def __await__(self) -> Generator[Future[Any], None, T]:
        if not self._done:
            yield self
        return self.result()


class Task(Future[T]):
    """A coroutine that the kernel steps; its result is the coroutine's."""

    __slots__ = (
        "_cancelling",
        "_coro",
        "_kernel",
        "_number",
        "_queued",
        "_throw",
        "_waiting",
        "name",
    )

    def __init__(
        self, kernel: Kernel, coro: Coroutine[Any, Any, T], name: str, number: int
    ) -> None:
        super().__init__()
        self.name = name
        self._number = number
        self._kernel = kernel
        self._coro = coro
        self._waiting: Future[Any] | None = None
        self._throw: BaseException | None = None
        self._queued = False
        self._cancelling = False

    @property
    def cancelling(self) -> bool:
        return self._cancelling

    def cancel(self, reason: object = None) -> None:
        """Throw `Cancelled(reason)` at the task's await; only the first cancel counts."""
        if self._done or self._cancelling:
            return
        self._cancelling = True
        self._throw = Cancelled(reason)
        if self._waiting is not None:
            self._waiting.forget(self._wake)
            self._waiting = None
        self._kernel._enqueue(self)

    async def settled(self) -> None:
        """Wait for the end, however it comes; a failure (not a cancellation) is raised."""
        await _any_done((self,))
        if self._error is not None and not isinstance(self._error, Cancelled):
            raise self._error

    def _wake(self, awaited: Future[Any]) -> None:
        if self._waiting is awaited:
            self._waiting = None
            self._kernel._enqueue(self)

    def _step(self) -> None:
        self._queued = False
        if self._done:
            return
        throw, self._throw = self._throw, None
        if self._waiting is not None:
            self._waiting.forget(self._wake)
            self._waiting = None
        try:
            awaited = self._coro.throw(throw) if throw else self._coro.send(None)
        except StopIteration as stop:
            self.set(stop.value)
        except Cancelled as cancelled:
            self.fail(cancelled)
        except Exception as error:  # noqa: BLE001 - reported by whoever awaits, or by the kernel
            self._report(error)
        else:
            self._waiting = awaited
            awaited.on_done(self._wake)

    def _report(self, error: Exception) -> None:
        if not self._wakers:
            self._kernel._failures.append(error)
        self.fail(error)

    def _settle(self) -> None:
        self._kernel._forget(self._number)
        super()._settle()

    def _close(self) -> None:
        self._coro.close()


class Timer:
    """Something that will happen at a moment, unless cancelled."""

    __slots__ = ("action", "cancelled", "when")

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        self.when = when
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Mailbox(Generic[T]):
    """Things that arrive one by one and are taken in order."""

    __slots__ = ("_items", "_waiter")

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._waiter: Future[None] | None = None

    def put(self, item: T) -> None:
        self._items.append(item)
        if self._waiter is not None:
            self._waiter.try_set(None)

    def clear(self) -> None:
        self._items.clear()

    async def get(self) -> T:
        while not self._items:
            self._waiter = Future()
            await self._waiter
        return self._items.popleft()


class Kernel:
    """Runs coroutines on a clock that only moves when told to."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._ready: deque[Task[Any]] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._tasks: dict[int, Task[Any]] = {}
        self._failures: list[Exception] = []

    def spawn(self, coro: Coroutine[Any, Any, T], name: str) -> Task[T]:
        """Start a coroutine; its first step runs at the next `run_ready()`."""
        self._count += 1
        task = Task(self, coro, name, self._count)
        self._tasks[self._count] = task
        self._enqueue(task)
        return task

    def call_at(self, when: float, action: Callable[[], None]) -> Timer:
        timer = Timer(max(when, self.now), action)
        self._count += 1
        heapq.heappush(self._timers, (timer.when, self._count, timer))
        return timer

    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        return self.call_at(self.now + seconds, action)

    def soon(self, action: Callable[[], None], name: str) -> None:
        """Run a plain function in its turn, after what is running now."""
        self.spawn(_run(action), name)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of carrier time (0 lets everybody else run first)."""
        woken: Future[None] = Future()
        timer = self.call_later(max(seconds, 0.0), lambda: woken.set(None))
        try:
            await woken
        except BaseException:
            timer.cancel()
            raise

    async def turn(self) -> None:
        """Let everything that is runnable already run first, without time passing."""
        await self.spawn(_nothing(), "turn")

    async def first(self, *contenders: Future[Any]) -> Future[Any]:
        """Wait until one is done, and return it; of several, the first named. None is cancelled."""
        await _any_done(contenders)
        return next(each for each in contenders if each.done)

    async def race(self, *contenders: Future[Any], within: float | None = None) -> Future[Any]:
        """Wait for the first; the losing tasks are cancelled and unwound before it returns.

        With `within` (seconds) the answer may be a future that is none of the contenders.
        """
        clock = (self.spawn(self.sleep(within), "clock"),) if within is not None else ()
        everyone: tuple[Future[Any], ...] = (*contenders, *clock)
        try:
            winner = await self.first(*everyone)
        except Cancelled as cancelled:
            await stop_all(everyone, cancelled.reason)
            raise
        await stop_all(everyone, LOST_RACE)
        return winner

    def run_ready(self) -> None:
        """Step every runnable task until all wait; raise what a task could tell nobody else."""
        while self._ready and not self._failures:
            self._ready.popleft()._step()
        if self._failures:
            raise self._failures.pop(0)

    def next_timer(self) -> float | None:
        """When something is next due; None if nothing is."""
        while self._timers and self._timers[0][2].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def advance_to(self, moment: float) -> None:
        """Move the clock, firing what is due in order and running what that makes runnable."""
        self.run_ready()
        due = self.next_timer()
        while due is not None and due <= moment:
            self._fire_next()
            self.run_ready()
            due = self.next_timer()
        self.now = max(self.now, moment)

    def close(self) -> None:
        """Abandon every task; for a carrier that is thrown away."""
        self._ready.clear()
        self._timers.clear()
        for task in list(self._tasks.values()):
            task._close()
        self._tasks.clear()

    def _forget(self, number: int) -> None:
        self._tasks.pop(number, None)

    def _fire_next(self) -> None:
        when, _, timer = heapq.heappop(self._timers)
        self.now = max(self.now, when)
        timer.action()

    def _enqueue(self, task: Task[Any]) -> None:
        if not task._queued and not task.done:
            task._queued = True
            self._ready.append(task)


LOST_RACE = "another contender was first"


async def stop_all(contenders: Iterable[Future[Any]], reason: object) -> None:
    """Cancel those that are tasks and wait until each has unwound."""
    tasks = [each for each in contenders if isinstance(each, Task)]
    for task in tasks:
        task.cancel(reason)
    for task in tasks:
        await task.settled()


async def _nothing() -> None:
    """One step of the trampoline."""


async def _run(action: Callable[[], None]) -> None:
    action()


async def _any_done(contenders: Iterable[Future[Any]]) -> None:
    gate: Future[None] = Future()

    def open_gate(_: Future[Any]) -> None:
        gate.try_set(None)

    for each in contenders:
        each.on_done(open_gate)
    try:
        await gate
    finally:
        for each in contenders:
            each.forget(open_gate)
