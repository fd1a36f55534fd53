"""MegaDetector's and AddaxAI's results, kept as what a model said of pictures that are here."""

import csv
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biosight.bootstrap import open_archive
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import Prediction
from biosight.settings import Settings
from biosight.storage.records import Where
from biosight.workflows.results.results_file import read_results
from tests import tiny
from tests.conftest import Run, add_ada

SAID = {
    "info": {"detector": "md_v5a.0.1", "detector_metadata": {"typical_detection_threshold": 0.2}},
    "detection_categories": {"1": "animal", "2": "person", "3": "vehicle"},
    "classification_categories": {"7": "red fox", "8": "badger"},
    "images": [
        {
            "file": "SD 1\\a.jpg",
            "detections": [
                {
                    "category": "1",
                    "conf": 0.9,
                    "bbox": [0, 0, 1, 1],
                    "classifications": [["7", 0.8], ["8", 0.1]],
                }
            ],
        },
        {"file": "/data/SD 2/a.jpg", "detections": [{"category": "2", "conf": 0.7}]},
        {"file": "SD 2/b.jpg", "detections": [{"category": "1", "conf": 0.1}]},
        {"file": "SD 2/c.jpg", "detections": [{"category": "1", "conf": 0.6}]},
        {"file": "SD 2/d.jpg", "failure": "Failure image access"},
        {"file": "SD 9/z.jpg", "detections": []},
    ],
}


@pytest.fixture
def cards(run: Run, tmp_path: Path) -> Path:
    """Two folders taken in; two of their pictures have one name."""
    add_ada(run)
    for n, name in enumerate(("SD 1/a.jpg", "SD 2/a.jpg", "SD 2/b.jpg", "SD 2/c.jpg")):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(tiny.picture("Red", n))
    run("import", tmp_path / "in")
    return tmp_path


def labels(folder: Path) -> dict[str, tuple[str, str, int]]:
    """By path: label, who says so, whole percent."""
    archive = open_archive(Settings(data_dir=folder / "data"))
    found = {i.path: (i.label, i.who, i.percent) for i in archive.records.find(Image)}
    archive.close()
    return found


def test_results_name_the_pictures_that_they_mean(cards: Path, run: Run) -> None:
    (cards / "md.json").write_text(json.dumps(SAID))
    told = run("import-table", cards / "md.json").output
    assert "4 named" in told
    assert "1 not in the collection" in told
    assert labels(cards) == {
        "SD 1/a.jpg": ("Red fox", "machine", 72),
        "SD 2/a.jpg": ("Human", "machine", 70),
        "SD 2/b.jpg": ("Empty", "machine", 90),
        "SD 2/c.jpg": ("Animalia", "machine", 60),
    }
    assert "4 known already" in run("import-table", cards / "md.json").output
    archive = open_archive(Settings(data_dir=cards / "data"))
    fox = archive.records.find(Image, [Where("path", "=", "SD 1/a.jpg")])[0]
    said = archive.records.find(Prediction, [Where("image", "=", fox.id)])
    archive.close()
    assert "md_v5a.0.1" in {p.model for p in said}


def test_what_a_person_said_stays(cards: Path, run: Run) -> None:
    from dataclasses import replace

    from biosight.storage.records import Replace

    archive = open_archive(Settings(data_dir=cards / "data"))
    fox = archive.records.find(Image, [Where("path", "=", "SD 1/a.jpg")])[0]
    mine = replace(fox, label="Marten", who="person", version=fox.version + 1)
    archive.records.write(Replace(mine, fox.version))
    archive.close()
    (cards / "md.json").write_text(json.dumps(SAID))
    run("import-table", cards / "md.json")
    assert labels(cards)["SD 1/a.jpg"][:2] == ("Marten", "person")


def test_addaxais_tables(cards: Path, run: Run) -> None:
    (cards / "results_detections.csv").write_text(
        "absolute_path;relative_path;data_type;label;confidence;bbox_left\n"
        "C:\\x\\SD 1\\a.jpg;SD 1\\a.jpg;img;red fox;0,81;3\n"
        "C:\\x\\SD 1\\a.jpg;SD 1\\a.jpg;img;badger;0,4;9\n"
        "C:\\x\\SD 2\\a.jpg;SD 2\\a.jpg;img;vehicle;0,77;1\n"
    )
    assert "2 named" in run("import-table", cards / "results_detections.csv").output
    (cards / "results_files.csv").write_text(
        "relative_path,data_type,n_detections,max_confidence\nSD 2/b.jpg,img,0,0.0\n"
    )
    assert "1 named" in run("import-table", cards / "results_files.csv").output
    found = labels(cards)
    assert found["SD 1/a.jpg"] == ("Red fox", "machine", 81)
    assert found["SD 2/a.jpg"][0] == "Vehicle"
    assert found["SD 2/b.jpg"][0] == "Empty"


def test_other_files_are_refused_in_words(cards: Path, run: Run) -> None:
    for n, content in enumerate(("{", "[1]", '{"images": 3}', "a,b\n1,2\n", "")):
        (cards / f"{n}.json").write_text(content)
        told = run("import-table", cards / f"{n}.json", code=1).output
        assert "MegaDetector" in told or "says nothing" in told


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["images", "file", "detections", "conf", "info", "category"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(said: object) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        Path(file.name).write_text(json.dumps({"images": [said]}))
        try:
            found = list(read_results(Path(file.name))[1])
        except BadRequest:
            return
        assert all(r.told.guesses for r in found)


@pytest.mark.parametrize(
    "detection",
    [
        {"category": "1", "conf": 10**400},
        {"category": "1", "conf": float("nan")},
        {"category": "1", "conf": 0.9, "classifications": 7},
        {"category": "1", "conf": 0.9, "classifications": [["0", 10**400]]},
        {"category": "2", "conf": 0.9},
    ],
)
def test_one_odd_detection_stops_nothing(tmp_path: Path, detection: dict[str, object]) -> None:
    file = tmp_path / "r.json"
    said = {
        "detection_categories": {"1": "animal", "2": "x" * 5000},
        "classification_categories": {"0": "Fox"},
        "images": [
            {"file": "a.jpg", "detections": [detection]},
            {"file": "b.jpg", "detections": [{"category": "1", "conf": 0.9}]},
        ],
    }
    file.write_text(json.dumps(said))
    found = {r.file: r.told.guesses for r in read_results(file)[1]}
    assert [g.label for g in found["b.jpg"]] == ["Animalia"]
    assert all(0 <= g.confidence <= 1 for g in found["a.jpg"])


def test_a_table_with_a_field_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    csv.field_size_limit(sys.maxsize)  # as a library may have left it
    file = tmp_path / "r.csv"
    file.write_text("relative_path,label,confidence\na.jpg,fox,0.5\n" + "x" * 200_000)
    with pytest.raises(BadRequest, match="Line 3 of the table"):
        list(read_results(file)[1])
