"""What every test stands on: a database, and a network that ends at this machine."""

import os
import re
from collections.abc import Iterator

import psycopg
import pytest

from callcenter import postgres
from tests.settings import CLUSTER


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Start the tests' PostgreSQL before the first test that needs it; the last run stops it."""
    if os.environ["DATABASE_URL"] != CLUSTER.url:
        yield
        return
    with postgres.running(CLUSTER):
        _drop_databases_of_killed_runs()
        yield


def _drop_databases_of_killed_runs() -> None:
    with psycopg.connect(CLUSTER.url, autocommit=True) as connection:
        rows = connection.execute("select datname from pg_database").fetchall()
        for name in (row[0] for row in rows):
            run = re.match(r"test_callcenter_(\d+)", name)
            if run and not _alive(int(run[1])):
                connection.execute(f'drop database if exists "{name}" with (force)')


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
