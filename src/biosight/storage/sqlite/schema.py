"""Record kinds as SQLite keeps them: tables with one column per field, indexes, and counters and
words that triggers update.

Not here: what a field is to every store (storage/fields.py), or reading and writing rows
(store.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass
from typing import Any

from biosight.storage.counting import TENTH, counters_of
from biosight.storage.declarations import FieldNames, declared_by, lists_of
from biosight.storage.fields import Kept, fields_of
from biosight.storage.records import Record

TYPES = {str: "TEXT", int: "INTEGER", float: "REAL", bool: "INTEGER", bytes: "BLOB"}


def type_of(field: Kept) -> str:
    """Return a field's SQL type; JSON is text."""
    return TYPES[field.plain] if field.plain else "TEXT"


def as_sql(field: Kept, value: Any) -> Any:
    """Return a field's value as SQLite keeps it."""
    return field.json.dump_json(value).decode() if field.json else value


def from_sql(field: Kept, value: Any) -> Any:
    """Return a stored value as the field's own."""
    if field.json:
        return field.json.validate_json(value)
    return bool(value) if field.plain is bool else value


@dataclass(frozen=True, slots=True)
class Counter:
    """Table `name`, which counts the rows of `table` by `keys` and sums up their `amount`."""

    name: str
    table: str
    keys: tuple[str, ...]
    amount: str = "0"


def counters(kind: type[Record]) -> list[Counter]:
    """Return the counters of a kind: of its records, and of how many records have each text of its
    lists."""
    amount = declared_by(kind).totalled or "0"
    made = [
        Counter(f"{kind.table}_count{number}", kind.table, keys, amount)
        for number, keys in enumerate(counters_of(kind))
    ]
    for group in lists_of(kind):
        table = list_table(kind, group)
        made.append(Counter(f"{table}_count", table, (*group[:-1], "word")))
    return made


def list_table(kind: type[Record], group: FieldNames) -> str:
    """Return the name of the table with the texts of a list, one row for each text of a record."""
    return f"{kind.table}_{group[-1]}"


def as_counted(column: str, row: str = "") -> str:
    """Return the SQL for a counter's column, from a row of the records."""
    plain = column.removesuffix(TENTH)
    return f"{row}{plain} / 10" if plain != column else f"{row}{plain}"


def schema(kind: type[Record]) -> Iterator[str]:
    """Yield the statements that create a kind's table, indexes, counters and triggers."""
    others = [f'"{f.name}" {type_of(f)}' for f in fields_of(kind) if f.name != "id"]
    columns = ", ".join(["id TEXT PRIMARY KEY", *others])
    yield f"CREATE TABLE IF NOT EXISTS {kind.table} ({columns}) WITHOUT ROWID"
    said = declared_by(kind)
    for unique, groups in ((True, said.unique), (False, said.indexes)):
        for names in groups:
            index = f"{kind.table}_{'_'.join(names)}"
            made = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
            yield f"{made} IF NOT EXISTS {index} ON {kind.table} ({', '.join(names)})"
    for group in lists_of(kind):
        yield from list_schema(kind, group)
    for counter in counters(kind):
        yield from counter_schema(counter)


def names(kinds: Iterable[type[Record]]) -> set[str]:
    """Return the names that the file's own list of tables, indexes and triggers must contain."""
    return {
        statement.split(" IF NOT EXISTS ")[1].split()[0]
        for kind in kinds
        for statement in schema(kind)
    }


def additions(kind: type[Record], there: set[str]) -> Iterator[str]:
    """Yield the statements that add a kind's fields to a table with the columns `there`: rename
    columns first, then add missing ones with their defaults."""
    for new, old in declared_by(kind).formerly.items():
        if old in there and new not in there:
            yield f'ALTER TABLE {kind.table} RENAME COLUMN "{old}" TO "{new}"'
            there = there - {old} | {new}
    for f in fields_of(kind):
        if f.name not in there:
            value = literal(None if f.default is MISSING else as_sql(f, f.default))
            yield f'ALTER TABLE {kind.table} ADD COLUMN "{f.name}" {type_of(f)} DEFAULT {value}'


