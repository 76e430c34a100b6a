"""How soon a live call is changed: from the request to our API until the carrier's word is kept.

The real web process and worker, a durable database, and a carrier that answers at once. What it
answers a bare client in is measured as well, and taken off once for each order that a verb needs,
so that only our own time is counted. Fifty calls are live: each is held and resumed in its turn.
Then five hundred are live, and each is held and resumed once within a minute, at Poisson's moments;
the carrier counts that each order came, and came once. Then a supervisor is heard on each of fifty
calls, fifty consults are completed, and fifty callers are sent on.
"""

import http.client
import json
import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections

from benchmarks import ground, signing_in, verbs_calls
from benchmarks.pull import percentile, tell, until
from benchmarks.report import Measured
from benchmarks.verbs_calls import Talk
from calls.carrier import addresses
from calls.models import ApiKey, Change, Command, Leg, PhoneNumber, Queue, WorkerBeat
from calls.states import ChangeState, Verb

WEB_PORT, CARRIER_PORT = 9300, 9302
CALLS, MANY = 50, 500
MINUTE = 60.0
CLIENTS = 12
PATIENCE = 20.0
POLL = 0.002


def run() -> list[Measured]:
    queue = Queue.objects.create(name="Billing", slug="billing", wrap_up_seconds=0)
    PhoneNumber.objects.create(e164="+15550109999", queue=queue)
    talks = [verbs_calls.talk(queue, number) for number in range(MANY)]
    _, key = ApiKey.objects.create_key(name="bench", scopes=["calls:read", "calls:write"])
    with (
        ground.served("benchmarks.verbs_carrier:application", port=CARRIER_PORT),
        ground.served("callcenter.asgi:application", port=WEB_PORT, env=_environment()),
        ground.working(env=_environment()) as worker,
    ):
        until(WorkerBeat.objects.exists)
        carrier = _carriers_answer()
        few = talks[:CALLS]
        for talk in few[:5]:
            _hold_and_resume(talk, key, [])
        spans: list[float] = []
        for talk in few:
            _hold_and_resume(talk, key, spans, carrier)
        cpu = -worker.cpu_seconds()
        many = _many(talks, key)
        cpu += worker.cpu_seconds()
        counted, orders = _counted(), Command.objects.count()
        verbs = _verbs(
            [verbs_calls.talk(queue, MANY + n) for n in range(3 * CALLS)], queue, key, carrier
        )
        return _measured(spans, verbs, many, cpu, orders, counted, carrier)


def _environment() -> dict[str, str]:
    return {
        "CARRIER_API_URL": f"http://127.0.0.1:{CARRIER_PORT}",
        "LOG_LEVEL": "ERROR",
        "API_RATE": "100000/m",
    }


def _hold_and_resume(talk: Talk, key: str, spans: list[float], carrier: float = 0.0) -> None:
    for verb in ("hold", "resume"):
        path = f"{talk.call.id}/legs/{talk.customer.id}/{verb}"
        spans.append(_change(path, {}, _with_key(key), carrier))
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


def _verbs(talks: Sequence[Talk], queue: Queue, key: str, carrier: float) -> dict[str, list[float]]:
    """Each verb on calls that are as it wants them; nobody does two things to one call."""
    third = len(talks) // 3
    barged, completed, sent_on = (talks[n * third : (n + 1) * third] for n in range(3))
    spans: dict[str, list[float]] = {"barge": [], "complete a transfer": [], "blind transfer": []}
    for talk in barged:
        by = verbs_calls.supervisor(queue, talk)
        path, told = f"{talk.call.id}/watch/switch", {"mode": "barge"}
        spans["barge"].append(_change(path, told, _signed_in(by), carrier))
    for talk in completed:
        verbs_calls.consult(talk)
        path = f"{talk.call.id}/transfer/complete"
        spans["complete a transfer"].append(_change(path, {}, _with_key(key), carrier))
    for number, talk in enumerate(sent_on):
        path = f"{talk.call.id}/transfer"
        to = {"kind": "blind", "agent": verbs_calls.colleague(number).user_id}
        spans["blind transfer"].append(_change(path, to, _with_key(key), carrier))
    return spans


def _carriers_answer() -> float:
    """Seconds until a bare client has the carrier's answer, over a connection that stays open."""
    line = http.client.HTTPConnection("127.0.0.1", CARRIER_PORT, timeout=PATIENCE)
    took = []
    for _ in range(2 * CALLS):
        began = time.perf_counter()
        line.request("POST", "/2010-04-01/Accounts/AC/Calls/CA.json", body="Muted=true")
        line.getresponse().read()
        took.append(time.perf_counter() - began)
    line.close()
    return statistics.median(took)


def _with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Api-Key {key}"}


def _signed_in(user: User) -> dict[str, str]:
    own = f"{settings.SESSION_COOKIE_NAME}={signing_in.session(user)}"
    token = "a" * 32
    return {"Cookie": f"{own}; {settings.CSRF_COOKIE_NAME}={token}", "X-CSRFToken": token}


def _change(path: str, told: dict[str, Any], client: dict[str, str], carrier: float = 0.0) -> float:
    """Seconds from the request until what the carrier said is committed, without those in which
    the carrier answered: `carrier` for each order, one after another."""
    began = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", WEB_PORT, timeout=PATIENCE)
    headers = client | {"Content-Type": "application/json"}
    line.request("POST", f"/api/v1/calls/{path}", body=json.dumps(told), headers=headers)
    answer = line.getresponse()
    made: dict[str, Any] = json.load(answer)
    if answer.status != 202:
        raise RuntimeError(f"{path} was answered with {answer.status}: {made}")
    changes = Change.objects.filter(pk=made["id"])
    while (state := changes.values_list("state", flat=True).get()) == ChangeState.GOING_ON:
        if time.perf_counter() - began > PATIENCE:
            raise RuntimeError(f"{path} was not settled")
        time.sleep(POLL)
    if state != ChangeState.DONE:
        raise RuntimeError(f"{path} {state}: {changes.get().note}")
    took = time.perf_counter() - began
    return took - carrier * Command.objects.filter(change__in=changes).count()


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
    spans: list[float],
    verbs: dict[str, list[float]],
    many: list[float],
    cpu: float,
    orders: int,
    counted: dict[str, int],
    carrier: float,
) -> list[Measured]:
    held = f"hold and resume, {CALLS} live calls"
    return [
        Measured("the carrier's own answer", carrier * 1e3, "ms"),
        percentile(held, spans, 50, at_most=40),
        percentile(held, spans, 99),
        *(percentile(verb, each, 50, at_most=40) for verb, each in verbs.items()),
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
    held = Command.objects.filter(verb__in=(Verb.HOLD, Verb.RESUME))
    for sid, verb in held.values_list("leg__sid", "verb"):
        name = f"{sid} {str(verb == 'hold').lower()}"
        asked[name] = asked.get(name, 0) + 1
    return sum(max(0, times - asked.get(name, 0)) for name, times in counted.items())
