"""Acts that meet at the worst moment: nothing is lost, nothing is said that isn't so."""

import io
import zipfile
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.review.acts import Act
from biosight.storage.blobs import keys
from biosight.storage.records import Replace, Where
from biosight.work import jobs
from tests import tiny
from tests.between import blobs_between, inserts, records_between, served
from tests.conftest import first_collection, upload_ids
from tests.web.test_acts import act, dying, labels
from tests.web.test_models import swapped, work


def new_collection(client: TestClient, name: str) -> str:
    made: str = client.post("/api/v1/collections", json={"name": name}).json()["id"]
    return made


def purge(client: TestClient, collection: str, images: list[str]) -> None:
    act(client, collection, kind="trash", images=images)
    client.delete(f"/api/v1/collections/{collection}/trash")


def remove(client: TestClient, collection: str) -> None:
    assert client.delete(f"/api/v1/collections/{collection}").status_code == 204
    assert client.delete(f"/api/v1/collections/{collection}/forever").status_code == 204


def shown(client: TestClient, collection: str) -> list[str]:
    found = client.get(f"/api/v1/collections/{collection}/images?limit=500").json()["images"]
    return [i["id"] for i in found]


def replaces_image(*writes: object) -> bool:
    return any(isinstance(w, Replace) and isinstance(w.record, Image) for w in writes)


def test_a_copy_of_what_is_purged_is_left_out(ada: TestClient, biosight: BioSight) -> None:
    here, there = first_collection(ada), new_collection(ada, "There")
    ids = upload_ids(ada, here, "Red", "Green")
    late = records_between(
        biosight, "write", lambda: purge(ada, here, ids[:1]), wanted=inserts(Image)
    )
    with served(late, ada) as client:
        done = act(client, here, kind="copy", target=there, images=ids)
    assert (len(done["changed"]), done["conflicts"]) == (1, 1)  # type: ignore[arg-type]
    copies = shown(ada, there)
    assert len(copies) == 1
    assert ada.get(f"/api/v1/images/{copies[0]}/original").status_code == 200


def test_a_copy_is_of_the_picture_as_it_is(ada: TestClient, biosight: BioSight) -> None:
    here, there = first_collection(ada), new_collection(ada, "There")
    ids = upload_ids(ada, here, "Red")
    late = records_between(
        biosight,
        "write",
        lambda: ada.patch(f"/api/v1/images/{ids[0]}", json={"label": "Fox"}),
        wanted=inserts(Image),
    )
    with served(late, ada) as client:
        act(client, here, kind="copy", target=there, images=ids)
    assert labels(ada, shown(ada, there)) == [("Fox", "person")]


@pytest.mark.parametrize("kind", ["move", "copy"])
@pytest.mark.parametrize("forever", [True, False])
def test_nothing_goes_into_a_collection_that_went(
    ada: TestClient, biosight: BioSight, kind: str, forever: bool
) -> None:
    here, there = first_collection(ada), new_collection(ada, "There")
    ids = upload_ids(ada, here, "Red", "Green")

    def go() -> None:
        ada.delete(f"/api/v1/collections/{there}")
        if forever:
            ada.delete(f"/api/v1/collections/{there}/forever")

    wanted = inserts(Image) if kind == "copy" else replaces_image
    late = records_between(biosight, "write", go, wanted=wanted)
    with served(late, ada) as client:
        body = {"kind": kind, "target": there, "images": ids}
        answer = client.post(f"/api/v1/collections/{here}/acts", json=body)
    assert answer.status_code == 404
    assert sorted(shown(ada, here)) == sorted(ids)
    assert biosight.archive.records.count(Image) == 2


@pytest.mark.parametrize("kind", ["move", "copy"])
def test_an_act_on_some_is_whole_before_its_target_goes(
    ada: TestClient, biosight: BioSight, kind: str
) -> None:
    here, there = first_collection(ada), new_collection(ada, "There")
    ids = upload_ids(ada, here, "Red", "Green")
    wanted = inserts(Image) if kind == "copy" else replaces_image
    late = records_between(
        biosight,
        "write",
        lambda: ada.delete(f"/api/v1/collections/{there}"),
        wanted=wanted,
        after=True,
    )
    with served(late, ada) as client:
        body = {"kind": kind, "target": there, "images": ids}
        answer = client.post(f"/api/v1/collections/{here}/acts", json=body)
    assert answer.status_code == 201
    made = [a for a in biosight.archive.records.find(Act) if a.kind == kind]
    assert [a.count for a in made] == [2]


