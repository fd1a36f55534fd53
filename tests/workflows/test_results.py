"""Results of other programs go to the pictures that they are of, and to no others (F1, F9, F16)."""

import json
import unicodedata
from pathlib import Path

import pytest

from biosight.bootstrap import open_archive
from biosight.images import Image
from biosight.labels import Guess
from biosight.review.undo_acts import latest_prediction
from biosight.settings import Settings
from biosight.storage.records import Where
from biosight.workflows.results.foreign_predictions import Told, belong_together, take_told
from biosight.workflows.results.foreign_words import as_label, ranks_of
from tests.conftest import Run, add_ada
from tests.workflows.conftest import Take
from tests.workflows.test_folder_labels import names

BEETLE = "B\u00fcsche/K\u00e4fer.jpg"
FOX = "990ae9dd;mammalia;carnivora;canidae;vulpes;vulpes;red fox"


def labels(folder: Path) -> dict[str, tuple[str, str]]:
    archive = open_archive(Settings(data_dir=folder / "data"))
    found = {i.path: (i.label, i.who) for i in archive.records.find(Image)}
    archive.close()
    return found


def told(folder: Path, files: dict[str, str], **more: object) -> Path:
    """MegaDetector's JSON: one detection of a category a file."""
    images = [
        {"file": f, "detections": [{"category": c, "conf": 0.9}], **more} for f, c in files.items()
    ]
    said = {"images": images, "detection_categories": {"1": "animal", "2": "person"}}
    (folder / "md.json").write_text(json.dumps(said))
    return folder / "md.json"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CAM1/a.jpg", "D:\\cards\\CAM1\\a.jpg", True),
        ("trip/CAM1/a.jpg", "CAM1/a.jpg", True),
        ("a.jpg", "CAM1/a.jpg", True),
        ("./CAM1//a.jpg", "CAM1/a.jpg", True),
        ("CAM1/a.jpg", "CAM2/a.jpg", False),
        ("CAM1/a.jpg", "xCAM1/a.jpg", False),
        ("CAM1/sub/a.jpg", "CAM1/a.jpg", False),
        (
            "B\u00fcsche/K\u00e4fer.jpg",
            unicodedata.normalize("NFD", "B\u00fcsche/K\u00e4fer.jpg"),
            True,
        ),
        ("", "a.jpg", False),
    ],
)
def test_one_path_ends_with_the_whole_of_the_other(one: str, other: str, same: bool) -> None:
    assert belong_together(one, other) is same
    assert belong_together(other, one) is same


def test_results_of_other_cameras_are_left_alone(take: Take, run: Run, tmp_path: Path) -> None:
    take("CAM1/R.jpg")
    file = told(tmp_path, {"CAM1/R.jpg": "1", "CAM2/R.jpg": "2", "CAM3/R.jpg": "2"})
    said = run("import-table", file).output
    assert "2 not in the collection" in said
    assert labels(tmp_path)["CAM1/R.jpg"] == ("Animalia", "machine")


def test_what_could_be_of_several_is_listed(take: Take, run: Run, tmp_path: Path) -> None:
    take("R.jpg", "1/S.jpg", "2/S.jpg")
    before = labels(tmp_path)
    said = run(
        "import-table", told(tmp_path, {"A/R.jpg": "2", "B/R.jpg": "1", "S.jpg": "2"})
    ).output
    assert [name in said for name in ("A/R.jpg", "B/R.jpg", "S.jpg")] == [True] * 3
    assert "3 left out" in said
    assert labels(tmp_path) == before


def test_a_decomposed_name_is_found(take: Take, run: Run, tmp_path: Path) -> None:
    take("B\u00fcsche/K\u00e4fer.jpg")
    file = told(tmp_path, {unicodedata.normalize("NFD", "B\u00fcsche/K\u00e4fer.jpg"): "2"})
    assert "1 named" in run("import-table", file).output


