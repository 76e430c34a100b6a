"""Web, worker and database are killed in mid-traffic and started again: no caller is lost.

Real processes on a database cluster of their own, durable as in production. Each caller talks with
an agent or leaves when they lose patience; nobody is cut off, and afterwards our records are the
carrier's.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from callcenter import postgres
from sandbox.core.calls import Direction
from sandbox.people.person import NotHeard, Person, Trouble
from sandbox.world import World
from tests.journeys.programs import Centre, Program, SandboxThread, wait_until

AGENTS, CALLERS = 8, 25
NUMBER = "+15557000100"
PATIENCE, TALK = 90.0, 3.0
DOWN_FOR = 2.0

SEED = f"""
from django.contrib.auth.models import User
from django.utils import timezone
from agents.models import Agent, Membership
from calls.models import PhoneNumber, Queue
billing = Queue.objects.create(name="Billing", slug="billing", wrap_up_seconds=0)
PhoneNumber.objects.create(e164="{NUMBER}", label="Billing", queue=billing)
for number in range({AGENTS}):
    agent = Agent.objects.create(
        user=User.objects.create_user(f"agent{{number}}"), name=f"Agent {{number}}",
        line_address=f"+1555800010{{number}}", needs_desk=False, confirm_by_key=False,
        intent="available", intent_since=timezone.now(), idle_since=timezone.now())
    Membership.objects.create(agent=agent, queue=billing)
"""


def town(web: str, fallback: str) -> str:
    agents = "\n".join(
        f"  agent {n}:\n    number: +1555800010{n}\n"
        "    when called: [answers after: 1, waits for the end]"
        for n in range(AGENTS)
    )
    return f"""
accounts:
  - sid: AC{"5a" * 16}
    token: {"5a" * 16}
    numbers:
      - number: {NUMBER}
        voice url: {web}/twilio/voice
        fallback url: {fallback}/twilio/fallback
        status callback: {web}/twilio/number-status#rc=3&rp=5xx,ct,rt
people:
{agents}
"""


@dataclass
class Traffic:
    """Callers who come one after another; `fates` says how each one's call came out."""

    sandbox: SandboxThread

    def __post_init__(self) -> None:
        self.people: list[Person] = []
        self.fates: dict[str, str] = {}

    def one_more(self) -> None:
        number = f"+1555300{len(self.people):04}"
        self.sandbox.do(lambda world: self._calls(world, number))

    def _calls(self, world: World, number: str) -> None:
        person = Person(world.carrier, number, name=number)
        self.people.append(person)
        world.carrier.kernel.spawn(self._visit(person), number)

    async def _visit(self, person: Person) -> None:
        try:
            await person.dials(NUMBER)
            await person.waits_for_somebody(within=PATIENCE)
            await person.waits(TALK)
            self.fates[person.number] = "talked"
        except NotHeard:
            self.fates[person.number] = "lost patience"
        except Trouble as trouble:
            self.fates[person.number] = f"was dropped: {trouble}"
        await person.hangs_up()

    @property
    def is_over(self) -> bool:
        return len(self.fates) == CALLERS


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    own = postgres.locate(name=f"pg-killed-{os.getpid()}", durable=True)
    try:
        with postgres.running(own):
            yield own
    finally:
        postgres.remove(own)


@pytest.fixture
def centre(cluster: postgres.Cluster, tmp_path: Path) -> Iterator[Centre]:
    made = Centre(cluster.url, tmp_path)
    made.manage("migrate", "--verbosity", "0")
    made.manage("shell", "--verbosity", "0", "-c", SEED)
    yield made
    made.stop()


@pytest.fixture
def sandbox(centre: Centre) -> Iterator[SandboxThread]:
    text = town(centre.address, centre.fallback_address)
    made = SandboxThread(text, port=centre.carrier_port)
    made.start()
    yield made
    made.stop()


@pytest.mark.timeout(300)
def test_killing_web_worker_and_database_loses_no_caller_and_no_record(
    cluster: postgres.Cluster, centre: Centre, sandbox: SandboxThread
) -> None:
    centre.start()
    traffic = Traffic(sandbox)
    for second in range(CALLERS):
        traffic.one_more()
        if second == 5:
            _kill_and_start(centre.web)
        if second == 11:
            _kill_and_start(centre.worker)
        if second == 17:
            _kill_database_and_start(cluster)
        time.sleep(1)
    wait_until(lambda: traffic.is_over, within=PATIENCE + 30)
    assert set(traffic.fates.values()) <= {"talked", "lost patience"}, traffic.fates
    assert list(traffic.fates.values()).count("talked") > CALLERS * 0.8
    assert not [person for person in traffic.people if person.has_heard("application error")]
    wait_until(lambda: not _open_things(cluster), within=90)
    _records_equal_the_carriers(cluster, sandbox)


def _kill_and_start(program: Program) -> None:
    program.kill()
    time.sleep(DOWN_FOR)
    program.start()


def _kill_database_and_start(cluster: postgres.Cluster) -> None:
    pid = postgres.running_pid(cluster)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    time.sleep(DOWN_FOR)
    postgres.start(cluster)


def _open_things(cluster: postgres.Cluster) -> dict[str, int]:
    """What is not settled yet, by kind."""
    questions = {
        "legs": "calls_leg where ended_at is null",
        "calls": "calls_call where ended_at is null",
        "orders": "calls_command where state = 'pending'",
        "news": "calls_carrierevent where state = 'pending'",
        "offers": "calls_offer where state = 'offered'",
        "places": "calls_waiting where left_at is null",
    }
    with psycopg.connect(cluster.url) as connection:
        found = {
            kind: int((connection.execute(f"select count(*) from {what}").fetchone() or (0,))[0])
            for kind, what in questions.items()
        }
    return {kind: number for kind, number in found.items() if number}


def _records_equal_the_carriers(cluster: postgres.Cluster, sandbox: SandboxThread) -> None:
    lines = sandbox.do(lambda world: dict(world.carrier.calls))
    inbound = {sid for sid, line in lines.items() if line.direction is Direction.INBOUND}
    with psycopg.connect(cluster.url) as connection:
        legs: dict[str, str] = dict(
            connection.execute("select sid, state from calls_leg where sid is not null")
        )
        customers = connection.execute("select sid from calls_leg where role = 'customer'")
        assert {row[0] for row in customers} == inbound, "every caller is on record, once"
        failed = connection.execute(
            "select kind, note from calls_carrierevent where state='failed'"
        )
        assert not failed.fetchall()
    assert {sid: str(line.status) for sid, line in lines.items()} == legs
