"""Occurrences: one for each event and name; collections of no organisms have none (use.md N11)."""

import csv
import io
import json
import zipfile

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from tests.conftest import first_collection, upload_ids
from tests.web.test_places import dated

Rows = list[dict[str, str]]
FRAMES = (
    "2026-05-03T10:00:00",
    "2026-05-03T10:00:10",
    "2026-05-03T10:00:20",
    "2026-05-03T12:00:00",
)


@pytest.fixture
def trap(ada: TestClient, biosight: BioSight) -> tuple[TestClient, str, list[str]]:
    """A camera with three frames of one event, and one frame of another; a name of a tree."""
    path = f"/api/v1/collections/{first_collection(ada)}"
    ids = upload_ids(ada, first_collection(ada), "Red", "Red", "Red", "Red")
    dated(biosight, ids, *FRAMES)
    place = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
    site = ada.post(f"{path}/sites", json=place).json()["id"]
    camera = {"name": "Cam 1", "site": site, "camera": "SN 7", "zone": "Europe/Berlin"}
    deployment = ada.post(f"{path}/deployments", json=camera).json()["id"]
    act(ada, path, kind="deploy", deployment=deployment, images=ids)
    return ada, path, ids


def act(client: TestClient, path: str, **body: object) -> None:
    assert client.post(f"{path}/acts", json=body).status_code == 201


def table(client: TestClient, path: str, form: str, name: str) -> Rows:
    zipped = zipfile.ZipFile(io.BytesIO(client.get(f"{path}/{form}").content))
    return list(csv.DictReader(io.StringIO(zipped.read(name).decode())))


def test_an_event_is_one_occurrence_with_all_its_pictures(
    trap: tuple[TestClient, str, list[str]],
) -> None:
    client, path, ids = trap
    act(client, path, kind="relabel", label="Aves", images=ids[:3])
    act(client, path, kind="count", individuals=2, images=ids[:2])
    act(client, path, kind="count", individuals=3, images=ids[2:3])
    act(client, path, kind="relabel", label="Mammalia", images=ids[3:])
    rows = table(client, path, "darwin-core", "occurrence.csv")
    assert [(r["scientificName"], r["individualCount"]) for r in rows] == [
        ("Aves", "3"),
        ("Mammalia", ""),
    ]
    assert rows[0]["occurrenceID"] == ids[0]
    assert rows[0]["eventDate"] == "2026-05-03T10:00:00+02:00/2026-05-03T10:00:20+02:00"
    assert rows[1]["eventDate"] == "2026-05-03T12:00:00+02:00"
    assert {r["basisOfRecord"] for r in rows} == {"MachineObservation"}
    assert rows[0]["identifiedBy"] == "ada"
    pictures = table(client, path, "darwin-core", "multimedia.csv")
    assert [r["coreid"] for r in pictures] == [ids[0]] * 3 + [ids[3]]


def test_two_names_in_one_event_are_two_occurrences(
    trap: tuple[TestClient, str, list[str]],
) -> None:
    client, path, ids = trap
    act(client, path, kind="relabel", label="Aves", images=ids[:1])
    act(client, path, kind="relabel", label="Mammalia", images=ids[1:2])
    act(client, path, kind="undecided", images=ids[2:3])
    rows = table(client, path, "darwin-core", "occurrence.csv")
    assert [r["scientificName"] for r in rows][:2] == ["Aves", "Mammalia"]
    assert len(rows) == 3  # the frame that nobody could name adds nothing to its event


def test_a_collection_without_organisms_has_no_occurrence(ada: TestClient) -> None:
    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    ids = upload_ids(ada, chosen, "Red", "Blue", "Green")
    act(ada, path, kind="relabel", label="RBC", images=ids)
    seen = ada.get(f"{path}/darwin-core/preview").json()
    assert seen["images"] == 0
    assert seen["left_out"] == {"whose labels are no names of organisms": 3}
    assert table(ada, path, "darwin-core", "occurrence.csv") == []
    act(ada, path, kind="relabel", label="Aves", images=ids[:1])
    assert ada.get(f"{path}/darwin-core/preview").json()["images"] == 3


def test_the_package_lists_only_names_that_its_rows_hold(
    trap: tuple[TestClient, str, list[str]],
) -> None:
    client, path, ids = trap
    act(client, path, kind="relabel", label="Mammalia", images=ids)
    act(client, path, kind="relabel", label="Aves", images=ids)
    zipped = zipfile.ZipFile(io.BytesIO(client.get(f"{path}/camtrap-dp").content))
    package = json.loads(zipped.read("datapackage.json"))
    assert package["taxonomic"] == [{"scientificName": "Aves"}]


def test_formulas_are_named_in_the_preview(trap: tuple[TestClient, str, list[str]]) -> None:
    client, path, ids = trap
    for form in ("darwin-core", "camtrap-dp"):
        assert client.get(f"{path}/{form}/preview").json()["formulas"] == 0
    act(client, path, kind="note", note="=HYPERLINK(1)", images=ids[:2])
    act(client, path, kind="relabel", label="@SUM", images=ids[:1])
    client.post(f"{path}/sites", json={"name": "-1+1", "latitude": "1", "longitude": "1"})
    for form in ("darwin-core", "camtrap-dp"):
        assert client.get(f"{path}/{form}/preview").json()["formulas"] == 4


def test_a_label_given_to_many_at_once_is_the_persons_own_and_unverified(
    trap: tuple[TestClient, str, list[str]],
) -> None:
    """It came out as the machine's name with the rank and line of the person's."""
    client, path, ids = trap
    act(client, path, kind="relabel", label="Aves", images=ids, via="bulk")
    [first, _] = table(client, path, "darwin-core", "occurrence.csv")
    assert (first["scientificName"], first["taxonRank"]) == ("Aves", "class")
    assert first["identifiedBy"] == "ada"
    assert first["identificationVerificationStatus"] == "unverified, accepted in bulk"


def test_a_label_given_to_many_at_once_may_be_renamed(
    trap: tuple[TestClient, str, list[str]],
) -> None:
    client, path, ids = trap
    act(client, path, kind="relabel", label="Fooius barus", images=ids, via="bulk")
    body = {"old": "Fooius barus", "new": "Aves"}
    assert client.post(f"{path}/labels/rename", json=body).status_code < 300
    [first, _] = table(client, path, "darwin-core", "occurrence.csv")
    assert (first["scientificName"], first["identifiedBy"]) == ("Aves", "ada")
