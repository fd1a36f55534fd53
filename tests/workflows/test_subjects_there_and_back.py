"""Several subjects of one picture go out in each format and come in again as they were."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from biosight.bootstrap import Archive, open_archive
from biosight.images import Image
from biosight.labels import Prediction
from biosight.review.acts import SUBJECTS, change_of
from biosight.review.perform_acts import perform
from biosight.settings import Settings
from biosight.storage.records import Insert, Order, Replace, Where, new_id
from biosight.subjects import Box, Details, Region, Subject
from tests import tiny
from tests.conftest import Run, add_ada
from tests.workflows.test_camtrap_import import TABLE

LEFT, RIGHT = Region(0.1, 0.2, 0.3, 0.4), Region(0.5, 0.25, 0.25, 0.5)
HEN = Subject("Aves", Details(1, "female", "adult", "foraging", "D 7", LEFT))
CHICKS = Subject("Aves", Details(9, "", "juvenile", "", "", RIGHT))
MAMMAL = Subject("Mammalia", Details(count=1))
Named = list[tuple[str, Details]]


def opened(folder: Path, name: str) -> Archive:
    return open_archive(Settings(data_dir=folder / name))


def shown(folder: Path, name: str) -> dict[str, Named]:
    """What each picture shows, by its path, and who says so."""
    archive = opened(folder, name)
    found = {i.path: [s.named for s in i.subjects] for i in archive.records.find(Image)}
    archive.close()
    return found


def pictures(folder: Path) -> Path:
    for n, name in enumerate(("Cam 1/a.jpg", "Cam 1/b.jpg", "Cam 1/c.jpg")):
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_bytes(tiny.taken(f"2026:05:02 10:00:0{n}", seed=n))
    return folder / "in"


@pytest.fixture
def pond(run: Run, tmp_path: Path) -> Path:
    """A hen with her chicks and a mammal; chicks alone in a box; a picture of one label."""
    add_ada(run)
    (tmp_path / "places.csv").write_text(TABLE)
    run("places", "import", tmp_path / "places.csv", "--yes")
    run("import", pictures(tmp_path), "--deployment-per-folder")
    archive = opened(tmp_path, "data")
    images = archive.records.find(Image, order=Order("path"))
    by, c = images[0].uploaded_by, images[0].collection
    for subjects, image in (((HEN, CHICKS, MAMMAL), images[0]), ((CHICKS,), images[1])):
        change = change_of(SUBJECTS, subjects=subjects)
        perform(archive.records, by, c, change, [image])
    perform(archive.records, by, c, change_of("relabel", label="Mammalia"), images[2:])
    archive.close()
    return tmp_path


@pytest.fixture
def elsewhere(
    pond: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[str, Named]]:
    """Another library; what its pictures show."""
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(pond / "other"))
    add_ada(run)
    return lambda: shown(pond, "other")


def publish(run: Run, form: str, to: Path, *more: str) -> Path:
    run("publish", form, "--to", to, *more)
    return to


@pytest.fixture
def package(pond: Path, run: Run) -> Path:
    return publish(run, "camtrap-dp", pond / "dp.zip", "--media")


def test_camtrap_dp(
    package: Path, run: Run, elsewhere: Callable[[], dict[str, Named]], pond: Path
) -> None:
    rows = rows_of(package, "observations.csv")
    media = [r for r in rows if r["observationLevel"] == "media"]
    assert len({r["observationID"] for r in rows}) == len(rows) == len(media) + 3
    assert sorted((r["sex"], r["lifeStage"], r["count"]) for r in media) == [
        ("", "", ""),
        ("", "", "1"),
        ("", "juvenile", "9"),
        ("", "juvenile", "9"),
        ("female", "adult", "1"),
    ]
    told = run("import-camtrap", package).output
    assert "left out" not in told
    assert "1  pictures with several subjects" in told
    before = {Path(path).name: named for path, named in shown(pond, "data").items()}
    assert {Path(path).name: named for path, named in elsewhere().items()} == before
    again = run("import-camtrap", package).output
    assert "named by people" not in again


def test_an_event_adds_up_what_a_picture_shows_of_one_kind(pond: Path, run: Run) -> None:
    """Two boxes around birds of which nothing more is said are two birds."""
    archive = opened(pond, "data")
    images = archive.records.find(Image, order=Order("path"))
    two = tuple(Subject("Aves", Details(region=r)) for r in (LEFT, RIGHT))
    change = change_of(SUBJECTS, subjects=two)
    perform(archive.records, images[0].uploaded_by, images[0].collection, change, images)
    archive.close()
    rows = rows_of(publish(run, "camtrap-dp", pond / "e.zip"), "observations.csv")
    events = [r for r in rows if r["observationLevel"] == "event"]
    assert [r["count"] for r in events] == ["2"]
    occurrence = rows_of(publish(run, "darwin-core", pond / "d.zip"), "occurrence.csv")
    assert [r["individualCount"] for r in occurrence] == ["2"]


def test_darwin_core_has_an_occurrence_for_each_kind_of_individual(pond: Path, run: Run) -> None:
    archive = publish(run, "darwin-core", pond / "dwc.zip")
    rows = rows_of(archive, "occurrence.csv")
    assert len({r["occurrenceID"] for r in rows}) == len(rows)
    said = sorted(
        (r["scientificName"], r["sex"], r["lifeStage"], r["individualCount"], r["behavior"])
        for r in rows
    )
    assert said == [
        ("Aves", "", "juvenile", "9", ""),
        ("Aves", "female", "adult", "1", "foraging"),
        ("Mammalia", "", "", "1", ""),
    ]
    assert {r["organismID"] for r in rows} == {"", "D 7"}
    files = rows_of(archive, "multimedia.csv")
    of_mammal = next(r["occurrenceID"] for r in rows if r["scientificName"] == "Mammalia")
    assert sum(f["coreid"] == of_mammal for f in files) == 2


def rows_of(zipped: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(zipped) as opened_zip:
        text = opened_zip.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("form", ["coco", "megadetector"])
def test_boxes_and_names_come_back(
    pond: Path, run: Run, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Of sex, life stage and behaviour these formats know nothing."""
    made = publish(run, form, pond / "said.json")
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(pond / "other"))
    add_ada(run)
    run("import", pond / "in")
    run("import-table", made)
    found = {
        path: sorted((label, round_of(said.region)) for label, said in named)
        for path, named in shown(pond, "other").items()
    }
    assert found["Cam 1/a.jpg"] == [
        ("Aves", round_of(LEFT)),
        ("Aves", round_of(RIGHT)),
        ("Mammalia", ()),
    ]
    assert found["Cam 1/b.jpg"] == [("Aves", round_of(RIGHT))]
    assert found["Cam 1/c.jpg"] == [("Mammalia", ())]


