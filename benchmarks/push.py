"""From a change to the browser: how long it takes, and whether anything is lost or comes twice.

Real desks' sockets: authenticated, beating, each with its own pane and its queue's, which all
share. The clock runs from the last statement before the commit, so the commit is counted too.
"""

import asyncio
import re
import resource
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from agents.availability import Intent
from agents.models import Agent, Membership
from benchmarks import ground, signing_in
from benchmarks.push_sockets import Page, open_pages
from benchmarks.report import Measured
from calls import live
from calls.live.over_postgres import CHANNEL
from calls.models import Call, Queue, Waiting

PORT = 9245
SOME, MANY = 100, 1_000
CHANGES = 40
CHANGES_TO_MANY = 20
BURST = 200
PATIENCE = 20.0
WAITING = re.compile(rb'<li id="queue-\d+".*?<strong class="big figure">(\d+)</strong>', re.DOTALL)


@dataclass(slots=True)
class Seen:
    """What reached the pages, and when."""

    # When the line grew to so many.
    changed: dict[int, float] = field(default_factory=dict)
    # How long after that each page showed it, in seconds.
    after: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    shows: dict[Page, int] = field(default_factory=dict)
    drawn: dict[Page, float] = field(default_factory=dict)
    last: dict[Page, bytes] = field(default_factory=dict)
    twice: Counter[str] = field(default_factory=Counter)

    def hear(self, page: Page, now: float, message: bytes) -> None:
        self.drawn[page] = now
        self.twice["twice"] += self.last.get(page) == message
        self.last[page] = message
        for found in WAITING.finditer(message):
            self._shown(page, now, int(found[1]))

    def _shown(self, page: Page, now: float, count: int) -> None:
        """Changes that were drawn together are all there when the last of them is."""
        for passed in range(self.shows.get(page, count) + 1, count + 1):
            self.after[passed].append(now - self.changed[passed])
        self.shows[page] = count


def run() -> list[Measured]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    queue = Queue.objects.create(name="Sales", slug="sales")
    desks = _desks(queue, MANY)
    with ground.served("callcenter.asgi:application", port=PORT) as web:
        return asyncio.run(_measure(web, queue, desks))


async def _measure(
    web: ground.Served, queue: Queue, desks: list[tuple[str, str]]
) -> list[Measured]:
    seen = Seen()
    await asyncio.to_thread(_one_more, queue, 1, seen)
    bare = await _notify_alone()
    pages = await _opened(web, desks[:SOME], seen)
    idle = web.memory_mb()
    shared = await _grow(queue, seen, pages, CHANGES, pause=0.12)
    own = await _own_changes(seen, pages)
    began = time.perf_counter()
    pages += await _opened(web, desks[SOME:], seen)
    opening = time.perf_counter() - began
    beating = await _cpu_a_second(web)
    began, cpu = time.perf_counter(), web.cpu_seconds()
    many = await _grow(queue, seen, pages, CHANGES_TO_MANY, pause=0.4)
    cpu = web.cpu_seconds() - cpu - beating * (time.perf_counter() - began)
    lost = await _burst(queue, seen, pages)
    memory = web.memory_mb()
    for page in pages:
        page.close()
    return [
        Measured("NOTIFY alone, p50", bare, "ms"),
        Measured(f"{SOME} desks, a shared change, p50", _ms(shared, 0.5), "ms", at_most=10),
        Measured(f"{SOME} desks, a shared change, p99", _ms(shared, 0.99), "ms"),
        Measured(f"{SOME} desks, one's own change, p50", _ms(own, 0.5), "ms", at_most=10),
        Measured(f"{MANY} desks, a shared change, p50", _ms(many, 0.5), "ms"),
        Measured(f"{MANY} desks, a shared change, p99", _ms(many, 0.99), "ms", at_most=150),
        Measured("cost of one delivery", cpu / (CHANGES_TO_MANY * MANY) * 1e6, "us"),
        Measured(f"cost of {MANY} desks that nothing happens to", beating * 100, "% of a core"),
        Measured("changes lost", lost, "", at_most=0),
        Measured("drawings sent twice", seen.twice["twice"], "", at_most=0),
        Measured(f"{MANY - SOME} desks come back at once", opening, "s"),
        Measured("memory a desk", (memory - idle) / (MANY - SOME) * 1e3, "kB"),
        Measured(f"memory of the process, {MANY} desks", memory, "MB"),
    ]


def _ms(seconds: list[float], share: float) -> float:
    return sorted(seconds)[int(share * (len(seconds) - 1))] * 1e3


# Steps --------------------------------------------------------------------------------------------


