"""Folders as disks hold them: links, pipes, names of other encodings; each file has its line."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow

from biosight.errors import Unavailable
from biosight.images.folders import every_file, printable
from biosight.inference.sandbox.decoding import Decoders
from tests import tiny, written
from tests.conftest import Run, add_ada


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, and all else that may lie in a folder."""
    root = tmp_path / "field"
    (root / "day").mkdir(parents=True)
    (root / "day" / "a.jpg").write_bytes(tiny.picture("Red", 1))
    (root / "b.jfif").write_bytes(tiny.picture("Blue", 1))
    (root / "nowhere.jpg").symlink_to("gone.jpg")
    (root / "itself.jpg").symlink_to("itself.jpg")
    (root / "day" / "up").symlink_to("..")
    (root / "again").symlink_to("day")
    os.mkfifo(root / "pipe.jpg")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(root / "s.jpg"))
    listening.close()
    (root / "._a.jpg").write_bytes(b"\0\5\x16\7")
    (root / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (root / "empty.jpg").touch()
    (root / "notes.txt").write_text("rain")
    (root / ".hidden").mkdir()
    return root


REASONS = {
    "nowhere.jpg": "leads nowhere",
    "itself.jpg": "leads to itself",
    "day": "looked through already",
    "day/up": "looked through already",
    "pipe.jpg": "a pipe",
    "s.jpg": "a socket",
    "._a.jpg": "a Mac's note",
    "Thumbs.db": "of the system",
    "empty.jpg": "empty",
    "notes.txt": "not a picture",
    ".hidden": "hidden folder",
}


def test_each_file_is_a_picture_or_has_its_reason(folder: Path) -> None:
    found = {str(f.path.relative_to(folder)): f.reason for f in every_file(folder)}
    # The folder was met first by the link to it, which is followed; so it is the other that is not.
    assert {name for name, reason in found.items() if not reason} == {"again/a.jpg", "b.jfif"}
    others = {name.replace("again/up", "day/up"): r for name, r in found.items() if r}
    assert others.keys() == REASONS.keys()
    assert all(REASONS[name] in reason for name, reason in others.items()), others


def test_a_folder_that_cannot_be_opened_has_its_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.iterdir

    def locked(self: Path) -> object:
        if self.name == "again":
            raise PermissionError(13, "Permission denied")
        return really(self)

    monkeypatch.setattr(Path, "iterdir", locked)
    found = {str(f.path.relative_to(folder)): f.reason for f in every_file(folder)}
    assert "Permission denied" in found["again"]
    assert found["b.jfif"] == ""


@pytest.mark.parametrize("command", ["import", "sort"])
def test_nothing_ends_the_run_and_all_is_told(
    command: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    add_ada(run)
    with open(os.fsencode(folder) + b"/caf\xe9.jpg", "wb") as file:  # noqa: PTH123 - no text
        file.write(tiny.picture("Green", 1))
    rest = ("--into", tmp_path / "out") if command == "sort" else ()
    said = run(command, folder, *rest).output
    assert f"3 {'sorted' if command == 'sort' else 'stored'}" in said
    assert f"{len(REASONS)} refused" in said
    for name, reason in REASONS.items():
        line = next(x for x in said.splitlines() if f"{name.removeprefix('day/')}: " in x)
        assert reason in line
    if command == "sort":
        assert [p.name for p in (tmp_path / "out" / "Green").iterdir()] == ["caf\ufffd.jpg"]


def test_a_preview_says_the_same(folder: Path, run: Run) -> None:
    add_ada(run)
    said = run("import", folder, "--dry-run").output
    assert "2 of 13 files would be imported" in said
    assert "leads nowhere" in said


def test_classify_knows_pictures_by_their_bytes(folder: Path, run: Run, tmp_path: Path) -> None:
    said = run("classify", folder, "--to", tmp_path / "out", "--workers", 1).output
    assert "2 pictures. 0 could not be read" in said
    assert "11 other files were passed over" in said
    assert "passed over  notes.txt: not a picture" in said


def test_training_knows_them_too(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from biosight.training.data.dataset import open_rgb, scan_tree

    for label in ("Red", "Blue"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "one").write_bytes(tiny.picture(label, 1))
        (tmp_path / label / "no.jpg").write_text("no picture")
    turned = written.jpeg(written.ramp(), written.exif({0x112: (written.SHORT, [6])}))
    (tmp_path / "Red" / "turned.jpg").write_bytes(turned)
    samples = scan_tree(tmp_path)
    assert [s.path.name for s in samples] == ["one", "one", "turned.jpg"]
    assert open_rgb(samples[2].path).size == (60, 90)


def test_names_that_are_no_text_can_be_written_anywhere() -> None:
    assert printable(os.fsdecode(b"caf\xe9/Gr\xc3\xb6\xc3\x9fe.jpg")) == "caf\ufffd/Größe.jpg"


def test_a_busy_machine_is_waited_for(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two tries of each picture meet a machine that is busy with others."""
    from biosight.inference.sandbox import decoding

    add_ada(run)
    monkeypatch.setattr(decoding, "WAITS", (0, 0, 0))
    really: Callable[..., object] = Decoders.decode
    tries: dict[Path, int] = {}

    def busy(self: Decoders, path: Path, framing: object, **_: object) -> object:
        key = Path(str(path.stat().st_size))
        tries[key] = tries.get(key, 0) + 1
        if tries[key] < 3:
            raise Unavailable("This machine is busy.")
        return really(self, path, framing)

    monkeypatch.setattr(Decoders, "decode", busy)
    assert "2 stored" in run("import", folder).output
    assert set(tries.values()) == {3}


def test_a_machine_that_stays_busy_refuses_nothing_for_good(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biosight.inference.sandbox import decoding

    add_ada(run)
    monkeypatch.setattr(decoding, "WAITS", (0,))

    def busy(self: Decoders, path: Path, framing: object, **_: object) -> object:
        raise Unavailable("This machine is busy, and the picture is not read yet; try again.")

    with monkeypatch.context() as patch:
        patch.setattr(Decoders, "decode", busy)
        assert "machine is busy" in run("import", folder).output
    assert "2 stored" in run("import", folder).output


def test_large_folders_of_depth_are_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
        try:
            deep.mkdir()
        except OSError:
            break
    (tmp_path / "a.png").write_bytes(written.png(Pillow.new("RGB", (9, 9))))
    assert [f.path.name for f in every_file(tmp_path) if not f.reason] == ["a.png"]


@pytest.mark.parametrize(
    "name", ["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "__MACOSX"]
)
def test_copies_that_a_system_keeps_are_no_pictures(tmp_path: Path, name: str) -> None:
    """Synology's thumbnails and Windows' bin were imported (F19)."""
    (tmp_path / "card" / name).mkdir(parents=True)
    (tmp_path / "card" / name / "a.jpg").write_bytes(tiny.picture("Red", 1))
    (tmp_path / "card" / "b.jpg").write_bytes(tiny.picture("Red", 2))
    found = {f.path.name: f.reason for f in every_file(tmp_path)}
    assert found == {name: "a folder of the system", "b.jpg": ""}