@pytest.mark.parametrize(
    ("said", "label"),
    [
        (FOX, "Vulpes vulpes"),
        ("mammalia;carnivora;canidae;vulpes;vulpes;red fox", "Vulpes vulpes"),
        ("mammalia;carnivora;canidae;vulpes;vulpes vulpes;red fox", "Vulpes vulpes"),
        ("id;mammalia;carnivora;canidae;vulpes;;vulpes species", "Vulpes"),
        ("id;mammalia;rodentia;;;;rodent", "Rodentia"),
        ("id;aves;;;;;bird", "Aves"),
        ("id;mammalia;primates;hominidae;homo;sapiens;human", "Human"),
        ("id;;;;;;blank", "Empty"),
        ("id;;;;;;vehicle", "Vehicle"),
        ("id;;;;;;animal", "Animalia"),
        ("f2;no cv result;no cv result;no cv result;no cv result;no cv result;no cv result", ""),
        ("no cv result", ""),
        ("NA", ""),
        ("nan", ""),
        (" red fox ", "Red fox"),
    ],
)
def test_the_finest_rank_is_the_label(said: str, label: str) -> None:
    assert as_label(said) == label


def test_a_name_of_speciesnet_hangs_below_its_ranks(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg")
    said = {
        "images": [
            {
                "file": "a.jpg",
                "detections": [{"category": "1", "conf": 0.9, "classifications": [["0", 0.9]]}],
            }
        ],
        "classification_categories": {"0": "red fox"},
        "classification_category_descriptions": {"0": FOX},
    }
    (tmp_path / "sn.json").write_text(json.dumps(said))
    run("import-table", tmp_path / "sn.json")
    assert labels(tmp_path)["a.jpg"] == ("Vulpes vulpes", "machine")
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    [image] = archive.records.find(Image)
    archive.close()
    assert image.label_path.endswith("/Mammalia/Carnivora/Canidae/Vulpes/Vulpes vulpes/")
    assert [x.rank for x in ranks_of(FOX)] == ["class", "order", "family", "genus", "species"]


def test_what_a_person_checked_there_counts_as_named(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg", "b.jpg")
    (tmp_path / "r.csv").write_text(
        "relative_path,label,confidence,human_verified\n"
        "a.jpg,person,0.9,False\na.jpg,badger,0.4,True\nb.jpg,vehicle,0.05,False\n"
    )
    assert "1 named by a person" in run("import-table", tmp_path / "r.csv").output
    assert labels(tmp_path)["a.jpg"] == ("Badger", "person")
    assert labels(tmp_path)["b.jpg"] == ("Empty", "machine"), "below 0.2 nothing counts"
    assert "known already" in run("import-table", tmp_path / "r.csv").output


def test_what_a_person_said_here_counts_more(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg")
    run("import-table", told(tmp_path, {"a.jpg": "2"}, manually_checked=True))
    said = run("import-table", told(tmp_path, {"a.jpg": "1"}, manually_checked=True)).output
    assert "1 named by a person here, and left so" in said
    assert labels(tmp_path)["a.jpg"] == ("Human", "person")


def test_a_checked_picture_in_json_too(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg")
    run("import-table", told(tmp_path, {"a.jpg": "2"}, manually_checked=True))
    assert labels(tmp_path)["a.jpg"] == ("Human", "person")


def test_an_answer_that_came_in_counts_though_it_is_older(
    take: Take, run: Run, tmp_path: Path
) -> None:
    """In the table of a download, and in the packages for others."""
    take("a.jpg")
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    (image,) = archive.records.find(Image)
    take_told(archive.records, names(), image, Told("other", (Guess("Aves", 0.9),), at=1.0e9))
    last = latest_prediction(archive.records, image.id)
    (image,) = archive.records.find(Image, [Where("id", "=", image.id)])
    archive.close()
    assert last is not None
    assert (last.model, image.model, image.label) == ("other", "other", "Aves")
    run("export", "--to", tmp_path / "out")
    table = (tmp_path / "out" / "biosight.csv").read_text()
    assert "Aves 0.9000" in table
    run("publish", "coco", "--to", tmp_path / "x.json")
    assert '"Aves"' in (tmp_path / "x.json").read_text()


def test_megadetector_json_comes_back_as_it_went_out(take: Take, run: Run, tmp_path: Path) -> None:
    take("CAM1/a.jpg", "CAM1/b.jpg", "CAM2/a.jpg")
    table = "file,species\nCAM1/a.jpg,Vulpes vulpes\nCAM1/b.jpg,Empty\nCAM2/a.jpg,Human\n"
    (tmp_path / "names.csv").write_text(table)
    run("import-table", tmp_path / "names.csv")
    before = labels(tmp_path)
    run("publish", "megadetector", "--to", tmp_path / "md.json")
    (tmp_path / "data").rename(tmp_path / "first")
    add_ada(run)
    run("import", tmp_path / "in")
    run("import-table", tmp_path / "md.json")
    assert labels(tmp_path) == before
