"""What the gauges say of the stores."""

import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight import metrics
from biosight.bootstrap import BioSight
from biosight.drift import DriftReport
from biosight.errors import Unavailable
from biosight.images import Image
from biosight.storage.blobs import keys
from biosight.storage.records import Insert, new_id
from biosight.web.gauges import PATIENCE_SECONDS, Gauges
from biosight.work import jobs
from biosight.workflows.upkeep import backups
from biosight.workflows.upkeep.housekeeping import keep_house
from tests.conftest import first_collection, upload_ids


def state_of(client: TestClient) -> Any:
    """What the app keeps."""
    app: Any = client.app
    return app.state


def gauge(client: TestClient, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None, series
    return float(found[1])


def test_a_job_whose_worker_fell_silent_waits(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    records, waiting = biosight.archive.records, 'biosight_jobs{state="waiting"}'
    running = 'biosight_jobs{state="running"}'
    jobs.ask(records, "try-on", first_collection(ada), "ada", model="tiny@1")
    assert (gauge(ada, waiting), gauge(ada, running)) == (1, 0)
    claimed = jobs.claim(records)
    assert claimed is not None
    assert (gauge(ada, waiting), gauge(ada, running)) == (0, 1)
    jobs.amend(records, claimed, lease_until=time.time() - 1)
    assert (gauge(ada, waiting), gauge(ada, running)) == (1, 0)


def test_either_store_is_told_apart(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    up = [f'biosight_store_up{{store="{store}"}}' for store in ("database", "pictures")]
    assert [gauge(ada, series) for series in up] == [1, 1]

    def away() -> None:
        raise Unavailable("The bucket is away.")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(biosight.archive.blobs), "ping", lambda _: away())
        assert [gauge(ada, series) for series in up] == [1, 0]
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(biosight.archive.records), "ping", lambda _: away())
        assert [gauge(ada, series) for series in up] == [0, 1]
    assert [gauge(ada, series) for series in up] == [1, 1]


def test_what_is_known_is_there_from_the_start(client: TestClient) -> None:
    for series in (
        'biosight_uploads_total{outcome="stored"}',
        'biosight_sign_ins_total{outcome="wrong"}',
        'biosight_checked_total{kind="corrected"}',
        'biosight_acts_total{kind="relabel"}',
        'biosight_failed_requests_total{status="507"}',
    ):
        assert gauge(client, series) >= 0
    assert gauge(client, "process_open_fds") > 0


def test_failures_are_counted_by_status_and_probes_left_out(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = 'biosight_failed_requests_total{status="503"}'
    before = gauge(ada, counted)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database is away.")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(biosight.archive.records), "ping", away)
        assert ada.get("/ready").status_code == 503
        meanwhile.setattr(type(biosight.archive.records), "find", away)
        assert ada.get("/api/v1/collections").status_code == 503
    assert gauge(ada, counted) == before + 1


def test_a_backup_and_a_long_wait_are_seen(
    ada: TestClient, biosight: BioSight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    assert gauge(ada, "biosight_backup_last_timestamp_seconds") == 0
    backups.write(biosight.archive, tmp_path / "b.tar", iter)
    assert gauge(ada, "biosight_backup_last_timestamp_seconds") > time.time() - 60
    assert gauge(ada, "biosight_job_longest_wait_seconds") == 0
    made = jobs.ask(biosight.archive.records, "try-on", first_collection(ada), "ada", model="t@1")
    jobs.amend(biosight.archive.records, made, created_at=time.time() - 90)
    assert 89 < gauge(ada, "biosight_job_longest_wait_seconds") < 120


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/ready", "probe"),
        ("GET", "/account", "page"),
        ("GET", "/api/v1/collections", "api"),
        ("GET", "/api/v1/me/export", "transfer"),
        ("POST", "/api/v1/collections/{c}/images", "transfer"),
    ],
)
def test_times_are_told_by_kind(ada: TestClient, method: str, path: str, kind: str) -> None:
    ada.request(method, path.replace("{c}", first_collection(ada)))
    route = path.replace("{c}", "{collection}")
    series = f'biosight_request_seconds_count{{kind="{kind}",route="{route}"}}'
    assert gauge(ada, series) >= 1


def test_metrics_are_told_while_a_store_hangs(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    up = [f'biosight_store_up{{store="{store}"}}' for store in ("database", "pictures")]
    assert [gauge(ada, series) for series in up] == [1, 1]
    assert PATIENCE_SECONDS < 2
    monkeypatch.setattr("biosight.web.gauges.PATIENCE_SECONDS", 0.4)
    go_on = threading.Event()

    def hanging(*_: object) -> None:
        go_on.wait(30)

    for store, told in ((biosight.archive.blobs, [1, 0]), (biosight.archive.records, [0, 1])):
        go_on.clear()
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(type(store), "ping", hanging)
            begin = time.monotonic()
            assert [gauge(ada, series) for series in up] == told
            assert [gauge(ada, series) for series in up] == told
            assert time.monotonic() - begin < 4
        # No thread more for each question while the first still waits.
        waiting = [t for t in threading.enumerate() if t.name.startswith("gauges-")]
        assert len(waiting) <= 3
        go_on.set()
        for thread in waiting:
            thread.join()
        assert [gauge(ada, series) for series in up] == [1, 1]


def test_figures_that_take_long_make_no_store_look_away(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    go_on = threading.Event()
    monkeypatch.setattr(Gauges, "ask_drift", lambda _: go_on.wait(30))
    assert gauge(ada, 'biosight_store_up{store="database"}') == 1
    go_on.set()


def test_a_red_collection_in_the_trash_alarms_nobody(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    collection, records = first_collection(ada), biosight.archive.records
    seen = (collection, "tiny@1", time.time(), 0.0, 100, "red", "It drifted.", ("dark",), ("dark",))
    records.write(Insert(DriftReport(new_id(), *seen, False, 0.9, (), "{}")))
    red = 'biosight_drift_collections{verdict="red"}'
    assert gauge(ada, red) == 1
    ada.post("/api/v1/collections", json={"name": "Other"})
    assert ada.delete(f"/api/v1/collections/{collection}").status_code == 204
    assert gauge(ada, red) == 0


def test_failed_jobs_are_told_by_reason(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    records = biosight.archive.records
    for number, reason in enumerate(jobs.FAILURES):
        made = jobs.ask(records, f"kind{number}", first_collection(ada), "ada")
        jobs.end_failed(records, made, "No.", reason)
    for reason in jobs.FAILURES:
        assert gauge(ada, f'biosight_failed_jobs{{reason="{reason}"}}') == 1
    assert gauge(ada, 'biosight_jobs{state="failed"}') == len(jobs.FAILURES)


def test_what_waits_for_its_turn_is_in_the_queue(
    ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = SimpleNamespace(waiting=70)
    monkeypatch.setattr(state_of(ada).gauges, "pools", SimpleNamespace(uploads=uploads))
    assert gauge(ada, 'biosight_queue_depth{queue="decode"}') == 70


def test_damaged_backups_are_seen(
    ada: TestClient, biosight: BioSight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.gauges.EVERY_SECONDS", 0.0)
    (image,) = upload_ids(ada, first_collection(ada), "Red")
    found = biosight.archive.records.get(Image, image)
    assert found is not None
    biosight.archive.blobs.remove(keys.original(found.sha256))
    backups.write(biosight.archive, tmp_path / "b.tar", iter)
    assert gauge(ada, "biosight_backup_problems") == 1
    assert gauge(ada, "biosight_backup_last_timestamp_seconds") > time.time() - 60


def test_a_chore_that_fails_stops_no_other(
    biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = metrics.housekeeping.labels("failed")
    before, done = failed._value.get(), []

    def broken(*_: object) -> None:
        raise ValueError("a stray entry")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("biosight.gallery.sweeping.sweep_store", broken)
        meanwhile.setattr("biosight.logbook.forget_old", lambda *_: done.append("logbook"))
        keep_house(biosight)
    assert done == ["logbook"]
    assert failed._value.get() == before + 1
