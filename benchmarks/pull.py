"""How soon a waiting caller is brought to an agent who becomes free, at a hundred calls a minute.

The real worker and web process, a durable database, and a carrier that does at once whatever it is
asked, so that only our own time is counted. What lies in between is a person who answers a phone:

- the line: from "available", or from the end of after-call work, until the carrier is asked to
  ring the agent's line; or, of every second agent, to update the Call that they keep open, so that
  it joins the caller's room. The clock runs from the last statement before the commit.
- the pull: from the carrier's news that the agent is in the room, as it is sent to our door, until
  the carrier is asked to bring the caller's live Call there.

From becoming free to the update of a Call it is one step of ours where a line is kept open. Where
it has to be rung it is two, with a telephone's answer between them: their sum is told too.
"""

import http.client
import json
import random
import socket
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connections, transaction
from django.utils import timezone

from agents.availability import Intent
from agents.models import Agent, BreakReason, Membership
from agents.services import shifts
from benchmarks import ground
from benchmarks.report import Measured
from benchmarks.webhook_calls import asked, new_sid
from calls.carrier import addresses
from calls.models import Leg, PhoneNumber, Queue, Standby, StandbyLeg, WorkerBeat, WrapUp
from calls.services import wrapups
from calls.states import LegState

WEB_PORT, CARRIER_PORT = 9300, 9301
AGENTS = 24
CALLS_A_MINUTE = 100
# In each round an agent takes one call from a break and one after another's after-call work.
CALLS_A_ROUND = 2
SECONDS = 50.0
REHEARSALS = 3
PATIENCE = 20.0
RINGS, TALKS = 0.3, 0.4


@dataclass(slots=True)
class Spans:
    """In seconds, one of each for each call."""

    line: dict[str, list[float]] = field(
        default_factory=lambda: {"available": [], "after-call work": []}
    )
    kept_open: list[float] = field(default_factory=list)
    pull: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    # The least that any step costs on this machine at that time: a change of one row, committed.
    bare: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Station:
    """One agent, and a line of callers that nobody else serves."""

    agent: Agent
    number: str
    kept_open: StandbyLeg | None


def run() -> list[Measured]:
    stations, rest = _stations()
    with (
        ground.served("benchmarks.pull_carrier:application", port=CARRIER_PORT),
        ground.served("callcenter.asgi:application", port=WEB_PORT) as web,
        ground.working(env=_worker_environment()) as worker,
    ):
        until(WorkerBeat.objects.exists)
        for station in stations[:REHEARSALS]:
            Round(station, rest, Spans()).happen()
        spans = Spans()
        cpu = -worker.cpu_seconds() - ground.postgres_cpu_seconds()
        _happen(stations, rest, spans)
        cpu += worker.cpu_seconds() + ground.postgres_cpu_seconds()
        return [*_measured(spans, cpu), *_memory(web, worker)]


def _worker_environment() -> dict[str, str]:
    address = f"http://127.0.0.1:{CARRIER_PORT}"
    return {"CARRIER_API_URL": address, "LOG_LEVEL": "ERROR"}


def _happen(stations: Sequence[Station], rest: BreakReason, spans: Spans) -> None:
    """Rounds begin at Poisson's moments, whatever is still going on at other stations."""
    free = list(stations)
    begun: list[Future[None]] = []
    due = time.perf_counter()
    until = due + SECONDS
    with ThreadPoolExecutor(AGENTS) as people:
        while (due := due + random.expovariate(CALLS_A_MINUTE / CALLS_A_ROUND / 60)) < until:
            time.sleep(max(due - time.perf_counter(), 0))
            begun.append(people.submit(_and_leave, Round(free.pop(0), rest, spans), free))
    for one in begun:
        one.result()


def _and_leave(one: "Round", free: list[Station]) -> None:
    try:
        one.happen()
    finally:
        connections.close_all()
    free.append(one.station)


