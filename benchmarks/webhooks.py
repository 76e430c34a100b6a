"""The carrier's requests, beside the limit: a bare application with one transaction a request.

All three are served by uvicorn with one worker each, over the same connections, in turns, in the
same run. Answers are counted by status and rows afterwards: nothing passes by being refused.
"""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from benchmarks import ground, load
from benchmarks.ground import Served
from benchmarks.load import Answers
from benchmarks.report import Measured
from benchmarks.webhook_calls import CallCentre, news
from calls.models import CarrierEvent

BARE_PORT, WEB_PORT = 9220, 9221
ROUNDS = 3
SECONDS = 2.5
LATENCY_SECONDS = 2.5
CONNECTIONS = 16
# More than can be answered in a turn.
PIECES_OF_NEWS = 12_000
CALLS = 240

Requests = Callable[[], Iterable[bytes]]


@dataclass(slots=True)
class Subject:
    """What is measured: where, with what, and how it went in each turn."""

    name: str
    server: Served
    requests: Requests
    turns: list[Answers] = field(default_factory=list)
    # Processor time of a request, in each turn: the server's, and PostgreSQL's.
    own: list[float] = field(default_factory=list)
    postgres: list[float] = field(default_factory=list)
    paced: list[Answers] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return statistics.median(turn.per_second for turn in self.turns)

    @property
    def cpu(self) -> float:
        """Microseconds of a request, PostgreSQL's included."""
        return statistics.median(self.own) + statistics.median(self.postgres)


def run() -> list[Measured]:
    centre = CallCentre(timezone.now())
    with (
        ground.served("benchmarks.bare:application", port=BARE_PORT) as bare,
        ground.served("callcenter.asgi:application", port=WEB_PORT) as web,
    ):
        idle = web.memory_mb()
        subjects = (
            Subject("bare", bare, lambda: news(PIECES_OF_NEWS)),
            Subject("news", web, lambda: news(PIECES_OF_NEWS)),
            Subject("instructions", web, lambda: list(centre.instructions(CALLS))),
        )
        _warm_up(subjects)
        before = CarrierEvent.objects.count()
        for _ in range(ROUNDS):
            for subject in subjects:
                _take_turn(subject)
        for _ in range(ROUNDS):
            for subject in subjects:
                _pace(subject)
        _count_rows(subjects, CarrierEvent.objects.count() - before)
        return _measured(*subjects, idle=idle, busy=web.memory_mb())


def _warm_up(subjects: Iterable[Subject]) -> None:
    """Connections are made, statements prepared; and PostgreSQL knows that the tables are no
    longer empty, as it would within a minute of any day."""
    for subject in subjects:
        load.saturate(subject.server.port, subject.requests(), seconds=1, connections=CONNECTIONS)
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def _take_turn(subject: Subject) -> None:
    requests = subject.requests()
    port, server = subject.server.port, subject.server
    ours, theirs = server.cpu_seconds(), ground.postgres_cpu_seconds()
    answers = load.saturate(port, requests, seconds=SECONDS, connections=CONNECTIONS)
    ours, theirs = server.cpu_seconds() - ours, ground.postgres_cpu_seconds() - theirs
    answers.refuse_others(200, 204)
    subject.turns.append(answers)
    microsecond = 1e6 / len(answers.latencies)
    subject.own.append(ours * microsecond)
    subject.postgres.append(theirs * microsecond)


def _pace(subject: Subject) -> None:
    """Half of what it can do, at Poisson's moments."""
    half = subject.per_second / 2
    port = subject.server.port
    requests = subject.requests()
    answers = load.arrive(port, requests, seconds=LATENCY_SECONDS, per_second=half)
    answers.refuse_others(200, 204)
    subject.paced.append(answers)


def _count_rows(subjects: Iterable[Subject], rows: int) -> None:
    """Every answered request of ours is in the database, and nothing else is."""
    ours = [subject for subject in subjects if subject.name != "bare"]
    answered = sum(len(turn.latencies) for s in ours for turn in [*s.turns, *s.paced])
    if rows != answered:
        raise SystemExit(f"{answered} requests were answered and {rows} were recorded.")


def _measured(
    bare: Subject, news: Subject, instructions: Subject, *, idle: float, busy: float
) -> list[Measured]:
    all_three = (bare, news, instructions)
    return [
        _throughput("the limit", bare),
        _throughput("news", news),
        _ratio("news, of the limit", news, bare, at_least=0.5),
        _throughput("instructions (TwiML)", instructions),
        _ratio("instructions, of the limit", instructions, bare, at_least=0.2),
        *(
            Measured(
                f"{what}, processor time",
                subject.cpu / 1000,
                "ms",
                detail={
                    "server_us": [round(us) for us in subject.own],
                    "postgres_us": [round(us) for us in subject.postgres],
                },
            )
            for what, subject in zip(("the limit", "news", "instructions"), all_three, strict=True)
        ),
        *_latencies("limit", bare, None),
        *_latencies("news", news, 25),
        *_latencies("instructions", instructions, 25),
        Measured("web process, idle", idle, "MB"),
        Measured("web process, after the load", busy, "MB"),
    ]


def _throughput(what: str, subject: Subject) -> Measured:
    turns = [round(turn.per_second) for turn in subject.turns]
    detail = {"turns": turns, "per_core": round(1e6 / subject.cpu)}
    return Measured(what, subject.per_second, "a second", detail=detail)


def _ratio(what: str, subject: Subject, bare: Subject, *, at_least: float) -> Measured:
    """Turn by turn, so that what else the machine did in a round falls on both."""
    pairs = zip(subject.turns, bare.turns, strict=True)
    ratios = [turn.per_second / limit.per_second for turn, limit in pairs]
    rounded = [round(ratio, 3) for ratio in ratios]
    return Measured(
        what, statistics.median(ratios), "×", at_least=at_least, detail={"turns": rounded}
    )


def _latencies(what: str, subject: Subject, at_most: float | None) -> list[Measured]:
    """The middle turn's, so that a moment in which the machine did something else is not ours."""
    rate = {"per_second": [round(turn.per_second) for turn in subject.paced]}
    half, most = ([turn.percentile(percent) for turn in subject.paced] for percent in (50, 99))
    turns = {"turns": [round(ms, 1) for ms in most]}
    return [
        Measured(f"{what} at half load, p50", statistics.median(half), "ms", detail=rate),
        Measured(
            f"{what} at half load, p99",
            statistics.median(most),
            "ms",
            at_most=at_most,
            detail=turns,
        ),
    ]
