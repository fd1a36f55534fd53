"""Darwin Core Archive, read back through its meta.xml; Camtrap DP, checked by frictionless."""

import csv
import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.publishing.standards.camtrap_tables import TABLES
from tests import tiny
from tests.conftest import Run, first_collection, upload, upload_ids
from tests.web.test_places import dated

TEXT = "{http://rs.tdwg.org/dwc/text/}"
DWC = "http://rs.tdwg.org/dwc/terms/"


def in_the_field(label: str, seed: int, latitude: float = 47.123456) -> bytes:
    """A picture with a place, a time and a camera."""
    picture = Pillow.open(io.BytesIO(tiny.picture(label, seed)))
    exif = picture.getexif()
    exif[271], exif[272] = "Acme", "Trap 5"
    exif.get_ifd(0x8769)[36867] = f"2026:05:0{seed % 9 + 1} 06:30:00"
    minutes = (latitude - int(latitude)) * 60
    exif.get_ifd(0x8825).update({1: "N", 2: (float(int(latitude)), minutes, 0.0)})
    exif.get_ifd(0x8825).update({3: "W", 4: (8.0, 30.0, 0.0)})
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif, quality=95)
    return buffer.getvalue()


@pytest.fixture
def collection(ada: TestClient) -> str:
    """Three pictures with place and time, one of them corrected, one confirmed; one without."""
    chosen = first_collection(ada)
    made = [
        upload(ada, chosen, in_the_field(label, n), f"{label}.jpg")["image"]
        for n, label in enumerate(tiny.COLOURS)
    ]
    upload(ada, chosen, tiny.picture("Red", 9), "nowhere, =1+1.jpg")
    ids = [image["id"] for image in made]  # type: ignore[index]
    assert ada.patch(f"/api/v1/images/{ids[0]}", json={"label": 'Fox "red"'}).status_code == 200
    assert ada.patch(f"/api/v1/images/{ids[1]}", json={"confirm": True}).status_code == 200
    return chosen


def archive(client: TestClient, path: str) -> zipfile.ZipFile:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def read(zipped: zipfile.ZipFile, tag: str, number: int = 0) -> list[dict[str, str]]:
    """The rows of a file as meta.xml explains them: term -> value, and the id."""
    meta = ElementTree.fromstring(zipped.read("meta.xml"))
    part = meta.findall(f"{TEXT}{tag}")[number]
    assert part.get("fieldsTerminatedBy") == ","
    location = part.findtext(f"{TEXT}files/{TEXT}location")
    assert location
    lines = list(csv.reader(io.StringIO(zipped.read(location).decode())))[1:]
    fields = {int(f.attrib["index"]): f.attrib["term"] for f in part.findall(f"{TEXT}field")}
    id = part.find(f"{TEXT}{'id' if tag == 'core' else 'coreid'}")
    assert id is not None
    where = int(id.attrib["index"])
    return [{t: line[n] for n, t in fields.items()} | {"id": line[where]} for line in lines]


def test_a_darwin_core_archive_reads_back(ada: TestClient, collection: str) -> None:
    zipped = archive(ada, f"/api/v1/collections/{collection}/darwin-core?utc_offset=120")
    assert zipped.testzip() is None
    found = read(zipped, "core")
    assert len(found) == 4
    by_name = {row[DWC + "scientificName"]: row for row in found}
    fox = by_name[""]  # a word that is in no tree is never published as a name
    assert fox[DWC + "verbatimIdentification"] == 'Fox "red"'
    assert fox[DWC + "identifiedBy"] == "ada"
    assert fox[DWC + "identificationVerificationStatus"] == "verified by human"
    assert fox[DWC + "eventDate"] == "2026-05-01T06:30:00+02:00"
    assert float(fox[DWC + "decimalLatitude"]) == pytest.approx(47.123456, abs=1e-5)
    assert float(fox[DWC + "decimalLongitude"]) == -8.5
    blue = by_name["Blue"]
    assert blue[DWC + "identifiedBy"] == "tiny@1"
    assert blue[DWC + "identificationVerificationStatus"] == "unverified, by machine"
    assert blue[DWC + "identificationRemarks"].startswith("confidence 0.")
    assert by_name["Red"][DWC + "decimalLatitude"] == ""

    said = read(zipped, "extension", 0)
    of_fox = [s for s in said if s["id"] == fox["id"]]
    assert [s[DWC + "identifiedBy"] for s in of_fox] == ["tiny@1", "ada"]
    pictures = read(zipped, "extension", 1)
    assert {p["http://purl.org/dc/terms/format"] for p in pictures} == {"image/jpeg"}
    assert {p["id"] for p in pictures} == {row["id"] for row in found}
    ElementTree.fromstring(zipped.read("eml.xml"))


