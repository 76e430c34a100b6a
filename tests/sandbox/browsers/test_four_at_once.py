"""Four browsers at once, which is what is promised of the carrier, in rooms of two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from benchmarks.voices import Robot, recognises, what_was_heard
from tests.sandbox.browsers.house import PATIENCE, House

ROOM = "<Response><Dial><Conference beep='false' waitUrl=''>{room}</Conference></Dial></Response>"
LISTENING = 2.5  # seconds


@pytest.fixture
def rooms(house: House) -> House:
    """Everybody is let into the room that they ask for."""

    async def let_in(request: web.Request) -> web.Response:
        wanted = await request.post()
        return web.Response(text=ROOM.format(room=wanted["room"]), content_type="text/xml")

    house.app.doors["/voice"] = let_in
    return house


@asynccontextmanager
async def four(house: House) -> AsyncIterator[list[Robot]]:
    signals = f"{house.url.replace('http', 'ws')}/signal"
    async with aiohttp.ClientSession() as session:
        robots = [Robot(n, session, signals, house.token(f"robot{n}")) for n in range(4)]
        for robot in robots:
            await robot.calls()
        yield robots
        for call in house.carrier.calls.values():
            await asyncio.to_thread(house.do, call.hang_up)
        for robot in robots:
            await robot.leaves()


async def hear_each_other(robots: Sequence[Robot]) -> None:
    """All of them, at the same time, and not themselves."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for robot in robots:
            robot.ear.kept.clear()
        await asyncio.sleep(LISTENING)
        heard = what_was_heard(robots)
        if all(recognises(robot, heard) for robot in robots):
            return
    raise AssertionError("not everybody hears the other one in the room")


def test_four_at_once_hear_each_other_and_none_is_lost_when_the_carrier_is_late(
    rooms: House,
) -> None:
    """What was not said in time is left out; afterwards everybody is heard as before."""

    async def talk() -> None:
        async with four(rooms) as robots:
            await hear_each_other(robots)
            for _ in range(3):
                await asyncio.to_thread(rooms.do, lambda: time.sleep(1.5))
            await hear_each_other(robots)
            assert not any(robot.over for robot in robots)

    asyncio.run(talk())
