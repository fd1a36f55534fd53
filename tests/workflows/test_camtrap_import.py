"""A Camtrap DP package taken in again: the same sites, deployments, times, labels and counts."""

import csv
import json
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from biosight.bootstrap import Archive, open_archive
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import Annotation
from biosight.places import Deployment, Site
from biosight.review.acts import change_of
from biosight.review.perform_acts import perform
from biosight.settings import Settings
from biosight.storage.records import Order, Where
from biosight.workflows.exchange import camtrap_package
from biosight.workflows.exchange.camtrap_package import read_package
from tests import tiny
from tests.conftest import Run, add_ada

TABLE = (
    "deploymentID,locationName,latitude,longitude,deploymentStart,deploymentEnd,cameraID,"
    "cameraHeight,baitUse,habitat,deploymentTags,deploymentComments\n"
    "Cam 1,Pond,52.5,13.4,2026-05-01 08:00,2026-05-30 08:00,SN 7,0.5,false,reeds,"
    "timeZone:Europe/Berlin | clockShift:3600,a hole in the fence\n"
    "SD 2,Ridge,-33.25,-70.5,,,SN 8,,,,timeZone:America/Santiago,\n"
)


def opened(folder: Path, name: str) -> Archive:
    return open_archive(Settings(data_dir=folder / name))


@pytest.fixture
def packed(run: Run, tmp_path: Path) -> Path:
    """A collection with two cameras, people's and machines' labels and counts, as a package."""
    add_ada(run)
    for n, name in enumerate(("Cam 1/a.jpg", "Cam 1/b.jpg", "SD 2/a.jpg", "SD 2/b.jpg")):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(tiny.taken(f"2026:05:0{n + 2} 10:00:00", seed=n))
    (tmp_path / "places.csv").write_text(TABLE)
    run("places", "import", tmp_path / "places.csv", "--yes")
    run("import", tmp_path / "in", "--deployment-per-folder")
    archive = opened(tmp_path, "data")
    images = archive.records.find(Image, order=Order("path"))
    by, c = images[0].uploaded_by, images[0].collection
    for change, chosen in (
        (change_of("relabel", label="Red fox"), images[:1]),
        (change_of("relabel", label="Empty"), images[1:2]),
        (change_of("count", individuals=4), images[:1]),
    ):
        perform(archive.records, by, c, change, chosen)
    archive.close()
    told = run("publish", "camtrap-dp", "--media", "--to", tmp_path / "x.zip").output
    assert "4 pictures go in." in told
    return tmp_path


def described(archive: Archive) -> dict[str, object]:
    """All that a package carries, without ids."""
    records = archive.records
    sites = {s.id: s for s in records.find(Site)}
    cameras = {d.id: d for d in records.find(Deployment)}
    images = records.find(Image)
    said = {
        i.sha256: [
            (a.label, a.kind, int(a.at))
            for a in records.find(Annotation, [Where("image", "=", i.id)], order=Order("at"))
        ]
        for i in images
    }
    return {
        "sites": sorted((s.name, s.latitude, s.longitude, s.habitat) for s in sites.values()),
        "deployments": sorted(
            (d.name, sites[d.site].name, d.camera, d.zone, d.shift, d.height, d.bait, d.comments)
            for d in cameras.values()
        ),
        "images": sorted(
            (i.sha256, i.name, i.taken, cameras[i.deployment].name, i.label, i.who, i.individuals)
            for i in images
        ),
        "said": said,
    }


def test_a_package_comes_back_as_it_went(
    packed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened(packed, "data")
    before = described(archive)
    archive.close()
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(packed / "other"))
    add_ada(run)
    told = run("import-camtrap", packed / "x.zip").output
    assert "4  pictures" in told
    assert "2  deployments" in told
    archive = opened(packed, "other")
    after = described(archive)
    archive.close()
    assert after == before
    again = run("import-camtrap", packed / "x.zip").output
    assert "named" not in again
    assert "put into" not in again


def test_pictures_that_are_here_need_not_be_in_it(
    packed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("publish", "camtrap-dp", "--to", packed / "bare.zip")
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(packed / "other"))
    add_ada(run)
    run("import", packed / "in")
    told = run("import-camtrap", packed / "bare.zip").output
    assert "4  pictures" in told
    assert "2  named by people" in told
    archive = opened(packed, "other")
    [fox] = archive.records.find(Image, [Where("label", "=", "Red fox")])
    archive.close()
    assert fox.who == "person"


def test_a_package_of_others_in_a_folder(run: Run, tmp_path: Path) -> None:
    """Named by path, with its own words, and no columns but those that it needs."""
    add_ada(run)
    folder = tmp_path / "package"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "a.jpg").write_bytes(tiny.picture("Red", 1))
    tables = {
        "deployments": [["deploymentID", "latitude", "longitude"], ["d1", "51.2", "4.4"]],
        "media": [
            ["mediaID", "deploymentID", "timestamp", "filePath"],
            ["m1", "d1", "2020-06-01T12:00:00+02:00", "files/a.jpg"],
            ["m2", "d1", "2020-06-01T12:00:00+02:00", "https://example.org/b.jpg"],
            ["m3", "d1", "2020-06-01T12:00:00+02:00", "../../secret.jpg"],
        ],
        "observations": [
            ["observationID", "mediaID", "observationType", "scientificName", "count",
             "classificationMethod", "classifiedBy"],
            ["o1", "m1", "animal", "Vulpes vulpes", "2", "human", "A Stranger"],
        ],
    }  # fmt: skip
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    resources = [{"name": n, "path": f"{n}.csv"} for n in tables]
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}))
    (tmp_path / "secret.jpg").write_bytes(tiny.picture("Green", 1))
    told = run("import-camtrap", folder).output
    assert "1  pictures\n" in told
    assert "2  pictures that are nowhere to be found" in told
    archive = opened(tmp_path, "data")
    [image] = archive.records.find(Image)
    archive.close()
    assert (image.label, image.individuals, image.taken) == (
        "Vulpes vulpes",
        2,
        "2020-06-01T12:00:00",
    )


