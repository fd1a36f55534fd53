"""Records in one embedded SQLite file, safe for several processes at once.

A record kind is a table with a real column for each field; counters are tables that triggers
update. All threads write through one writer. It commits waiting writes together (group commit),
each with its own outcome. Not here: what the records mean.
"""

import os
import queue
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from biosight.errors import NoSpace, Stale, Unavailable
from biosight.storage.counting import by_tenths
from biosight.storage.declarations import declared_by
from biosight.storage.fields import (
    SCHEMA_VERSION,
    fields_of,
    rewritten,
)
from biosight.storage.records import (
    Gone,
    InUse,
    Order,
    Position,
    Question,
    R,
    Record,
    Value,
    Where,
    Write,
)
from biosight.storage.sqlite.changes import carry_out
from biosight.storage.sqlite.conditions import Ways, by, condition, positive_conditions
from biosight.storage.sqlite.forms import bring_up, columns, derive, rewrite_values
from biosight.storage.sqlite.schema import additions, from_sql, names

# A WAL that is reset under several connections could corrupt the file before 3.51.3 (see
# sqlite.org/wal.html, "the WAL-reset bug"), so older libraries keep a rollback journal.
WAL_SAFE = sqlite3.sqlite_version_info >= (3, 51, 3)
BUSY_SECONDS = 20.0
TURN_SECONDS = 0.002
MOST_IN_ONE_COMMIT = 64
RESERVE_BYTES = 8 * 1024 * 1024


@contextmanager
def translated_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise InUse(str(error)) from error
    except sqlite3.OperationalError as error:
        if "full" in str(error) or no_inode(error):
            raise NoSpace("The disk is full; nothing was stored.") from error
        raise Unavailable("The database can't be reached just now.") from error
    except sqlite3.DatabaseError as error:
        raise Unavailable("The database can't be read.") from error


