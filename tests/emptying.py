"""A clean table for the next day: the rows of one test are gone before the next begins.

Only tables in which something is are touched; Django's own flush empties and fills all of them,
which takes longer than many a journey, and locks them against the processes of a test that still
read, until the two wait for each other.
"""

from contextlib import suppress
from functools import cache

from django.db import OperationalError, connection, transaction

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
# These refer to each other at once; all other references are looked at when we commit.
FIRST = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs")
TRIES = 3


def empty_tables() -> None:
    """Where another process writes the same rows just now, one of the two is refused: once more."""
    for _ in range(TRIES - 1):
        with suppress(OperationalError):
            _empty_tables()
            return
    _empty_tables()


def _empty_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        probes = " union all ".join(
            f"select '{name}' where exists (select from {name})" for name in _tables()
        )
        cursor.execute(probes)
        full = [row[0] for row in cursor.fetchall()]
        if full:
            cursor.execute("; ".join(f"delete from {name}" for name in full))


@cache
def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind = 'r'"
            " and relnamespace = 'public'::regnamespace order by relname"
        )
        names = [row[0] for row in cursor.fetchall() if row[0] not in KEPT]
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
