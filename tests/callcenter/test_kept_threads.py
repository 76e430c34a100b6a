"""Requests are answered in threads that are used again, with the connections that they have."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from callcenter.kept_threads import KeptThreads


@pytest.fixture
def threads() -> Iterator[KeptThreads]:
    kept = KeptThreads(idle=2)
    yield kept
    kept.close()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        [pid] = cursor.fetchone() or [0]
    return int(pid)


async def request(threads: KeptThreads, work: Callable[[], int]) -> int:
    async with threads.one():
        return await sync_to_async(work)()


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not fact():
            await asyncio.sleep(0.001)


def one_after_the_other(threads: KeptThreads, work: Callable[[], int], times: int) -> list[int]:
    async def story() -> list[int]:
        answers = []
        for _ in range(times):
            answers.append(await request(threads, work))
            await until(lambda: threads.idle() == 1)
        return answers

    return asyncio.run(story())


@pytest.mark.django_db(transaction=True)
def test_requests_after_one_another_share_one_connection_to_the_database(
    threads: KeptThreads,
) -> None:
    assert len(set(one_after_the_other(threads, backend, 4))) == 1


def test_requests_at_the_same_time_do_not_wait_for_each_other(threads: KeptThreads) -> None:
    all_are_here = threading.Barrier(5, timeout=5)

    def meet() -> int:
        all_are_here.wait()
        return threading.get_ident()

    async def story() -> list[int]:
        return await asyncio.gather(*[request(threads, meet) for _ in range(5)])

    assert len(set(asyncio.run(story()))) == 5


def test_no_more_threads_are_kept_than_are_meant_to_be(threads: KeptThreads) -> None:
    here = threading.Barrier(5, timeout=5)

    async def story() -> None:
        await asyncio.gather(*[request(threads, here.wait) for _ in range(5)])
        await until(lambda: threads.idle() == 2)

    before = threading.active_count()
    asyncio.run(story())
    for thread in [each for each in threading.enumerate() if each.name.startswith("pages")]:
        thread.join(timeout=0.2)
    assert threading.active_count() <= before + 2


def test_a_thread_is_not_lent_while_the_work_of_somebody_who_left_goes_on_in_it(
    threads: KeptThreads,
) -> None:
    goes_on = threading.Event()

    def long_work() -> int:
        goes_on.wait(timeout=5)
        return threading.get_ident()

    async def story() -> tuple[int, int]:
        left = asyncio.create_task(request(threads, long_work))
        await asyncio.sleep(0.05)
        left.cancel()
        await asyncio.sleep(0.05)
        kept_meanwhile = threads.idle()
        other = await request(threads, threading.get_ident)
        goes_on.set()
        await until(lambda: threads.idle() == 2)
        return kept_meanwhile, other

    kept_meanwhile, other = asyncio.run(story())
    assert kept_meanwhile == 0
    assert other != threading.get_ident()
