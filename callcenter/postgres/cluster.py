"""Where a checkout's own PostgreSQL lies, and who runs it."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ROLE = DATABASE = "callcenter"
SOCKET_FILE = ".s.PGSQL.5432"
# Linux allows 107 bytes for a socket's path, macOS 103.
LONGEST_SOCKET_PATH = 99


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
        base = base if reachable(base if base.exists() else checkout, uid) else fallback
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


def reachable(folder: Path, uid: int) -> bool:
    """Whether that user may walk from the root folder down to there."""
    return all(_may_enter(step, uid) for step in (folder, *folder.parents))


def _may_enter(folder: Path, uid: int) -> bool:
    entry = folder.stat()
    needed = stat.S_IXUSR if entry.st_uid == uid else stat.S_IXOTH
    return bool(entry.st_mode & needed)
