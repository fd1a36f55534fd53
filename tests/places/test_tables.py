"""Tables of deployments as people send them, and what is none."""

import io
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.errors import BadRequest
from biosight.places import Deployment
from biosight.places.tables import COLUMNS, MOST_ROWS, read_table
from biosight.storage.records import Records
from biosight.workflows.places import deployment_acts
from biosight.workflows.places.deployment_tables import outlook, write_table
from tests.conftest import first_collection

HEAD = "deploymentID,locationName,latitude,longitude\n"


def read(tmp_path: Path, content: str | bytes) -> list[dict[str, str]]:
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)


@pytest.mark.parametrize(
    "content",
    [
        (HEAD + "d1,Weiher,52.5,13.4\n").encode("utf-8-sig"),
        (HEAD + "d1,Weiher,52.5,13.4\n").encode("utf-16"),
        (HEAD + "d1,Weiher,52.5,13.4\n").replace(",", ";").encode("cp1252"),
        (HEAD + "d1,Weiher,52.5,13.4\n").replace(",", "\t").encode(),
    ],
)
def test_tables_as_people_save_them(tmp_path: Path, content: bytes) -> None:
    want = {
        "deploymentID": "d1",
        "locationName": "Weiher",
        "latitude": "52.5",
        "longitude": "13.4",
    }
    assert read(tmp_path, content) == [want]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "needs a column deploymentID"),
        ("a,b\n1,2\n", "needs a column deploymentID"),
        ("," * 3_000_000, "needs a column deploymentID"),
        (HEAD, "has no rows"),
        (HEAD + "x" * 200_000, "Line 2 of the table can't be read"),
        (HEAD.strip() + "," * 5_000 + "\n1\n", "up to 2,000 columns"),
        (HEAD + "d,,,\n" * (MOST_ROWS + 1), "more than 20,000 rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        read(tmp_path, content)


def test_every_row_that_contradicts_an_earlier_one_is_said(
    ada: TestClient, biosight: BioSight
) -> None:
    rows = [
        {"deploymentID": f"d{n}", "locationName": f"s{n % 100}", "latitude": "1", "longitude": at}
        for n, at in enumerate(["2"] * 100 + ["2"] * 50 + ["3"] * 50)
    ]
    found = outlook(biosight.archive.records, first_collection(ada), rows)
    assert (len(found.new_sites), len(found.new_deployments)) == (100, 150)
    assert [d.split(": ")[1] for d in found.doubts] == [
        f"s{n} has two places in this table." for n in range(50, 100)
    ]


def test_a_table_is_sent_up_to_its_own_limit(ada: TestClient) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}/deployments/table/preview"
    large = (HEAD + f"d1,s,1,1{' ' * 100_000}\n" + "d2,s,1,1\n" * 10).encode() + b"\n" * 3_000_000
    seen = ada.post(path, files={"file": ("t.csv", io.BytesIO(large))})
    assert seen.status_code == 200, seen.text
    assert seen.json()["deployments"] == 2
    larger = large + b"\n" * 19_000_000
    answer = ada.post(path, files={"file": ("t.csv", io.BytesIO(larger))})
    assert answer.status_code == 413
    assert "20 MB" in answer.json()["detail"]


def test_the_event_gap_goes_out_and_comes_in_as_a_tag(records: Records) -> None:
    made = Deployment("", "c", "Cam 1", zone="Europe/Berlin", shift=60, event_gap=0)
    cam, _ = deployment_acts.add_place(records, "ada", made)
    row = dict(zip(COLUMNS, write_table(records, "c")[0], strict=True))
    assert row["deploymentTags"] == "timeZone:Europe/Berlin | clockShift:60 | eventGap:0"
    seen = outlook(records, "c", [row | {"deploymentTags": "eventGap:120"}])
    [(new, old)] = seen.changed
    assert isinstance(new, Deployment)
    assert (old.id, new.event_gap, new.zone) == (cam.id, 120, "Europe/Berlin")
    assert outlook(records, "c", [row | {"deploymentTags": ""}]).changed == []
    doubts = outlook(records, "c", [row | {"deploymentTags": "eventGap:9999"}]).doubts
    assert "not an event gap of 0 to 600 seconds" in str(doubts)


def test_rows_that_were_emptied_are_passed_over(biosight: BioSight, ada: TestClient) -> None:
    rows = [{"deploymentID": "A"}, {"deploymentID": "", "latitude": ""}, {"deploymentID": "B"}]
    seen = outlook(biosight.archive.records, first_collection(ada), rows)
    assert ([d.name for d in seen.new_deployments], seen.doubts) == (["A", "B"], [])


def test_two_long_folders_that_begin_alike_are_two_deployments() -> None:
    one, other = (f"{'camera ' * 20}{n}" for n in (1, 2))
    names = {deployment_acts.name_of_folder(one), deployment_acts.name_of_folder(other)}
    assert len(names) == 2
    assert all(len(name) <= 120 for name in names)
    assert deployment_acts.name_of_folder(" Ridge  7 ") == "Ridge 7"


@pytest.mark.parametrize(
    "heading",
    [
        "Station,Latitude,Longitude,Setup_date,Retrieval_date,Camera",
        "Trap Station Name,Camelot GPS Latitude,Camelot GPS Longitude,"
        "Trap Station Session Start Date,Trap Station Session End Date,Camera Name",
        "deployment_id,latitude,longitude,start_date,end_date,camera_id",
    ],
)
def test_tables_of_other_programs_are_read(
    tmp_path: Path, biosight: BioSight, ada: TestClient, heading: str
) -> None:
    (tmp_path / "t.csv").write_text(f"{heading}\nA,52.1,5.1,2026-05-01,2026-06-01,C7\n")
    rows = read_table(tmp_path / "t.csv")
    seen = outlook(biosight.archive.records, first_collection(ada), rows)
    [made] = seen.new_deployments
    assert (made.name, made.camera, seen.doubts) == ("A", "C7", [])
    assert (made.start, made.end) == ("2026-05-01T00:00:00", "2026-06-01T23:59:59")
    assert len(seen.new_sites) == 1


def test_sites_alone_come_in(tmp_path: Path, biosight: BioSight, ada: TestClient) -> None:
    (tmp_path / "t.csv").write_text("placename,lat,lon\nPond,52.1,5.1\nHill,52.2,5.2\n")
    rows = read_table(tmp_path / "t.csv")
    seen = outlook(biosight.archive.records, first_collection(ada), rows)
    assert [s.name for s in seen.new_sites] == ["Pond", "Hill"]
    assert (seen.new_deployments, seen.doubts) == ([], [])


def test_a_table_that_lacks_columns_names_all_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("camera,lat\nC7,52.1\n")
    with pytest.raises(BadRequest) as told:
        read_table(tmp_path / "t.csv")
    assert "It has cameraID, latitude." in told.value.detail
    assert all(column in told.value.detail for column in COLUMNS)