class Round:
    """Two callers of one agent, one after the other."""

    def __init__(self, station: Station, rest: BreakReason, spans: Spans) -> None:
        self.station, self.rest, self.spans = station, rest, spans
        self.agent = station.agent
        self.carrier = http.client.HTTPConnection("127.0.0.1", CARRIER_PORT, timeout=PATIENCE)

    def happen(self) -> None:
        first = self._rings()
        with transaction.atomic():
            shifts.available(agent=self.agent, by=None, now=timezone.now())
            began = time.perf_counter()
        line = self._taken(first, began, "available")
        self.spans.bare.append(self._one_commit())
        second = self._rings()
        self._over(first, line)
        began = self._after_call_work_ends()
        line = self._taken(second, began, "after-call work")
        shifts.after_call(
            agent=self.agent, intent=Intent.BREAK, reason=self.rest, by=None, now=timezone.now()
        )
        self._over(second, line)
        self._after_call_work_ends()
        until(Agent.objects.filter(pk=self.agent.pk, intent=Intent.BREAK).exists)

    def _one_commit(self) -> float:
        began = time.perf_counter()
        Agent.objects.filter(pk=self.agent.pk).update(name=f"Omar {began}")
        return time.perf_counter() - began

    def _rings(self) -> str:
        sid = new_sid("CA")
        tell(addresses.voice(), CallSid=sid, To=self.station.number, CallStatus="ringing")
        leg = Leg.objects.get(sid=sid)
        tell(addresses.wait(leg.id), CallSid=sid, QueuePosition="1", QueueTime="0")
        return sid

    def _taken(self, caller: str, began: float, why: str) -> Leg:
        """The agent's line is brought to the room; the caller is brought."""
        kept = self.station.kept_open
        if kept is not None:
            leg, sid = self._moved(kept, began), str(kept.sid)
            line = None
        else:
            dial = self._next_order(self.agent.line_address)
            line = dial["moment"] - began
            leg = Leg.objects.get(pk=UUID(urlsplit(dial["url"]).path.rsplit("/", 1)[1]))
            sid = dial["sid"]
            self._answered(leg, sid)
        began = time.perf_counter()
        self._enters(leg, sid, 1)
        pull = self._next_order(caller)["moment"] - began
        self.spans.pull.append(pull)
        if line is not None:
            self.spans.line[why].append(line)
            self.spans.whole.append(line + pull)
        self._enters(Leg.objects.get(sid=caller), caller, 2)
        time.sleep(TALKS)
        return Leg.objects.get(pk=leg.pk)

    def _moved(self, kept: StandbyLeg, began: float) -> Leg:
        """Somebody who is on the line already hears a beep."""
        self.spans.kept_open.append(self._next_order(str(kept.sid))["moment"] - began)
        tell(addresses.standby(kept.id), CallSid=str(kept.sid), Direction="outbound-api")
        time.sleep(random.uniform(0.5, 1.5) * RINGS)
        return Leg.objects.live().get(user=self.agent.user)

    def _answered(self, leg: Leg, sid: str) -> None:
        for number, status in enumerate(("initiated", "ringing")):
            _progress(leg, sid, status, number)
        time.sleep(random.uniform(0.5, 1.5) * RINGS)
        _progress(leg, sid, "in-progress", 2)
        tell(addresses.agent(leg.id), CallSid=sid, Direction="outbound-api")
        time.sleep(random.uniform(0.5, 1.5) * RINGS)

    def _enters(self, leg: Leg, sid: str, number: int) -> None:
        tell(
            addresses.conference(leg.call_id),
            CallSid=sid,
            ConferenceSid=f"CF{leg.call_id.hex}",
            StatusCallbackEvent="participant-join",
            ParticipantLabel=str(leg.id),
            SequenceNumber=str(number),
            Timestamp=format_datetime(timezone.now()),
        )

    def _over(self, caller: str, line: Leg) -> None:
        """The caller hangs up, and so do we on the agent's line."""
        tell(addresses.number_status(), CallSid=caller, CallStatus="completed")
        self._next_order(str(line.sid))
        if self.station.kept_open is None:
            _progress(line, str(line.sid), "completed", 3)
        until(Leg.objects.filter(pk=line.pk, ended_at__isnull=False).exists)

    def _after_call_work_ends(self) -> float:
        now = timezone.now()
        open_one = WrapUp.objects.get(user=self.agent.user, finished_at__isnull=True)
        with transaction.atomic():
            wrapups.finish(
                wrap_up_id=open_one.pk,
                user=self.agent.user,
                disposition_id=None,
                notes="",
                now=now,
            )
            return time.perf_counter()

    def _next_order(self, about: str) -> dict[str, Any]:
        self.carrier.request("GET", f"/asked/{about}")
        answer = self.carrier.getresponse()
        told: dict[str, Any] = json.load(answer)
        return told


