"""How soon a live call is changed: from the request to our API until the carrier's word is kept.

The real web process and worker, a durable database, and a carrier that answers at once, so that
only our own time is counted. Fifty calls are live: each is held and resumed in its turn. Then five
hundred are live, and each is held and resumed once within a minute, at Poisson's moments; the
carrier counts that each order came, and came once.
"""

import http.client
import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from benchmarks import ground
from benchmarks.pull import percentile, tell, until
from benchmarks.report import Measured
from benchmarks.webhook_calls import new_sid
from calls.carrier import addresses
from calls.models import ApiKey, Call, Change, Command, Leg, PhoneNumber, Queue, WorkerBeat
from calls.states import CallState, ChangeState, LegRole, LegState

WEB_PORT, CARRIER_PORT = 9300, 9302
CALLS, MANY = 50, 500
MINUTE = 60.0
CLIENTS = 12
PATIENCE = 20.0
POLL = 0.002


@dataclass(slots=True)
class Talk:
    """A customer and an agent in one room."""

    call: Call
    customer: Leg
    news: int = field(default=10)


def run() -> list[Measured]:
    queue = Queue.objects.create(name="Billing", slug="billing", wrap_up_seconds=0)
    PhoneNumber.objects.create(e164="+15550109999", queue=queue)
    talks = [_talk(queue, number) for number in range(MANY)]
    _, key = ApiKey.objects.create_key(name="bench", scopes=["calls:read", "calls:write"])
    with (
        ground.served("benchmarks.verbs_carrier:application", port=CARRIER_PORT),
        ground.served("callcenter.asgi:application", port=WEB_PORT, env=_environment()),
        ground.working(env=_environment()) as worker,
    ):
        until(WorkerBeat.objects.exists)
        few = talks[:CALLS]
        for talk in few[:5]:
            _hold_and_resume(talk, key, [])
        spans: list[float] = []
        for talk in few:
            _hold_and_resume(talk, key, spans)
        cpu = -worker.cpu_seconds()
        many = _many(talks, key)
        cpu += worker.cpu_seconds()
        return _measured(spans, many, cpu, _counted())


def _environment() -> dict[str, str]:
    return {
        "CARRIER_API_URL": f"http://127.0.0.1:{CARRIER_PORT}",
        "LOG_LEVEL": "ERROR",
        "API_RATE": "100000/m",
    }


def _talk(queue: Queue, number: int) -> Talk:
    now = timezone.now() - timedelta(minutes=2)
    call = Call.objects.create(
        state=CallState.TALKING,
        queue=queue,
        customer_number=f"+1555300{number:04}",
        arrived_at=now,
        answered_at=now,
        conference_sid=new_sid("CF"),
    )
    agent = User.objects.create(username=f"agent-{number}", first_name="Omar")
    legs = [
        Leg.objects.create(
            call=call,
            role=role,
            user=user,
            sid=new_sid("CA"),
            state=LegState.IN_PROGRESS,
            planned_at=now,
            answered_at=now,
            joined_at=now,
            in_room=True,
            conference_sid=call.conference_sid,
            room_sequence=number_in_room,
            room_event_at=now,
        )
        for number_in_room, (role, user) in enumerate(
            [(LegRole.CUSTOMER, None), (LegRole.AGENT, agent)]
        )
    ]
    return Talk(call, legs[0])


def _hold_and_resume(talk: Talk, key: str, spans: list[float]) -> None:
    for verb in ("hold", "resume"):
        spans.append(_change(talk, verb, key))
        talk.news += 1
        tell(
            addresses.conference(talk.call.id),
            CallSid=str(talk.customer.sid),
            ConferenceSid=talk.call.conference_sid,
            StatusCallbackEvent=f"participant-{'hold' if verb == 'hold' else 'unhold'}",
            ParticipantLabel=str(talk.customer.id),
            Hold="true" if verb == "hold" else "false",
            SequenceNumber=str(talk.news),
        )
        held = Leg.objects.filter(pk=talk.customer.pk, held_at__isnull=verb != "hold")
        until(held.exists)


def _change(talk: Talk, verb: str, key: str) -> float:
    """Seconds from the request until what the carrier said is committed."""
    began = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", WEB_PORT, timeout=PATIENCE)
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    path = f"/api/v1/calls/{talk.call.id}/legs/{talk.customer.id}/{verb}"
    line.request("POST", path, body="{}", headers=headers)
    answer = line.getresponse()
    told: dict[str, Any] = json.load(answer)
    if answer.status != 202:
        raise RuntimeError(f"{verb} was answered with {answer.status}: {told}")
    settled = Change.objects.filter(pk=told["id"]).exclude(state=ChangeState.GOING_ON)
    while not settled.exists():
        if time.perf_counter() - began > PATIENCE:
            raise RuntimeError(f"{verb} was not settled")
        time.sleep(POLL)
    return time.perf_counter() - began


def _many(talks: Sequence[Talk], key: str) -> list[float]:
    """Each held and resumed once, begun at any moment of a minute."""
    spans: list[float] = []
    moments = sorted(random.uniform(0, MINUTE) for _ in talks)
    began = time.perf_counter()

    def one(talk: Talk) -> None:
        try:
            _hold_and_resume(talk, key, spans)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as people:
        done = []
        for moment, talk in zip(moments, talks, strict=True):
            time.sleep(max(0.0, began + moment - time.perf_counter()))
            done.append(people.submit(one, talk))
        for each in done:
            each.result()
    return spans


def _counted() -> dict[str, int]:
    line = http.client.HTTPConnection("127.0.0.1", CARRIER_PORT, timeout=PATIENCE)
    line.request("GET", "/counted")
    told: dict[str, int] = json.load(line.getresponse())
    return told


def _measured(
    spans: list[float], many: list[float], cpu: float, counted: dict[str, int]
) -> list[Measured]:
    orders = Command.objects.count()
    return [
        percentile(f"hold and resume, {CALLS} live calls", spans, 50, at_most=40),
        percentile(f"hold and resume, {CALLS} live calls", spans, 99),
        percentile(f"each of {MANY} calls once a minute", many, 50),
        percentile(f"each of {MANY} calls once a minute", many, 99),
        Measured(
            "orders that never came to the carrier", orders - sum(counted.values()), "", at_most=0
        ),
        Measured("orders that came twice", _twice(counted), "", at_most=0),
        Measured("worker, an order", cpu / len(many) * 1e3, "ms of CPU"),
    ]


def _twice(counted: dict[str, int]) -> int:
    """How often an order came more often than it was given."""
    asked: dict[str, int] = {}
    for sid, verb in Command.objects.values_list("leg__sid", "verb"):
        name = f"{sid} {str(verb == 'hold').lower()}"
        asked[name] = asked.get(name, 0) + 1
    return sum(max(0, times - asked.get(name, 0)) for name, times in counted.items())
