"""Sites, deployments and clocks through the API: acts with undo, tables, filters, refusals."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight, open_archive
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.settings import Settings
from biosight.storage.records import Replace, Where
from tests import tiny
from tests.conftest import Run, add_ada, first_collection, upload_ids
from tests.web.test_acts import act

API = "/api/v1/collections"
POND = {"name": "Pond", "latitude": "52° 30' N", "longitude": "13.4", "uncertainty": 30}


def dated(biosight: BioSight, ids: list[str], *times: str) -> None:
    """Give pictures a date, as if their files said so."""
    from dataclasses import replace

    records = biosight.archive.records
    for id, taken in zip(ids, times, strict=True):
        found = records.get(Image, id)
        assert found is not None
        made = replace(found, taken_file=taken, version=found.version + 1).in_step
        records.write(Replace(made, found.version))


def made(client: TestClient, path: str, **body: object) -> str:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def camera(ada: TestClient, biosight: BioSight) -> tuple[str, str, str, list[str]]:
    """A collection, a site, a deployment there, and three dated pictures in it."""
    c = first_collection(ada)
    ids = upload_ids(ada, c, "Red", "Green", "Blue")
    dated(biosight, ids, "2025-05-03T14:05:00", "2025-05-03T23:30:00.50", "")
    site = made(ada, f"{API}/{c}/sites", **POND)
    cam = made(ada, f"{API}/{c}/deployments", name="Cam 1", site=site, zone="Europe/Berlin")
    act(ada, c, kind="deploy", deployment=cam, images=ids)
    return c, site, cam, ids


def taken(client: TestClient, ids: list[str]) -> list[str]:
    return [client.get(f"/api/v1/images/{i}").json()["taken"] for i in ids]


def test_pictures_are_put_into_a_deployment_and_out_again(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, site, cam, ids = camera
    shown = ada.get(f"{API}/{c}/deployments").json()
    assert [(d["name"], d["images"], d["first"], d["last"]) for d in shown] == [
        ("Cam 1", 3, "2025-05-03T14:05:00", "2025-05-03T23:30:00")
    ]
    assert [
        (s["latitude"], s["images"], s["deployments"]) for s in ada.get(f"{API}/{c}/sites").json()
    ] == [(52.5, 3, 1)]
    assert ada.get(f"{API}/{c}/count?deployment={cam}").json() == {"images": 3}
    assert ada.get(f"{API}/{c}/count?site={site}&dated=true").json() == {"images": 2}
    assert ada.get(f"{API}/{c}/count?deployment=").json() == {"images": 0}
    history = ada.get(f"{API}/{c}/acts").json()
    assert history[0]["summary"] == "Put into Cam 1"
    out = act(ada, c, kind="deploy", deployment="", images=ids[:1])
    assert ada.get(f"{API}/{c}/count?deployment={cam}").json() == {"images": 2}
    ada.post(f"/api/v1/acts/{out['act']}/undo", json={})
    assert ada.get(f"{API}/{c}/count?deployment={cam}").json() == {"images": 3}


def test_a_clock_is_put_right_and_wrong_again(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, site, cam, ids = camera
    path = f"{API}/{c}/deployments/{cam}"
    seen = ada.post(f"{path}/clock", json={"image": ids[0], "true": "2026-05-03 15:05"}).json()
    assert seen["words"] == "+365 d 1 h"
    assert (seen["images"], seen["last"]) == (3, "2026-05-04T00:30:00")
    body = {"name": "Cam 1", "site": site, "zone": "Europe/Berlin", "shift": seen["shift"]}
    changed = ada.patch(path, json=body).json()
    assert (changed["changed"], changed["job"]) == (3, None)
    assert taken(ada, ids) == ["2026-05-03T15:05:00", "2026-05-04T00:30:00", ""]
    days = [ada.get(f"/api/v1/images/{i}").json()["day"] for i in ids[:2]]
    assert days == ["2026-05-03", "2026-05-04"]
    assert "365 d 1 h" in ada.get(f"{API}/{c}/acts").json()[0]["summary"]
    # What comes later is right at once.
    late = upload_ids(ada, c, "Yellow")
    act(ada, c, kind="deploy", deployment=cam, images=late)
    undone = ada.post(f"/api/v1/acts/{changed['act']}/undo", json={})
    assert undone.status_code == 200, undone.text
    assert taken(ada, ids) == ["2025-05-03T14:05:00", "2025-05-03T23:30:00", ""]
    assert ada.get(f"{API}/{c}/deployments").json()[0]["shift"] == 0
    assert ada.get(f"/api/v1/images/{late[0]}").json()["shift"] == 0, "the late one too"


def test_a_deployment_that_moves_takes_its_pictures_along(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, site, cam, _ = camera
    moor = made(ada, f"{API}/{c}/sites", name="Moor", latitude="53", longitude="9")
    moved = ada.patch(f"{API}/{c}/deployments/{cam}", json={"name": "Cam 1", "site": moor}).json()
    assert ada.get(f"{API}/{c}/count?site={moor}").json() == {"images": 3}
    ada.post(f"/api/v1/acts/{moved['act']}/undo", json={})
    assert ada.get(f"{API}/{c}/count?site={site}").json() == {"images": 3}
    refused = ada.delete(f"{API}/{c}/sites/{site}")
    assert refused.status_code == 409
    assert "in use" in refused.json()["detail"]
    gone = ada.delete(f"{API}/{c}/sites/{moor}")
    assert gone.status_code == 200
    ada.post(f"/api/v1/acts/{gone.json()['act']}/undo", json={})
    assert {s["name"] for s in ada.get(f"{API}/{c}/sites").json()} == {"Pond", "Moor"}


def test_what_is_in_use_is_not_undone_away(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, _, _, ids = camera
    added = ada.post(f"{API}/{c}/deployments", json={"name": "Cam 2"}).json()
    act(ada, c, kind="deploy", deployment=added["id"], images=ids)
    refused = ada.post(f"/api/v1/acts/{added['act']}/undo", json={})
    assert refused.status_code == 409
    assert len(ada.get(f"{API}/{c}/deployments").json()) == 2


def test_refusals_are_said_in_words(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, _, cam, ids = camera
    twice = ada.post(f"{API}/{c}/sites", json=POND)
    assert (twice.status_code, "already" in twice.json()["detail"]) == (409, True)
    wrong = ada.post(f"{API}/{c}/sites", json=POND | {"name": "X", "latitude": "120"})
    assert "swapped" in wrong.json()["detail"]
    zone = ada.post(f"{API}/{c}/deployments", json={"name": "Y", "zone": "Berlin"})
    assert "not a time zone" in zone.json()["detail"]
    late = {"name": "Y", "start": "2026-05-02T10:00", "end": "2026-05-01 10:00"}
    assert "ends after it starts" in ada.post(f"{API}/{c}/deployments", json=late).json()["detail"]
    undated = ada.post(
        f"{API}/{c}/deployments/{cam}/clock", json={"image": ids[2], "true": "2026-05-03 15:05"}
    )
    assert "pick another" in undated.json()["detail"]
    far = ada.patch(f"{API}/{c}/deployments/{cam}", json={"name": "Cam 1", "shift": 2**70})
    assert far.status_code == 422
    never = {"name": "Z", "start": "2026-99-99 10:00"}
    refused = ada.post(f"{API}/{c}/deployments", json=never)
    assert (refused.status_code, "not a date" in refused.json()["detail"]) == (400, True)
    other = made(ada, API, name="Elsewhere")
    strange = ada.post(
        f"{API}/{other}/acts", json={"kind": "deploy", "deployment": cam, "images": []}
    )
    assert strange.status_code == 404
    assert ada.get(f"{API}/{other}/sites").json() == []


def test_pictures_leave_their_deployment_with_their_collection(
    ada: TestClient, biosight: BioSight, camera: tuple[str, str, str, list[str]]
) -> None:
    c, _, cam, ids = camera
    other = made(ada, API, name="Elsewhere")
    moved = act(ada, c, kind="move", target=other, images=ids[:1])
    assert ada.get(f"/api/v1/images/{ids[0]}").json()["deployment"] == ""
    ada.post(f"/api/v1/acts/{moved['act']}/undo", json={})
    assert ada.get(f"/api/v1/images/{ids[0]}").json()["deployment"] == cam
    act(ada, c, kind="copy", target=other, images=ids)
    assert ada.get(f"{API}/{other}/count?deployment=").json() == {"images": 3}
    ada.delete(f"{API}/{c}")
    ada.delete(f"{API}/{c}/forever")
    here = [Where("collection", "=", c)]
    assert biosight.archive.records.count(Site, here) == 0
    assert biosight.archive.records.count(Deployment, here) == 0


def test_activity_is_counted_by_hour_and_month_of_the_right_time(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, site, cam, ids = camera
    act(ada, c, kind="relabel", label="Fox", images=ids)
    said = ada.get(f"{API}/{c}/activity").json()
    assert [(a["label"], a["images"]) for a in said] == [("Fox", 2)]
    assert (said[0]["hours"][14], said[0]["hours"][23], said[0]["months"][4]) == (1, 1, 2)
    body = {"name": "Cam 1", "site": site, "shift": 3600 * 24 * 31}
    ada.patch(f"{API}/{c}/deployments/{cam}", json=body)
    moved = ada.get(f"{API}/{c}/activity?under=/Fox/&under=/Hen/").json()
    assert (moved[0]["months"][5], moved[1]["images"]) == (2, 0)
    assert ada.get(f"{API}/{c}/activity?under=Fox").status_code == 422


TABLE = (
    "deploymentID;locationName;latitude;longitude;deploymentStart;deploymentEnd;cameraID;baitUse\n"
    "Cam 1;Pond;52,5;13,4;2025-05-01 10:00;2025-06-01 10:00;SN 7;nein\n"
    "Cam 2;Brücke;48,1;11,6;2025-05-01T10:00:00+02:00;;SN 8;true\n"
    "Cam 3;Nowhere;;;;;;\n"
    "Cam 4;Swapped;140,1;11,6;;;;\n"
)


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_is_looked_through_and_taken_in_as_one_act(
    ada: TestClient, camera: tuple[str, str, str, list[str]], code: str
) -> None:
    c = camera[0]
    path = f"{API}/{c}/deployments/table"
    files = {"file": ("cams.csv", TABLE.encode(code))}
    seen = ada.post(f"{path}/preview", files=files).json()
    assert (seen["sites"], seen["deployments"], seen["changes"], seen["doubtful"]) == (1, 1, 1, 2)
    assert "Row 4: the site Nowhere has no latitude" in seen["doubts"][0]
    assert "Row 5: A latitude lies between" in seen["doubts"][1]
    done = ada.post(path, files=files).json()
    assert (done["changed"], done["job"]) == (0, None)
    cams = {d["name"]: d for d in ada.get(f"{API}/{c}/deployments").json()}
    assert (cams["Cam 1"]["camera"], cams["Cam 1"]["end"]) == ("SN 7", "2025-06-01T10:00:00")
    assert (cams["Cam 2"]["start"], cams["Cam 2"]["bait"]) == ("2025-05-01T10:00:00", True)
    assert "Brücke" in {s["name"] for s in ada.get(f"{API}/{c}/sites").json()}
    again = ada.post(f"{path}/preview", files=files).json()
    assert (again["sites"], again["deployments"], again["changes"], again["known"]) == (0, 0, 0, 2)
    assert ada.post(path, files=files).json() == {"act": "", "changed": 0, "job": None}
    ada.post(f"/api/v1/acts/{done['act']}/undo", json={})
    cams = {d["name"]: d for d in ada.get(f"{API}/{c}/deployments").json()}
    assert set(cams) == {"Cam 1"}
    assert cams["Cam 1"]["camera"] == ""


def test_rows_that_contradict_each_other_are_doubtful(
    ada: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c = camera[0]
    rows = (
        "deploymentID,locationName,latitude,longitude,deploymentStart,deploymentEnd\n"
        "A,Moor,53,9,,\nB,Moor,54,9,,\nCam 1,Pond,52.6,13.4,,\nC,Pond,52.7,13.4,,\n"
        "Cam 1,Pond,52.6,13.4,,\nD,,,,2026-05-02,2026-05-01\n"
        "E,,,,2026-05-02 10:00,2026-05-01 10:00\n"
    )
    path, files = f"{API}/{c}/deployments/table", {"file": ("x.csv", rows.encode())}
    seen = ada.post(f"{path}/preview", files=files).json()
    assert [d.partition(":")[0] for d in seen["doubts"]] == [f"Row {n}" for n in (3, 5, 6, 7, 8)]
    assert ada.post(path, files=files).status_code == 200
    assert [d["name"] for d in ada.get(f"{API}/{c}/deployments").json()] == ["A", "Cam 1"]


def test_tables_go_in_and_out_by_command(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    (tmp_path / "cams.csv").write_text(TABLE, encoding="cp1252")
    said = run("places", "import", tmp_path / "cams.csv", "--yes").output
    assert "2 new deployments, 2 new sites, 0 changes" in said
    assert "Row 5: A latitude lies between" in said
    run("places", "export", "--to", tmp_path / "out.csv")
    again = run("places", "import", tmp_path / "out.csv").output
    assert "0 new deployments, 0 new sites, 0 changes, 2 known already" in again
    (tmp_path / "out.csv").write_text((tmp_path / "out.csv").read_text().replace("13.4", "13.5"))
    assert "1 changes" in run("places", "import", tmp_path / "out.csv", "--yes").output


def test_cards_of_several_cameras_become_deployments(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    for n, path in enumerate(("Cam A/100/1.jpg", "Cam A/101/2.jpg", "Cam B/1.jpg", "alone.jpg")):
        file = tmp_path / "card" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tiny.picture("Red", n))
    said = run("import", tmp_path / "card", "--deployment-per-folder").output
    assert "2  into the deployment Cam A" in said
    assert "1  into the deployment Cam B" in said
    archive = open_archive(Settings())
    names = {d.id: d.name for d in archive.records.find(Deployment)}
    found = {i.path: names.get(i.deployment, "") for i in archive.records.find(Image)}
    archive.close()
    assert found == {
        "Cam A/100/1.jpg": "Cam A",
        "Cam A/101/2.jpg": "Cam A",
        "Cam B/1.jpg": "Cam B",
        "alone.jpg": "",
    }
    again = run("import", tmp_path / "card", "--deployment-per-folder").output
    assert "into the deployment" not in again


def test_what_is_no_table_is_refused(ada: TestClient) -> None:
    c = first_collection(ada)
    for content in (b"", b"a,b\n1,2\n", tiny.picture("Red", 1)):
        files = {"file": ("x.csv", content)}
        refused = ada.post(f"{API}/{c}/deployments/table/preview", files=files)
        assert refused.status_code == 400
        assert "deploymentID" in refused.json()["detail"]


def test_viewers_look_and_change_nothing(
    ada: TestClient, client: TestClient, camera: tuple[str, str, str, list[str]]
) -> None:
    c, site, cam, _ = camera
    client.cookies.clear()
    for method, path in (
        ("GET", f"{API}/{c}/sites"),
        ("POST", f"{API}/{c}/sites"),
        ("PATCH", f"{API}/{c}/deployments/{cam}"),
        ("DELETE", f"{API}/{c}/sites/{site}"),
    ):
        assert client.request(method, path, json={}).status_code in {401, 404, 422}
    assert Path(__file__).exists()