@pytest.mark.parametrize("kind", ["move", "copy"])
def test_an_act_that_did_nothing_leaves_no_trace(
    ada: TestClient, biosight: BioSight, kind: str
) -> None:
    here, there = first_collection(ada), new_collection(ada, "There")
    ids = upload_ids(ada, here, "Red")
    late = records_between(
        biosight,
        "write",
        lambda: ada.delete(f"/api/v1/collections/{there}"),
        wanted=inserts(Image) if kind == "copy" else replaces_image,
    )
    with served(late, ada) as client:
        body = {"kind": kind, "target": there, "images": ids}
        client.post(f"/api/v1/collections/{here}/acts", json=body)
    assert [a for a in biosight.archive.records.find(Act) if a.kind == kind] == []


def test_nothing_goes_into_a_deployment_that_went(ada: TestClient, biosight: BioSight) -> None:
    here = first_collection(ada)
    ids = upload_ids(ada, here, "Red")
    path = f"/api/v1/collections/{here}"
    camera = ada.post(f"{path}/deployments", json={"name": "Cam 1"}).json()["id"]
    late = records_between(
        biosight,
        "write",
        lambda: ada.delete(f"{path}/deployments/{camera}"),
        wanted=replaces_image,
    )
    with served(late, ada) as client:
        body = {"kind": "deploy", "deployment": camera, "images": ids}
        answer = client.post(f"{path}/acts", json=body)
    assert answer.status_code == 404
    assert "deployment no longer exists" in answer.json()["detail"]
    assert ada.get(f"/api/v1/images/{ids[0]}").json()["deployment"] == ""


def test_an_upload_into_a_collection_that_goes_to_the_trash_is_refused(
    ada: TestClient, biosight: BioSight
) -> None:
    there = new_collection(ada, "There")
    late = records_between(
        biosight,
        "write",
        lambda: ada.delete(f"/api/v1/collections/{there}"),
        wanted=inserts(Image),
    )
    late = replace(late, intake=replace(late.intake, records=late.archive.records))
    with served(late, ada) as client:
        answer = client.post(
            f"/api/v1/collections/{there}/images",
            files={"file": ("a.jpg", tiny.picture("Red", 1))},
        )
    assert answer.status_code == 422
    assert "removed in the meantime" in answer.json()["detail"]
    assert biosight.archive.records.count(Image) == 0


@pytest.mark.parametrize("forever", [True, False])
def test_undoing_a_move_into_a_collection_that_went_leaves_the_pictures(
    ada: TestClient, biosight: BioSight, forever: bool
) -> None:
    home, away = first_collection(ada), new_collection(ada, "Away")
    ids = upload_ids(ada, away, "Red", "Green", "Blue")
    moved = act(ada, away, kind="move", target=home, images=ids)

    def go() -> None:
        ada.delete(f"/api/v1/collections/{away}")
        if forever:
            ada.delete(f"/api/v1/collections/{away}/forever")

    late = records_between(biosight, "write", go, wanted=replaces_image)
    with served(late, ada) as client:
        undone = client.post(f"/api/v1/acts/{moved['act']}/undo", json={}).json()
    assert (undone["changed"], undone["left_alone"], undone["gone"]) == ([], 3, 0)
    assert {i["id"] for i in undone["left"]} == set(ids)
    assert sorted(shown(ada, home)) == sorted(ids)


@pytest.mark.transactions
def test_a_correction_that_never_gets_its_turn_is_not_a_success(
    ada: TestClient, biosight: BioSight
) -> None:
    collection = first_collection(ada)
    image = upload_ids(ada, collection, "Red")[0]
    turns = count()
    late = records_between(
        biosight,
        "write",
        lambda: ada.patch(f"/api/v1/images/{image}", json={"label": f"Other {next(turns)}"}),
        wanted=replaces_image,
        always=True,
    )
    with served(late, ada) as client:
        answer = client.patch(f"/api/v1/images/{image}", json={"label": "Mine"})
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert answer.headers["Retry-After"]
        body = {"kind": "relabel", "label": "Mine", "images": [image]}
        done = client.post(f"/api/v1/collections/{collection}/acts", json=body).json()
    assert (done["changed"], done["unchanged"], done["conflicts"]) == ([], 0, 1)
    said = ada.get(f"/api/v1/images/{image}/history").json()
    assert "Mine" not in {s["label"] for s in said}
    assert ada.get(f"/api/v1/images/{image}").json()["label"] == f"Other {next(turns) - 1}"


def test_a_correction_that_loses_once_is_made_on_top(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    image = upload_ids(ada, collection, "Red")[0]
    late = records_between(
        biosight,
        "write",
        lambda: ada.patch(f"/api/v1/images/{image}", json={"note": "first"}),
        wanted=replaces_image,
    )
    with served(late, ada) as client:
        answer = client.patch(f"/api/v1/images/{image}", json={"label": "Mine"})
    assert (answer.status_code, answer.json()["label"], answer.json()["note"]) == (
        200,
        "Mine",
        "first",
    )


def test_the_queue_stands_when_pictures_go_between_its_halves(
    ada: TestClient, biosight: BioSight
) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, *["Red"] * 6)

    def by_margin(*_: object, order: object = None, **__: object) -> bool:
        return getattr(order, "field", "") == "margin"

    late = records_between(
        biosight, "find", lambda: purge(ada, collection, ids[:3]), wanted=by_margin
    )
    with served(late, ada) as client:
        answer = client.get(f"/api/v1/collections/{collection}/queue")
    assert answer.status_code == 200
    assert set(ids[3:]) <= {d["image"]["id"] for d in answer.json()["images"]}


