"""Upgrade of a file of an earlier form: columns are filled, values rewritten, counters and words
computed.

Not here: the columns themselves (schema.py), or when a file is upgraded (store.py).
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from biosight.storage.declarations import lists_of
from biosight.storage.fields import fields_of
from biosight.storage.records import Record
from biosight.storage.sqlite.schema import (
    as_sql,
    counter_fill,
    counters,
    list_fill,
    list_table,
    schema,
    triggers_drop,
)


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Return the columns of a table; none where it does not exist."""
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def derive(
    connection: sqlite3.Connection,
    kind: type[Record],
    field: str,
    sources: tuple[str, ...],
    made: Callable[..., Any],
) -> None:
    """Fill a new column from others, in one pass."""
    new = next(f for f in fields_of(kind) if f.name == field)

    def made_of(*values: Any) -> Any:
        return as_sql(new, made(*values))

    connection.create_function("made_of", len(sources), made_of, deterministic=True)
    of = ", ".join(f'"{source}"' for source in sources)
    connection.execute(f'UPDATE {kind.table} SET "{field}" = made_of({of})')


def rewrite_values(
    connection: sqlite3.Connection,
    kind: type[Record],
    field: str,
    value: str,
    now: Mapping[str, str],
) -> None:
    """Write the values `now` into records whose `field` has this value."""
    changed = ", ".join(f'"{name}" = ?' for name in now)
    sql = f'UPDATE {kind.table} SET {changed} WHERE "{field}" = ?'
    connection.execute(sql, [*now.values(), value])


def bring_up(connection: sqlite3.Connection, kind: type[Record]) -> None:
    """Create what a kind's table lacks. Counters that are new, or whose fields have changed, are
    filled from the records; the triggers of all are made anew."""
    old = []
    for counter in counters(kind):
        for statement in triggers_drop(counter):
            connection.execute(statement)
        there = columns(connection, counter.name)
        if there == {*counter.keys, "n", "total"}:
            continue
        old.append(counter)
        if there:
            connection.execute(f"DROP TABLE {counter.name}")
    new = [g for g in lists_of(kind) if not columns(connection, list_table(kind, g))]
    for statement in schema(kind):
        connection.execute(statement)
    for group in new:
        connection.execute(list_fill(kind, group))
    for counter in old:
        connection.execute(counter_fill(counter))