def test_places_can_be_made_coarse(ada: TestClient, collection: str) -> None:
    zipped = archive(ada, f"/api/v1/collections/{collection}/darwin-core?coarse=0.1")
    fox = next(r for r in read(zipped, "core") if r[DWC + "decimalLatitude"])
    assert fox[DWC + "decimalLatitude"] == "47.150"
    assert fox[DWC + "decimalLongitude"] == "-8.450"
    assert fox[DWC + "coordinateUncertaintyInMeters"] == "7872"
    assert "0.1 degrees" in fox[DWC + "dataGeneralizations"]
    for name in zipped.namelist():
        assert b"47.1234" not in zipped.read(name)
    camtrap = archive(ada, f"/api/v1/collections/{collection}/camtrap-dp?coarse=0.1")
    assert not any(b"47.1234" in camtrap.read(name) for name in camtrap.namelist())


def text(name: str, *, required: bool = False, **constraints: object) -> dict[str, Any]:
    said = {**({"required": True} if required else {}), **constraints}
    return {"name": name, "type": "string", "constraints": said}


def number(name: str, low: float, high: float, *, required: bool = False) -> dict[str, Any]:
    limits: dict[str, Any] = {"minimum": low, "maximum": high}
    return {"name": name, "type": "number", "constraints": {**limits, "required": required}}


def moment(name: str, *, required: bool = False) -> dict[str, Any]:
    form = "%Y-%m-%dT%H:%M:%S%z"
    return {
        "name": name,
        "type": "datetime",
        "format": form,
        "constraints": {"required": required},
    }


