"""The command line, each command as a person runs it."""

import csv
import errno
import json
import re
import shutil
import tarfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from biosight import accounts, registry
from biosight.bootstrap import open_archive
from biosight.cli import main
from biosight.inference.model_files.card import read_card, write_card
from biosight.settings import Settings
from biosight.storage.blobs import keys
from biosight.workflows.upkeep import backups
from tests import tiny
from tests.conftest import PASSWORD, Run, add_ada


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "field"
    tiny.make_folder(root, 3)
    (root / "notes.txt").write_text("rain")
    return root


def test_sort_copies_into_label_folders_with_a_table(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    done = run("sort", folder, "--into", tmp_path / "out")
    assert "9 sorted, 1 refused" in done.output
    for label in tiny.COLOURS:
        assert len(list((tmp_path / "out" / label).iterdir())) == 3
    with (tmp_path / "out" / "biosight.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        sorted_bytes = (tmp_path / "out" / row["file"]).read_bytes()
        assert sorted_bytes == (folder / row["original"]).read_bytes()
    assert not (tmp_path / "data").exists()
    again = run("sort", folder, "--into", tmp_path / "out", "--link", "--threshold", 100)
    assert "9  unsure" in again.output
    linked = next((tmp_path / "out" / "unsure").iterdir())
    assert linked.stat().st_nlink == 2


def test_sort_refuses_to_sort_into_itself(run: Run, folder: Path) -> None:
    assert "inside the folder" in run("sort", folder, "--into", folder / "out", code=1).output


def test_import_is_an_upload(run: Run, folder: Path) -> None:
    add_ada(run)
    preview = run("import", folder, "--dry-run").output
    assert "9 of 10 files would be imported" in preview
    assert "notes.txt" in preview
    assert "9 stored, 0 duplicates, 1 refused" in run("import", folder).output
    assert "0 stored, 9 duplicates, 1 refused" in run("import", folder).output
    assert "has no collection" in run("import", folder, "--collection", "x", code=1).output
    assert "no account" in run("import", folder, "--user", "x@y", code=1).output


def test_import_has_the_limit_of_uploads(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    with (folder / "large.jpg").open("wb") as file:
        file.write(tiny.picture("Red", 99))
        file.truncate(1024 * 1024 + 1)
    monkeypatch.setenv("BIOSIGHT_MAX_FILE_MB", "1")
    said = run("import", folder).output
    assert "large.jpg: This file is larger than the 1 MB that are allowed." in said
    assert "9 stored, 0 duplicates, 2 refused" in said


def test_export_keeps_a_folder_in_step(run: Run, folder: Path, tmp_path: Path) -> None:
    from biosight.bootstrap import open_archive
    from biosight.images import Image
    from biosight.review.acts import change_of
    from biosight.review.perform_acts import perform
    from biosight.settings import Settings

    add_ada(run)
    run("import", folder)
    target = tmp_path / "tree"
    assert "9 written, 0 moved" in run("export", "--to", target).output
    own = target / "Red" / "mine.txt"
    own.write_text("keep me")
    assert "9 unchanged" in run("export", "--to", target).output
    archive = open_archive(Settings())
    image = next(i for i in archive.records.find(Image) if i.label == "Red")
    perform(
        archive.records,
        image.uploaded_by,
        image.collection,
        change_of("relabel", label="Rose"),
        [image],
    )
    gone = next(i for i in archive.records.find(Image) if i.label == "Blue")
    perform(archive.records, gone.uploaded_by, gone.collection, change_of("trash"), [gone])
    archive.close()
    done = run("export", "--to", target).output
    assert "0 written, 1 moved, 1 removed, 7 unchanged" in done
    assert (target / "Rose" / image.name).exists()
    assert own.read_text() == "keep me"
    assert len(list((target / "Blue").iterdir())) == 2
    with (target / "biosight.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {r["file"] for r in csv.DictReader(file)} == {
            str(p.relative_to(target)) for p in target.glob("*/*.jpg")
        }


def test_backup_restore_and_doctor(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    run("import", folder)
    assert "0 problems" in run("doctor").output
    saved = tmp_path / "b.tar"
    assert "9 originals" in run("backup", saved).output
    assert "restore into an empty one" in run("restore", saved, code=1).output
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "second"))
    run("restore", saved)
    assert "0 problems" in run("doctor").output
    assert "ada@example.org\tadmin" in run("user", "list").output
    assert "0 stored, 9 duplicates" in run("import", folder).output


def damage(data: Path) -> tuple[Path, Path]:
    """One original goes, another changes."""
    files = sorted((data / "blobs" / "original").glob("??/*"))
    files[0].unlink()
    files[1].chmod(0o644)
    files[1].write_bytes(b"changed")
    return files[0], files[1]


def test_a_backup_tells_what_is_wrong_and_is_written_all_the_same(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    add_ada(run)
    run("import", folder)
    run("backup", tmp_path / "good.tar")
    missing, changed = damage(tmp_path / "data")
    said = run("backup", tmp_path / "b.tar", code=3).output
    lines = [line for line in said.splitlines() if "IMG_" in line]
    assert [line.split(":")[0] for line in sorted(lines)] == ["changed", "missing"]
    assert all("in My images, sent by ada" in line for line in lines)
    assert missing.name in said
    assert changed.name in said
    assert (tmp_path / "b.tar").is_file()
    assert "2 problems" in run("backup", "--verify", tmp_path / "b.tar", code=1).output
    assert "0 problems" in run("backup", "--verify", tmp_path / "good.tar").output


def test_a_backup_tells_of_a_lost_model(
    run: Run, folder: Path, tmp_path: Path, model_dir: Path
) -> None:
    add_ada(run)
    run("import", folder)
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    other = tmp_path / "other"
    shutil.copytree(model_dir, other)
    write_card(read_card(model_dir).model_copy(update={"name": "other"}), other)
    made = registry.keep(archive.records, archive.blobs, other)
    archive.blobs.remove(keys.model(made.files[0][1]))
    archive.close()
    said = run("backup", tmp_path / "b.tar", code=3).output
    assert f"missing: {made.files[0][0]} of the model other@1" in said


def test_a_cron_line_keeps_the_newest_backups(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    run("import", folder)
    kept = tmp_path / "kept"
    assert "no backup" in run("backup", "--verify", tmp_path / "none", code=1).output
    for name in ("biosight-2020-01-01T000000.tar", "biosight-2020-01-02T000000.tar"):
        kept.mkdir(exist_ok=True)
        (kept / name).write_bytes(b"old")
    (kept / "mine.tar").write_bytes(b"mine")
    assert "say how many" in run("backup", kept, code=1).output
    run("backup", kept, "--keep", 2)
    left = sorted(p.name for p in kept.iterdir())
    assert left[0] == "biosight-2020-01-02T000000.tar"
    assert len(left) == 3
    assert "mine.tar" in left
    assert "0 problems" in run("backup", "--verify", kept).output
    damage(tmp_path / "data")
    monkeypatch.setattr("biosight.workflows.upkeep.backups.datetime", Later)
    sound = sorted(kept.glob("biosight-*.tar"))[-1]
    for _ in range(4):
        assert "sound backup stays" in run("backup", kept, "--keep", 2, code=3).output
    # Bad ones are kept as others are, don't fill the disk, and leave the newest good one.
    stay = sorted(kept.glob("biosight-*.tar"))
    assert stay[0] == sound
    assert [p.stem.endswith("-problems") for p in stay] == [False, True, True]
    # A name that somebody chose stays as it is.
    run("backup", tmp_path / "biosight-mine.tar", code=3)
    assert (tmp_path / "biosight-mine.tar").is_file()


def test_a_killed_backup_leaves_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    add_ada(run)
    run("import", folder)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine.part").write_bytes(b"mine")
    with backups.room(kept):  # while another one works, nothing is taken from it
        (kept / "biosight-2020-01-01T000000.tar.part").write_bytes(b"half")
        (kept / ".biosight-backup-abc").mkdir()
        (kept / ".biosight-backup-abc" / "biosight.db").write_bytes(b"password hashes")
        run("backup", kept, "--keep", 2)
        assert "0 problems" in run("backup", "--verify", kept).output
        assert (kept / ".biosight-backup-abc" / "biosight.db").exists()
        assert (kept / "biosight-2020-01-01T000000.tar.part").exists()
    run("backup", "--verify", kept)
    left = sorted(p.name for p in kept.iterdir())
    assert len(left) == 2
    assert left[1] == "mine.part"


def test_a_full_folder_of_backups_says_how_much_room_they_need(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    run("import", folder)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("biosight.workflows.upkeep.backups.add_blobs", full)
    said = run("backup", tmp_path / "kept", "--keep", 7, code=1).output
    assert "No space left on device." in said
    assert "needs room for 9 backups and two copies of the database" in said
    assert list((tmp_path / "kept").iterdir()) == []


class Later(datetime):
    """Another minute on at each call, so that backups have names of their own."""

    calls = 0

    @classmethod
    def now(cls, tz: object = None) -> "Later":
        Later.calls += 1
        found = datetime.now() + timedelta(minutes=Later.calls)
        return cls.fromtimestamp(found.timestamp())


def test_what_is_lost_is_mended_from_a_folder_or_by_sending_it_again(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    add_ada(run)
    run("import", folder)
    damage(tmp_path / "data")
    said = run("doctor", code=1).output
    assert "2 problems" in said
    assert "in My images, sent by ada" in said
    assert "1 mended" in run("import", folder).output.replace("(1 mended)", "1 mended")
    said = run("doctor", "--from", folder).output
    assert "1 of 1 mended" in said
    assert "0 problems" in said
    assert "0 problems" in run("doctor").output


def test_what_is_written_is_for_its_own_user(run: Run, folder: Path, tmp_path: Path) -> None:
    add_ada(run)
    run("import", folder)
    run("backup", tmp_path / "b.tar")
    run("export", "--to", tmp_path / "tree")
    made = [tmp_path / "b.tar", *(tmp_path / "data").rglob("*"), *(tmp_path / "tree").rglob("*")]
    for path in made:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_foreign_tar_is_no_backup(run: Run, tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar"
    (tmp_path / "x").write_text("x")
    with tarfile.open(evil, "w") as tar:
        tar.add(tmp_path / "x", "../../escaped")
    assert "not a BioSight backup" in run("restore", evil, code=1).output
    (tmp_path / "junk").write_bytes(b"junk")
    assert "not a complete BioSight backup" in run("restore", tmp_path / "junk", code=1).output


def test_a_restore_that_fails_leaves_the_folder_empty(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    run("import", folder)
    good, cut = tmp_path / "good.tar", tmp_path / "cut.tar"
    run("backup", good)
    whole = good.read_bytes()
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "second"))
    for part in (2000, len(whole) // 2, len(whole) - 12_000):
        cut.write_bytes(whole[:part])
        assert "not a complete BioSight backup" in run("restore", cut, code=1).output
        left = [p for p in (tmp_path / "second").rglob("*") if p.is_file()]
        assert left == []
    run("restore", good)
    assert "0 problems" in run("doctor").output


def test_doctor_finds_what_is_wrong(run: Run, folder: Path, tmp_path: Path) -> None:
    add_ada(run)
    run("import", folder)
    files = sorted((tmp_path / "data" / "blobs" / "original").glob("??/*"))
    files[0].unlink()
    files[1].chmod(0o644)
    files[1].write_bytes(b"changed")
    orphan = tmp_path / "data" / "blobs" / "original" / "aa" / ("a" * 64)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"orphan")
    found = run("doctor", code=1).output
    assert "missing:" in found
    assert "changed:" in found
    assert "2 problems. 1 orphaned files found" in found
    run("doctor", "--repair", code=1)
    assert not orphan.exists()


def test_people(run: Run) -> None:
    add_ada(run)
    run("user", "add", "bob@example.org", "--password", PASSWORD)
    assert (
        "already an account"
        in run("user", "add", "BOB@example.org", "--password", PASSWORD, code=1).output
    )
    run("user", "change", "bob@example.org", "--role", "admin")
    run("user", "change", "ada@example.org", "--disable")
    listed = run("user", "list").output
    assert "ada@example.org\tadmin\tdisabled" in listed
    assert (
        "only administrator" in run("user", "change", "bob@example.org", "--disable", code=1).output
    )
    run("user", "set-password", "bob@example.org", "--password", "nine silent otters")
    assert "/reset#" in run("user", "reset-link", "bob@example.org").output
    link = run("user", "invite", "--email", "eve@example.org").output.strip()
    found = re.fullmatch(r"http://\S+/join#([\w-]{43})", link)
    assert found, link
    archive = open_archive(Settings())
    assert accounts.follow_invitation(archive.records, found[1]).email == "eve@example.org"
    archive.close()


def test_models(run: Run) -> None:
    assert "tiny@1" in run("model", "list").output


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", "oracle://x")
    assert "BIOSIGHT_DATABASE_URL" in run("user", "list", code=1).output


def test_every_command_has_help(run: Run) -> None:
    import click

    def walk(command: click.Command, path: tuple[str, ...]) -> None:
        assert command.help, path
        if isinstance(command, click.Group):
            at = click.Context(command)
            for name in command.list_commands(at):
                child = command.get_command(at, name)
                assert child is not None
                walk(child, (*path, name))

    walk(main, ())


def test_every_command_is_loaded_by_its_name() -> None:
    import click

    from biosight.cli import COMMANDS

    at = click.Context(main)
    for name in main.list_commands(at):
        found = main.get_command(at, name)
        assert found is not None
        assert found.name == name
    assert sorted(COMMANDS) == main.list_commands(at)
    assert main.get_command(at, "no-such") is None


def test_a_server_does_not_load_what_only_learning_needs() -> None:
    import subprocess
    import sys

    code = "import biosight.cli.server.serve, biosight.web.app, sys; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    loaded = set(said.split())
    assert "biosight.web.app" in loaded
    assert loaded.isdisjoint({"scipy.stats", "sklearn", "torch", "biosight.learning.retrain"})


def test_sort_reads_ahead_and_keeps_the_order() -> None:
    import threading

    from biosight.cli.pictures.sort import a_few_ahead

    third, asked = threading.Event(), list[str]()

    def work(path: Path) -> str:
        asked.append(path.name)
        if path.name == "0":
            assert third.wait(20)  # the first is the last to be done of the first three
        if path.name == "2":
            third.set()
        if path.name == "3":
            raise OSError("gone")
        return path.name

    several = a_few_ahead(work, [Path(str(n)) for n in range(40)], threads=3)
    said = []
    for path, found in several:
        said.append(path.name if path.name == "3" else found.result())
        if path.name == "3":
            with pytest.raises(OSError, match="gone"):
                found.result()
            break
    assert said == ["0", "1", "2", "3"]
    several.close()
    assert len(asked) < 20  # the rest was never begun


def test_logs_hold_no_secrets_and_no_forged_lines() -> None:
    import logging

    from biosight.logs import Formatter

    record = logging.makeLogRecord({"msg": "a\nb", "levelname": "INFO", "who": "x\ry"})
    assert "\n" not in Formatter("text").format(record)
    assert json.loads(Formatter("json").format(record))["event"] == "a\nb"