def no_inode(error: sqlite3.OperationalError) -> bool:
    """Return whether SQLite failed to write or create its file for lack of space."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE"))


WaitingWrite = tuple[Sequence[Write], "Future[None]"]


class SqliteRecords:
    """The embedded adapter of Records."""

    def __init__(self, path: Path, kinds: Sequence[type[Record]]) -> None:
        self.path = path
        self.ways = Ways(self.rows)
        self.idle: deque[sqlite3.Connection] = deque()
        self.reserve = path.with_name("reserve")
        self.make(kinds)
        self.waiting: queue.SimpleQueue[WaitingWrite | None] = queue.SimpleQueue()
        self.writer = threading.Thread(target=self.write_all, name="sqlite-writer", daemon=True)
        self.writer.start()
        self.keep_reserve()

    def make(self, kinds: Sequence[type[Record]]) -> None:
        """Create what is missing: tables, and columns that an earlier BioSight did not have.

        Raises Unavailable for a file of a newer BioSight.
        """
        with translated_errors():
            if self.is_made(kinds):
                return  # nothing is written: the disk may be full
            with self.transaction() as connection:
                form = connection.execute("PRAGMA user_version").fetchone()[0]
                for kind in kinds:
                    there = columns(connection, kind.table)
                    for statement in additions(kind, there) if there else ():
                        connection.execute(statement)
                    for field, (sources, made) in declared_by(kind).derived.items():
                        if there and field not in there and there.issuperset(sources):
                            derive(connection, kind, field, sources, made)
                    for (field, value), now in rewritten(kind, form) if there else ():
                        rewrite_values(connection, kind, field, value, now)
                    bring_up(connection, kind)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def is_made(self, kinds: Sequence[type[Record]]) -> bool:
        """Return whether everything exists already. Raises Unavailable for a file of a newer
        BioSight."""
        with self.connection() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            named = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
        if version > SCHEMA_VERSION:
            raise Unavailable("The database was written by a newer BioSight.")
        return version == SCHEMA_VERSION and names(kinds) <= named

    def connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        made.execute(f"PRAGMA journal_mode = {'WAL' if WAL_SAFE else 'TRUNCATE'}")
        made.execute("PRAGMA synchronous = FULL")
        made.execute("PRAGMA temp_store = MEMORY")
        made.execute("PRAGMA cache_size = -2000")
        return made

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection from the pool: threads come and go, and must not leave theirs open."""
        try:
            connection = self.idle.pop()
        except IndexError:
            connection = self.connect()
        try:
            yield connection
        finally:
            self.idle.append(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a write transaction that takes its lock at once, so that two never deadlock."""
        with self.connection() as connection:
            take_turn(connection)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query."""
        with translated_errors(), self.connection() as connection:
            return connection.execute(sql, values).fetchall()

    def get(self, kind: type[R], id: str) -> R | None:
        found = self.find(kind, [Where("id", "=", id)], limit=1)
        return found[0] if found else None

    def find(
        self,
        kind: type[R],
        where: Sequence[Where] = (),
        *,
        order: Order = Order(),  # noqa: B008 - frozen
        after: Position | None = None,
        limit: int = 100,
    ) -> list[R]:
        kept = fields_of(kind)
        names = ", ".join(f'"{f.name}"' for f in kept)
        rows: list[Any] = []
        where = self.ways.resolved(kind, where)
        for clause, values in self.ways.tries(kind, where, order, after, limit):
            sql = f"SELECT {names} FROM {kind.table} WHERE {clause} ORDER BY {by(order)} LIMIT ?"
            rows = self.rows(sql, [*values, limit])
            if len(rows) == limit:
                break
        return [
            kind(**{f.name: from_sql(f, v) for f, v in zip(kept, row, strict=True)}) for row in rows
        ]

    def find_each(self, kind: type[R], questions: Sequence[Question]) -> list[list[R]]:
        """Return the answer to each of several questions, one after the other."""
        return [
            self.find(kind, q.where, order=q.order, after=q.after, limit=q.limit) for q in questions
        ]

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        if (worded := self.ways.with_word(kind, where)) is not None:
            return worded - self.count(kind, positive_conditions(where))
        where = self.ways.resolved(kind, where)
        clause, values = self.ways.narrowed(kind, where)
        counter = self.ways.counter_for(kind, {w.field for w in where})
        what = f"coalesce(sum(n), 0) FROM {counter}" if counter else f"count(*) FROM {kind.table}"
        return int(self.rows(f"SELECT {what} WHERE {clause}", values)[0][0])

    def count_each(self, kind: type[Record], wheres: Sequence[Sequence[Where]]) -> list[int]:
        """Return how many match each of several lists of conditions, one after the other."""
        return [self.count(kind, where) for where in wheres]

    def count_by(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        found = self.ways.count_texts(kind, where, field)
        if found is not None:
            return found
        return {value: n for (value,), n in self.tally(kind, where, (field,)).items()}

    def tally(
        self, kind: type[Record], where: Sequence[Where], fields: Sequence[str]
    ) -> dict[tuple[Value, ...], int]:
        """Return how many match for each combination of values of several fields."""
        where = self.ways.resolved(kind, where)
        if len(parts := by_tenths(kind, where, fields)) > 1:
            return dict(sum((Counter(self.tally(kind, p, fields)) for p in parts), Counter()))
        where = parts[0]
        clause, values = self.ways.narrowed(kind, where)
        counter = self.ways.counter_for(kind, {w.field for w in where} | set(fields))
        what = f"sum(n) FROM {counter}" if counter else f"count(*) FROM {kind.table}"
        named = ", ".join(f'"{field}"' for field in fields)
        if counter is None and len(fields) > 1:
            # Nearly every row is a group of its own: a dictionary is faster than SQLite's tree.
            sql = f"SELECT {named} FROM {kind.table} WHERE {clause}"
            return dict(Counter(self.rows(sql, values)))
        # The plus keeps the planner from scanning a whole index that is in the fields' order.
        plain = ", ".join(f'+"{field}"' for field in fields)
        sql = f"SELECT {named}, {what} WHERE {clause} GROUP BY {plain}"
        return {tuple(row[:-1]): int(row[-1]) for row in self.rows(sql, values) if row[-1]}

    def ids(self, kind: type[Record], where: Sequence[Where] = ()) -> list[str]:
        """Return the ids of all that match, in order."""
        clause, values = self.ways.narrowed(kind, self.ways.resolved(kind, where))
        sql = f"SELECT id FROM {kind.table} WHERE {clause} ORDER BY id"
        return [str(row[0]) for row in self.rows(sql, values)]

    def total(self, kind: type[Record], where: Sequence[Where]) -> int:
        where = self.ways.resolved(kind, where)
        clause, values = self.ways.narrowed(kind, where)
        table, number = self.totalled(kind, {w.field for w in where})
        sql = f"SELECT coalesce(sum({number}), 0) FROM {table} WHERE {clause}"
        return int(self.rows(sql, values)[0][0])

    def totals(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        where = self.ways.resolved(kind, where)
        clause, values = self.ways.narrowed(kind, where)
        table, number = self.totalled(kind, {w.field for w in where} | {field})
        sql = f'SELECT "{field}", sum({number}) FROM {table} WHERE {clause} GROUP BY +"{field}"'
        return {value: int(total) for value, total in self.rows(sql, values) if total}

    def totalled(self, kind: type[Record], fields: set[str]) -> tuple[str, str]:
        """Return the table that sums the kind's `totalled` field soonest for conditions on fields,
        and its column."""
        counter = self.ways.counter_for(kind, fields)
        return (counter, "total") if counter else (kind.table, declared_by(kind).totalled)

    def write(self, *changes: Write) -> None:
        """Make all changes or none, durably; return once the commit has reached the disk."""
        done: Future[None] = Future()
        self.waiting.put((changes, done))
        done.result()

    def remove(self, kind: type[Record], where: Sequence[Where]) -> int:
        clause, values = condition(self.ways.resolved(kind, where))
        with translated_errors(), self.transaction() as connection:
            sql = f"DELETE FROM {kind.table} WHERE {clause}"
            return connection.execute(sql, values).rowcount

    def write_all(self) -> None:
        """Run the writer thread: commit waiting writes together."""
        while (first := self.waiting.get()) is not None:
            batch, ending = [first], False
            while len(batch) < MOST_IN_ONE_COMMIT and not ending:
                try:
                    following = self.waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ending = True
                else:
                    batch.append(following)
            self.commit(batch)
            if ending:
                return

    def commit(self, batch: list[WaitingWrite]) -> None:
        """Commit a batch in one transaction; on a full disk, give up the reserve and try once
        more."""
        try:
            outcomes = self.commit_once(batch)
        except NoSpace:
            outcomes = self.commit_with_reserve(batch)
        except Exception as error:
            outcomes = [error] * len(batch)
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            if outcome is None:
                done.set_result(None)
            else:
                done.set_exception(outcome)

    def commit_with_reserve(self, batch: list[WaitingWrite]) -> list[Exception | None]:
        """Give up the reserve and try again, since sign-in and delete must work on a full disk."""
        self.reserve.unlink(missing_ok=True)
        try:
            return self.commit_once(batch)
        except Exception as error:
            return [error] * len(batch)

    def commit_once(self, batch: list[WaitingWrite]) -> list[Exception | None]:
        """Make each write of a batch in its own savepoint; return an error for each, None where it
        succeeded."""
        with translated_errors(), self.transaction() as connection:
            return [self.attempt(connection, changes) for changes, _ in batch]

    def attempt(self, connection: sqlite3.Connection, changes: Sequence[Write]) -> Exception | None:
        """Make all of `changes` or none; return None, or the reason why none was made."""
        connection.execute("SAVEPOINT work")
        try:
            for change in changes:
                carry_out(connection, change)
        except (sqlite3.IntegrityError, Stale, Gone) as error:
            connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
            return InUse(str(error)) if isinstance(error, sqlite3.Error) else error
        connection.execute("RELEASE work")
        return None

    def keep_reserve(self) -> None:
        """Reserve a few megabytes for the day the disk is full."""
        if self.reserve.exists() and self.reserve.stat().st_size >= RESERVE_BYTES:
            return
        try:
            with self.reserve.open("wb") as file:
                for _ in range(RESERVE_BYTES // 65536):
                    file.write(os.urandom(65536))
        except OSError:
            self.reserve.unlink(missing_ok=True)

    def ping(self) -> None:
        """Raise Unavailable when the file can't be read or written."""
        self.rows("SELECT 1 FROM sqlite_schema LIMIT 1")
        if not all(os.access(path, os.W_OK) for path in (self.path, self.path.parent)):
            raise Unavailable("The database can be read, but nothing can be written to it.")

    def still(self) -> AbstractContextManager[None]:
        """Yield None: `snapshot` makes a consistent copy here."""
        return nullcontext(None)

    def snapshot(self, target: Path) -> None:
        """Copy the whole database while others write (SQLite's online backup)."""
        with (
            translated_errors(),
            closing(sqlite3.connect(target)) as copy,
            self.connection() as source,
        ):
            source.backup(copy, pages=2000)

    def check(self) -> list[str]:
        """Return the problems that SQLite's own integrity check finds; empty when all is well."""
        found = self.rows("PRAGMA integrity_check")
        return [str(row[0]) for row in found if row[0] != "ok"]

    def close(self) -> None:
        """Finish the waiting writes, then close every connection."""
        self.waiting.put(None)
        self.writer.join(30)
        while self.idle:
            self.idle.pop().close()


def take_turn(connection: sqlite3.Connection) -> None:
    """Take the write lock. SQLite's own retries become ever rarer, and would miss the gaps between
    the writes of a long job. Frequent tries get the lock when one of these writes ends."""
    end = time.monotonic() + BUSY_SECONDS
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > end:
                    raise
            time.sleep(TURN_SECONDS)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
