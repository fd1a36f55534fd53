"""Camtrap DP packages of other projects and programs, as they are handed out (F3 to F8)."""

import csv
import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image as Pillow

from biosight.bootstrap import open_archive
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.settings import Settings
from biosight.workflows.exchange.camtrap_rows import zone_of
from tests import tiny
from tests.conftest import Run, add_ada

DEPLOYMENT = (
    "deploymentID,locationID,locationName,latitude,longitude,coordinateUncertainty,"
    "deploymentStart,deploymentEnd\n"
)
MEDIA = "mediaID,deploymentID,timestamp,filePath,fileName\n"
OBSERVATION = (
    "observationID,mediaID,observationLevel,observationType,scientificName,"
    "classificationMethod,count\n"
)
D1 = "d1,L1,North,52.1,5.1,,2024-05-01T00:00:00Z,2024-06-01T00:00:00Z\n"
M1 = "m1,d1,2024-05-02T04:00:00Z,media/p1.jpg,p1.jpg\n"
FOX = "o1,m1,media,animal,Vulpes vulpes,human,1\n"
Pack = Callable[..., Path]
R = TypeVar("R", Image, Site, Deployment)


@pytest.fixture
def pack(run: Run, tmp_path: Path) -> Pack:
    """Makes a package with one picture, each in another folder."""
    add_ada(run)
    number = iter(range(100))

    def make(
        deployments: str = D1,
        media: str = M1,
        observations: str = FOX,
        picture: bytes = b"",
        **said: object,
    ) -> Path:
        seed = next(number)
        folder = tmp_path / f"package{seed}"
        (folder / "media").mkdir(parents=True)
        (folder / "media" / "p1.jpg").write_bytes(picture or tiny.picture("Red", 500 + seed))
        tables = {
            "deployments": DEPLOYMENT + deployments,
            "media": MEDIA + media,
            "observations": OBSERVATION + observations,
        }
        resources = [{"name": n, "path": f"{n}.csv"} for n in tables]
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text)
        described = {"profile": "camtrap-dp", "resources": resources, **said}
        (folder / "datapackage.json").write_text(json.dumps(described))
        return folder

    return make


def stored(tmp_path: Path, kind: type[R]) -> list[R]:
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    found = archive.records.find(kind)
    archive.close()
    return found


def in_summer_time() -> bytes:
    """A picture whose file says 06:00 at +02:00."""
    made = Pillow.open(io.BytesIO(tiny.picture("Red", 900)))
    exif, buffer = made.getexif(), io.BytesIO()
    exif.get_ifd(0x8769).update({0x9003: "2024:05:02 06:00:00", 0x9011: "+02:00"})
    made.save(buffer, "JPEG", exif=exif, quality=95)
    return buffer.getvalue()


def one_picture(tmp_path: Path) -> Image:
    [image] = stored(tmp_path, Image)
    return image


def test_ids_of_another_project_are_apart(run: Run, tmp_path: Path, pack: Pack) -> None:
    """The first package's deployment got the second one's times, its site the coordinates (F3)."""
    run("import-camtrap", pack())
    other = "d1,L9,North,-33.5,18.5,,2020-01-01T00:00:00Z,2020-02-01T00:00:00Z\n"
    told = run("import-camtrap", pack(other)).output
    assert "another d1 is here already: this one is called d1 (2)" in told
    sites = {s.name: s for s in stored(tmp_path, Site)}
    assert {n: s.latitude for n, s in sites.items()} == {"North": 52.1, "North (2)": -33.5}
    named = {d.name: d for d in stored(tmp_path, Deployment)}
    assert named["d1"].start.startswith("2024-05-01")
    assert named["d1"].site == sites["North"].id
    assert named["d1 (2)"].site == sites["North (2)"].id
    placed = {i.deployment for i in stored(tmp_path, Image)}
    assert placed == {d.id for d in named.values()}


def test_the_same_package_twice_is_one(run: Run, tmp_path: Path, pack: Pack) -> None:
    package = pack()
    run("import-camtrap", package)
    again = run("import-camtrap", package).output
    assert "d1 (2)" not in again
    assert len(stored(tmp_path, Deployment)) == len(stored(tmp_path, Image)) == 1


def test_two_places_of_one_name_are_two_sites(run: Run, tmp_path: Path, pack: Pack) -> None:
    rows = D1 + "d2,L2,North,53.9,5.1,,2024-05-01T00:00:00Z,2024-06-01T00:00:00Z\n"
    told = run("import-camtrap", pack(rows)).output
    assert "left out" not in told
    assert sorted(s.name for s in stored(tmp_path, Site)) == ["North", "North (2)"]
    assert len({d.site for d in stored(tmp_path, Deployment)}) == 2


