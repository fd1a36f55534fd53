"""Moving records between stores: resumed, counted, proved."""

from pathlib import Path

import mongomock
import pytest

from biosight.bootstrap import KINDS, open_archive
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.moving import move, write_file
from biosight.storage.records import Insert, Records, Remove, Replace, Where
from biosight.storage.sqlite import SqliteRecords
from tests import tiny
from tests.conftest import Run, add_ada
from tests.storage.test_records import Bird, bird
from tests.stores import Mocked


@pytest.fixture
def target() -> Records:
    return Mocked(mongomock.MongoClient()["t"], [Bird])


def test_a_move_is_resumed_and_proved(tmp_path: Path, target: Records) -> None:
    source = SqliteRecords(tmp_path / "a.db", [Bird])
    source.write(*(Insert(bird(n, song=("a", "b"), wing=0.5)) for n in range(450)))
    target.write(*(Insert(bird(n, song=("a", "b"), wing=0.5)) for n in range(100)))
    first = move(source, target, [Bird], lambda _table, _done: None)[0]
    assert (first.records, first.written, first.wrong) == (450, 350, 0)
    source.write(Replace(bird(3, weight=99, version=2), 1))
    again = move(source, target, [Bird], lambda _table, _done: None)[0]
    assert (again.written, again.wrong) == (1, 0)
    source.write(Remove(Bird, "b004"))
    assert move(source, target, [Bird], lambda _table, _done: None)[0].wrong == 0
    assert target.get(Bird, "b004") is None
    back = SqliteRecords(tmp_path / "b.db", [Bird])
    back.write(Insert(bird(999)))
    with pytest.raises(BadRequest, match="another BioSight"):
        move(target, back, [Bird], lambda _table, _done: None)
    back.write(Remove(Bird, "b999"))
    assert move(target, back, [Bird], lambda _table, _done: None)[0].wrong == 0
    assert back.find(Bird, limit=1000) == source.find(Bird, limit=1000)
    back.close()
    source.close()


def test_an_archive_moves_by_command(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    tiny.make_folder(tmp_path / "in", 3)
    run("import", tmp_path / "in")
    old, new = tmp_path / "data" / "biosight.db", tmp_path / "new.db"
    said = run("migrate", "--from", f"sqlite:///{old}", "--to", f"sqlite:///{new}").output
    assert "images: 9 records, 9 written, 0 wrong" in said
    assert "All there and equal" in said
    run("migrate-blobs", "--from", tmp_path / "data" / "blobs", "--to", tmp_path / "store")
    moved = Settings(
        data_dir=tmp_path / "other",
        database_url=f"sqlite:///{new}",
        storage_url=str(tmp_path / "store"),
    )
    archive = open_archive(moved)
    assert archive.records.count(Image) == 9
    assert len(list(archive.blobs.keys("original"))) == 9
    archive.close()
    for source, target, words in (
        (f"sqlite:///{tmp_path}/none.db", f"sqlite:///{new}", "no database"),
        (f"sqlite:///{old}", "oracle://x", "is no database"),
        (f"sqlite:///{old}", f"sqlite:///{old}", "the same"),
    ):
        said = run("migrate", "--from", source, "--to", target, code=1).output
        assert words in said


def test_every_kind_moves_to_mongodb(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    tiny.make_folder(tmp_path / "in", 2)
    run("import", tmp_path / "in")
    source = SqliteRecords(tmp_path / "data" / "biosight.db", KINDS)
    target = Mocked(mongomock.MongoClient()["t"], KINDS)
    moved = move(source, target, KINDS, lambda _table, _done: None)
    assert {m.table: m.wrong for m in moved if m.wrong} == {}
    assert sum(m.records for m in moved) > 12
    source.close()


def test_a_backup_of_another_store_is_a_sqlite_file(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    tiny.make_folder(tmp_path / "in", 1)
    run("import", tmp_path / "in")
    source = SqliteRecords(tmp_path / "data" / "biosight.db", KINDS)
    mongo = Mocked(mongomock.MongoClient()["t"], KINDS)
    move(source, mongo, KINDS, lambda _table, _done: None)
    write_file(mongo, KINDS, tmp_path / "copy.db")
    copy = SqliteRecords(tmp_path / "copy.db", KINDS)
    assert copy.find(Image) == source.find(Image)
    assert copy.count(Image, [Where("label", "=", "Red")]) == 1
    copy.close()
    source.close()


def test_restore_says_where_it_goes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    run("backup", tmp_path / "b.tar")
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", "mongodb://localhost/x")
    assert "then biosight migrate" in run("restore", tmp_path / "b.tar", code=1).output
