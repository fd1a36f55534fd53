"""Originals that no picture names: set aside, brought back, and never many of them unasked."""

import io
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import Archive, BioSight, open_archive
from biosight.errors import Conflict
from biosight.gallery import sweeping, trash
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.blobs import keys
from biosight.storage.blobs.folder import FolderBlobs
from biosight.storage.blobs.installation import adopt_store
from biosight.storage.blobs.port import Blobs
from biosight.workflows.upkeep.housekeeping import keep_house
from tests.conftest import Run, first_collection, upload
from tests.tiny import picture


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    with closing(open_archive(settings)) as opened:
        yield opened


def unnamed(blobs: Blobs, count: int) -> list[str]:
    """Originals that no picture names; their hashes."""
    made = []
    for _ in range(count):
        received = blobs.receive(io.BytesIO(secrets.token_bytes(64)))
        blobs.keep(received.path, keys.original(received.sha256))
        made.append(received.sha256)
    return made


def test_what_no_picture_names_is_set_aside_and_goes_after_a_week(archive: Archive) -> None:
    records, blobs = archive.records, archive.blobs
    (sha256,) = unnamed(blobs, 1)
    assert sweeping.sweep_store(records, blobs).moved == 1
    assert list(blobs.keys("original")) == []
    assert list(blobs.keys("swept")) == [keys.swept(sha256)]
    assert (blobs.age(keys.swept(sha256)) or 99) < 60
    assert sweeping.empty_trash(blobs) == 0
    assert sweeping.empty_trash(blobs, older_than=-1) == 1
    assert list(blobs.keys("swept")) == []


def test_a_picture_that_names_it_again_gets_it_back(ada: TestClient, biosight: BioSight) -> None:
    image = upload(ada, first_collection(ada), picture("Red", 1))["image"]
    records, blobs = biosight.archive.records, biosight.archive.blobs
    stored = records.find(Image)[0]
    blobs.move(keys.original(stored.sha256), keys.swept(stored.sha256))
    assert ada.get(f"/api/v1/images/{image['id']}/original").status_code == 404  # type: ignore[index]
    keep_house(biosight)
    answer = ada.get(f"/api/v1/images/{image['id']}/original")  # type: ignore[index]
    assert answer.content == picture("Red", 1)
    assert sweeping.compare_store(records, blobs).unexplained == []


def test_a_sweep_that_would_take_much_stops_and_asks(
    ada: TestClient, biosight: BioSight, run: Run
) -> None:
    records, blobs = biosight.archive.records, biosight.archive.blobs
    made = unnamed(blobs, sweeping.MOST_FILES + 1)
    keep_house(biosight)
    assert len(list(blobs.keys("original"))) == len(made)
    last = sweeping.last_sweep(records)
    assert last is not None
    assert (last.halted, last.unnamed) == (True, len(made))
    assert ada.get("/api/v1/admin/versions").json()["halted_files"] == len(made)
    text = ada.get("/metrics").text
    assert f"biosight_sweep_halted_files {len(made)}.0" in text
    # A person looks, and agrees.
    assert sweeping.sweep_store(records, blobs, agreed=True).moved == len(made)
    keep_house(biosight)
    assert sweeping.halted_files(records) == 0


def test_doctor_asks_before_it_takes_much(run: Run, settings: Settings) -> None:
    with closing(open_archive(settings)) as archive:
        unnamed(archive.blobs, sweeping.MOST_FILES + 1)
    refused = run("doctor", "--repair", code=1, input="yes\n")
    assert "101 of 101 pictures in the store are named by no record" in refused.output
    assert "Nothing was changed" in refused.output
    assert "101 orphaned files set aside" in run("doctor", "--repair", input="sweep\n").output
    assert "0 orphaned files found" in run("doctor").output
    assert "101 stay aside" in run("store", "bring-back").output