@pytest.mark.parametrize(
    ("old", "new"), [(",5.1,,", ",5.1,187.0,"), ("T00:00:00Z,2024-06", "T00:00:00.000Z,2024-06")]
)
def test_numbers_and_times_as_programs_write_them(
    run: Run, tmp_path: Path, pack: Pack, old: str, new: str
) -> None:
    told = run("import-camtrap", pack(D1.replace(old, new))).output
    assert "left out" not in told
    assert len(stored(tmp_path, Site)) == len(stored(tmp_path, Deployment)) == 1


def test_a_row_that_cannot_be_read_is_named(run: Run, tmp_path: Path, pack: Pack) -> None:
    told = run("import-camtrap", pack(D1.replace("2024-05-01T00:00:00Z", "01.05.2024"))).output
    assert "row 2: “01.05.2024” is not a time" in told


def test_one_moment_in_two_offsets_is_no_other_date(run: Run, tmp_path: Path, pack: Pack) -> None:
    """The file says 06:00 at +02:00, the package 04:00Z: the same moment (F5)."""
    run("import-camtrap", pack(picture=in_summer_time()))
    image = one_picture(tmp_path)
    assert (image.taken, image.dated) == ("2024-05-02T06:00:00", "")
    assert published(run, tmp_path)[0]["timestamp"] == "2024-05-02T06:00:00+02:00"


@pytest.mark.parametrize(
    ("said", "zone", "taken"),
    [
        ("2024-05-02T04:00:00Z", "Etc/UTC", "2024-05-02T04:00:00"),
        ("2024-05-02T06:00:00+02:00", "Etc/GMT-2", "2024-05-02T06:00:00"),
        ("2024-05-02T09:30:00+05:30", "Asia/Kolkata", "2024-05-02T09:30:00"),
        ("2024-05-01T20:00:00-08:00", "Etc/GMT+8", "2024-05-01T20:00:00"),
    ],
)
def test_a_picture_without_a_date_gets_it_with_its_offset(
    run: Run, tmp_path: Path, pack: Pack, said: str, zone: str, taken: str
) -> None:
    run("import-camtrap", pack(media=M1.replace("2024-05-02T04:00:00Z", said)))
    assert one_picture(tmp_path).taken == taken
    assert [d.zone for d in stored(tmp_path, Deployment)] == [zone]
    [row] = published(run, tmp_path)
    assert row["timestamp"] == said.replace("Z", "+00:00")


