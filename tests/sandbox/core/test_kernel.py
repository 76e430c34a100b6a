"""The clock and the trampoline on which every telephone runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.core.kernel import (
    AlreadyDone,
    Cancelled,
    Future,
    Kernel,
    Mailbox,
    NotDone,
    Task,
)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    kernel = Kernel(100.0)
    yield kernel
    kernel.close()


class Diary:
    """What happened, and when."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.lines: list[tuple[float, str]] = []

    def note(self, text: str) -> None:
        self.lines.append((self.kernel.now - 100, text))

    async def nap(self, seconds: float, text: str) -> str:
        await self.kernel.sleep(seconds)
        self.note(text)
        return text


@pytest.fixture
def diary(kernel: Kernel) -> Diary:
    return Diary(kernel)


def test_sleepers_wake_in_order_of_their_time(kernel: Kernel, diary: Diary) -> None:
    kernel.spawn(diary.nap(3, "c"), "c")
    kernel.spawn(diary.nap(1, "a"), "a")
    kernel.spawn(diary.nap(2, "b"), "b")
    kernel.advance_to(110)
    assert diary.lines == [(1, "a"), (2, "b"), (3, "c")]


def test_sleepers_of_the_same_moment_wake_in_order_of_lying_down(
    kernel: Kernel, diary: Diary
) -> None:
    for name in "abc":
        kernel.spawn(diary.nap(1, name), name)
    kernel.advance_to(110)
    assert [text for _, text in diary.lines] == ["a", "b", "c"]


def test_time_stands_still_until_it_is_moved(kernel: Kernel, diary: Diary) -> None:
    kernel.spawn(diary.nap(1, "a"), "a")
    kernel.run_ready()
    assert kernel.now == 100
    assert diary.lines == []


def test_the_clock_shows_the_moment_of_what_runs(kernel: Kernel) -> None:
    seen: list[float] = []
    kernel.call_later(2.5, lambda: seen.append(kernel.now))
    kernel.advance_to(200)
    assert seen == [102.5]
    assert kernel.now == 200


def test_the_clock_never_goes_back(kernel: Kernel) -> None:
    kernel.advance_to(90)
    assert kernel.now == 100


def test_a_timer_in_the_past_is_due_now(kernel: Kernel) -> None:
    kernel.call_at(5, lambda: None)
    assert kernel.next_timer() == 100


def test_next_timer_skips_what_was_cancelled(kernel: Kernel) -> None:
    first = kernel.call_later(1, lambda: None)
    kernel.call_later(2, lambda: None)
    first.cancel()
    assert kernel.next_timer() == 102


def test_no_timer_is_none(kernel: Kernel) -> None:
    assert kernel.next_timer() is None


def test_a_cancelled_sleeper_leaves_no_timer_behind(kernel: Kernel) -> None:
    task = kernel.spawn(kernel.sleep(60), "sleeper")
    kernel.run_ready()
    task.cancel()
    kernel.run_ready()
    assert kernel.next_timer() is None


def test_a_task_gives_its_result(kernel: Kernel, diary: Diary) -> None:
    task = kernel.spawn(diary.nap(1, "done"), "nap")
    kernel.advance_to(101)
    assert task.result() == "done"


def test_a_task_can_wait_for_another(kernel: Kernel, diary: Diary) -> None:
    async def outer() -> str:
        return "after " + await kernel.spawn(diary.nap(1, "nap"), "inner")

    task = kernel.spawn(outer(), "outer")
    kernel.advance_to(101)
    assert task.result() == "after nap"


def test_a_result_is_not_there_before_its_time() -> None:
    with pytest.raises(NotDone):
        Future[int]().result()


def test_a_result_is_given_once() -> None:
    future: Future[int] = Future()
    future.set(1)
    assert not future.try_set(2)
    with pytest.raises(AlreadyDone):
        future.set(2)
    assert future.result() == 1


def test_a_failure_nobody_waits_for_surfaces(kernel: Kernel) -> None:
    async def stumble() -> None:
        raise ValueError("ouch")

    kernel.spawn(stumble(), "stumble")
    with pytest.raises(ValueError, match="ouch"):
        kernel.run_ready()


def test_a_failure_goes_to_who_waits_for_it(kernel: Kernel, diary: Diary) -> None:
    async def stumble() -> None:
        await kernel.sleep(1)
        raise ValueError("ouch")

    async def outer() -> None:
        try:
            await kernel.spawn(stumble(), "stumble")
        except ValueError as error:
            diary.note(str(error))

    kernel.spawn(outer(), "outer")
    kernel.advance_to(105)
    assert diary.lines == [(1, "ouch")]


def test_after_a_failure_the_others_go_on(kernel: Kernel, diary: Diary) -> None:
    async def stumble() -> None:
        raise ValueError("ouch")

    kernel.spawn(stumble(), "stumble")
    kernel.spawn(diary.nap(1, "still here"), "nap")
    with pytest.raises(ValueError, match="ouch"):
        kernel.run_ready()
    kernel.advance_to(105)
    assert diary.lines == [(1, "still here")]


def test_cancel_is_thrown_at_the_await_with_its_reason(kernel: Kernel, diary: Diary) -> None:
    async def work() -> None:
        try:
            await kernel.sleep(60)
        except Cancelled as cancelled:
            diary.note(str(cancelled.reason))
            raise

    task = kernel.spawn(work(), "work")
    kernel.advance_to(102)
    task.cancel("hung up")
    kernel.run_ready()
    assert diary.lines == [(2, "hung up")]
    assert isinstance(task.error, Cancelled)


