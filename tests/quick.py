"""What the app leaves out in tests of its own process: it waits for no disk, and hashes passwords
in the least time. What rests on either starts a server, or asks for the original here."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from biosight.accounts.passwords import HASHER
from biosight.storage.sqlite import store
from biosight.storage.sqlite.store import SqliteRecords

really_connected = SqliteRecords.connect


def connected(records: SqliteRecords) -> sqlite3.Connection:
    """A connection that does not wait until a commit is on the disk."""
    made = really_connected(records)
    made.execute("PRAGMA synchronous = OFF")
    return made


@contextmanager
def quick() -> Iterator[None]:
    """Nothing of this process waits for a disk or hashes for long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteRecords, "connect", connected)
        patch.setattr(store, "RESERVE_BYTES", 65536)
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(HASHER, "current_hasher", Argon2Hasher(1, 8, 1))
        yield
