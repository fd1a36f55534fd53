"""Moving records between stores: resumed, counted, proved."""

from pathlib import Path

import mongomock
import pytest
from click.testing import CliRunner

from biosight.bootstrap import KINDS, open_archive
from biosight.cli import main
from biosight.cli.server.migrate import without_password
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.blobs.installation import Installation, installation
from biosight.storage.moving import held_by_another, move, write_file
from biosight.storage.records import Insert, Records, Remove, Replace, Where
from biosight.storage.sqlite.store import SqliteRecords
from tests import tiny
from tests.conftest import PASSWORD, Run, add_ada
from tests.storage.test_records import Bird, bird
from tests.stores import Mocked

KINDS_HERE = [Installation, Bird]


@pytest.fixture
def target() -> Records:
    return Mocked(mongomock.MongoClient()["t"], KINDS_HERE)


def test_a_move_is_resumed_and_proved(tmp_path: Path, target: Records) -> None:
    source = SqliteRecords(tmp_path / "a.db", KINDS_HERE)
    source.write(*(Insert(bird(n, song=("a", "b"), wing=0.5)) for n in range(450)))
    target.write(Insert(installation(source)))
    target.write(*(Insert(bird(n, song=("a", "b"), wing=0.5)) for n in range(100)))
    first = move(source, target, KINDS_HERE, quiet)[1]
    assert (first.records, first.written, first.wrong) == (450, 350, 0)
    source.write(Replace(bird(3, weight=99, version=2), 1))
    again = move(source, target, KINDS_HERE, quiet)[1]
    assert (again.written, again.wrong) == (1, 0)
    source.write(Remove(Bird, "b004"))
    assert move(source, target, KINDS_HERE, quiet)[1].wrong == 0
    assert target.get(Bird, "b004") is None
    back = SqliteRecords(tmp_path / "b.db", KINDS_HERE)
    back.write(Insert(bird(999)))
    with pytest.raises(BadRequest, match="another BioSight"):
        move(target, back, KINDS_HERE, quiet)
    back.write(Remove(Bird, "b999"))
    assert move(target, back, KINDS_HERE, quiet)[1].wrong == 0
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
    assert "The copy is complete" in said
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
        (f"sqlite:///{old}", "oracle://x", "is not a database address"),
        (f"sqlite:///{old}", f"sqlite:///{old}", "the same"),
    ):
        said = run("migrate", "--from", source, "--to", target, code=1).output
        assert words in said


def living(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, email: str) -> str:
    """A real installation with a person and pictures of their own; its address."""
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / name))
    run("user", "add", email, "--password", PASSWORD)
    tiny.make_folder(tmp_path / f"{name}-in", 2)
    run("import", tmp_path / f"{name}-in")
    return f"sqlite:///{tmp_path / name / 'biosight.db'}"


def test_a_migration_never_erases_another_biosight(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = living(run, tmp_path, monkeypatch, "ours", "ada@example.org")
    theirs = living(run, tmp_path, monkeypatch, "theirs", "bob@example.org")
    command = ("migrate", "--from", ours, "--to", theirs)
    assert "another BioSight" in run(*command, code=1).output
    said = run(*command, "--force", code=1).output
    assert "1 users, 1 collections, 6 images" in said
    asked = CliRunner().invoke(main, [*command, "--into-existing"], input="yes\n")
    assert asked.exit_code == 1
    assert "1 users, 1 collections, 6 images. All of it will be erased" in asked.output
    assert "Nothing was changed" in asked.output
    assert "bob@example.org" in run("user", "list").output
    typed = CliRunner().invoke(main, [*command, "--into-existing"], input="erase\n")
    assert typed.exit_code == 0, typed.output
    assert "The copy is complete" in typed.output
    # The pictures beside it are still those of the BioSight that was erased.
    assert "belongs to another BioSight" in run("user", "list", code=1).output
    run("store", "adopt", "--force")
    listed = run("user", "list").output
    assert "ada@example.org" in listed
    assert "bob@example.org" not in listed
    run(*command)  # a copy of one's own is brought up to date without a question


def test_force_prints_the_count_all_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = living(run, tmp_path, monkeypatch, "ours", "ada@example.org")
    theirs = living(run, tmp_path, monkeypatch, "theirs", "bob@example.org")
    said = run("migrate", "--from", ours, "--to", theirs, "--into-existing", "--force").output
    assert "1 users, 1 collections, 6 images. All of it will be erased" in said


@pytest.mark.parametrize("store", ["sqlite", "mongodb"])
def test_two_real_installations_are_told_apart_on_both_stores(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    living(run, tmp_path, monkeypatch, "ours", "ada@example.org")
    living(run, tmp_path, monkeypatch, "theirs", "bob@example.org")
    ours, theirs = (
        SqliteRecords(tmp_path / name / "biosight.db", KINDS) for name in ("ours", "theirs")
    )
    target: Records = theirs
    if store == "mongodb":
        target = Mocked(mongomock.MongoClient()["t"], KINDS)
        move(theirs, target, KINDS, quiet)
    before = {kind.table: target.ids(kind) for kind in KINDS}
    with pytest.raises(BadRequest, match="another BioSight"):
        move(ours, target, KINDS, quiet)
    assert {kind.table: target.ids(kind) for kind in KINDS} == before
    # What an earlier BioSight wrote has no id yet, and is as precious.
    target.write(Remove(Installation, "here"))
    with pytest.raises(BadRequest, match="6 images"):
        move(ours, target, KINDS, quiet)
    move(ours, target, KINDS, quiet, into_existing=True)
    assert held_by_another(ours, target, KINDS) is None
    assert installation(target) == installation(ours)
    assert target.ids(Image) == ours.ids(Image)
    ours.close()
    theirs.close()


def quiet(_table: str, _done: int) -> None:
    """No progress."""


def test_an_address_is_shown_without_its_password() -> None:
    assert without_password("mongodb://ada:pw@host/x") == "mongodb://USER:PASSWORD@host/x"
    assert without_password("mongodb://host/x") == "mongodb://host/x"
    assert without_password("sqlite:///a.db") == "sqlite:///a.db"


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
