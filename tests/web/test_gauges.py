"""What the gauges say of the stores."""

import re
import time

import pytest
from starlette.testclient import TestClient

from biosight import jobs
from biosight.bootstrap import BioSight
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
