"""What the gauges say of the stores."""

import re
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.errors import Unavailable
from biosight.work import jobs
from biosight.workflows.upkeep import backups
from tests.conftest import first_collection


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
