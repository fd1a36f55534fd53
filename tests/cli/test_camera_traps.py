"""--camera-traps: sort and classify look at the animal, and propose empty frames and people."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from biosight.bootstrap import open_archive
from biosight.collection import Collection
from biosight.images import Image
from biosight.settings import Settings
from tests import tiny
from tests.conftest import Run, add_ada
from tests.detectors import Said, make_detector
from tests.inference.test_camera_trap import ANIMAL, BY_SCORE, MAN, frame


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A folder as a camera writes it."""
    made = tmp_path / "card"
    made.mkdir()
    Pillow.fromarray(frame()).save(made / "IMG_0001.JPG", quality=95)
    (made / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    return made


def detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *said: Said) -> None:
    folder = make_detector(tmp_path / "detector", said, **BY_SCORE)
    monkeypatch.setattr("biosight.cli.pictures.camera_option.SUBJECTS", folder)


def rows(into: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((into / "biosight.csv").read_text("utf-8-sig").splitlines()))


@pytest.mark.parametrize(
    ("said", "label"), [((ANIMAL,), "Crimson"), ((), "empty"), ((MAN,), "human")]
)
def test_sort_names_the_animal_the_empty_frame_and_the_person(
    run: Run,
    tmp_path: Path,
    card: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: tuple[Said, ...],
    label: str,
) -> None:
    detector(monkeypatch, tmp_path, *said)
    told = run("sort", card, "--into", tmp_path / "out", "--camera-traps")
    assert "1 sorted, 1 refused" in told.output
    [row] = rows(tmp_path / "out")
    assert (row["label"], row["original"]) == (label, "IMG_0001.JPG")
    assert (tmp_path / "out" / row["file"]).is_file()
    assert row["file"].startswith(f"{label}/")
    boxes = json.loads(row["boxes"]) if row["boxes"] else []
    assert [set(b) for b in boxes] == [{"x", "y", "w", "h", "kind", "score"}] * len(said)
    assert 0 < float(row["confidence"]) <= 1
    assert row["path"] == ("Colour > Warm > Red > Crimson" if label == "Crimson" else "")


def test_without_the_option_nothing_changes(run: Run, tmp_path: Path, card: Path) -> None:
    run("sort", card, "--into", tmp_path / "out")
    [row] = rows(tmp_path / "out")
    assert (row["label"], row["boxes"]) == ("Green", "")


def test_an_import_makes_the_collection_one_of_camera_traps(
    run: Run, tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    folder = make_detector(tmp_path / "detector", [ANIMAL], name="eye", **BY_SCORE)
    monkeypatch.setattr("biosight.bootstrap.SUBJECTS", folder)
    run("import", card, "--camera-traps")
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    [image] = archive.records.find(Image)
    [collection] = archive.records.find(Collection)
    archive.close()
    assert (image.label, collection.picture_kind) == ("Crimson", "camera traps")


def test_tables_hold_the_boxes(
    run: Run, tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector(monkeypatch, tmp_path, ANIMAL)
    run("classify", card, "--to", tmp_path / "t", "--camera-traps", "--workers", 1)
    [table] = list((tmp_path / "t").glob("*.parquet"))
    by_name = {row["name"]: row for row in pq.read_table(table).to_pylist()}
    seen = by_name["IMG_0001.JPG"]
    assert (seen["label"], seen["proposal"]) == ("Crimson", "")
    assert [(b["kind"], round(b["score"], 2)) for b in seen["boxes"]] == [("animal", 0.9)]
    assert by_name["broken.jpg"]["error"]
    assert seen["scores"] is None


def test_tables_hold_every_score_if_asked(run: Run, tmp_path: Path, card: Path) -> None:
    run("classify", card, "--to", tmp_path / "t", "--scores", "--workers", 1)
    [table] = list((tmp_path / "t").glob("*.parquet"))
    by_name = {row["name"]: row for row in pq.read_table(table).to_pylist()}
    scores = {s["label"]: s["confidence"] for s in by_name["IMG_0001.JPG"]["scores"]}
    assert scores["Colour"] == pytest.approx(1, abs=1e-3)
    assert scores["Green"] > 0.5
