"""Start, adopt, share and stop a cluster."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from callcenter.postgres.cluster import DATABASE, ROLE, Cluster, PostgresError
from callcenter.postgres.programs import PATIENCE, pg_ctl, run

DURABLE = "fsync = on\nsynchronous_commit = on\n"
# A test's database is thrown away: losing it in a power cut costs nothing.
THROWAWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def start(cluster: Cluster) -> None:
    """Make it answer: made when new, adopted when a killed run left it behind, else started."""
    _make_folders(cluster)
    with _one_at_a_time(cluster):
        _remove_what_a_killed_run_left(cluster)
        if not answers(cluster):
            _start_anew(cluster)
        _ensure_database(cluster)


def _start_anew(cluster: Cluster) -> None:
    if not (cluster.data_dir / "PG_VERSION").exists():
        _initialise(cluster)
    _configure(cluster)
    pg_ctl(cluster, "start", "-l", str(cluster.log))


def stop(cluster: Cluster) -> None:
    """Stop it, so that the rows are safe on disk; harmless where none runs."""
    pid = running_pid(cluster)
    if pid is not None:
        _end(pid, cluster)


def remove(cluster: Cluster) -> None:
    """Stop it and throw its rows away, and all else that it needed."""
    stop(cluster)
    copies = cluster.data_dir.parent.glob("pginstall-*")
    for folder in (cluster.data_dir, cluster.socket_dir, *copies):
        if folder.exists():
            shutil.rmtree(folder)
    for file in cluster.data_dir.parent.glob(f"{cluster.data_dir.name}.*"):
        file.unlink()
    for folder in {cluster.data_dir.parent, cluster.socket_dir.parent}:
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def answers(cluster: Cluster) -> bool:
    if not cluster.socket.exists():
        return False
    asked = run(cluster, "pg_isready", "-q", "-t", "5", "-h", str(cluster.socket_dir), check=False)
    return asked.returncode == 0


def running_pid(cluster: Cluster) -> int | None:
    """The server's process id, as its own lock files tell; None where no PostgreSQL has it."""
    lock_files = (cluster.data_dir / "postmaster.pid", Path(f"{cluster.socket}.lock"))
    claims = (_first_number(path) for path in lock_files)
    return next((pid for pid in claims if pid and _serves(pid, cluster)), None)


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """Run it for as long as anybody is inside: the last to leave stops it.

    Several test runs share one server. The kernel forgets a killed run's hold by itself.
    """
    _make_folders(cluster)
    with _lock_file(cluster, "in-use") as hold:
        fcntl.flock(hold, fcntl.LOCK_SH)
        start(cluster)
        try:
            yield cluster
        finally:
            _stop_if_last(cluster, hold)


def _stop_if_last(cluster: Cluster, hold: IO[str]) -> None:
    with _one_at_a_time(cluster):
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop(cluster)


def _remove_what_a_killed_run_left(cluster: Cluster) -> None:
    """An orphan that answers and still has its rows is kept; any other is ended."""
    whole = (cluster.data_dir / "PG_VERSION").exists()
    pid = running_pid(cluster)
    if pid is not None and not (whole and _answers_soon(cluster)):
        _end(pid, cluster)
    if running_pid(cluster) is None:
        # Its number may belong to somebody else by now, and PostgreSQL would then not start.
        (cluster.data_dir / "postmaster.pid").unlink(missing_ok=True)
        Path(f"{cluster.socket}.lock").unlink(missing_ok=True)
        cluster.socket.unlink(missing_ok=True)


