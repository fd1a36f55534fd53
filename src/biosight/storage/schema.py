"""How record kinds become columns, for every store, and SQLite tables with indexes and counters.

Not here: reading and writing rows (sqlite.py).
"""

import types
import typing
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from functools import lru_cache
from typing import Any, cast

from pydantic import TypeAdapter

from biosight.storage.records import Record

SCHEMA_VERSION = 2
PLAIN = {str: "TEXT", int: "INTEGER", float: "REAL", bool: "INTEGER", bytes: "BLOB"}


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record kind and how it is kept."""

    name: str
    sql: str
    is_bool: bool
    json: TypeAdapter[Any] | None

    def write(self, value: Any) -> Any:
        """A field's value as SQLite keeps it."""
        return self.json.dump_json(value).decode() if self.json else value

    def read(self, value: Any) -> Any:
        """A kept value as the field has it."""
        if self.json:
            return self.json.validate_json(value)
        return bool(value) if self.is_bool else value


@lru_cache(maxsize=64)
def columns_of(kind: type[Record]) -> tuple[Column, ...]:
    """The columns of a record kind, in the order of its fields."""
    hints = typing.get_type_hints(kind)
    return tuple(column(field, hints[field.name]) for field in fields(cast(Any, kind)))


def column(field: Field[Any], hint: Any) -> Column:
    """How one field is kept: plain types as they are, everything else as JSON text."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        parts = [p for p in typing.get_args(hint) if p is not type(None)]
        hint = parts[0] if len(parts) == 1 and parts[0] in PLAIN else hint
    sql = PLAIN.get(hint)
    adapter = None if sql else TypeAdapter(hint)
    return Column(field.name, sql or "TEXT", hint is bool, adapter)


def counters_of(kind: type[Record]) -> tuple[tuple[str, ...], ...]:
    """The groups of fields whose counts are kept ready."""
    return cast(tuple[tuple[str, ...], ...], getattr(kind, "counters", ()))


def schema(kind: type[Record]) -> Iterator[str]:
    """The statements that make a kind's table, indexes, counters and triggers."""
    others = [f'"{c.name}" {c.sql}' for c in columns_of(kind) if c.name != "id"]
    columns = ", ".join(["id TEXT PRIMARY KEY", *others])
    yield f"CREATE TABLE IF NOT EXISTS {kind.table} ({columns}) WITHOUT ROWID"
    for unique, word in ((True, "unique"), (False, "indexes")):
        for names in getattr(kind, word, ()):
            index = f"{kind.table}_{'_'.join(names)}"
            made = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
            yield f"{made} IF NOT EXISTS {index} ON {kind.table} ({', '.join(names)})"
    for number, names in enumerate(counters_of(kind)):
        yield from counter_schema(kind, number, names)


def additions(kind: type[Record], there: set[str]) -> Iterator[str]:
    """The statements that add a kind's missing columns, filled with the fields' defaults."""
    defaults = {f.name: f.default for f in fields(cast(Any, kind))}
    for c in columns_of(kind):
        if c.name not in there:
            value = literal(c.write(defaults[c.name]))
            yield f'ALTER TABLE {kind.table} ADD COLUMN "{c.name}" {c.sql} DEFAULT {value}'


def literal(value: str | int | float | bool | bytes | None) -> str:
    """A value as SQL writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(int(value) if isinstance(value, bool) else value)


def counter_schema(kind: type[Record], number: int, names: tuple[str, ...]) -> Iterator[str]:
    """A counter table and the three triggers that keep it in step."""
    counter, keys = f"{kind.table}_count{number}", ", ".join(names)
    amount = getattr(kind, "totalled", "")
    yield (
        f"CREATE TABLE IF NOT EXISTS {counter} ({keys}, n INTEGER, total INTEGER, "
        f"PRIMARY KEY ({keys})) WITHOUT ROWID"
    )

    def step(row: str, sign: str) -> str:
        values = ", ".join(f"{row}.{name}" for name in names)
        total = f"{row}.{amount}" if amount else "0"
        return (
            f"INSERT INTO {counter} VALUES ({values}, {sign}1, {sign}{total}) "
            f"ON CONFLICT ({keys}) DO UPDATE SET n = n {sign} 1, total = total {sign} {total};"
        )

    def gone(row: str) -> str:
        same = " AND ".join(f"{name} = {row}.{name}" for name in names)
        return f"DELETE FROM {counter} WHERE {same} AND n = 0;"

    for event, body in (
        ("INSERT", step("NEW", "+")),
        ("DELETE", step("OLD", "-") + gone("OLD")),
        (f"UPDATE OF {keys}", step("OLD", "-") + step("NEW", "+") + gone("OLD")),
    ):
        name = f"{counter}_{event.split()[0].lower()}"
        yield f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {kind.table} BEGIN {body} END"