@pytest.mark.parametrize(
    "said", ["", "[]", '{"resources": [{"name": "media", "path": "../m.csv"}]}', '{"a": 1}']
)
def test_what_is_no_package_is_refused_in_words(said: str, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "datapackage.json").write_text(said)
    with pytest.raises(BadRequest, match=r"datapackage\.json|no table"):
        read_package(tmp_path / "p")


def test_a_torn_zip_is_refused_in_words(packed: Path, run: Run) -> None:
    whole = (packed / "x.zip").read_bytes()
    (packed / "torn.zip").write_bytes(whole[: len(whole) // 2])
    assert "the zip complete" in run("import-camtrap", packed / "torn.zip", code=1).output
    assert zipfile.ZipFile(packed / "x.zip").testzip() is None


MEDIA = "mediaID,deploymentID,timestamp,filePath,fileName,fileMediatype\n"
DEPLOYMENTS = "deploymentID,locationName,latitude,longitude\nd1,Pond,52.1,13.2\n"
OBSERVATIONS = (
    "observationID,mediaID,observationLevel,scientificName,classificationMethod,count\n"
    "o1,m1,media,Vulpes vulpes,human,3\n"
)


def foreign(
    folder: Path,
    media: str = "",
    deployments: str = DEPLOYMENTS,
    observations: str = OBSERVATIONS,
) -> Path:
    """A package of another program: two pictures, of which "m1" is as `media` says."""
    folder.mkdir(parents=True)
    tables = {
        "deployments": deployments,
        "media": MEDIA + (media or "m1,d1,,a.jpg,a.jpg,image/jpeg\n") + "m2,d1,,b.jpg,b.jpg,\n",
        "observations": observations,
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    for n, name in enumerate(("a.jpg", "b.jpg")):
        (folder / name).write_bytes(tiny.picture("Red", n))
    said = {"resources": [{"name": n, "path": f"{n}.csv"} for n in tables]}
    (folder / "datapackage.json").write_text(json.dumps(said))
    return folder


@pytest.mark.parametrize("path", ["a\0.jpg", "a" * 5000, "x/" * 3000, "../a.jpg", "/etc/passwd"])
def test_a_path_that_leads_nowhere_leaves_the_others(run: Run, tmp_path: Path, path: str) -> None:
    add_ada(run)
    package = foreign(tmp_path / "p", f"m1,d1,,{path},a.jpg,image/jpeg\n")
    told = run("import-camtrap", package).output
    assert "1  pictures\n" in told
    assert "1  pictures that are nowhere to be found" in told


def test_a_field_that_is_no_field_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    package = foreign(tmp_path / "p", f"m1,d1,,{'b' * 200_000},a.jpg,\n")
    with pytest.raises(BadRequest, match=r"media\.csv: Line 2 of the table can't be read: field"):
        read_package(package)


def test_places_that_are_none_are_said(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    table = DEPLOYMENTS.replace("52.1,13.2", "NaN,1e400") + "d2,M,91,181\nd3,N,,\n"
    told = run("import-camtrap", foreign(tmp_path / "p", deployments=table)).output
    assert "2  rows left out" in told
    assert "1  deployments" in told, "one without coordinates is a deployment without a site"
    assert "left out  deployments, row 2:" in told
    assert "already" not in told


def test_one_count_that_nobody_can_count_stops_nothing(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    rows = OBSERVATIONS.replace(",3\n", f",{10**20}\n") + "o2,m2,media,Vulpes vulpes,human,2\n"
    rows += f"o3,m2,media,,human,{'9' * 6000}\n"
    told = run("import-camtrap", foreign(tmp_path / "p", observations=rows)).output
    assert "left out  observations, row 2:" in told
    assert "left out  observations, row 4:" in told
    assert "1  counted" in told


def zipped(tmp_path: Path, **more: str) -> Path:
    package = foreign(tmp_path / "p")
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for file in package.iterdir():
            if file.name not in more:
                out.write(file, file.name)
        for name, text in more.items():
            out.writestr(name, text)
    return tmp_path / "p.zip"


def test_a_zip_is_unpacked_within_limits(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    monkeypatch.setattr(camtrap_package, "MOST_PACKAGE_BYTES", 1_000_000)
    source = zipped(tmp_path, **{"media.csv": MEDIA + "\n" * 2_000_000, "n" * 300: "x"})
    told = run("import-camtrap", source, code=1).output
    assert "media.csv: too large, 2 MB" in told
    assert "its name is too long" in told
    assert "media.csv is not in its folder" in told


def test_a_zip_that_the_disk_has_no_room_for_is_not_begun(tmp_path: Path) -> None:
    source, room = zipped(tmp_path), SimpleNamespace(free=10)
    (tmp_path / "to").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: room)
        with pytest.raises(BadRequest, match="MB are free"):
            camtrap_package.unpack_package(source, tmp_path / "to", 50, print)
    assert not list((tmp_path / "to").iterdir())


def test_a_locked_zip_is_refused_in_words(tmp_path: Path) -> None:
    source = zipped(tmp_path)
    content = bytearray(source.read_bytes())
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.find(mark) + at] |= 1
    source.write_bytes(content)
    with pytest.raises(BadRequest, match="password"):
        camtrap_package.unpack_package(source, tmp_path, 50, print)
