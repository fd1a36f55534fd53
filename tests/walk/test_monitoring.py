"""Prometheus itself, against a live BioSight under traffic: every panel and alert has a series."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from biosight.bootstrap import open_archive
from biosight.settings import Settings
from biosight.workflows.upkeep import backups
from tests import tiny
from tests.conftest import PASSWORD, require
from tests.walk.conftest import Server, free_port

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("monitoring"), pytest.mark.timeout(300)]
DEPLOY = Path(__file__).parents[2] / "deploy"
PERSON = {"email": "ada@example.org", "password": PASSWORD}
TESTS = ("tests.yml", "tests-days.yml")
TOKEN = "a-token-for-metrics"


def need_prometheus() -> None:
    require(shutil.which("promtool") is not None, "Prometheus", "apt-get install prometheus")


def panels() -> list[tuple[str, str]]:
    """Title and expression of every panel's every target."""
    found = []
    for file in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        board = json.loads(file.read_text())
        found += [
            (f"{board['title']}: {panel['title']}", chosen(target["expr"]))
            for panel in board["panels"]
            if panel["title"] not in UNSEEN
            for target in panel.get("targets", [])
        ]
        found += [(f"mark {m['name']}", chosen(m["expr"])) for m in board["annotations"]["list"]]
    return found


def chosen(expression: str) -> str:
    """A query as Grafana sends it when all jobs and instances are chosen."""
    asked = {"$job": ".*", "$instance": ".*", "$__rate_interval": "1m", "$__range": "6h"}
    for name, value in asked.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def alert_rules() -> list[dict[str, str]]:
    said = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    return [rule for group in said["groups"] for rule in group["rules"]]


def every_alert() -> set[str]:
    return {rule["alert"] for rule in alert_rules()}


# What they ask of has no series while all is well, or only after an hour; TESTS fire them.
SILENT = {
    "BioSightAbsent",
    "BioSightDriftNeverChecked",
    "BioSightJobsFail",
    "BioSightCertificateEnds",
}
UNSEEN = {"Certificate, ends in"}  # panels: there is no certificate without TLS


def alerts() -> list[tuple[str, str]]:
    """Name and expression of every alert but SILENT ones, without its final comparison."""
    rules = [rule for rule in alert_rules() if rule["alert"] not in SILENT]
    bare = [(r["alert"], re.sub(r"\s*[<>]=?\s*[\d.e]+$", "", r["expr"])) for r in rules]
    assert all(
        expression != rule["expr"] for (_, expression), rule in zip(bare, rules, strict=True)
    )
    return bare


@pytest.fixture
def prometheus(tmp_path: Path, server: Server) -> Iterator[str]:
    """A Prometheus that scrapes the server with the deployed rules; its address."""
    need_prometheus()
    given = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    given["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    given["rule_files"] = [str(DEPLOY / "prometheus" / f) for f in ("rules.yml", "alerts.yml")]
    (tmp_path / "token").write_text(TOKEN)
    job = given["scrape_configs"][0]
    job["authorization"]["credentials_file"] = str(tmp_path / "token")
    job["static_configs"] = [{"targets": [f"127.0.0.1:{server.port}"]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(given))
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/tsdb",
        f"--web.listen-address={address}",
    ]
    log = (tmp_path / "prometheus.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    log.close()
    yield f"http://{address}"
    process.terminate()
    process.wait(20)


@pytest.fixture
def server(tmp_path: Path, model_dir: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data", model_dir, BIOSIGHT_METRICS_TOKEN=TOKEN)
    made.start()
    yield made
    made.close()


def traffic(client: httpx2.Client, collection: str, seed: int) -> None:
    """An upload, and every third picture is checked by a person as review's random half."""
    label = list(tiny.COLOURS)[seed % 3]
    files = {"file": (f"{label}.jpg", tiny.picture(label, seed))}
    path = f"/api/v1/collections/{collection}/images"
    image = client.post(path, files=files, data={"session": f"s{seed}"}).json()["image"]
    if seed % 3 == 0:
        body = {"label": "Blue"} if seed % 2 else {"confirm": True}
        answer = client.patch(f"/api/v1/images/{image['id']}", json={**body, "via": "random"})
        assert answer.status_code == 200, answer.text


def backed_up(server: Server) -> None:
    """Write a backup while it serves."""
    archive = open_archive(Settings(data_dir=server.data))
    backups.write(archive, server.data / "backup.tar", iter)
    archive.close()


def test_every_panel_and_alert_has_a_series(server: Server, request: pytest.FixtureRequest) -> None:
    client, collection = server.first_person()
    for seed in range(96):
        traffic(client, collection, seed)
    client.post(f"/api/v1/collections/{collection}/drift")
    # Somebody lets a version serve: a mark on every dashboard.
    version = client.get("/api/v1/models").json()[0]["id"]
    answer = client.post(f"/api/v1/models/{version}/promote", json={"reason": "a test"})
    assert answer.status_code == 200, answer.text
    backed_up(server)
    address = request.getfixturevalue("prometheus")
    missing: list[tuple[str, str]] = []
    for seed in range(96, 500):
        traffic(client, collection, seed)
        if seed % 12 == 5:
            client.post("/api/v1/sign-in", json=PERSON)
        if seed % 12 == 0:
            missing = [ask for ask in (*panels(), *alerts()) if not series(address, ask[1])]
            if not missing:
                break
            time.sleep(1)
    assert missing == []
    names = httpx2.get(f"{address}/api/v1/rules").json()["data"]["groups"]
    assert sum(len(group["rules"]) for group in names) == 27
    assert series(address, 'process_resident_memory_bytes{job="biosight"}')
    assert series(address, 'biosight_failed_requests_total{status="500"} == 0')


def series(address: str, expression: str) -> list[object]:
    """What Prometheus answers, NaN aside."""
    try:
        answer = httpx2.get(f"{address}/api/v1/query", params={"query": expression}, timeout=10)
    except httpx2.HTTPError:
        return []
    if answer.status_code == 503:
        return []  # it is starting
    assert answer.status_code == 200, f"{expression}: {answer.text}"
    return [r for r in answer.json()["data"]["result"] if r["value"][1] != "NaN"]


def test_alerts_fire_when_they_should_and_not_before() -> None:
    need_prometheus()
    folder = DEPLOY / "prometheus"
    for words in (
        ["check", "rules", "rules.yml", "alerts.yml"],
        ["test", "rules", *TESTS],
    ):
        done = subprocess.run(
            ["promtool", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    tested = {t["alertname"] for t in alert_tests(folder)}
    assert tested == every_alert()


def alert_tests(folder: Path) -> list[dict[str, str]]:
    said = [yaml.safe_load((folder / name).read_text()) for name in TESTS]
    tests = [test for file in said for test in file["tests"]]
    return [case for test in tests for case in test["alert_rule_test"]]


def test_every_alert_is_explained() -> None:
    page = (DEPLOY.parent / "docs/guide/operations.md").read_text(encoding="utf-8")
    for name in every_alert():
        assert f"`{name}`" in page, name
