"""New rows of several tables, written in one statement instead of one each.

For the few places that the carrier waits for: a round trip and the ORM's work for each row would
be most of what a request costs.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection, models, transaction

Params = ParamSpec("Params")
Result = TypeVar("Result")


def in_transaction(work: Callable[Params, Result]) -> Callable[Params, Result]:
    """Done in the transaction that there is, or in one of its own; whoever began the transaction
    decides what an exception means for it."""

    @wraps(work)
    def done(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        if connection.in_atomic_block:
            return work(*args, **kwargs)
        with transaction.atomic():
            return work(*args, **kwargs)

    return done


def insert_together(*rows: models.Model) -> None:
    """Insert these; keys that the database gives are set on them. Foreign keys among them are
    checked when the transaction commits."""
    statement = _statement(tuple((type(row), _has_key(row)) for row in rows))
    values = [value for row in rows for value in _values(row)]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        given = cursor.fetchone() or ()
    keyless = [row for row in rows if not _has_key(row)]
    for row, key in zip(keyless, given[: len(keyless)], strict=True):
        row.pk = key
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _has_key(row: models.Model) -> bool:
    return row.pk is not None


def _fields(model: type[models.Model], with_key: bool) -> "list[models.Field[Any, Any]]":
    fields = model._meta.local_concrete_fields
    return [field for field in fields if with_key or not field.primary_key]


def _values(row: models.Model) -> list[Any]:
    return [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in _fields(type(row), _has_key(row))
    ]


@lru_cache(maxsize=32)
def _statement(kinds: tuple[tuple[type[models.Model], bool], ...]) -> str:
    inserts, keys = [], []
    for number, (model, with_key) in enumerate(kinds):
        columns = [str(field.column) for field in _fields(model, with_key)]
        insert = (
            f"insert into {model._meta.db_table} ({', '.join(map(_quoted, columns))}) "  # noqa: S608
            f"values ({', '.join(['%s'] * len(columns))})"
        )
        if not with_key:
            insert += " returning id"
            keys.append(f"(select id from r{number})")  # noqa: S608
        inserts.append(f"r{number} as ({insert})")
    return f"with {', '.join(inserts)} select {', '.join(keys or ['1'])}"


def _quoted(column: str) -> str:
    return connection.ops.quote_name(column)