# The columns that BioSight fills, as camtrap-dp.tdwg.org/data describes them; the rest is empty.
SCHEMAS: dict[str, dict[str, Any]] = {
    "deployments": {
        "fields": [
            text("deploymentID", required=True, unique=True),
            number("latitude", -90, 90, required=True),
            number("longitude", -180, 180, required=True),
            {"name": "coordinateUncertainty", "type": "integer", "constraints": {"minimum": 1}},
            moment("deploymentStart", required=True),
            moment("deploymentEnd", required=True),
            text("cameraModel"),
        ],
        "primaryKey": "deploymentID",
    },
    "media": {
        "fields": [
            text("mediaID", required=True, unique=True),
            text("deploymentID", required=True),
            moment("timestamp", required=True),
            text("filePath", required=True, pattern=r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"),
            {"name": "filePublic", "type": "boolean", "constraints": {"required": True}},
            text("fileName"),
            text("fileMediatype", required=True, pattern="^(image|video|audio)/.*$"),
            text("mediaComments"),
        ],
        "primaryKey": "mediaID",
        "foreignKeys": [
            {
                "fields": "deploymentID",
                "reference": {"resource": "deployments", "fields": "deploymentID"},
            }
        ],
    },
    "observations": {
        "fields": [
            text("observationID", required=True, unique=True),
            text("deploymentID", required=True),
            text("mediaID"),
            moment("eventStart", required=True),
            moment("eventEnd", required=True),
            text("observationLevel", required=True, enum=["media", "event"]),
            text(
                "observationType",
                required=True,
                enum=["animal", "human", "vehicle", "blank", "unknown", "unclassified"],
            ),
            text("scientificName"),
            text("classificationMethod", enum=["human", "machine"]),
            text("classifiedBy"),
            moment("classificationTimestamp"),
            number("classificationProbability", 0, 1),
            text("observationComments"),
        ],
        "primaryKey": "observationID",
        "foreignKeys": [
            {"fields": "mediaID", "reference": {"resource": "media", "fields": "mediaID"}},
            {
                "fields": "deploymentID",
                "reference": {"resource": "deployments", "fields": "deploymentID"},
            },
        ],
    },
}


def whole_schema(name: str) -> dict[str, Any]:
    """A table's schema with all columns of the standard, in its order."""
    known = {f["name"]: f for f in SCHEMAS[name]["fields"]}
    every = [known.get(c, {"name": c, "type": "any"}) for c in TABLES[name]]
    return {**SCHEMAS[name], "fields": every}


@pytest.fixture
def package(ada: TestClient, collection: str, tmp_path: Path) -> Path:
    path = f"/api/v1/collections/{collection}/camtrap-dp?utc_offset=-480"
    archive(ada, path).extractall(tmp_path / "package")
    return tmp_path / "package"


@pytest.mark.filterwarnings("ignore")
def test_a_camtrap_package_is_valid(package: Path) -> None:
    from frictionless import Package

    said = json.loads((package / "datapackage.json").read_text())
    assert [r["name"] for r in said["resources"]] == list(SCHEMAS)
    assert "1 pictures without a time are left out" in said["description"]
    assert said["temporal"] == {"start": "2026-05-01", "end": "2026-05-03"}
    names = {t["scientificName"] for t in said["taxonomic"]}
    assert names == {"Green", "Blue"}  # what its rows hold; a person left the red one undecided
    local = {k: v for k, v in said.items() if k != "profile"}
    local["resources"] = [{**r, "schema": whole_schema(r["name"])} for r in said["resources"]]
    report = Package(local, basepath=str(package)).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    rows = list(csv.DictReader((package / "observations.csv").open(newline="")))
    methods = {r["scientificName"]: (r["classificationMethod"], r["classifiedBy"]) for r in rows}
    assert methods[""] == ("human", "ada")
    assert methods["Blue"] == ("machine", "tiny@1")
    assert all(
        bool(r["classificationProbability"]) == (r["classificationMethod"] == "machine")
        for r in rows
    )


@pytest.mark.filterwarnings("ignore")
def test_a_wrong_package_is_found(package: Path) -> None:
    from frictionless import Package

    media = package / "media.csv"
    media.write_text(media.read_text().replace("-08:00", "", 1))
    said = json.loads((package / "datapackage.json").read_text())
    local = {k: v for k, v in said.items() if k != "profile"}
    local["resources"] = [{**r, "schema": whole_schema(r["name"])} for r in said["resources"]]
    assert not Package(local, basepath=str(package)).validate().valid


@pytest.mark.filterwarnings("ignore")
def test_a_camtrap_package_fits_the_published_profile(package: Path) -> None:
    if os.environ.get("BIOSIGHT_TEST_INTERNET") != "1":
        pytest.skip("needs the internet: BIOSIGHT_TEST_INTERNET=1 (ci.yml sets it)")
    from frictionless import Package
    from jsonschema import Draft7Validator

    said = json.loads((package / "datapackage.json").read_text())
    profile = httpx2.get(said["profile"], follow_redirects=True).json()
    own = [part for part in profile.get("allOf", [profile]) if "$ref" not in part]
    for part in own:
        Draft7Validator(part).validate(said)
    local = {k: v for k, v in said.items() if k != "profile"}
    report = Package(local, basepath=str(package)).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])


def standards(name: str = "camtrap-dp-1.0.2") -> Path:
    """The published schemas, where somebody keeps them."""
    named = os.environ.get("BIOSIGHT_STANDARDS", "")
    folder = Path(named) / name
    if not named or not folder.is_dir():
        pytest.skip("no published schemas here: set BIOSIGHT_STANDARDS to their folder")
    return folder


@pytest.mark.filterwarnings("ignore")
def test_all_columns_are_there_in_the_published_order(package: Path) -> None:
    folder = standards()
    for name, columns in TABLES.items():
        schema = json.loads((folder / f"{name}-table-schema.json").read_text())
        assert [f["name"] for f in schema["fields"]] == list(columns)
        with (package / f"{name}.csv").open(newline="") as file:
            assert next(csv.reader(file)) == list(columns)