def round_of(region: Region | None) -> tuple[float, ...]:
    return tuple(round(side, 2) for side in region.sides) if region else ()


def test_ones_own_table_brings_everything(
    pond: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("export", "--to", pond / "out")
    [table] = (pond / "out").rglob("biosight.csv")
    row = next(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))))
    assert {"subject_count", "other_labels", "subjects"} <= row.keys()
    before = shown(pond, "data")
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(pond / "other"))
    add_ada(run)
    run("import", pond / "in")
    run("import-table", table)
    assert shown(pond, "other") == before


def test_machines_boxes_are_kept(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    run("import", pictures(tmp_path))
    box = {"category": "1", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4]}
    man = {"category": "2", "conf": 0.6, "bbox": [0.5, 0.25, 0.25, 0.5]}
    noise = {"category": "1", "conf": 0.01, "bbox": [0, 0, 0.1, 0.1]}
    said = {
        "info": {"detector": "md_v5a.0.1"},
        "detection_categories": {"1": "animal", "2": "person"},
        "images": [{"file": "Cam 1/a.jpg", "detections": [noise, man, box]}],
    }
    (tmp_path / "md.json").write_text(json.dumps(said))
    run("import-table", tmp_path / "md.json")
    archive = opened(tmp_path, "data")
    image = archive.records.find(Image, [Where("path", "=", "Cam 1/a.jpg")])[0]
    where = [Where("image", "=", image.id), Where("model", "=", "md_v5a.0.1")]
    [kept] = archive.records.find(Prediction, where)
    archive.close()
    assert [(b.kind, b.score) for b in kept.boxes] == [("animal", 0.9), ("human", 0.6)]
    assert Region.of(kept.boxes[0]) == LEFT