def literal(value: str | int | float | bool | bytes | None) -> str:
    """Return a value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(int(value) if isinstance(value, bool) else value)


def counter_schema(of: Counter) -> Iterator[str]:
    """Yield the statements for a counter table and the three triggers that update it."""
    counter, names, keys = of.name, of.keys, ", ".join(of.keys)
    yield (
        f"CREATE TABLE IF NOT EXISTS {counter} ({keys}, n INTEGER, total INTEGER, "
        f"PRIMARY KEY ({keys})) WITHOUT ROWID"
    )

    def step(row: str, sign: str) -> str:
        values = ", ".join(as_counted(name, f"{row}.") for name in names)
        total = "0" if of.amount == "0" else f"{row}.{of.amount}"
        return (
            f"INSERT INTO {counter} VALUES ({values}, {sign}1, {sign}{total}) "
            f"ON CONFLICT ({keys}) DO UPDATE SET n = n {sign} 1, total = total {sign} {total};"
        )

    def gone(row: str) -> str:
        same = " AND ".join(f"{name} = {as_counted(name, f'{row}.')}" for name in names)
        return f"DELETE FROM {counter} WHERE {same} AND n = 0;"

    counted = [name.removesuffix(TENTH) for name in names]
    plain = ", ".join([*counted, *([] if of.amount == "0" else [of.amount])])
    for event, body in (
        ("INSERT", step("NEW", "+")),
        ("DELETE", step("OLD", "-") + gone("OLD")),
        (f"UPDATE OF {plain}", step("OLD", "-") + step("NEW", "+") + gone("OLD")),
    ):
        name = f"{counter}_{event.split()[0].lower()}"
        yield f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {of.table} BEGIN {body} END"


def list_schema(kind: type[Record], group: FieldNames) -> Iterator[str]:
    """Yield the statements for a table with one row for each text in a record's list, and for the
    triggers that update it: a change touches only the texts that differ."""
    table, same, held = list_table(kind, group), group[:-1], group[-1]
    keys = ", ".join((*same, "word", "id"))
    yield (f"CREATE TABLE IF NOT EXISTS {table} ({keys}, PRIMARY KEY ({keys})) WITHOUT ROWID")

    def rows(row: str, but: str) -> str:
        values = ", ".join([*(f"{row}.{name}" for name in same), "value", f"{row}.id"])
        of = f"SELECT {values} FROM json_each({row}.{held})"
        if not but:
            return of
        moved = " OR ".join(f"{row}.{name} IS NOT {but}.{name}" for name in same)
        return f"{of} WHERE value NOT IN (SELECT value FROM json_each({but}.{held})) OR {moved}"

    def gone(but: str) -> str:
        return f"DELETE FROM {table} WHERE ({keys}) IN ({rows('OLD', but)});"

    def come(but: str) -> str:
        return f"INSERT OR IGNORE INTO {table} {rows('NEW', but)};"

    changing = ", ".join(group)
    for event, body in (
        ("INSERT", come("")),
        ("DELETE", gone("")),
        (f"UPDATE OF {changing}", gone("NEW") + come("OLD")),
    ):
        name = f"{table}_{event.split()[0].lower()}"
        yield f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {kind.table} BEGIN {body} END"


def list_fill(kind: type[Record], group: FieldNames) -> str:
    """Return the statement that fills an empty table of texts from the existing records."""
    same = ", ".join(f"kept.{name}" for name in group[:-1])
    return (
        f"INSERT OR IGNORE INTO {list_table(kind, group)} SELECT {same}, value, kept.id "
        f"FROM {kind.table} AS kept, json_each(kept.{group[-1]})"
    )


def triggers_drop(of: Counter) -> Iterator[str]:
    """Yield the statements that remove a counter's triggers."""
    for event in ("insert", "delete", "update"):
        yield f"DROP TRIGGER IF EXISTS {of.name}_{event}"


def counter_fill(of: Counter) -> str:
    """Return the statement that fills a new counter from the existing rows."""
    keys = ", ".join(map(as_counted, of.keys))
    return (
        # Triggers have already counted words just filled in: this writes the same numbers again.
        f"INSERT OR REPLACE INTO {of.name} SELECT {keys}, count(*), coalesce(sum({of.amount}), 0) "
        f"FROM {of.table} GROUP BY {keys}"
    )