def _answers_soon(cluster: Cluster) -> bool:
    deadline = time.monotonic() + (10.0 if cluster.socket.exists() else 1.0)
    while not (ready := answers(cluster)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return ready


def _end(pid: int, cluster: Cluster) -> None:
    """SIGINT is PostgreSQL's fast stop; SIGQUIT leaves the rest to the next start's recovery."""
    for sign, seconds in ((signal.SIGINT, PATIENCE), (signal.SIGQUIT, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        deadline = time.monotonic() + seconds
        while _serves(pid, cluster) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _serves(pid, cluster):
            return
    raise PostgresError(f"PostgreSQL (process {pid}) does not stop; its log is {cluster.log}")


# The first start ----------------------------------------------------------------------------------


def _initialise(cluster: Cluster) -> None:
    """Made beside its place and moved there whole, so that a killed start leaves nothing half."""
    fresh = cluster.data_dir.with_name(f"{cluster.data_dir.name}.new")
    for leftover in (fresh, cluster.data_dir):
        shutil.rmtree(leftover, ignore_errors=True)
    _own(fresh, cluster.uid)
    run(
        cluster,
        *("initdb", "--username", ROLE, "--auth", "trust", "--encoding", "UTF8"),
        *(() if cluster.durable else ("--no-sync",)),
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--pgdata", str(fresh)),
    )
    fresh.rename(cluster.data_dir)


def _configure(cluster: Cluster) -> None:
    """Only who may enter the socket's folder gets in: there is no port and no password."""
    settings = (
        "listen_addresses = ''\n"
        f"unix_socket_directories = '{_quoted(cluster.socket_dir)}'\n"
        "unix_socket_permissions = 0700\n"
        "max_connections = 200\n"
        "timezone = 'UTC'\nlog_timezone = 'UTC'\n"
        f"{DURABLE if cluster.durable else THROWAWAY}"
    )
    path = cluster.data_dir / "postgresql.conf"
    path.write_text(settings)
    path.chmod(0o644)


def _quoted(path: Path) -> str:
    if "," in str(path) or '"' in str(path):
        raise PostgresError(f"PostgreSQL cannot use a folder with a comma or a quote: {path}")
    return str(path).replace("'", "''")


def _ensure_database(cluster: Cluster) -> None:
    question = f"select 1 from pg_database where datname = '{DATABASE}'"  # noqa: S608
    address = ("--host", str(cluster.socket_dir), "--username", ROLE)
    found = run(cluster, "psql", *address, "-d", "postgres", "-qtAc", question)
    if not found.stdout.strip():
        run(cluster, "createdb", *address, DATABASE)


def _make_folders(cluster: Cluster) -> None:
    for parent in {cluster.data_dir.parent, cluster.socket_dir.parent}:
        if not parent.exists():
            parent.mkdir(parents=True, exist_ok=True)
            parent.chmod(0o755)
        # Not the target of a link: anybody may put one under /var/tmp.
        if parent.lstat().st_uid not in {os.geteuid(), cluster.uid}:
            raise PostgresError(f"{parent} belongs to another user: remove it, then try again")
    _own(cluster.socket_dir, cluster.uid)
    cluster.log.touch()
    if cluster.uid is not None:
        os.chown(cluster.log, cluster.uid, -1)


def _own(folder: Path, uid: int | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if uid is not None and folder.stat().st_uid != uid:
        os.chown(folder, uid, -1)


@contextlib.contextmanager
def _lock_file(cluster: Cluster, purpose: str) -> Iterator[IO[str]]:
    path = cluster.data_dir.with_name(f"{cluster.data_dir.name}.{purpose}.lock")
    with path.open("a") as file:
        yield file


@contextlib.contextmanager
def _one_at_a_time(cluster: Cluster) -> Iterator[None]:
    with _lock_file(cluster, "start") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _first_number(path: Path) -> int | None:
    try:
        first = path.read_text().splitlines()[0].strip()
    except (FileNotFoundError, IndexError):
        return None
    return int(first) if first.isdigit() else None


def _serves(pid: int, cluster: Cluster) -> bool:
    """A lock file's number may have gone to another program since; so a look is taken at it."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self").exists():
        shown = subprocess.run(  # noqa: S603
            ["/bin/ps", "-o", "command=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return "postgres" in shown.stdout and str(cluster.data_dir) in shown.stdout
    try:
        works_in = os.readlink(process / "cwd").removesuffix(" (deleted)")
        named = (process / "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return named == "postgres" and Path(works_in) == cluster.data_dir.resolve()