def test_a_try_on_is_applied_once(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red", "Blue")
    key = swapped(biosight, model_dir, tmp_path)
    job = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": key}).json()["id"]
    work(biosight)
    answers: list[int] = []

    def other() -> None:
        answers.append(ada.post(f"/api/v1/jobs/{job}/apply").status_code)

    late = records_between(biosight, "write", other)
    with served(late, ada) as client:
        answers.append(client.post(f"/api/v1/jobs/{job}/apply").status_code)
    assert sorted(answers)[0] == 202
    assert sorted(answers)[1] in {409, 412}
    records = biosight.archive.records
    asked = [j for j in jobs.jobs_of(records, collection) if j.kind == "reclassify"]
    assert len(asked) == 1
    assert [e.kind for e in registry.trail(records, "swapped")] == ["promoted", "added"]


@pytest.mark.parametrize("writes", range(3))
def test_applying_a_try_on_is_all_or_nothing(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path, writes: int
) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red", "Blue")
    key = swapped(biosight, model_dir, tmp_path)
    job = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": key}).json()["id"]
    work(biosight)
    with served(dying(biosight, writes), ada) as client:
        client.post(f"/api/v1/jobs/{job}/apply")
    records = biosight.archive.records
    state = (
        jobs.get_job(records, job).state,
        registry.get_version(records, key).state,
        ada.get(f"/api/v1/collections/{collection}").json()["model"],
        [j.kind for j in jobs.jobs_of(records, collection) if j.live],
    )
    assert state in [
        ("done", "candidate", "", []),
        ("applied", "champion", "swapped", ["reclassify"]),
    ]


def test_a_zip_leaves_out_what_is_purged_as_it_runs(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green", "Blue")
    gone = ada.get(f"/api/v1/images/{ids[1]}").json()
    key = keys.original(gone["sha256"])
    late = blobs_between(
        biosight,
        "stream",
        lambda: purge(ada, collection, [ids[1]]),
        wanted=lambda asked, *_: asked == key,
    )
    with served(late, ada) as client:
        answer = client.get(f"/api/v1/collections/{collection}/zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert zipped.testzip() is None
        names = set(zipped.namelist())
        table = zipped.read("biosight.csv").decode("utf-8-sig")
    assert len(names) == 3
    assert gone["name"] not in {n.split("/")[-1] for n in names}
    assert gone["sha256"] not in table


def test_a_zip_of_what_is_damaged_leaves_it_out_and_the_log_says_so(
    ada: TestClient, biosight: BioSight, caplog: pytest.LogCaptureFixture
) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green")
    lost = ada.get(f"/api/v1/images/{ids[0]}").json()
    biosight.archive.blobs.remove(keys.original(lost["sha256"]))
    answer = ada.get(f"/api/v1/collections/{collection}/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert zipped.namelist() == ["Green/Green1.jpg", "biosight.csv"]
        table = zipped.read("biosight.csv").decode("utf-8-sig")
    assert "biosight doctor" in caplog.text
    assert lost["sha256"] not in table


def test_a_zip_of_a_store_that_is_away_is_refused(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    image = upload_ids(ada, collection, "Red", "Green")[0]
    root = biosight.settings.blob_folder
    root.rename(root.with_name("elsewhere"))
    try:
        for path in (f"collections/{collection}/zip", f"images/{image}/original"):
            answer = ada.get(f"/api/v1/{path}")
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable"), path
    finally:
        root.with_name("elsewhere").rename(root)


@pytest.mark.parametrize("form", ["original", "view", "thumbnail"])
def test_a_read_beside_a_purge_is_whole_or_absent(
    ada: TestClient, biosight: BioSight, form: str
) -> None:
    collection = first_collection(ada)
    image = upload_ids(ada, collection, "Red")[0]
    late = blobs_between(biosight, "file", lambda: purge(ada, collection, [image]), after=True)
    with served(late, ada) as client:
        answer = client.get(f"/api/v1/images/{image}/{form}")
    assert answer.status_code in {200, 404}
    assert answer.status_code == 404 or len(answer.content) > 100
    assert ada.get(f"/api/v1/images/{image}/{form}").status_code == 404
    assert not biosight.archive.records.find(Image, [Where("id", "=", image)])