def test_the_first_reason_wins_and_clean_up_is_not_disturbed(kernel: Kernel, diary: Diary) -> None:
    async def work() -> None:
        try:
            await kernel.sleep(60)
        except Cancelled as cancelled:
            await kernel.sleep(5)
            diary.note(str(cancelled.reason))

    task = kernel.spawn(work(), "work")
    kernel.run_ready()
    task.cancel("first")
    kernel.advance_to(102)
    task.cancel("second")
    kernel.advance_to(110)
    assert diary.lines == [(5, "first")]


def test_a_task_cancelled_before_its_first_step_never_works(kernel: Kernel, diary: Diary) -> None:
    task = kernel.spawn(diary.nap(0, "worked"), "nap")
    task.cancel("too early")
    kernel.advance_to(110)
    assert diary.lines == []
    assert task.done


def test_cancelling_beats_a_wake_up_of_the_same_moment(kernel: Kernel, diary: Diary) -> None:
    gate: Future[None] = Future()

    async def work() -> None:
        await gate
        diary.note("went on")

    task = kernel.spawn(work(), "work")
    kernel.run_ready()
    gate.set(None)
    task.cancel("stop")
    kernel.run_ready()
    assert diary.lines == []


def test_a_task_may_cancel_itself_and_finish_its_step(kernel: Kernel, diary: Diary) -> None:
    tasks: list[Task[None]] = []

    async def work() -> None:
        tasks[0].cancel("by myself")
        diary.note("same step")
        await kernel.sleep(1)
        diary.note("next step")

    tasks.append(kernel.spawn(work(), "work"))
    kernel.advance_to(110)
    assert diary.lines == [(0, "same step")]
    assert kernel.next_timer() is None


def test_a_task_that_cancels_itself_last_is_simply_done(kernel: Kernel) -> None:
    tasks: list[Task[None]] = []

    async def work() -> None:
        tasks[0].cancel("by myself")

    tasks.append(kernel.spawn(work(), "work"))
    kernel.run_ready()
    assert tasks[0].error is None


def test_settled_does_not_raise_a_cancellation(kernel: Kernel, diary: Diary) -> None:
    async def outer() -> None:
        task = kernel.spawn(kernel.sleep(60), "inner")
        await kernel.sleep(1)
        task.cancel("enough")
        await task.settled()
        diary.note("went on")

    kernel.spawn(outer(), "outer")
    kernel.advance_to(110)
    assert diary.lines == [(1, "went on")]


def test_the_first_of_a_race_is_returned_and_the_others_unwind(
    kernel: Kernel, diary: Diary
) -> None:
    async def slow() -> None:
        try:
            await kernel.sleep(60)
        except Cancelled:
            await kernel.sleep(1)
            diary.note("unwound")
            raise

    async def outer() -> None:
        quick = kernel.spawn(diary.nap(2, "quick"), "quick")
        winner = await kernel.race(quick, kernel.spawn(slow(), "slow"))
        diary.note("quick won" if winner is quick else "?")

    kernel.spawn(outer(), "outer")
    kernel.advance_to(110)
    assert diary.lines == [(2, "quick"), (3, "unwound"), (3, "quick won")]


def test_of_a_dead_heat_the_first_named_wins(kernel: Kernel) -> None:
    one, two = Future[int](), Future[int]()
    two.set(2)
    one.set(1)
    task = kernel.spawn(kernel.race(one, two), "race")
    kernel.run_ready()
    assert task.result() is one


def test_a_race_can_run_out_of_time(kernel: Kernel) -> None:
    never: Future[None] = Future()
    task = kernel.spawn(kernel.race(never, within=5), "race")
    kernel.advance_to(104)
    assert not task.done
    kernel.advance_to(105)
    assert task.done
    assert not never.done


def test_cancelling_a_race_cancels_those_who_run_with_the_same_reason(
    kernel: Kernel, diary: Diary
) -> None:
    async def runner() -> None:
        try:
            await kernel.sleep(60)
        except Cancelled as cancelled:
            diary.note(f"runner: {cancelled.reason}")
            raise

    race = kernel.spawn(kernel.race(kernel.spawn(runner(), "runner")), "race")
    kernel.advance_to(101)
    race.cancel("rain")
    kernel.run_ready()
    assert diary.lines == [(1, "runner: rain")]
    assert race.done


def test_a_failing_runner_fails_the_race(kernel: Kernel) -> None:
    async def stumble() -> None:
        raise ValueError("ouch")

    async def outer() -> None:
        await kernel.race(kernel.spawn(stumble(), "stumble"))

    kernel.spawn(outer(), "outer")
    with pytest.raises(ValueError, match="ouch"):
        kernel.run_ready()


def test_a_mailbox_keeps_order_and_waits(kernel: Kernel, diary: Diary) -> None:
    box: Mailbox[str] = Mailbox()

    async def reader() -> None:
        for _ in range(3):
            diary.note(await box.get())

    box.put("a")
    box.put("b")
    kernel.spawn(reader(), "reader")
    kernel.advance_to(101)
    box.put("c")
    kernel.run_ready()
    assert diary.lines == [(0, "a"), (0, "b"), (1, "c")]


def test_soon_takes_its_turn(kernel: Kernel, diary: Diary) -> None:
    async def work() -> None:
        kernel.soon(lambda: diary.note("later"), "later")
        diary.note("first")

    kernel.spawn(work(), "work")
    kernel.run_ready()
    assert [text for _, text in diary.lines] == ["first", "later"]


def test_a_closed_kernel_has_nothing_left_to_do(kernel: Kernel, diary: Diary) -> None:
    kernel.spawn(diary.nap(1, "a"), "started")
    kernel.run_ready()
    kernel.spawn(diary.nap(1, "b"), "not started")
    kernel.close()
    kernel.advance_to(110)
    assert diary.lines == []