def test_an_emptied_trash_explains_what_is_left(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that a purge could not remove at once are no sign of a wrong database (a bucket's first
    hour)."""
    records, blobs = archive.records, archive.blobs
    made = unnamed(blobs, sweeping.MOST_FILES + 1)

    @contextmanager
    def too_young(self: FolderBlobs, key: str, patience: float = 0) -> Iterator[bool]:
        yield False

    with monkeypatch.context() as patch:
        patch.setattr(FolderBlobs, "removal", too_young)
        for sha256 in made:
            trash.drop_bytes(records, blobs, sha256)
    assert len(list(blobs.keys("original"))) == len(made)
    found = sweeping.compare_store(records, blobs)
    assert sorted(found.removed) == sorted(made)
    done = sweeping.sweep_store(records, blobs)
    assert (done.gone, done.moved, done.halted) == (len(made), 0, False)
    assert records.count(trash.LeftBytes) == 0


def test_stray_names_stop_no_walk(archive: Archive) -> None:
    """What a file manager or a backup leaves beside the pictures is named and passed over (N3)."""
    records, blobs = archive.records, archive.blobs
    assert isinstance(blobs, FolderBlobs)
    (sha256,) = unnamed(blobs, 1)
    folder = blobs.path(keys.original(sha256)).parent
    odd = [folder / ".DS_Store", folder / "copy of a picture.jpg", blobs.root / "original" / "x"]
    foreign = ("f" if folder.name.startswith("0") else "0") * 64  # it belongs into another folder
    for path in (*odd, folder / foreign, blobs.incoming / "notes.txt"):
        path.write_bytes(b"mine")
    (blobs.incoming / "folder").mkdir()
    assert list(blobs.keys("original")) == [keys.original(sha256)]
    assert len(list(blobs.strays("original"))) == 4
    assert sweeping.sweep_store(records, blobs).moved == 1
    assert blobs.sweep_incoming(-1, time.time()) == 0
    assert all(path.read_bytes() == b"mine" for path in odd)


def test_a_store_of_another_database_is_refused(run: Run, settings: Settings) -> None:
    """A slip in the database's name, an older dump, a test installation: nothing is swept (P1)."""
    with closing(open_archive(settings)) as archive:
        made = unnamed(archive.blobs, 3)
        first = archive.blobs.owner()
    slip = f"sqlite:///{settings.data_dir / 'typo.db'}"
    typo = settings.model_copy(update={"database_url": slip})
    with pytest.raises(Conflict, match="belongs to another BioSight"):
        open_archive(typo)
    with closing(open_archive(settings)) as archive:
        assert len(list(archive.blobs.keys("original"))) == len(made)
        assert archive.blobs.owner() == first


def refused_by(run: Run, *command: str) -> str:
    """What a command says when it is refused, without a traceback."""
    return run(*command, code=1).output


def test_every_command_refuses_a_foreign_store(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_archive(settings)) as archive:
        unnamed(archive.blobs, 2)
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", f"sqlite:///{settings.data_dir / 'typo.db'}")
    for command in (
        ("doctor",),
        ("doctor", "--repair"),
        ("config", "check"),
        ("backup", str(settings.data_dir / "b.tar")),
        ("serve",),
        ("store", "bring-back"),
    ):
        assert "belongs to another BioSight" in refused_by(run, *command), command
    said = run("store", "show").output
    assert "0 pictures" in said
    assert "2 originals, 0 of them named" in said
    assert "belongs to another BioSight" in said
    assert "Nothing was changed" in run("store", "adopt", code=1, input="no\n").output
    assert "now belongs to this database" in run("store", "adopt", input="adopt\n").output
    assert "0 problems" in run("doctor").output


def test_pictures_under_a_database_that_names_none_are_refused(settings: Settings) -> None:
    """A removed biosight.db, with a store of an earlier BioSight that names no installation."""
    with closing(open_archive(settings)) as archive:
        blobs = archive.blobs
        assert isinstance(blobs, FolderBlobs)
        unnamed(blobs, 1)
        (blobs.root / "installation").unlink()
    with pytest.raises(Conflict, match="the database names none of them"):
        open_archive(settings)


def test_an_earlier_archive_is_taken_over_by_its_database(
    ada: TestClient, biosight: BioSight
) -> None:
    upload(ada, first_collection(ada), picture("Red", 1))
    blobs = biosight.archive.blobs
    assert isinstance(blobs, FolderBlobs)
    (blobs.root / "installation").unlink()
    open_archive(biosight.settings).close()
    assert blobs.owner()


def test_a_sweep_looks_at_the_owner_each_time(archive: Archive, settings: Settings) -> None:
    """The store may be taken over while the server of the first runs."""
    unnamed(archive.blobs, 2)
    archive.blobs.set_owner("somebody-else")
    with pytest.raises(Conflict, match="somebody-else"):
        sweeping.sweep_store(archive.records, archive.blobs)
    assert len(list(archive.blobs.keys("original"))) == 2
    adopt_store(archive.records, archive.blobs)
    assert sweeping.sweep_store(archive.records, archive.blobs).moved == 2


def test_migrations_compare_owners(run: Run, settings: Settings, tmp_path: Path) -> None:
    with closing(open_archive(settings)) as archive:
        unnamed(archive.blobs, 1)
    other = Settings(data_dir=tmp_path / "other")
    with closing(open_archive(other)) as archive:
        theirs = archive.blobs.owner()
    ours, target = str(settings.data_dir / "blobs"), str(other.data_dir / "blobs")
    said = run("migrate-blobs", "--from", ours, "--to", target, code=1).output
    assert theirs in said
    assert "Nothing was changed" in said
    database = f"sqlite:///{other.database_file}"
    new = f"sqlite:///{tmp_path / 'new.db'}"
    assert "belongs to another" in run("migrate", "--from", database, "--to", new, code=1).output
    fresh = str(tmp_path / "fresh")
    run("migrate-blobs", "--from", ours, "--to", fresh)
    assert FolderBlobs(Path(fresh)).owner() == FolderBlobs(Path(ours)).owner()


def test_a_restore_compares_owners(run: Run, settings: Settings, tmp_path: Path) -> None:
    open_archive(settings).close()
    run("backup", str(tmp_path / "b.tar"))
    settings.database_file.unlink()
    assert "another BioSight" in run("restore", str(tmp_path / "b.tar"), code=1).output


def test_a_store_that_takes_nothing_is_told(
    ada: TestClient, biosight: BioSight, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading goes on; /ready, the metrics and config check say what is wrong (P6, G26)."""
    chosen = first_collection(ada)
    image = upload(ada, chosen, picture("Red", 1))["image"]["id"]  # type: ignore[index]
    write = Path.write_bytes

    def read_only(path: Path, content: bytes) -> int:
        if "blobs" in path.parts:
            raise OSError(30, "Read-only file system", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", read_only)
    ready = ada.get("/ready")
    assert ready.status_code == 503
    assert "can be read, but nothing can be written" in ready.json()["detail"]
    assert 'biosight_store_up{store="pictures"} 0.0' in ada.get("/metrics").text
    assert ada.get(f"/api/v1/images/{image}/original").status_code == 200
    said = run("config", "check", code=1).output
    assert "Read-only file system" in said
    monkeypatch.undo()
    assert ada.get("/ready").status_code == 200


@pytest.mark.transactions
def test_a_database_that_takes_nothing_is_told(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "nothing can be written" in ada.get("/ready").json()["detail"]


def test_a_reread_record_is_no_new_one(ada: TestClient, biosight: BioSight) -> None:
    """The last sweep is one record, however often the house is kept."""
    for _ in range(3):
        keep_house(biosight)
    last = sweeping.last_sweep(biosight.archive.records)
    assert last is not None
    assert replace(last, at=0.0) == sweeping.LastSweep("last", 0.0, 0, 0, False)
    assert biosight.archive.records.count(sweeping.LastSweep) == 1