@pytest.mark.filterwarnings("ignore")
def test_a_package_fits_the_published_schemas_and_profile(package: Path) -> None:
    from frictionless import Package
    from jsonschema import Draft7Validator

    folder = standards()
    said = json.loads((package / "datapackage.json").read_text())
    profile = json.loads((folder / "camtrap-dp-profile.json").read_text())
    for part in [p for p in profile["allOf"] if "$ref" not in p]:
        del part["properties"]["spatial"]["$ref"]  # GeoJSON's schema lies elsewhere
        Draft7Validator({**part, "$defs": profile["$defs"]}).validate(said)
    local = {k: v for k, v in said.items() if k != "profile"}
    for resource in local["resources"]:
        schema = folder / f"{resource['name']}-table-schema.json"
        resource["schema"] = json.loads(schema.read_text())
    report = Package(local, basepath=str(package)).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])


def test_deployments_bring_place_time_and_zone(ada: TestClient, biosight: BioSight) -> None:
    """Camera traps write no GPS and no offset: what people said of the deployment counts."""
    chosen = first_collection(ada)
    ids = upload_ids(ada, chosen, "Red", "Green", "Blue")
    times = ("2026-03-28T12:00:00", "2026-03-29T12:00:00", "2026-03-29T12:00:30")
    dated(biosight, ids, *times)
    path = f"/api/v1/collections/{chosen}"
    none = archive(ada, f"{path}/camtrap-dp")
    assert "3 pictures without a place" in json.loads(none.read("datapackage.json"))["description"]
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4", "uncertainty": 30}
    site_id = ada.post(f"{path}/sites", json=site).json()["id"]
    camera = {
        "name": "Cam 1",
        "site": site_id,
        "camera": "SN 7",
        "zone": "Europe/Berlin",
        "shift": 3600,
        "start": "2026-03-01 10:00",
        "bait": False,
        "height": 0.5,
    }
    made = ada.post(f"{path}/deployments", json=camera).json()["id"]
    body = {"kind": "deploy", "deployment": made, "images": ids}
    assert ada.post(f"{path}/acts", json=body).status_code == 201
    zipped = archive(ada, f"{path}/camtrap-dp")
    rows = list(csv.DictReader(io.StringIO(zipped.read("deployments.csv").decode())))
    assert len(rows) == 1
    kept = {k: v for k, v in rows[0].items() if v}
    assert kept == {
        "deploymentID": "Cam 1",
        "locationID": site_id,
        "locationName": "Pond",
        "latitude": "52.500000",
        "longitude": "13.400000",
        "coordinateUncertainty": "30",
        "deploymentStart": "2026-03-01T10:00:00+01:00",
        "deploymentEnd": "2026-03-29T13:00:30+02:00",
        "cameraID": "SN 7",
        "cameraHeight": "0.5",
        "baitUse": "false",
        "deploymentTags": "timeZone:Europe/Berlin | clockShift:3600",
    }
    media = list(csv.DictReader(io.StringIO(zipped.read("media.csv").decode())))
    assert sorted(m["timestamp"] for m in media) == [
        "2026-03-28T13:00:00+01:00",
        "2026-03-29T13:00:00+02:00",
        "2026-03-29T13:00:30+02:00",
    ]
    seen = ada.get(f"{path}/camtrap-dp/preview").json()
    assert (seen["images"], seen["left_out"]) == (3, {})


def test_before_the_download_it_is_said_what_goes_in(ada: TestClient, biosight: BioSight) -> None:
    chosen = first_collection(ada)
    ids = upload_ids(ada, chosen, "Red", "Green")
    dated(biosight, ids[:1], "2026-03-28T12:00:00")
    upload(ada, chosen, in_the_field("Blue", 5), "field.jpg")
    path = f"/api/v1/collections/{chosen}/camtrap-dp/preview"
    assert ada.get(path).json() == {
        "images": 0,
        "hidden": 0,
        "left_out": {
            "without a time": 1,
            "without a place": 1,
            "whose time zone nobody knows": 1,
        },
        "no_names": {},
        "formulas": 0,
    }
    assert ada.get(f"{path}?utc_offset=60").json()["images"] == 1