async def _opened(web: ground.Served, desks: list[tuple[str, str]], seen: Seen) -> list[Page]:
    """Open, and shown for the first time."""
    pages = await open_pages(web.port, desks, seen.hear)
    await _until(lambda: all(page in seen.shows for page in pages))
    await asyncio.sleep(0.3)
    return pages


async def _grow(
    queue: Queue, seen: Seen, pages: list[Page], changes: int, *, pause: float
) -> list[float]:
    """One more caller at a time; how long until each page showed each."""
    first = len(seen.changed) + 1
    wanted = range(first, first + changes)
    for count in wanted:
        await asyncio.to_thread(_one_more, queue, count, seen)
        await asyncio.sleep(pause)
    await _until(lambda: all(len(seen.after[count]) >= len(pages) for count in wanted))
    return [span for count in wanted for span in seen.after[count]]


async def _own_changes(seen: Seen, pages: list[Page]) -> list[float]:
    """One agent's desk changes; how long until it is on that agent's page."""
    spans = []
    agents = await asyncio.to_thread(lambda: list(Agent.objects.order_by("id")[:CHANGES]))
    for page, agent in zip(pages[:CHANGES], agents, strict=True):
        before = seen.drawn[page]
        began = await asyncio.to_thread(_rename, agent)
        await _until(partial(_drawn_since, seen, page, before))
        spans.append(seen.drawn[page] - began)
        await asyncio.sleep(0.02)
    return spans


def _drawn_since(seen: Seen, page: Page, before: float) -> bool:
    return seen.drawn[page] > before


async def _burst(queue: Queue, seen: Seen, pages: list[Page]) -> int:
    """Many changes at once are drawn together; how many pages do not show the last one."""
    first = len(seen.changed) + 1
    for count in range(first, first + BURST):
        await asyncio.to_thread(_one_more, queue, count, seen)
    last = first + BURST - 1
    with suppress(TimeoutError):
        await _until(lambda: all(seen.shows[page] == last for page in pages), patience=5)
    return sum(seen.shows[page] != last for page in pages)


async def _notify_alone() -> float:
    """The least it could take: from the commit to whoever listens."""
    spans = []
    heard = await psycopg.AsyncConnection.connect(settings.DATABASE_URL, autocommit=True)
    async with heard:
        await heard.execute(f"LISTEN {CHANNEL}")
        for _ in range(CHANGES):
            began = await asyncio.to_thread(_announce_only)
            async for _note in heard.notifies(stop_after=1):
                spans.append(time.perf_counter() - began)
    return statistics.median(spans) * 1e3


async def _cpu_a_second(web: ground.Served, seconds: float = 5.0) -> float:
    """What the open desks cost by being open: beats, and looking who may see what."""
    before = web.cpu_seconds()
    await asyncio.sleep(seconds)
    return (web.cpu_seconds() - before) / seconds


async def _until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110 thousands of pages would set one event
            await asyncio.sleep(0.005)


# Changes ------------------------------------------------------------------------------------------


def _announce_only() -> float:
    with transaction.atomic():
        live.announce("nobody")
        return time.perf_counter()


def _one_more(queue: Queue, count: int, seen: Seen) -> None:
    now = timezone.now()
    with transaction.atomic():
        call = Call.objects.create(state="waiting", queue=queue, arrived_at=now)
        Waiting.objects.create(call=call, queue=queue, since=now, place=now)
        live.announce(live.queue(queue.pk))
        seen.changed[count] = time.perf_counter()


def _rename(agent: Agent) -> float:
    with transaction.atomic():
        Agent.objects.filter(pk=agent.pk).update(line_address=f"{agent.line_address}9")
        live.announce(live.desk(agent.user_id))
        return time.perf_counter()


def _desks(queue: Queue, number: int) -> list[tuple[str, str]]:
    """Agents of one queue, signed in: the path and session of each one's desk."""
    now = timezone.now()
    new = (User(username=f"agent{n}", password="!") for n in range(number))
    users = User.objects.bulk_create(new)
    agents = Agent.objects.bulk_create(
        Agent(
            user=user,
            name=user.username,
            line_address=f"+1555{user.pk:07d}",
            intent=Intent.BREAK,
            intent_since=now - timedelta(hours=1),
            seen_at=now + timedelta(hours=1),
        )
        for user in users
    )
    Membership.objects.bulk_create(Membership(agent=agent, queue=queue) for agent in agents)
    desks = [(f"/ws/desk/{user.pk}", signing_in.session(user)) for user in users]
    connection.cursor().execute("analyze")
    return desks
