"""Changes of a write as SQL statements, each inside the open savepoint.

Not here: who opens the savepoint, and what commits together (store.py).
"""

import sqlite3

from biosight.errors import Stale
from biosight.storage.fields import Kept, fields_of
from biosight.storage.records import Gone, Remove, Replace, Require, Write
from biosight.storage.sqlite.schema import as_sql


def carry_out(connection: sqlite3.Connection, change: Write) -> None:
    """Make one change inside the current savepoint."""
    if isinstance(change, Remove):
        remove(connection, change)
        return
    if isinstance(change, Require):
        require(connection, change)
        return
    if isinstance(change, Replace):
        replace(connection, change)
        return
    record = change.record
    kept = fields_of(type(record))
    values = [as_sql(f, getattr(record, f.name)) for f in kept]
    marks, names = ", ".join("?" * len(kept)), ", ".join(f'"{f.name}"' for f in kept)
    connection.execute(f"INSERT INTO {record.table} ({names}) VALUES ({marks})", values)


def replace(connection: sqlite3.Connection, change: Replace) -> None:
    """Replace a record by compare-and-set on its version. Unchanged fields are not written, so that
    their indexes are not touched. Raises Stale."""
    record = change.record
    kept = [f for f in fields_of(type(record)) if has_to_be_written(change, f)]
    values = [as_sql(f, getattr(record, f.name)) for f in kept]
    assignments = ", ".join(f'"{f.name}" = ?' for f in kept)
    sql = f"UPDATE {record.table} SET {assignments} WHERE id = ? AND version = ?"
    done = connection.execute(sql, [*values, record.id, change.expected])
    if done.rowcount != 1:
        raise Stale("Somebody changed this in the meantime.")


def has_to_be_written(change: Replace, field: Kept) -> bool:
    """Return whether a field must be written: it changed, or the old record is not known."""
    name = field.name
    return change.was is None or getattr(change.was, name) != getattr(change.record, name)


def remove(connection: sqlite3.Connection, change: Remove) -> None:
    """Remove one record. Raises Stale when an expected version is not there."""
    sql, values = f"DELETE FROM {change.kind.table} WHERE id = ?", [change.id]
    if change.expected is None:
        connection.execute(sql, values)
    elif connection.execute(f"{sql} AND version = ?", [*values, change.expected]).rowcount != 1:
        raise Stale("Somebody changed this in the meantime.")


def require(connection: sqlite3.Connection, change: Require) -> None:
    """Require that a record is there, as it must be. Raises Gone or Stale."""
    column = "id" if change.expected is None else "version"
    same = "".join(f' AND "{name}" = ?' for name, _ in change.holds)
    sql = f"SELECT {column} FROM {change.kind.table} WHERE id = ?{same}"
    row = connection.execute(sql, [change.id, *(value for _, value in change.holds)]).fetchone()
    if row is None:
        raise Gone(change.kind, change.id)
    if change.expected is not None and row[0] != change.expected:
        raise Stale("Somebody changed this in the meantime.")