def test_who_answers_and_the_licence_are_said(ada: TestClient, collection: str) -> None:
    path = f"/api/v1/collections/{collection}"
    me = ada.get("/api/v1/me").json()
    eml = archive(ada, f"{path}/darwin-core?license=CC-BY-4.0").read("eml.xml")
    dataset = ElementTree.fromstring(eml).find("dataset")
    assert dataset is not None
    assert [child.tag for child in dataset] == [
        "title",
        "creator",
        "metadataProvider",
        "pubDate",
        "abstract",
        "intellectualRights",
        "contact",
    ]
    assert dataset.findtext("creator/individualName/surName") == me["name"]
    assert dataset.findtext("contact/electronicMailAddress") == me["email"]
    package = archive(ada, f"{path}/camtrap-dp?license=CC0-1.0").read("datapackage.json")
    said = json.loads(package)
    assert [x["scope"] for x in said["licenses"]] == ["data", "media"]
    assert said["contributors"][0] == {"title": me["name"], "email": me["email"], "role": "contact"}
    assert ada.get(f"{path}/darwin-core?license=mine").status_code == 422


def test_published_by_command(run: Run, tmp_path: Path) -> None:
    run("user", "add", "ada@example.org", "--password", "seven quiet herons")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(in_the_field("Red", 1))
    run("import", tmp_path / "in")
    for form, member in (("darwin-core", "occurrence.csv"), ("camtrap-dp", "observations.csv")):
        file = tmp_path / f"{form}.zip"
        flags = ("--to", file, "--coarse", "1", "--utc-offset", "120")
        said = run("publish", form, *flags).output
        assert form == "darwin-core" or "1 pictures go in" in said
        with zipfile.ZipFile(file) as zipped:
            assert "Red" in zipped.read(member).decode()


def test_what_was_taken_back_is_not_published(ada: TestClient) -> None:
    chosen = first_collection(ada)
    ids = []
    for n in range(2):
        made = upload(ada, chosen, in_the_field("Red", n), f"{n}.jpg")["image"]
        ids.append(made["id"])  # type: ignore[index]
        act = {"kind": "relabel", "label": "Wolf", "images": [ids[n]]}
        done = ada.post(f"/api/v1/collections/{chosen}/acts", json=act).json()
    assert ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).status_code == 200
    act = {"kind": "unsure", "images": [ids[0]]}
    assert ada.post(f"/api/v1/collections/{chosen}/acts", json=act).status_code == 201
    zipped = archive(ada, f"/api/v1/collections/{chosen}/darwin-core")
    rows = {row["id"]: row for row in read(zipped, "core")}
    assert rows[ids[0]][DWC + "scientificName"] == ""
    assert rows[ids[0]][DWC + "identifiedBy"] == ""
    assert rows[ids[1]][DWC + "identifiedBy"] == "tiny@1"
    said = [(s["id"], s[DWC + "scientificName"]) for s in read(zipped, "extension")]
    assert (ids[1], "Wolf") not in said
    camtrap = archive(ada, f"/api/v1/collections/{chosen}/camtrap-dp?utc_offset=0").read(
        "observations.csv"
    )
    found = list(csv.DictReader(io.StringIO(camtrap.decode())))
    assert {r["observationType"] for r in found} == {"unknown"}
    assert [r["observationLevel"] for r in found].count("media") == 2


@pytest.mark.parametrize("said", ["", "?license=CC-BY-4.0&title=Foxes %26 owls&rights_holder=Me"])
def test_eml_is_valid_by_the_published_schema(
    ada: TestClient, collection: str, said: str, tmp_path: Path
) -> None:
    import xmlschema

    schema = xmlschema.XMLSchema(str(standards("eml-2.2.0") / "eml.xsd"))
    eml = archive(ada, f"/api/v1/collections/{collection}/darwin-core{said}").read("eml.xml")
    (tmp_path / "eml.xml").write_bytes(eml)
    schema.validate(str(tmp_path / "eml.xml"))
    (tmp_path / "wrong.xml").write_bytes(re.sub(b"<contact>.*</contact>", b"", eml))
    assert not schema.is_valid(str(tmp_path / "wrong.xml"))


