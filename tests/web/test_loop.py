"""The second walk on a head: quiet, drifted, corrected, taught, promoted, rolled back."""

import io

import numpy as np
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight import drift
from biosight.bootstrap import BioSight
from biosight.inference.reference import read_reference
from biosight.work import jobs
from biosight.workflows.jobs.all_kinds import run
from tests import tiny
from tests.conftest import first_collection, upload


def under_a_red_lamp(label: str, seed: int) -> bytes:
    """A picture whose light has changed: green looks red to the model."""
    shown = Pillow.open(io.BytesIO(tiny.picture(label, seed))).convert("RGB")
    lit = np.clip(np.asarray(shown, float) * [1, 0.8, 0.8] + [120, 0, 0], 0, 255)
    buffer = io.BytesIO()
    Pillow.fromarray(lit.astype(np.uint8)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def send(client: TestClient, collection: str, start: int, count: int, *, lit: bool) -> list[str]:
    """One picture a session, colours in turn; what each was called."""
    said = []
    for n in range(start, start + count):
        label = list(tiny.COLOURS)[n % 3]
        content = (under_a_red_lamp if lit else tiny.picture)(label, n)
        answer = upload(client, collection, content, f"{label}-{n}.jpg", session=f"s{n}")
        said.append(str(answer["label"]))
    return said


def right(said: list[str], start: int) -> float:
    """The share that is called by its colour."""
    names = list(tiny.COLOURS)
    return sum(s == names[(start + n) % 3] for n, s in enumerate(said)) / len(said)


def check(biosight: BioSight, collection: str) -> drift.DriftReport:
    reference = read_reference(biosight.model.classifiers.locate("tiny@1"))
    return drift.check(biosight.archive.records, collection, "tiny@1", "tiny@1", reference)


def correct(client: TestClient, collection: str) -> None:
    """A person names every picture that nobody has looked at, by its file's name."""
    path = f"/api/v1/collections/{collection}/images?who=machine&limit=500"
    for image in client.get(path).json()["images"]:
        label = image["name"].split("-")[0]
        body = {"confirm": True} if image["label"] == label else {"label": label}
        client.patch(f"/api/v1/images/{image['id']}", json=body)


def test_from_drift_to_a_better_model_and_back(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    send(ada, collection, 0, 140, lit=False)
    assert check(biosight, collection).verdict == "green"
    drift.accept_latest(biosight.archive.records, collection, "tiny@1", "ada")
    said = send(ada, collection, 300, 45, lit=True)
    assert right(said, 300) < 0.8
    assert [check(biosight, collection).verdict for _ in range(2)] == ["amber", "amber"]
    send(ada, collection, 345, 1, lit=True)
    assert check(biosight, collection).verdict == "red"

    correct(ada, collection)
    body = {"labels": list(tiny.COLOURS), "name": "lamp"}
    assert ada.post(f"/api/v1/collections/{collection}/teach", json=body).status_code == 202
    job = jobs.claim(biosight.archive.records)
    assert job is not None
    run(biosight, job)
    made = ada.get("/api/v1/models/lamp@1").json()
    assert made["state"] == "candidate"
    assert made["report"]["candidate_accuracy"] >= made["report"]["champion_accuracy"] - 0.01

    ada.post("/api/v1/models/lamp@1/promote", json={"reason": "the lamp stays"})
    ada.patch(f"/api/v1/collections/{collection}", json={"model": "lamp"})
    after = send(ada, collection, 600, 45, lit=True)
    assert right(after, 600) > right(said, 300) + 0.15
    assert right(send(ada, collection, 900, 30, lit=False), 900) >= 0.95
    ada.patch(f"/api/v1/collections/{collection}", json={"model": "tiny"})
    assert right(send(ada, collection, 1200, 45, lit=True), 1200) < 0.8
