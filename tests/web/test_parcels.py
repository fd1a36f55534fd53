"""Zips and tables sent in the browser: looked into, imported by a job, and removed."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.labels import Annotation
from biosight.places import Deployment
from biosight.storage.records import Where
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.jobs import all_kinds
from biosight.workflows.parcels import kept
from tests import tiny
from tests.conftest import first_collection, upload_ids

API = "/api/v1"
Another = Callable[[str], TestClient]
OWN = "file,label,said_by,annotated_by,sha256,note\nx/a.jpg,Scarlet,person,Bo,,seen\n"
TABLES = {
    "datapackage.json": json.dumps(
        {
            "resources": [
                {"name": n, "path": f"{n}.csv"} for n in ("deployments", "media", "observations")
            ]
        }
    ),
    "deployments.csv": "deploymentID,locationName,latitude,longitude,deploymentStart,"
    "deploymentEnd\n"
    "D1,Pond,47.5,9.25,2024-05-01T00:00:00Z,2024-05-30T00:00:00Z\n",
    "media.csv": "mediaID,deploymentID,timestamp,filePath,fileName\n"
    "m1,D1,2024-05-02T10:00:00Z,media/a.jpg,a.jpg\nm2,D1,2024-05-02T10:00:00Z,media/gone.jpg,gone.jpg\n",
    "observations.csv": "observationID,deploymentID,mediaID,observationLevel,observationType,"
    "scientificName,count,classificationMethod,classifiedBy\n"
    "o1,D1,m1,media,animal,Vulpes vulpes,2,human,Bo\n"
    "o2,D1,m2,media,blank,,,human,Bo\n",
}


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def send(client: TestClient, collection: str, name: str, content: bytes) -> dict[str, Any]:
    path = f"{API}/collections/{collection}/parcels"
    answer = client.post(path, files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def take(
    client: TestClient, biosight: BioSight, collection: str, parcel: str, **more: object
) -> Job:
    """Ask for the import, and do it as a worker does."""
    path = f"{API}/collections/{collection}/parcels/{parcel}"
    asked = client.post(path, json={"name": "sent.zip", **more})
    assert asked.status_code == 202, asked.text
    job = jobs.claim(biosight.archive.records, all_kinds.HEAVY)
    assert job is not None
    all_kinds.run(biosight, job)
    return jobs.get_job(biosight.archive.records, job.id)


def images(biosight: BioSight) -> dict[str, Image]:
    return {i.path: i for i in biosight.archive.records.find(Image)}


def test_a_table_is_looked_into_and_imported(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    upload_ids(ada, c, "Red")
    (name,) = (i.name for i in images(biosight).values())
    table = f"file,species\n{name},Lynx lynx\nelsewhere.jpg,Lynx lynx\n".encode()
    seen = send(ada, c, "names.csv", table)
    assert (seen["kind"], seen["new"]) == ("table", {"Lynx lynx": 1})
    assert "1 row without a picture in this collection" in seen["lines"]
    assert {i.label for i in images(biosight).values()} == {"Red"}
    job = take(ada, biosight, c, seen["parcel"])
    assert job.state == "done", job.words
    assert "1 named by a person" in job.words
    assert {(i.label, i.who) for i in images(biosight).values()} == {("Lynx lynx", "person")}
    assert kept.sweep_parcels(biosight.archive.records, biosight.archive.blobs) == 1
    shown = [j["id"] for j in ada.get(f"{API}/jobs").json()]
    assert job.id in shown
    assert ada.get(f"{API}/collections/{c}/jobs").json() == []  # no work of models


def test_ones_own_zip_comes_in_whole(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    content = zipped(
        {"x/a.jpg": tiny.picture("Red", 1), "y/b.jpg": tiny.picture("Blue", 2), "biosight.csv": OWN}
    )
    seen = send(ada, c, "cells.zip", content)
    assert seen["kind"] == "pictures"
    assert seen["lines"] == ["2 pictures", "1 label of people, from biosight.csv"]
    job = take(ada, biosight, c, seen["parcel"])
    now = images(biosight)
    assert (now["x/a.jpg"].label, now["x/a.jpg"].who, now["x/a.jpg"].note) == (
        "Scarlet",
        "person",
        "seen",
    )
    assert now["y/b.jpg"].who == "machine"
    assert "2 pictures" in job.words
    (said,) = biosight.archive.records.find(Annotation, [Where("label", "=", "Scarlet")])
    assert said.source == "Bo"
    history = ada.get(f"{API}/images/{now['x/a.jpg'].id}/history").json()
    assert "imported: Bo" in [s["by"] for s in history]


def test_a_package_comes_in_with_its_places(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    content = zipped({**TABLES, "media/a.jpg": tiny.picture("Red", 1)})
    seen = send(ada, c, "camtrap.zip", content)
    assert (seen["kind"], seen["program"]) == ("camtrap", "Camtrap DP")
    assert seen["lines"][:2] == [
        "1 picture in the package",
        "1 other picture, looked for here by name",
    ]
    assert {"1 new site", "1 new deployment"} <= set(seen["lines"])
    assert "2 labels, as far as their pictures are found" in seen["lines"]
    assert "Empty" in seen["known"]
    job = take(ada, biosight, c, seen["parcel"])
    assert job.state == "done", job.words
    assert "nowhere" not in job.words, "that is told with what is left out"
    assert "rows left out" not in job.words
    assert "1 picture, " in job.words
    assert "1 site, 1 deployment, " in job.words
    (image,) = images(biosight).values()
    assert (image.label, image.individuals) == ("Vulpes vulpes", 2)
    (deployment,) = biosight.archive.records.find(Deployment)
    assert image.deployment == deployment.id
    again = send(ada, c, "camtrap.zip", content)
    assert "1 known deployment" in again["lines"]


def test_folders_of_a_zip_are_labels_where_that_is_wanted(
    ada: TestClient, biosight: BioSight
) -> None:
    c = first_collection(ada)
    content = zipped({"Aves/a.jpg": tiny.picture("Red", 1), "2024/b.jpg": tiny.picture("Red", 2)})
    seen = send(ada, c, "sorted.zip", content)
    assert {f["name"]: (f["means"], f["label"]) for f in seen["folders"]} == {
        "Aves": ("known", "Aves"),
        "2024": ("date", ""),
    }
    take(ada, biosight, c, seen["parcel"], folders=True)
    assert images(biosight)["Aves/a.jpg"].label == "Aves"
    assert images(biosight)["2024/b.jpg"].who == "machine"


def test_folder_names_of_an_upload_are_given_by_a_job(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    for n, path in enumerate(("trip/Aves/a.jpg", "trip/Aves/2024/b.jpg", "trip/Fen/c.jpg")):
        sent = {"file": (path.rpartition("/")[2], tiny.picture("Red", n))}
        data = {"path": path, "session": "one"}
        assert ada.post(f"{API}/collections/{c}/images", files=sent, data=data).status_code == 201
    session = next(iter(images(biosight).values())).session
    path = f"{API}/collections/{c}/brought-names"
    found = {f["folder"]: f for f in ada.get(path, params={"session": session}).json()["folders"]}
    assert found["/trip/Aves/"]["means"] == "known"
    assert found["/trip/Aves/"]["images"] == 2
    assert found["/trip/Fen/"]["means"] == "new"  # beside a known name
    body = {"session": session, "folders": {"/trip/Aves/": "Aves", "/trip/Aves/2024/": ""}}
    assert ada.post(path, json=body).status_code == 202
    while (job := jobs.claim(biosight.archive.records, all_kinds.LIGHT)) is not None:
        all_kinds.run(biosight, job)
    now = {p: (i.label, i.who) for p, i in images(biosight).items()}
    assert now["trip/Aves/2024/b.jpg"] == now["trip/Aves/a.jpg"] == ("Aves", "person")
    assert now["trip/Fen/c.jpg"] == ("Red", "machine")
    assert ada.post(path, json={"session": session, "folders": {}}).status_code == 400


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"plot,height\n1,2\n", "of no known form"),
        ("a.zip", b"PK\3\4 broken", "can't be opened"),
        ("a.zip", zipped({"notes.txt": "hello"}), "no picture and no table"),
        ("a.zip", zipped({"datapackage.json": "{}"}), "not a Camtrap DP package"),
    ],
)
def test_other_files_are_refused_in_words(
    ada: TestClient, biosight: BioSight, name: str, content: bytes, words: str
) -> None:
    path = f"{API}/collections/{first_collection(ada)}/parcels"
    answer = ada.post(path, files={"file": (name, content)})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert list(biosight.archive.blobs.keys("parcel")) == []


def test_who_may_not_change_may_not_import(ada: TestClient, another: Another) -> None:
    c, bob = first_collection(ada), another("bob@example.org")
    files = {"file": ("a.csv", b"file,species\na.jpg,x\n")}
    assert bob.post(f"{API}/collections/{c}/parcels", files=files).status_code == 404
    parcel = send(ada, c, "a.csv", b"file,species\na.jpg,x\n")["parcel"]
    asked = bob.post(f"{API}/collections/{c}/parcels/{parcel}", json={"name": "a"})
    assert asked.status_code == 404


def test_a_parcel_that_nobody_imports_is_removed(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    c, blobs, records = first_collection(ada), biosight.archive.blobs, biosight.archive.records
    lonely = send(ada, c, "a.csv", b"file,species\na.jpg,x\n")["parcel"]
    wanted = send(ada, c, "b.csv", b"file,species\nb.jpg,x\n")["parcel"]
    ada.post(f"{API}/collections/{c}/parcels/{wanted}", json={"name": "b.csv"})
    assert kept.sweep_parcels(records, blobs) == 0
    monkeypatch.setattr(kept, "KEPT_SECONDS", -1.0)
    assert kept.sweep_parcels(records, blobs) == 1
    assert list(blobs.keys("parcel")) == [f"parcel/{wanted}"]
    late = ada.post(f"{API}/collections/{c}/parcels/{lonely}", json={"name": "a.csv"})
    assert (late.status_code, late.json()["detail"]) == (
        404,
        "This file is no longer here; send it again.",
    )


def test_what_was_left_out_is_told(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    content = zipped({"a.jpg": tiny.picture("Red", 1), "broken.jpg": b"\xff\xd8\xff broken"})
    job = take(ada, biosight, c, send(ada, c, "x.zip", content)["parcel"])
    assert job.words.endswith("; 1 left out")
    (row,) = ada.get(f"{API}/jobs/{job.id}").json()["result"]["left_out"]
    assert row.startswith("broken.jpg: ")


def test_what_is_too_large_for_a_request_is_refused(
    ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biosight.workflows.parcels import looking

    path = f"{API}/collections/{first_collection(ada)}/parcels"
    monkeypatch.setattr(looking, "MOST_TABLE_BYTES", 60)
    for name, content in (
        ("a.csv", b"file,species\n" + b"a.jpg,x\n" * 20),
        ("a.zip", zipped({"a.jpg": tiny.picture("Red", 1), "biosight.csv": OWN})),
    ):
        answer = ada.post(path, files={"file": (name, content)})
        assert answer.status_code == 400, name
    monkeypatch.setattr(looking, "MOST_LIST_BYTES", 100)
    many = zipped({f"{n}.jpg": "x" for n in range(9)})
    answer = ada.post(path, files={"file": ("many.zip", many)})
    assert answer.json()["detail"] == "There are too many files in this zip; split it."


def test_only_the_first_rows_of_a_long_table_are_looked_at(
    ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biosight.workflows.parcels import looking

    monkeypatch.setattr(looking, "MOST_LOOKED_AT", 3)
    rows = b"file,species\n" + b"a.jpg,x\n" * 5
    seen = send(ada, first_collection(ada), "a.csv", rows)
    assert seen["lines"][-1] == "and more: only the first 3 rows were looked at"


def test_what_a_crash_left_unpacked_is_removed(biosight: BioSight) -> None:
    folder = biosight.settings.data_dir
    (folder / "parcel-left" / "media").mkdir(parents=True)
    (folder / "pictures-of-mine").mkdir()
    now = (folder / "parcel-left").stat().st_mtime
    assert kept.sweep_rooms(folder, now + 3600) == 0
    assert kept.sweep_rooms(folder, now + 3 * 86_400) == 1
    assert not (folder / "parcel-left").exists()
    assert (folder / "pictures-of-mine").exists()


def test_a_zip_of_a_whole_folder_has_its_table_too(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    files: dict[str, str | bytes] = {"export/biosight.csv": OWN}
    files["export/x/a.jpg"] = tiny.picture("Red", 1)
    seen = send(ada, c, "export.zip", zipped(files))
    assert "1 label of people, from biosight.csv" in seen["lines"]
    take(ada, biosight, c, seen["parcel"])
    assert images(biosight)["x/a.jpg"].label == "Scarlet"


def test_what_is_here_already_is_no_new_picture(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    content = zipped({"Aves/a.jpg": tiny.picture("Red", 1), "b.jpg": tiny.picture("Red", 2)})
    alone = zipped({"z/a.jpg": tiny.picture("Red", 1)})
    first = take(ada, biosight, c, send(ada, c, "a.zip", alone)["parcel"])
    assert first.words == "Imported: 1 picture"
    (here,) = images(biosight).values()
    job = take(ada, biosight, c, send(ada, c, "b.zip", content)["parcel"], folders=True)
    assert "1 picture, 1 picture here already" in job.words
    assert {i.label for i in images(biosight).values() if i.id == here.id} == {"Aves"}
    body = {"kind": "trash", "images": [here.id]}
    assert ada.post(f"{API}/collections/{c}/acts", json=body).status_code == 201
    again = take(ada, biosight, c, send(ada, c, "b.zip", content)["parcel"])
    assert again.words == "Imported: 1 picture here already; 1 left out"


def test_one_damaged_file_does_not_stop_the_others(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    one, other = tiny.picture("Red", 1), tiny.picture("Red", 2)
    content = zipped({"a.jpg": one, "b.jpg": other}).replace(one, one[:-9] + b"x" * 9, 1)
    job = take(ada, biosight, c, send(ada, c, "a.zip", content)["parcel"])
    assert set(images(biosight)) == {"b.jpg"}
    assert "1 left out" in job.words
    assert "/" not in job.words


def test_a_parcel_that_is_sent_again_waits_again(ada: TestClient, biosight: BioSight) -> None:
    c, table = first_collection(ada), b"file,species\na.jpg,x\n"
    blobs, records = biosight.archive.blobs, biosight.archive.records
    take(ada, biosight, c, send(ada, c, "a.csv", table)["parcel"])
    send(ada, c, "a.csv", table)
    assert kept.sweep_parcels(records, blobs) == 0


def test_a_zip_that_grows_too_large_is_refused(
    ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_UNPACKED_BYTES", 1000)
    path = f"{API}/collections/{first_collection(ada)}/parcels"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.jpg", b"0" * 100_000)
    answer = ada.post(path, files={"file": ("a.zip", buffer.getvalue())})
    assert answer.status_code == 400
    assert "more than a server unpacks" in answer.json()["detail"]


def test_a_table_with_a_zip_behind_it_is_a_table_throughout(
    ada: TestClient, biosight: BioSight
) -> None:
    """It is imported as what was looked into."""
    c = first_collection(ada)
    hidden = zipped({"b.jpg": tiny.picture("Red", 1)})
    parcel = send(ada, c, "a.csv", b"file,species\na.jpg,x\n" + hidden)
    assert parcel["kind"] == "table"
    take(ada, biosight, c, parcel["parcel"])
    assert images(biosight) == {}