def published(run: Run, tmp_path: Path, table: str = "media", *more: str) -> list[dict[str, str]]:
    target = tmp_path / "out.zip"
    target.unlink(missing_ok=True)
    run("publish", "camtrap-dp", "--to", target, *more)
    text = zipfile.ZipFile(target).read(f"{table}.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_scientific_names_stay_scientific_names(run: Run, tmp_path: Path, pack: Pack) -> None:
    """They became words of one's own, and were published as unknown (F4)."""
    named = {
        "scientificName": "Meles meles",
        "taxonRank": "species",
        "kingdom": "Animalia",
        "family": "Mustelidae",
        "vernacularNames": {"en": "European badger"},
    }
    row = FOX.replace("Vulpes vulpes", "Meles meles")
    run("import-camtrap", pack(observations=row, taxonomic=[named]))
    image = one_picture(tmp_path)
    assert image.label_path.endswith("/Carnivora/Mustelidae/Meles meles/")
    [said] = [
        r for r in published(run, tmp_path, "observations") if r["observationLevel"] == "media"
    ]
    assert (said["observationType"], said["scientificName"]) == ("animal", "Meles meles")


@pytest.mark.parametrize("kind", ["zip in a folder", "gz", "semicolons", "lists", "backslashes"])
def test_packages_as_others_pack_them_are_read(
    run: Run, tmp_path: Path, pack: Pack, kind: str
) -> None:
    """They were refused, or their pictures were nowhere to be found (F7)."""
    folder = pack()
    source, description = folder, json.loads((folder / "datapackage.json").read_text())
    if kind == "gz":
        for resource in description["resources"]:
            plain = folder / resource["path"]
            (folder / f"{resource['path']}.gz").write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()
            resource["path"] += ".gz"
    if kind == "semicolons":
        for resource in description["resources"]:
            resource["dialect"] = {"delimiter": ";"}
            file = folder / resource["path"]
            file.write_text(file.read_text().replace(",", ";"))
    if kind == "lists":
        for resource in description["resources"]:
            resource["path"] = [resource["path"]]
    if kind == "backslashes":
        media = folder / "media.csv"
        media.write_text(media.read_text().replace("media/p1.jpg", "media\\p1.jpg"))
    (folder / "datapackage.json").write_text(json.dumps(description))
    if kind == "zip in a folder":
        (tmp_path / "z").mkdir()
        shutil.move(folder, tmp_path / "z" / "project")
        (tmp_path / "z" / "__MACOSX").mkdir()
        source = Path(shutil.make_archive(str(tmp_path / "p"), "zip", tmp_path / "z"))
    run("import-camtrap", source)
    assert one_picture(tmp_path).label == "Vulpes vulpes"
    assert len(stored(tmp_path, Deployment)) == 1


def test_a_picture_that_is_here_is_found_by_its_name(run: Run, tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "in" / "CAM1").mkdir(parents=True)
    (tmp_path / "in" / "CAM1" / "R.JPG").write_bytes(tiny.picture("Green", 1))
    run("import", tmp_path / "in")
    row = "m1,d1,2024-05-02T04:00:00Z,https://example.org/1,R.JPG\n"
    told = run("import-camtrap", pack(media=row)).output
    assert "nowhere" not in told
    assert one_picture(tmp_path).label == "Vulpes vulpes"


def test_a_picture_of_another_deployment_is_not_taken_for_it(
    run: Run, tmp_path: Path, pack: Pack
) -> None:
    """Two projects number their frames alike; the second package holds addresses only."""
    run("import-camtrap", pack())
    first = one_picture(tmp_path)
    row = "m1,x9,2024-07-02T04:00:00Z,https://example.org/1,p1.jpg\n"
    package = pack("", row, FOX.replace("Vulpes vulpes", "Meles meles"))
    (package / "media" / "p1.jpg").unlink()
    told = run("import-camtrap", package).output
    assert "1  pictures that are nowhere to be found" in told
    again = one_picture(tmp_path)
    assert (again.label, again.deployment) == (first.label, first.deployment)


def test_pictures_beside_addresses_are_found_by_their_names(
    run: Run, tmp_path: Path, pack: Pack
) -> None:
    """Agouti hands out addresses; people put the files into the folder."""
    row = M1.replace("media/p1.jpg,p1.jpg", "https://example.org/assets/1/file,P1.JPG")
    package = pack(D1, row)
    twin = package / "other" / "p1.jpg"
    twin.parent.mkdir()
    twin.write_bytes(tiny.picture("Blue", 1))
    told = run("import-camtrap", package).output
    assert "1  pictures that are nowhere to be found" in told, "two files have this name"
    twin.unlink()
    media = package / "media.csv"
    once = media.read_text()
    media.write_text(once + row.replace("m1,", "m2,").replace("assets/1", "assets/2"))
    assert "2  pictures that are nowhere to be found" in run("import-camtrap", package).output
    media.write_text(once)
    assert "nowhere to be found" not in run("import-camtrap", package).output
    assert one_picture(tmp_path).label == "Vulpes vulpes"


@pytest.mark.parametrize(
    ("rows", "label", "count", "others"),
    [
        (FOX.replace("human", ""), "Vulpes vulpes", 1, []),
        (FOX + "o2,m1,media,animal,Vulpes vulpes,human,3\n", "Vulpes vulpes", 4, [3]),
        (FOX.replace("human,1", "human,2.0"), "Vulpes vulpes", 2, []),
        (FOX + "o2,m1,media,animal,Meles meles,human,5\n", "Meles meles", 5, [1]),
    ],
)
def test_what_observations_say(
    run: Run, tmp_path: Path, pack: Pack, rows: str, label: str, count: int, others: list[int]
) -> None:
    """A label without a method was lost, counts were the last row's, a second name silent (F8)."""
    run("import-camtrap", pack(observations=rows))
    image = one_picture(tmp_path)
    assert (image.label, image.who, image.individuals) == (label, "person", count)
    assert [s.details.count for s in image.others] == others


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("+0000", "Etc/UTC"),
        ("+0200", "Etc/GMT-2"),
        ("-0800", "Etc/GMT+8"),
        ("+0530", "Asia/Kolkata"),
        ("-0330", "Etc/UTC"),
        ("+1400", "Etc/GMT-14"),
        ("+1500", "Etc/UTC"),
    ],
)
def test_an_offset_has_a_zone(offset: str, zone: str) -> None:
    assert zone_of(offset) == zone
