"""The live bus on a real Redis, where there is one: between machines, after the commit."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from calls import live
from tests.calls.live.lookers import Easel, Looker, open_gallery, until

NO_REDIS = "No redis-server: the live bus between machines was not tested."

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason=NO_REDIS),
]


@dataclass
class Redis:
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Redis(probe.getsockname()[1])
    server.start()
    settings.REDIS_URL = f"redis://127.0.0.1:{server.port}/0"
    yield server
    server.stop()


def announce() -> None:
    with transaction.atomic():
        live.announce("queue:1", "board")
    connection.close()


def announce_one_statement() -> None:
    with live.in_one_statement():
        assert live.notes("queue:1", "board") == []
        assert connection.in_atomic_block
    connection.close()


@pytest.mark.parametrize("announce", [announce, announce_one_statement])
def test_a_change_is_told_through_redis(redis: Redis, announce: Callable[[], None]) -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await gallery.bus.listening.wait()
            await until(lambda: bool(dana.shown))
            easel.subject = "one waits"
            await asyncio.to_thread(announce)
            await until(lambda: dana.shown[-1] == "one waits")

    asyncio.run(story())


def test_when_redis_comes_back_everything_is_looked_at_again(redis: Redis) -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await gallery.bus.listening.wait()
            await until(lambda: bool(dana.shown))
            redis.stop()
            easel.subject = "changed while Redis was away"
            await asyncio.to_thread(announce)
            redis.start()
            await until(lambda: dana.shown[-1] == "changed while Redis was away")

    asyncio.run(story())


def test_a_change_is_made_although_redis_is_away(redis: Redis) -> None:
    redis.stop()
    announce()