def test_darwin_core_is_read_by_others(ada: TestClient, biosight: BioSight, tmp_path: Path) -> None:
    """python-dwca-reader, which GBIF's tools build on, reads core and extensions."""
    from dwca.read import DwCAReader

    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    ids = upload_ids(ada, chosen, "Red", "Green", "Blue", "Red", "Green")
    dated(biosight, ids[:2], "2026-05-03T10:00:00", "2026-05-03T10:00:30")
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4", "habitat": "reeds"}
    place = ada.post(f"{path}/sites", json=site).json()["id"]
    camera = {"name": "Cam 1", "site": place, "camera": "SN 7", "zone": "Europe/Berlin"}
    made = ada.post(f"{path}/deployments", json=camera).json()["id"]
    for body in (
        {"kind": "deploy", "deployment": made, "images": ids[:2]},
        {"kind": "count", "individuals": 3, "images": ids[:2]},
        {"kind": "relabel", "label": "Empty", "images": ids[2:3]},
        {"kind": "confirm", "images": ids[3:4]},
        {"kind": "date", "when": "2026-05-04", "images": ids[3:4]},
    ):
        assert ada.post(f"{path}/acts", json=body).status_code == 201
    zipped = ada.get(f"{path}/darwin-core?rights_holder=Museum&license=CC0-1.0").content
    (tmp_path / "dwca.zip").write_bytes(zipped)
    with DwCAReader(str(tmp_path / "dwca.zip")) as read_back:
        assert read_back.descriptor.core.type == f"{DWC}Occurrence"
        rows = {row.id: row for row in read_back}
        assert set(rows) == {*ids[:2], *ids[3:]}  # nothing to be seen is no occurrence
        red = rows[ids[0]].data
        assert red[f"{DWC}basisOfRecord"] == "MachineObservation"
        assert (
            red[f"{DWC}eventID"]
            == rows[ids[1]].data[f"{DWC}eventID"]
            == "Cam 1 2026-05-03T10:00:00"
        )
        assert red[f"{DWC}eventDate"] == "2026-05-03T10:00:00+02:00"
        assert red[f"{DWC}individualCount"] == "3"
        assert (red[f"{DWC}locationID"], red[f"{DWC}locality"]) == (place, "Pond")
        assert red[f"{DWC}footprintWKT"] == "POINT (13.400000 52.500000)"
        assert red["http://purl.org/dc/terms/rightsHolder"] == "Museum"
        assert len(rows[ids[0]].extensions) == 2
        by_hand = rows[ids[3]].data
        assert by_hand[f"{DWC}basisOfRecord"] == "HumanObservation"
        assert by_hand[f"{DWC}eventDate"] == "2026-05-04"
    seen = ada.get(f"{path}/darwin-core/preview").json()
    assert (seen["images"], seen["left_out"]) == (4, {"that show nothing": 1})


def test_what_was_said_of_an_export_is_remembered(ada: TestClient, collection: str) -> None:
    path = f"/api/v1/collections/{collection}"
    said = {"title": "Foxes", "license": "CC0-1.0", "rights_holder": "Museum", "utc_offset": "60"}
    assert ada.patch(path, json={"published": said}).json()["published"] == said
    package = json.loads(archive(ada, f"{path}/camtrap-dp").read("datapackage.json"))
    assert (package["title"], package["licenses"][0]["name"]) == ("Foxes", "CC0-1.0")
    assert {"title": "Museum", "role": "rightsHolder"} in package["contributors"]
    assert package["gbifIngestion"] == {"observationLevel": "event"}
    other = archive(ada, f"{path}/camtrap-dp?title=Owls").read("datapackage.json")
    assert json.loads(other)["title"] == "Owls"
    assert ada.patch(path, json={"published": {"secret": "x"}}).status_code == 422
