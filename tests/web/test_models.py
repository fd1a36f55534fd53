"""Several models at once: choosing, trying on, applying, teaching, likeness, what was looked at."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.inference.head import Head, write_head
from biosight.inference.model_files.card import read_card, write_card
from biosight.labels import Prediction
from biosight.storage.records import Where
from biosight.work import jobs
from biosight.workflows.jobs.all_kinds import run
from tests import tiny
from tests.conftest import first_collection, upload, upload_ids


def work(biosight: BioSight) -> jobs.Job:
    """Do the next job, as the worker would; the job afterwards."""
    job = jobs.claim(biosight.archive.records)
    assert job is not None
    run(biosight, job)
    return jobs.get_job(biosight.archive.records, job.id)


def swapped(
    biosight: BioSight,
    model_dir: Path,
    tmp_path: Path,
    name: str = "swapped",
    report: str = "",
) -> str:
    """A taught version of tiny that calls red Blue and blue Red."""
    folder = tmp_path / name
    folder.mkdir()
    for file in ("model.onnx", "reference.npz"):
        (folder / file).write_bytes((model_dir / file).read_bytes())
    write_head(Head(np.eye(3, dtype=np.float32)[::-1] * 4, np.zeros(3, np.float32)), folder)
    card = read_card(model_dir).model_copy(update={"name": name, "base": "tiny@1"})
    write_card(card, folder)
    archive = biosight.archive
    return registry.keep(archive.records, archive.blobs, folder, report=report).id


def labels_of(client: TestClient, collection: str) -> dict[str, int]:
    found = client.get(f"/api/v1/collections/{collection}/labels").json()
    return {x["label"]: x["images"] for x in found}


def test_the_bundled_models_are_known_and_the_default_serves(ada: TestClient) -> None:
    versions = {v["id"]: v for v in ada.get("/api/v1/models").json()}
    assert versions["tiny@1"]["serves"]
    assert versions["tiny@1"]["default"]
    assert versions["organisms@4"]["serves"]
    assert not versions["organisms@4"]["default"]
    detail = ada.get("/api/v1/models/tiny@1").json()
    held = detail["held"]
    assert held["accuracy"] == 1.0
    assert held["pictures"] == held["accepted"][0] == 60
    assert sum(map(sum, held["confusion"])) == 60
    assert [e["kind"] for e in detail["events"]] == ["promoted", "added"]


def test_try_on_changes_nothing_and_applying_changes_what_nobody_named(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    collection = first_collection(ada)
    red, green, *_ = upload_ids(ada, collection, "Red", "Green", "Blue", "Red")
    ada.patch(f"/api/v1/images/{red}", json={"confirm": True})
    key = swapped(biosight, model_dir, tmp_path)
    begun = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": key})
    assert begun.status_code == 202
    job = begun.json()["id"]
    again = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": key})
    assert again.status_code == 409
    done = work(biosight)
    assert (done.state, done.done, done.total) == ("done", 4, 4)
    assert labels_of(ada, collection) == {"Red": 2, "Green": 1, "Blue": 1}
    pairs = {
        (p["before"], p["after"]): p["count"] for p in ada.get(f"/api/v1/jobs/{job}/pairs").json()
    }
    assert pairs == {("Red", "Blue"): 1, ("Blue", "Red"): 1}
    result = ada.get(f"/api/v1/jobs/{job}").json()["result"]
    assert (result["verified"], result["right_before"], result["right_after"]) == (1, 1, 0)
    assert (result["named_before"], result["named_after"]) == (1, 0)

    assert ada.post(f"/api/v1/jobs/{job}/apply").status_code == 202
    assert ada.post(f"/api/v1/jobs/{job}/apply").status_code == 409
    assert work(biosight).state == "done"
    assert labels_of(ada, collection) == {"Red": 2, "Green": 1, "Blue": 1}
    kept = ada.get(f"/api/v1/images/{red}").json()
    assert (kept["label"], kept["who"], kept["machine_label"]) == ("Red", "person", "Blue")
    where = [Where("image", "=", green)]
    said = biosight.archive.records.find(Prediction, where)
    assert {p.model for p in said} == {"tiny@1", key}
    assert ada.get(f"/api/v1/collections/{collection}").json()["model"] == "swapped"
    assert registry.champion(biosight.archive.records, "swapped").id == key
    fresh = upload(ada, collection, tiny.picture("Blue", 50))
    assert (fresh["label"], fresh["model"]) == ("Red", key)


def test_applying_what_the_gate_found_worse_needs_a_reason(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red", "Blue")
    report = json.dumps({"verdict": "worse", "reasons": ["Red falls from 90% to 0%."]})
    key = swapped(biosight, model_dir, tmp_path, report=report)
    job = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": key}).json()["id"]
    work(biosight)
    shown = ada.get(f"/api/v1/models/{key}").json()["report"]
    assert (shown["verdict"], shown["reasons"]) == ("worse", ["Red falls from 90% to 0%."])
    refused = ada.post(f"/api/v1/jobs/{job}/apply")
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    assert "found swapped@1 worse" in refused.json()["detail"]
    assert ada.get(f"/api/v1/jobs/{job}").json()["state"] == "done"
    assert ada.get(f"/api/v1/collections/{collection}").json()["model"] == ""
    body = {"reason": "red ones are gone"}
    assert ada.post(f"/api/v1/jobs/{job}/apply", json=body).status_code == 202
    trail = ada.get(f"/api/v1/models/{key}").json()["events"]
    assert [e["reason"] for e in trail if e["kind"] == "promoted"] == [
        "applied after a try-on: red ones are gone"
    ]


def test_dropping_a_try_on_leaves_no_trace(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    key = swapped(biosight, model_dir, tmp_path)
    job = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": key}).json()["id"]
    work(biosight)
    assert ada.delete(f"/api/v1/jobs/{job}").json()["state"] == "dropped"
    assert ada.get(f"/api/v1/jobs/{job}/pairs").json() == []
    assert ada.delete(f"/api/v1/jobs/{job}").status_code == 409


def test_a_job_that_broke_off_is_taken_up_where_it_was(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    upload_ids(ada, collection, *["Red"] * 5)
    key = swapped(biosight, model_dir, tmp_path)
    user = ada.get("/api/v1/me").json()["id"]
    jobs.ask(records, "reclassify", collection, user, model=key)
    first = jobs.claim(records)
    assert first is not None
    assert jobs.claim(records) is None  # it has a lease
    jobs.amend(records, first, lease_until=1.0)  # its worker fell silent
    done = work(biosight)
    assert (done.state, done.attempts) == ("done", 1)
    assert labels_of(ada, collection) == {"Blue": 5}
    with pytest.raises(jobs.Dropped):
        jobs.amend(records, first, done=3)  # the silent one wakes up too late


def test_stopping_a_job(ada: TestClient, biosight: BioSight) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    upload_ids(ada, collection, "Red")
    body = {"model": "tiny@1"}
    job = ada.post(f"/api/v1/collections/{collection}/try-on", json=body).json()["id"]
    claimed = jobs.claim(records)
    assert claimed is not None
    assert ada.delete(f"/api/v1/jobs/{job}").json()["state"] == "dropped"
    run(biosight, claimed)
    assert jobs.get_job(records, job).state == "dropped"


def test_teaching_a_label(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    ids = []
    for seed in range(24):
        answer = upload(ada, collection, tiny.picture("Yellow", seed), session=str(seed // 4))
        image = answer["image"]
        assert isinstance(image, dict)
        ids.append(image["id"])
    body = {"labels": ["Yellow"], "name": "mine"}
    ada.post(
        f"/api/v1/collections/{collection}/acts",
        json={"kind": "relabel", "label": "Yellow", "images": ids[:19]},
    )
    ada.post(f"/api/v1/collections/{collection}/teach", json=body)
    few = work(biosight)
    assert (few.state, "needs 20" in few.words) == ("failed", True)
    ada.post(
        f"/api/v1/collections/{collection}/acts",
        json={"kind": "relabel", "label": "Yellow", "images": ids},
    )
    assert ada.post(f"/api/v1/collections/{collection}/teach", json=body).status_code == 202
    done = work(biosight)
    assert done.state == "done", done.words
    made = ada.get("/api/v1/models/mine@1").json()
    assert made["state"] == "candidate"
    assert made["labels"] == ["Red", "Green", "Blue", "Yellow"]
    assert made["held"]["accuracy"] >= 0.98
    new = {x["label"]: x for x in made["report"]["new_labels"]}
    assert new["Yellow"]["recall"][0] > 0.9
    assert made["report"]["verdict"] == "a person decides"

    job = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": "mine@1"}).json()
    work(biosight)
    ada.post(f"/api/v1/jobs/{job['id']}/apply")
    work(biosight)
    fresh = upload(ada, collection, tiny.picture("Yellow", 99))
    assert (fresh["label"], fresh["model"]) == ("Yellow", "mine@1")
    audit = ada.get(f"/api/v1/collections/{collection}/audit").json()
    assert audit == {"model": "mine@1", "quality": None}

    kept = ada.post("/api/v1/collections", json={"name": "Another"}).json()["id"]
    assert ada.delete(f"/api/v1/collections/{collection}").status_code == 204
    assert ada.delete(f"/api/v1/collections/{collection}/forever").status_code == 204
    assert ada.get("/api/v1/models/mine@1").status_code == 404
    assert list(biosight.archive.blobs.keys("model")) == []
    assert jobs.jobs_of(biosight.archive.records, collection) == []
    assert upload(ada, kept, tiny.picture("Red", 7))["label"] == "Red"


def test_what_is_taught_in_a_collection_stays_there(
    ada: TestClient,
    another: Callable[[str], TestClient],
    biosight: BioSight,
    model_dir: Path,
    tmp_path: Path,
) -> None:
    collection = first_collection(ada)
    key = swapped(biosight, model_dir, tmp_path)
    version = registry.get_version(biosight.archive.records, key)
    from dataclasses import replace

    from biosight.storage.records import Replace

    private = replace(version, collection=collection, version=2)
    biosight.archive.records.write(Replace(private, 1))
    bob = another("bob@example.org")
    theirs = first_collection(bob)
    assert key not in {v["id"] for v in bob.get("/api/v1/models").json()}
    assert bob.get(f"/api/v1/models/{key}").status_code == 404
    for path, body in (("try-on", {"model": key}), ("teach", {"labels": ["x"], "name": "swapped"})):
        answer = bob.post(f"/api/v1/collections/{theirs}/{path}", json=body)
        assert answer.status_code in {404, 409}, answer.text
    assert bob.post("/api/v1/models/tiny@1/promote", json={}).status_code == 403
    assert bob.get(f"/api/v1/collections/{collection}/jobs").status_code == 404


def test_promote_and_roll_back_serve_at_once(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    collection = first_collection(ada)
    folder = tmp_path / "two"
    card = tiny.make_model(folder, version="2")
    write_head(Head(np.eye(3, dtype=np.float32)[::-1] * 4, np.zeros(3, np.float32)), folder)
    write_card(card.model_copy(update={"base": "tiny@1"}), folder)
    registry.keep(biosight.archive.records, biosight.archive.blobs, folder)
    assert upload(ada, collection, tiny.picture("Red", 1))["label"] == "Red"
    ada.post("/api/v1/models/tiny@2/promote", json={"reason": "to see"})
    assert upload(ada, collection, tiny.picture("Red", 2))["label"] == "Blue"
    ada.post("/api/v1/models/tiny@2/roll-back", json={"reason": "wrong"})
    assert upload(ada, collection, tiny.picture("Red", 3))["label"] == "Red"
    events = ada.get("/api/v1/models/tiny@1").json()["events"]
    assert [(e["model"], e["kind"], e["reason"]) for e in events[:2]] == [
        ("tiny@1", "promoted", "wrong"),
        ("tiny@2", "promoted", "to see"),
    ]
    states = {v["id"]: v["state"] for v in ada.get("/api/v1/models").json()}
    assert states["tiny@2"] == "retired"
    assert ada.post("/api/v1/models/tiny@1/retire", json={}).status_code == 400


def test_more_like_this(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Blue", "Red", "Green")
    near = ada.get(f"/api/v1/images/{ids[0]}/similar").json()
    assert near[0]["image"]["id"] == ids[2]
    assert near[0]["likeness"] > 0.99 > near[-1]["likeness"]
    ada.patch(f"/api/v1/images/{ids[2]}", json={"confirm": True})
    open_ones = ada.get(f"/api/v1/images/{ids[0]}/similar?unreviewed=true").json()
    assert ids[2] not in {n["image"]["id"] for n in open_ones}
    ada.patch(f"/api/v1/images/{ids[2]}", json={"trashed": True})
    assert len(ada.get(f"/api/v1/images/{ids[0]}/similar").json()) == 2
    more = upload_ids(ada, collection, "Pink")
    found = ada.get(f"/api/v1/images/{ids[0]}/similar").json()
    assert more[0] in {n["image"]["id"] for n in found}


def test_unfamiliar_pictures_stand_on_a_shelf_in_groups(ada: TestClient) -> None:
    collection = first_collection(ada)
    strange = upload_ids(ada, collection, "Yellow", "Yellow", "Pink", "Red")
    found = ada.get(f"/api/v1/collections/{collection}/unfamiliar").json()
    assert found["total"] == 3
    grouped = [{i["id"] for i in g["images"]} for g in found["groups"]]
    assert grouped == [{strange[0], strange[1]}, {strange[2]}]
    filtered = ada.get(f"/api/v1/collections/{collection}/images?unfamiliar=true").json()
    assert len(filtered["images"]) == 3
    ada.post(
        f"/api/v1/collections/{collection}/acts",
        json={"kind": "confirm", "filter": {"unfamiliar": True, "label": "Red"}},
    )
    strangest = ada.get(f"/api/v1/collections/{collection}/images?sort=strange").json()
    assert strangest["images"][-1]["id"] == strange[3]
    ada.post(
        f"/api/v1/collections/{collection}/acts",
        json={"kind": "relabel", "label": "Lemon", "images": strange[:2]},
    )
    assert ada.get(f"/api/v1/collections/{collection}").json()["unfamiliar"] == 1


def test_what_the_model_looked_at(ada: TestClient) -> None:
    half = Pillow.new("RGB", (64, 64), (40, 60, 205))
    half.paste((205, 40, 40), (0, 0, 32, 64))
    buffer = io.BytesIO()
    half.save(buffer, "PNG")
    answer = upload(ada, first_collection(ada), buffer.getvalue(), "half.png")
    image = answer["image"]
    assert isinstance(image, dict)
    veil = ada.get(f"/api/v1/images/{image['id']}/activation?label=Red")
    assert float(veil.headers["X-Square"]) == pytest.approx(32 / 34, abs=1e-3)
    alpha = np.asarray(Pillow.open(io.BytesIO(veil.content)).getchannel("A"), float)
    assert alpha[:, :100].mean() > 10 * alpha[:, 160:].mean() + 10
    assert ada.get(f"/api/v1/images/{image['id']}/activation?label=Fox").status_code == 404


def test_only_the_random_half_of_review_measures(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green", "Blue")
    ada.patch(f"/api/v1/images/{ids[0]}", json={"confirm": True, "via": "random"})
    ada.patch(f"/api/v1/images/{ids[1]}", json={"label": "Moss", "via": "random"})
    ada.patch(f"/api/v1/images/{ids[2]}", json={"label": "Sky", "via": "margin"})
    q = ada.get(f"/api/v1/collections/{collection}/audit").json()["quality"]
    assert (q["pictures"], q["accuracy"]) == (2, 0.5)
    assert q["labels"] == ["Green", "Moss", "Red"]
    assert q["confusion"][q["labels"].index("Moss")] == [1, 0, 0]


def test_pages_and_files(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": "tiny@1"})
    job = work(biosight)
    for path in (
        "/model",
        "/models/tiny@1",
        f"/collections/{collection}/model",
        f"/collections/{collection}/unfamiliar",
        f"/collections/{collection}/try-on/{job.id}",
    ):
        assert ada.get(path).status_code == 200, path
    assert ada.get("/models/absent@1").status_code == 404
    card = ada.get("/api/v1/models/tiny@1/card.json")
    assert json.loads(card.text)["name"] == "tiny"
    onnx = ada.get("/api/v1/models/tiny@1/files/model.onnx").content
    assert len(onnx) > 100
    assert ada.get("/api/v1/models/tiny@1/files/card.json").status_code == 404


def test_a_collection_chooses_its_model(ada: TestClient) -> None:
    collection = first_collection(ada)
    wrong = ada.patch(f"/api/v1/collections/{collection}", json={"model": "absent"})
    assert wrong.status_code == 404
    chosen = ada.patch(f"/api/v1/collections/{collection}", json={"model": "organisms"})
    assert chosen.json()["model"] == "organisms"
    answer = upload(ada, collection, tiny.picture("Red", 1))
    assert str(answer["model"]).startswith("organisms@")


def test_a_new_collection_chooses_its_model(
    ada: TestClient, biosight: BioSight, model_dir: Path, tmp_path: Path
) -> None:
    swapped(biosight, model_dir, tmp_path)
    made = ada.post("/api/v1/collections", json={"name": "Cells", "model": "tiny"})
    assert made.status_code == 201
    assert made.json()["model"] == "tiny"
    unknown = ada.post("/api/v1/collections", json={"name": "Cells", "model": "nothing"})
    assert unknown.status_code == 404
