"""What a power cut leaves: bytes reach the disk before the record, the record before the answer."""

import os
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.storage.records import Insert, Write
from biosight.storage.sqlite.store import SqliteRecords
from tests import tiny
from tests.conftest import first_collection, upload
from tests.quick import really_connected

FULL = 2


def test_bytes_are_synced_before_the_record(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    sync, write = os.fsync, biosight.archive.records.write
    incoming = biosight.settings.blob_folder

    def synced(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        sync(descriptor)
        if path.is_relative_to(incoming):
            happened.append("folder" if path.is_dir() else "bytes")

    def written(*changes: Write) -> None:
        write(*changes)
        if any(isinstance(c, Insert) and isinstance(c.record, Image) for c in changes):
            happened.append("record")

    collection = first_collection(ada)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(biosight.archive.records, "write", written)
    upload(ada, collection, tiny.picture("Red", 1))
    at = happened.index("record")
    assert "bytes" in happened[:at]
    assert "folder" in happened[happened.index("bytes") : at]


def test_sqlite_syncs_every_commit(biosight: BioSight) -> None:
    if biosight.settings.store != "sqlite":
        pytest.skip("this is SQLite's; MongoDB is asked for w=majority, j=true")
    records = biosight.archive.records
    assert isinstance(records, SqliteRecords)
    with closing(really_connected(records)) as open_one:
        assert open_one.execute("PRAGMA synchronous").fetchone()[0] == FULL