def test_boxes_of_addaxai_are_shares_of_the_picture(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    run("import", pictures(tmp_path))
    head = "relative_path,label,confidence,human_verified,bbox_left,bbox_top,bbox_right,bbox_bottom"
    (tmp_path / "addax.csv").write_text(
        f"{head},file_height,file_width\n"
        "Cam 1/a.jpg,aves,0.9,True,100,80,400,240,400,1000\n"
        "Cam 1/a.jpg,mammalia,0.8,True,500,100,750,300,400,1000\n"
        "Cam 1/b.jpg,aves,0.7,False,100,80,400,240,400,1000\n"
    )
    run("import-table", tmp_path / "addax.csv")
    found = shown(tmp_path, "data")
    assert [(label, said.region) for label, said in found["Cam 1/a.jpg"]] == [
        ("Aves", LEFT),
        ("Mammalia", RIGHT),
    ]
    assert found["Cam 1/b.jpg"] == [("Aves", Details())]


def test_a_table_with_a_row_for_each_kind_names_all(run: Run, tmp_path: Path) -> None:
    """A second row for a file was left out."""
    add_ada(run)
    run("import", pictures(tmp_path))
    rows = "file,species,count\nCam 1/a.jpg,Mammalia,1\nCam 1/a.jpg,Aves,4\n"
    (tmp_path / "table.csv").write_text(rows)
    run("import-table", tmp_path / "table.csv")
    assert shown(tmp_path, "data")["Cam 1/a.jpg"] == [
        ("Aves", Details(count=4)),
        ("Mammalia", Details(count=1)),
    ]


def test_what_can_not_be_kept_is_told(run: Run, package: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(folder)
    table = folder / "observations.csv"
    text = table.read_text().replace("female", "hermaphrodite")
    table.write_text(text.replace("0.50000,0.25000", "0.90000,0.25000"))
    told = run("import-camtrap", folder).output
    assert "sex “hermaphrodite” is not one of female, male, and is left out" in told
    assert "the box lies outside the picture" in told
    run("import-camtrap", folder, "--fail", code=3)


def test_a_whole_package_fails_nothing(run: Run, package: Path) -> None:
    run("import-camtrap", package, "--fail")


def package_of(folder: Path, package: Path, change: Callable[[list[dict[str, str]]], None]) -> Path:
    """An unpacked package whose observations somebody changed."""
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(folder)
    table = folder / "observations.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    table.write_text(out.getvalue())
    return folder


def test_more_rows_than_a_picture_can_have_stop_nothing(
    run: Run, package: Path, elsewhere: Callable[[], dict[str, Named]], tmp_path: Path
) -> None:
    def many(rows: list[dict[str, str]]) -> None:
        first = next(r for r in rows if r["observationLevel"] == "media")
        rows += [{**first, "observationID": f"more{n}", "count": "90000"} for n in range(60)]

    told = run("import-camtrap", package_of(tmp_path / "many", package, many)).output
    assert "a picture can have up to 50 subjects" in told
    assert "is left out" in told
    assert sorted(len(named) for named in elsewhere().values()) == [1, 1, 50]


def test_a_count_that_can_not_be_is_left_out_alone(run: Run, tmp_path: Path) -> None:
    """One bad count stopped the import of all results."""
    add_ada(run)
    run("import", pictures(tmp_path))
    said = {
        "images": [
            {"id": n, "file_name": f"Cam 1/{n}.jpg", "width": 96, "height": 64} for n in "ab"
        ],
        "categories": [{"id": 1, "name": "Aves"}],
        "annotations": [
            {"id": 1, "image_id": "a", "category_id": 1, "count": 1_000_000},
            {"id": 2, "image_id": "b", "category_id": 1, "bbox": [9.6, 12.8, 28.8, 25.6]},
        ],
    }
    (tmp_path / "coco.json").write_text(json.dumps(said))
    told = run("import-table", tmp_path / "coco.json").output
    assert "a.jpg: Individuals are counted from 0 to 100,000." in told
    found = shown(tmp_path, "data")
    assert [(label, round_of(d.region)) for label, d in found["Cam 1/b.jpg"]] == [
        ("Aves", round_of(LEFT))
    ]


def test_what_people_described_here_stays(run: Run, tmp_path: Path) -> None:
    """Results replaced subjects of pictures whose label was the machine's."""
    add_ada(run)
    run("import", pictures(tmp_path))
    archive = opened(tmp_path, "data")
    image = archive.records.find(Image, order=Order("path"))[0]
    first = Subject(image.label, Details(sex="male"))
    change = change_of(SUBJECTS, subjects=(first, MAMMAL))
    perform(archive.records, image.uploaded_by, image.collection, change, [image])
    archive.close()
    before = shown(tmp_path, "data")
    (tmp_path / "t.csv").write_text("file,species,count\nCam 1/a.jpg,Aves,2\nCam 1/a.jpg,Owl,1\n")
    told = run("import-table", tmp_path / "t.csv").output
    assert "1 described here, and left so" in told
    assert shown(tmp_path, "data") == before


def megadetector_of(folder: Path, run: Run) -> dict[str, list[dict[str, object]]]:
    said = json.loads(publish(run, "megadetector", folder / "out.json").read_text())
    return {one["file"]: one["detections"] for one in said["images"]}


def test_no_animal_is_lost_in_megadetectors_json(pond: Path, run: Run) -> None:
    archive = opened(pond, "data")
    images = archive.records.find(Image, order=Order("path"))
    by, c = images[0].uploaded_by, images[0].collection
    blank = change_of(SUBJECTS, subjects=(Subject("Empty"), CHICKS))
    perform(archive.records, by, c, blank, images[:1])
    boxes = (Box(*RIGHT.sides, "animal", 0.9), Box(*LEFT.sides, "animal", 0.8))
    [said] = archive.records.find(Prediction, [Where("image", "=", images[2].id)])
    archive.records.write(Insert(replace(said, id=new_id(), detector="d", boxes=boxes)))
    drawn = change_of(SUBJECTS, subjects=(Subject("Mammalia", Details(region=LEFT)),))
    perform(archive.records, by, c, drawn, images[2:])
    archive.close()
    found = megadetector_of(pond, run)
    assert [d["bbox"] for d in found["Cam 1/a.jpg"]] == [list(RIGHT.sides)]
    assert sorted(map(str, (d["bbox"] for d in found["Cam 1/c.jpg"]))) == sorted(
        map(str, (list(LEFT.sides), list(RIGHT.sides)))
    )


def test_a_further_subject_has_nothing_of_the_machines_answer(pond: Path, run: Run) -> None:
    """A football beside a bird was an animal, because the machine saw a bird."""
    archive = opened(pond, "data")
    image = archive.records.find(Image, order=Order("path"))[2]
    bird = replace(image, machine_label="Aves", group="Aves", version=image.version + 1)
    archive.records.write(Replace(bird, image.version))
    change = change_of(SUBJECTS, subjects=(Subject("Aves"), Subject("Football")))
    perform(archive.records, image.uploaded_by, image.collection, change, [bird])
    archive.close()
    rows = rows_of(publish(run, "camtrap-dp", pond / "f.zip"), "observations.csv")
    ball = [r for r in rows if r["observationComments"] == "Football"]
    assert {r["observationType"] for r in ball} == {"unknown"}
