"""Rows of several tables, written or read in one statement instead of one each.

For the few places that the carrier, or a caller in line, waits for: a round trip and the ORM's
work for each row would be most of what a request costs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

# What Django would hand to psycopg unchanged, after a while.
AS_THEY_ARE = frozenset((str, bool, int, UUID, datetime))

Params = ParamSpec("Params")
Result = TypeVar("Result")
Row = TypeVar("Row", bound=models.Model)


class Note(NamedTuple):
    """What listeners on PostgreSQL are told at commit."""

    channel: str
    payload: str


class Alongside(NamedTuple):
    """An insert beside the rows, with the key that the database gives one of them as `{key}`."""

    row: models.Model
    statement: str
    values: tuple[Any, ...]


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


def insert_together(
    *rows: models.Model, alongside: Sequence[Alongside] = (), notes: Sequence[Note] = ()
) -> None:
    """Insert these; keys that the database gives are set on them. Foreign keys among them are
    checked when the transaction commits."""
    kinds: list[_Kind] = []
    values: list[Any] = []
    for row in rows:
        said = _said(row)
        words = [_word(value) for value in said.values()]
        kinds.append((type(row), tuple(zip(said, words, strict=True))))
        values += (
            value for value, word in zip(said.values(), words, strict=True) if word == A_VALUE
        )
    others = tuple((rows.index(other.row), other.statement) for other in alongside)
    values += (value for other in alongside for value in other.values)
    values += (note.payload for note in notes)
    channels = tuple(note.channel for note in notes)
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(kinds), others, channels), values)
        given = cursor.fetchone() or ()
    keyless = [row for row in rows if row.pk is None]
    for row, key in zip(keyless, given[: len(keyless)], strict=True):
        row.pk = key
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def read_together(
    statement: str, values: Sequence[Any], **kinds: type[models.Model]
) -> list[tuple[Any, ...]]:
    """The rows of these models that the statement reads, which writes `{alias}` for all columns of
    the table that it calls so: `select {w}, {q} from calls_waiting w join calls_queue q on ...`.
    None for a row that an outer join did not find."""
    parts = [_Columns.of(alias, model) for alias, model in kinds.items()]
    named = {part.alias: part.names for part in parts}
    with connection.cursor() as cursor:
        cursor.execute(statement.format_map(named), values)
        found = cursor.fetchall()
    return [tuple(_rows_in(row, parts)) for row in found]


@dataclass(frozen=True, slots=True)
class _Columns:
    """What stands for one table in what is read."""

    alias: str
    model: type[models.Model]
    names: str  # as the statement has them
    fields: tuple[str, ...]
    key: int
    converters: tuple[tuple[int, Callable[..., Any]], ...]

    @classmethod
    @lru_cache(maxsize=32)
    def of(cls, alias: str, model: type[models.Model]) -> "_Columns":
        fields = model._meta.concrete_fields
        converters = [(n, getattr(f, "from_db_value", None)) for n, f in enumerate(fields)]
        return cls(
            alias=alias,
            model=model,
            names=", ".join(f"{alias}.{_quoted(str(field.column))}" for field in fields),
            fields=tuple(field.attname for field in fields),
            key=next(n for n, field in enumerate(fields) if field.primary_key),
            converters=tuple((n, convert) for n, convert in converters if convert),
        )


def _rows_in(row: Sequence[Any], parts: Sequence[_Columns]) -> Iterator[models.Model | None]:
    begin = 0
    for part in parts:
        values = list(row[begin : begin + len(part.fields)])
        begin += len(part.fields)
        if values[part.key] is None:
            yield None
            continue
        for number, convert in part.converters:
            values[number] = convert(values[number], None, connection)
        yield part.model.from_db(connection.alias, part.fields, values)


def read_one(kind: type[Row], where: str, values: Sequence[Any]) -> Row | None:
    """The one row of this model `where ... [for update]`, if there is one."""
    table = kind._meta.db_table
    statement = f"select {{{table}}} from {table} {where}"  # noqa: S608
    for (found,) in read_together(statement, values, **{table: kind}):
        row: Row = found
        return row
    return None


def write_fields(row: models.Model, *names: str) -> None:
    """These fields of a row that is there; all of them where none is named."""
    statement, fields, key = _update(type(row), names)
    values = [
        field.get_db_prep_save(field.pre_save(row, add=False), connection) for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, key.get_db_prep_save(row.pk, connection)])


@lru_cache(maxsize=64)
def _update(
    model: type[models.Model], names: tuple[str, ...]
) -> "tuple[str, list[models.Field[Any, Any]], models.Field[Any, Any]]":
    known = {field.name: field for field in model._meta.local_concrete_fields}
    key = next(field for field in known.values() if field.primary_key)
    fields = [known[name] for name in names] or [f for f in known.values() if f is not key]
    wanted = ", ".join(f"{_quoted(str(field.column))} = %s" for field in fields)
    return f"update {model._meta.db_table} set {wanted} where id = %s", fields, key  # noqa: S608


def _said(row: models.Model) -> dict[str, Any]:
    """What its columns shall hold. Null is what a column holds of which nothing is said; to leave
    it unsaid keeps the statement short enough for psycopg to remember how it reads."""
    said = {}
    for field in row._meta.local_concrete_fields:
        value = field.pre_save(row, add=True)
        if value is not None:
            as_it_is = type(value) in AS_THEY_ARE and not isinstance(field, models.JSONField)
            said[str(field.column)] = (
                value if as_it_is else field.get_db_prep_save(value, connection)
            )
    return said


A_VALUE = "%s"


def _word(value: Any) -> str:
    """How a value stands in the statement. Of more than fifty that are given apart from it psycopg
    would not remember how it reads, and most columns of a new row are off or empty."""
    if value is True or value is False:
        return str(value).lower()
    return "''" if value == "" else A_VALUE


# A model, and its columns with how their values stand in the statement.
_Kind = tuple[type[models.Model], tuple[tuple[str, str], ...]]


@lru_cache(maxsize=256)
def _statement(
    kinds: tuple[_Kind, ...], alongside: tuple[tuple[int, str], ...], channels: tuple[str, ...]
) -> str:
    inserts, keys = [], []
    for number, (model, columns) in enumerate(kinds):
        names = [column for column, _ in columns]
        insert = (
            f"insert into {model._meta.db_table} ({', '.join(map(_quoted, names))}) "  # noqa: S608
            f"values ({', '.join(word for _, word in columns)})"
        )
        if str(model._meta.pk.column) not in names:
            insert += " returning id"
            keys.append(f"(select id from r{number})")  # noqa: S608
        inserts.append(f"r{number} as ({insert})")
    for number, (row, insert) in enumerate(alongside):
        key = f"(select id from r{row})"  # noqa: S608
        inserts.append(f"a{number} as ({insert.format(key=key)})")
    told = [*keys, *(f"pg_notify('{channel}', %s)" for channel in channels)]
    return f"with {', '.join(inserts)} select {', '.join(told or ['1'])}"


def _quoted(column: str) -> str:
    return connection.ops.quote_name(column)