def _progress(leg: Leg, sid: str, status: str, number: int) -> None:
    tell(addresses.status(leg.id), CallSid=sid, CallStatus=status, SequenceNumber=str(number))


def tell(url: str, **params: str) -> None:
    with socket.create_connection(("127.0.0.1", WEB_PORT), timeout=PATIENCE) as line:
        line.sendall(asked(url, **params))
        status = int(line.recv(4096)[9:12])
    if status not in (200, 204):
        raise RuntimeError(f"{urlsplit(url).path} was answered with {status}")


def until(fact: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not fact():
        if time.monotonic() > deadline:
            raise RuntimeError("what was waited for has not happened")
        time.sleep(0.02)


# Who is there -------------------------------------------------------------------------------------


def _stations() -> tuple[list[Station], BreakReason]:
    rest = BreakReason.objects.create(name="Lunch away")
    return [_station(number, rest, keeps_open=number % 2 == 1) for number in range(AGENTS)], rest


def _station(number: int, rest: BreakReason, *, keeps_open: bool) -> Station:
    now = timezone.now()
    queue = Queue.objects.create(name=f"Queue {number}", slug=f"queue-{number}", wrap_up_seconds=60)
    e164 = f"+1555010{number:04}"
    PhoneNumber.objects.create(e164=e164, queue=queue)
    agent = Agent.objects.create(
        user=User.objects.create(username=f"agent-{number}", first_name="Omar"),
        name=f"Omar {number}",
        line_address=f"+1555020{number:04}",
        confirm_by_key=False,
        intent=Intent.BREAK,
        break_reason=rest,
        intent_since=now - timedelta(hours=1),
        needs_desk=False,
        may_stand_by=keeps_open,
    )
    Membership.objects.create(agent=agent, queue=queue)
    return Station(agent, e164, _kept_open(agent, e164) if keeps_open else None)


def _kept_open(agent: Agent, our_number: str) -> StandbyLeg:
    """Rung an hour ago, and on the line since."""
    began = timezone.now() - timedelta(hours=1)
    standby = Standby.objects.create(
        user=agent.user,
        address=agent.line_address,
        our_number=our_number,
        confirm_by_key=False,
        started_at=began,
    )
    return StandbyLeg.objects.create(
        standby=standby,
        user=agent.user,
        sid=new_sid("CA"),
        state=LegState.IN_PROGRESS,
        planned_at=began,
        asked_at=began,
        answered_at=began,
        ready_at=began,
    )


# Figures ------------------------------------------------------------------------------------------


def _measured(spans: Spans, cpu: float) -> list[Measured]:
    calls = len(spans.pull)
    kept = "free agent to update of the Call that is kept open"
    parts = [(f"line rung after {why}", seconds) for why, seconds in spans.line.items()]
    parts.append(("caller's Call changed, from the news", spans.pull))
    return [
        percentile("one row changed and committed", spans.bare, 50),
        *(percentile(what, seconds, percent) for what, seconds in parts for percent in (50, 99)),
        percentile("rung line and changed Call together", spans.whole, 50),
        percentile("rung line and changed Call together", spans.whole, 99),
        percentile(kept, spans.kept_open, 50, at_most=15),
        percentile(kept, spans.kept_open, 99, at_most=60),
        Measured("calls a minute", calls / SECONDS * 60, "", detail={"calls": calls}),
        Measured("worker and PostgreSQL, a call", cpu / calls * 1e3, "ms of CPU"),
    ]


def percentile(
    what: str, seconds: list[float], percent: int, at_most: float | None = None
) -> Measured:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    detail = {"p10": cuts[9] * 1e3, "p90": cuts[89] * 1e3, "p99": cuts[98] * 1e3}
    value = cuts[percent - 1] * 1e3
    return Measured(f"{what}, p{percent}", value, "ms", at_most=at_most, detail=detail)


def _memory(web: ground.Running, worker: ground.Running) -> list[Measured]:
    return [
        Measured(
            f"memory of the {name}",
            process.memory_mb(),
            "MB",
            detail={"resident_mb": process.resident_mb()},
        )
        for name, process in (("web process", web), ("worker", worker))
    ]
