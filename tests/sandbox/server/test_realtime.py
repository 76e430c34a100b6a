"""The carrier on the real clock, without a port: alarms, requests out, and a clean end."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from sandbox.core.accounts import VoiceUrls
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.drivers.realtime import Clock, RealTime
from sandbox.people import Person

OFFICE, DANA = "+15557000100", "+15550100001"
Scene = Callable[[RealTime], Awaitable[None]]


def play(scene: Scene, voice_url: str = "http://127.0.0.1:9/voice") -> RealTime:
    """Run a scene with a carrier that has one number."""
    clock = Clock()
    carrier = Carrier(Config(cps=0), now=clock(), seed=7)
    carrier.add_number(carrier.add_account(), OFFICE, VoiceUrls(voice_url=voice_url))
    realtime = RealTime(carrier, clock)

    async def whole() -> None:
        await realtime.start()
        await scene(realtime)
        await realtime.stop()

    asyncio.run(whole())
    return realtime


def test_the_clock_is_near_the_walls_and_never_goes_back() -> None:
    clock = Clock()
    readings = [clock() for _ in range(1000)]
    assert abs(readings[0] - time.time()) < 1
    assert readings == sorted(readings)


def test_timers_go_off_by_themselves_and_in_order() -> None:
    fired: list[str] = []

    async def scene(realtime: RealTime) -> None:
        kernel = realtime.carrier.kernel
        kernel.call_later(0.10, lambda: fired.append("second"))
        kernel.call_later(0.05, lambda: fired.append("first"))
        realtime.turn()
        await asyncio.sleep(0.3)

    play(scene)
    assert fired == ["first", "second"]


def test_a_later_timer_does_not_delay_an_earlier_one() -> None:
    fired: list[float] = []

    async def scene(realtime: RealTime) -> None:
        kernel = realtime.carrier.kernel
        kernel.call_later(60, lambda: None)
        realtime.turn()
        kernel.call_later(0.05, lambda: fired.append(kernel.now))
        realtime.turn()
        await asyncio.sleep(0.2)

    play(scene)
    assert len(fired) == 1


def test_nothing_moves_before_the_start_or_after_the_end() -> None:
    moved: list[int] = []

    async def scene(realtime: RealTime) -> None:
        realtime.carrier.kernel.call_later(0.2, lambda: moved.append(1))
        realtime.turn()

    realtime = play(scene)
    realtime.turn()
    assert moved == []


def test_a_failing_task_is_reported_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []

    async def breaks() -> None:
        raise ValueError("a slip")

    async def works() -> None:
        done.append("worked")

    async def scene(realtime: RealTime) -> None:
        realtime.carrier.kernel.spawn(breaks(), "breaks")
        realtime.carrier.kernel.spawn(breaks(), "breaks again")
        realtime.carrier.kernel.spawn(works(), "works")
        realtime.turn()

    realtime = play(scene)
    assert done == ["worked"]
    assert realtime.failing == ["ValueError: a slip"] * 2
    assert "a slip" in caplog.text


def test_a_failing_timer_does_not_stop_the_clock() -> None:
    done: list[str] = []

    def slips() -> None:
        raise ValueError("a slip")

    async def scene(realtime: RealTime) -> None:
        realtime.carrier.kernel.call_later(0.01, slips)
        realtime.carrier.kernel.call_later(0.02, lambda: done.append("later"))
        realtime.turn()
        await asyncio.sleep(0.15)

    realtime = play(scene)
    assert done == ["later"]
    assert len(realtime.failures) == 1


def test_stopping_drops_requests_that_are_under_way() -> None:
    async def scene(realtime: RealTime) -> None:
        async def sleeps(_: web.Request) -> web.Response:
            await asyncio.sleep(30)
            return web.Response()

        application = web.Application()
        application.router.add_post("/voice", sleeps)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        (number,) = realtime.carrier.numbers.values()
        number.urls.voice_url = f"http://127.0.0.1:{runner.addresses[0][1]}/voice"
        Person(realtime.carrier, DANA).lifts(OFFICE)
        realtime.turn()
        await asyncio.sleep(0.2)
        await realtime.stop()
        await runner.cleanup()

    begun = time.monotonic()
    play(scene)
    assert time.monotonic() - begun < 5


def test_a_hundred_requests_leave_at_once() -> None:
    """None is answered before half of them are there: one by one they would never be."""
    together = 0

    async def scene(realtime: RealTime) -> None:
        met = asyncio.Event()

        async def waits_for_company(_: web.Request) -> web.Response:
            nonlocal together
            together += 1
            if together > 50:
                met.set()
            await met.wait()
            return web.Response(text="<Response/>", content_type="text/xml")

        application = web.Application()
        application.router.add_post("/voice", waits_for_company)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        (number,) = realtime.carrier.numbers.values()
        number.urls.voice_url = f"http://127.0.0.1:{runner.addresses[0][1]}/voice"
        for n in range(100):
            Person(realtime.carrier, f"+155501{n:05d}").lifts(OFFICE)
        realtime.turn()
        async with asyncio.timeout(30):
            while not all(call.ended for call in realtime.carrier.calls.values()):
                await asyncio.sleep(0.05)
        await runner.cleanup()

    play(scene)
    assert together == 100
