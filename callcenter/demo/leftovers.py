"""What may be in a demo's way: another demo, programs of one that was killed, taken ports."""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil


class DemoError(Exception):
    """The demo cannot run; the message says why, and what to do."""


@contextlib.contextmanager
def only_demo(path: Path) -> Iterator[None]:
    """Two demos of one checkout would share a database; the kernel frees a killed one's hold."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DemoError(
                f"A demo of this checkout is running already (process {file.read().strip()})."
                " Stop it with Ctrl-C there."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def remember(path: Path, pids: Mapping[str, int]) -> None:
    """Which programs are ours: their numbers, and when each began, as numbers are used again."""
    with contextlib.suppress(psutil.NoSuchProcess):
        kept = {name: [pid, psutil.Process(pid).create_time()] for name, pid in pids.items()}
        path.write_text(json.dumps(kept))


def stop_programs_of_a_killed_demo(path: Path) -> list[str]:
    """End what a demo that was killed outright left running; their names."""
    if not path.exists():
        return []
    kept: dict[str, tuple[int, float]] = json.loads(path.read_text() or "{}")
    path.unlink()
    found = {name: _still_there(pid, began) for name, (pid, began) in kept.items()}
    left = {name: process for name, process in found.items() if process}
    for process in left.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left.values(), timeout=10)
    for process in stubborn:
        process.kill()
    return list(left)


def _still_there(pid: int, began: float) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if abs(process.create_time() - began) < 1:
            return process
    return None


def require_free_ports(host: str, ports: Mapping[str, int]) -> None:
    taken = [name for name, port in ports.items() if not _is_free(host, port)]
    if taken:
        who = "\n".join(
            f"  port {ports[name]}, wanted by {name}: {_owner(ports[name])}" for name in taken
        )
        instead = " ".join(f"--{name}-port {ports[name] + 100}" for name in taken)
        raise DemoError(
            f"Taken already:\n{who}\nStop what listens there, or choose other ports:\n"
            f"  make demo ARGS='{instead}'"
        )


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _owner(port: int) -> str:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return "somebody else's process"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
            return _named(connection.pid)
    return "a process that cannot be seen from here"


def _named(pid: int | None) -> str:
    if pid is None:
        return "somebody else's process"
    try:
        return f"process {pid} ({' '.join(psutil.Process(pid).cmdline())[:60]})"
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return f"process {pid}"
