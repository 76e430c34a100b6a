"""What a benchmark stands on: a durable PostgreSQL, a fresh database, servers on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
import psycopg

from callcenter import postgres

SERVER = (
    *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    *("--ws-per-message-deflate", "false"),
)
PATIENCE = 30.0


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server that loses nothing, where no other is given (BENCH_DATABASE_URL)."""
    given = os.environ.get("BENCH_DATABASE_URL")
    if given:
        yield given
        return
    with postgres.running(postgres.locate(name="pg-bench", durable=True)) as cluster:
        yield cluster.url


@contextmanager
def database(server: str) -> Iterator[str]:
    """A migrated database of its own on that server, dropped at the end."""
    name = f"bench_{os.getpid()}"
    parts = urlsplit(server)
    url = parts._replace(path=f"/{name}").geturl()
    url = url if parts.netloc else url.replace("postgresql:/", "postgresql:///", 1)
    with psycopg.connect(server, autocommit=True) as connection:
        if connection.execute("show fsync").fetchone() != ("on",):
            raise SystemExit("This PostgreSQL forgets (fsync is off): its figures mean nothing.")
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}"')
        try:
            _migrate(url)
            yield url
        finally:
            connection.execute(f'drop database "{name}" with (force)')


def _migrate(url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=True)


@dataclass(frozen=True, slots=True)
class Running:
    """One process and its children."""

    process: psutil.Process

    def cpu_seconds(self) -> float:
        return sum(_cpu(process) for process in self._all())

    def memory_mb(self) -> float:
        """What would be free again if it ended."""
        return sum(process.memory_full_info().uss for process in self._all()) / 1e6

    def resident_mb(self) -> float:
        """The same with what it shares with other processes."""
        return sum(process.memory_info().rss for process in self._all()) / 1e6

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Served(Running):
    """A server, and where it answers."""

    port: int


def postgres_cpu_seconds() -> float:
    """Of the server that the current database is on, with all its processes."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        server = psutil.Process(connection.info.backend_pid).parent()
    if server is None:
        return 0.0
    ended = server.cpu_times()
    live = sum(_cpu(process) for process in [server, *server.children()])
    return live + ended.children_user + ended.children_system


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


@contextmanager
def served(
    application: str, *, port: int, env: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """uvicorn with one worker, as it is run in production."""
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), *SERVER]
    with _process(command, env) as process:
        _wait_until_it_answers(port, process)
        yield Served(psutil.Process(process.pid), port)


@contextmanager
def working(*, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """The worker, as it is run in production; it may not have begun to work yet."""
    with _process([sys.executable, "manage.py", "worker"], env) as process:
        yield Running(psutil.Process(process.pid))


@contextmanager
def _process(
    command: Sequence[str], env: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=os.environ | dict(env or {}))
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"The server on port {port} does not start.")
