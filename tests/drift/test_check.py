"""The drift check on real uploads: quiet, too little, amber, then red, and accepted as normal."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight import drift
from biosight.bootstrap import BioSight
from biosight.drift.comparisons import COMPARISONS
from biosight.drift.page import as_html
from biosight.images import Image
from biosight.inference.reference import read_reference
from biosight.storage.records import Insert, Where
from tests import tiny
from tests.conftest import Run, add_ada, first_collection, upload


def dark(label: str, seed: int) -> bytes:
    """The same kind of picture, taken in bad light."""
    shown = Pillow.open(io.BytesIO(tiny.picture(label, seed))).convert("RGB")
    dimmed = Pillow.fromarray((np.asarray(shown) * 0.45).astype(np.uint8))
    buffer = io.BytesIO()
    dimmed.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def send(client: TestClient, collection: str, start: int, sessions: int, *, dim: bool) -> None:
    """Sessions of two like pictures each, as people upload them."""
    for session in range(start, start + sessions):
        label = list(tiny.COLOURS)[session % 3]
        for n in range(2):
            content = (dark if dim else tiny.picture)(label, session * 2 + n)
            upload(client, collection, content, f"{session}-{n}.jpg", session=f"s{session}")


def check(biosight: BioSight, collection: str, since: float = 0.0) -> drift.DriftReport:
    folder = biosight.model.classifiers.locate("tiny@1")
    reference = read_reference(folder)
    return drift.check(
        biosight.archive.records, collection, "tiny@1", "tiny@1", reference, since=since
    )


def test_from_quiet_to_red_and_accepted(ada: TestClient, biosight: BioSight) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    send(ada, collection, 0, 20, dim=False)
    assert check(biosight, collection).verdict == "unknown"
    send(ada, collection, 20, 120, dim=False)
    quiet = check(biosight, collection)
    assert (quiet.verdict, quiet.firing) == ("green", ())
    assert "as they were" in quiet.sentence
    drawn = records.find(Image, [Where("drift_checked_at", ">", 0.0)], limit=500)
    assert len(drawn) == quiet.pictures == len({i.session for i in drawn})

    marker = max(i.created_at for i in records.find(Image, limit=1000)) + 1e-6
    send(ada, collection, 200, 40, dim=True)
    first = check(biosight, collection, since=marker)
    assert first.verdict == "amber"
    assert "look" in first.firing
    assert check(biosight, collection, since=marker).verdict == "amber"  # the same pictures again
    send(ada, collection, 240, 1, dim=True)
    second = check(biosight, collection, since=marker)
    assert second.verdict == "red"
    assert check(biosight, collection, since=marker).verdict == "red"  # and it stays so
    assert "darker" in second.sentence
    assert len(second.strangest) == 12
    assert [r.verdict for r in drift.reports(records, collection)[:3]] == ["red", "red", "amber"]
    assert len(json.loads(second.details)["families"]) == len(COMPARISONS)

    page = as_html(second, "My <b>images", {second.strangest[0]: "data:image/jpeg;base64,AAAA"})
    assert page.count("data:image/jpeg") == 1
    assert "My &lt;b&gt;images" in page
    assert second.sentence in page
    shown = ada.get(f"/api/v1/collections/{collection}/drift").json()
    assert shown["latest"]["verdict"] == "red"
    assert [c["verdict"] for c in shown["checks"]] == [
        "red",
        "red",
        "amber",
        "amber",
        "green",
        "unknown",
    ]
    assert shown["latest"]["details"]["histograms"].keys() >= {"brightness", "contrast"}
    assert ada.get(f"/collections/{collection}/drift").status_code == 200
    drift.accept_latest(records, collection, "tiny@1", "ada")
    send(ada, collection, 300, 1, dim=True)
    assert check(biosight, collection).verdict == "unknown"  # too little since then
    again = ada.post(f"/api/v1/collections/{collection}/drift")
    assert (again.status_code, again.json()["verdict"]) == (201, "unknown")


def test_reports_older_than_a_year_go(ada: TestClient, biosight: BioSight) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    made = check(biosight, collection)
    for days in (500, 300):
        then = replace(made, id=f"{days}", at=made.at - days * 86_400)
        records.write(Insert(then))
    check(biosight, collection)
    assert [r.id for r in drift.reports(records, collection)][2:] == ["300"]


def test_the_command_writes_a_page_of_its_own(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    folder = tmp_path / "field"
    tiny.make_folder(folder, 2)
    run("import", folder)
    done = run("drift", "check", "--to", tmp_path / "reports", "--fail")
    assert "Too little to tell: 1 of 130 upload sessions" in done.output
    files = sorted(p.suffix for p in (tmp_path / "reports").iterdir())
    assert files == [".html", ".json"]
    page = next((tmp_path / "reports").glob("*.html")).read_text()
    assert "http" not in page
    assert "Too little to tell" in page
    assert "no collection" in run("drift", "check", "--collection", "absent", code=1).output
    assert "too few" in run("drift", "accept", "My images", code=1).output
