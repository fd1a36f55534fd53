"""Deployment files name what exists: settings, series, files. Their formats: make check-deploy."""

import json
import re
import runpy
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from biosight import metrics
from biosight.cli.server.worker import BEAT, BEAT_SECONDS, STUCK_SECONDS
from biosight.settings import Settings
from biosight.web.thread_pools import with_pools
from tests.kustomized import documents, pod_of

DEPLOY = Path("deploy")
KUBERNETES = DEPLOY / "kubernetes"
SETTINGS = {f"BIOSIGHT_{name.upper()}" for name in Settings.model_fields}


def resources() -> list[dict[str, Any]]:
    files = [f for f in KUBERNETES.rglob("*.yaml") if f.name != "kustomization.yaml"]
    return [d for f in files for d in documents(f)]


@pytest.mark.parametrize(
    "file", ["Dockerfile", "compose.yaml", *(str(f) for f in sorted(KUBERNETES.rglob("*.yaml")))]
)
def test_every_setting_exists(file: str) -> None:
    named = set(re.findall(r"BIOSIGHT_[A-Z_]+[A-Z]", Path(file).read_text(encoding="utf-8")))
    assert named <= SETTINGS


def test_kustomize_lists_every_file() -> None:
    for file in DEPLOY.rglob("kustomization.yaml"):
        said = documents(file)[0]
        names = [*said.get("resources", [])]
        names += [f for made in said.get("configMapGenerator", []) for f in made.get("files", [])]
        listed = {(file.parent / name).resolve() for name in names}
        there = {f.resolve() for f in file.parent.glob("*.yaml") if f != file}
        assert there <= listed, file
        assert all(path.exists() for path in listed), file


def test_pods_run_as_nobody_on_a_root_they_cannot_write() -> None:
    pods = [pod for r in resources() if (pod := pod_of(r))]
    assert len(pods) == 6
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        # Prometheus alone asks Kubernetes something, by its account's token.
        asks = pod.get("serviceAccountName") == "prometheus"
        assert asks != (pod.get("automountServiceAccountToken") is False)
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            if "biosight" not in container["image"]:
                continue
            # Secrets come by reference; none is written here.
            assert {"secretRef": {"name": "biosight"}} in container["envFrom"]
            assert "env" not in container


def test_what_selects_finds_the_web_pods() -> None:
    by_kind = {r["kind"]: r for r in resources() if r["metadata"]["name"] == "biosight"}
    web = by_kind["Deployment"]
    labels = web["spec"]["template"]["metadata"]["labels"]
    selectors = (
        by_kind["Service"]["spec"]["selector"],
        by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        by_kind["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        web["spec"]["selector"]["matchLabels"],
    )
    monitored = by_kind["ServiceMonitor"]["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= by_kind["Service"]["metadata"]["labels"].items()
    assert all(s.items() <= labels.items() for s in selectors)


def test_compose_keeps_the_app_small_and_mounts_what_exists() -> None:
    compose = documents(Path("compose.yaml"))[0]
    for name in ("app1", "app2", "drift"):
        service = compose["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    for service in compose["services"].values():
        # Our own image, two whose fixes are wanted as they come, and the others to the byte.
        image = str(service["image"])
        assert image in {"biosight:latest", "nginx:1.28-alpine", "mongo:8"} or re.search(
            r":v?\d+\.\d+(\.\d+)?@sha256:[0-9a-f]{64}$", image
        ), image
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and "secrets" not in source:
                assert Path(source).exists(), source


def test_compose_builds_once_and_says_where_instances_are() -> None:
    compose = documents(Path("compose.yaml"))[0]
    services = compose["services"]
    assert [n for n, s in services.items() if "build" in s] == ["app1"]
    assert {services[n]["pull_policy"] for n in ("app2", "drift")} == {"never"}
    # nginx asks for names once, so the instances keep their addresses, and nothing else takes them.
    fixed = {
        name: ip_address(service["networks"]["inside"]["ipv4_address"])
        for name, service in services.items()
        if isinstance(service["networks"], dict)
    }
    assert fixed.keys() == {"nginx", "app1", "app2"}
    assert len(set(fixed.values())) == 3
    (pool,) = compose["networks"]["inside"]["ipam"]["config"]
    free = ip_network(pool["ip_range"])
    assert all(a in ip_network(pool["subnet"]) and a not in free for a in fixed.values())
    assert str(fixed["nginx"]) == services["app1"]["environment"]["BIOSIGHT_TRUSTED_PROXIES"]


def test_every_setting_reaches_the_containers_of_compose() -> None:
    compose = documents(Path("compose.yaml"))[0]
    for name in ("app1", "app2", "drift"):
        service = compose["services"][name]
        assert service["env_file"] == [{"path": "deploy/secrets/biosight.env", "required": False}]
        assert service["init"]
        assert service["stop_grace_period"] == "40s"
    assert all(s["logging"]["options"]["max-size"] for s in compose["services"].values())


def test_the_image_has_no_torch_and_no_root() -> None:
    lines = Path("Dockerfile").read_text(encoding="utf-8").splitlines()
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM")) :]
    assert last[0].endswith("AS app")
    assert "USER 10001:10001" in last
    assert "torch" not in Path("requirements/server.txt").read_text(encoding="utf-8")


def test_dashboards_ask_for_series_that_exist() -> None:
    known = set()
    for value in vars(metrics).values():
        name = getattr(value, "_name", "")
        known |= {name, f"{name}_total", f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    texts = [f.read_text() for f in (DEPLOY / "grafana/dashboards").glob("*.json")]
    texts += [f.read_text() for f in (DEPLOY / "prometheus").glob("*s.yml")]
    for text in texts:
        named = set(re.findall(r"biosight_[a-z_]+", text))
        assert named <= known, named - known


def boards() -> dict[str, dict[str, Any]]:
    """The dashboards as deploy/grafana/boards.py makes them."""
    made: dict[str, dict[str, Any]] = runpy.run_path(str(DEPLOY / "grafana/boards.py"))["BOARDS"]
    return made


def test_dashboards_are_what_their_table_says() -> None:
    for name, board in boards().items():
        kept = json.loads((DEPLOY / f"grafana/dashboards/{name}.json").read_text(encoding="utf-8"))
        assert kept == board, f"python deploy/grafana/boards.py writes {name}.json"


def test_every_panel_says_what_it_tells_and_follows_the_choices() -> None:
    for board in boards().values():
        assert [v["name"] for v in board["templating"]["list"]] == ["datasource", "job", "instance"]
        shown = [p for p in board["panels"] if p["type"] != "row"]
        assert len(shown) < len(board["panels"])
        for panel in shown:
            assert panel["description"].endswith("."), panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"], panel["title"]
            for target in panel["targets"]:
                series = re.findall(r"\{[^}]*\}", target["expr"])
                assert series, target["expr"]
                assert all('job=~"$job", instance=~"$instance"' in s for s in series)
                ranges = set(re.findall(r"\[(.*?)\]", target["expr"]))
                assert ranges <= {"$__rate_interval", "$__range"}, target["expr"]
                heat = "_bucket" in target["expr"] and "quantile" not in target["expr"]
                assert heat == (panel["type"] == "heatmap"), panel["title"]


def test_the_workers_probe_asks_for_the_file_that_it_touches() -> None:
    probe = documents(KUBERNETES / "base/worker.yaml")[0]["spec"]["template"]["spec"]
    words = probe["containers"][0]["livenessProbe"]["exec"]["command"]
    assert f"/data/{BEAT} " in words[-1]
    # Older than two beats and what a stuck lane is given.
    assert BEAT_SECONDS + STUCK_SECONDS < 60 * 2


def alert_bounds() -> dict[str, float]:
    """The number beyond which each alert fires."""
    said = documents(DEPLOY / "prometheus/alerts.yml")[0]
    rules = [rule for group in said["groups"] for rule in group["rules"]]
    found = {r["alert"]: re.findall(r"[<>] ([\d.e]+)(?!\S)", r["expr"]) for r in rules}
    return {name: float(numbers[-1]) for name, numbers in found.items() if numbers}


@pytest.mark.parametrize(
    ("panel", "alert"),
    [
        ("Free room", "BioSightDiskLow"),
        ("Last backup, ago", "BioSightBackupOld"),
        ("Queues", "BioSightQueueFull"),
        ("Longest wait", "BioSightJobsWait"),
        ("Time to answer", "BioSightSlow"),
        ("Red", "BioSightDriftRed"),
        ("Last check, ago", "BioSightDriftCheckStale"),
        ("Certificate, ends in", "BioSightCertificateEnds"),
        ("Audited accuracy", "BioSightAuditedAccuracyLow"),
    ],
)
def test_a_panel_is_red_where_its_alert_fires(panel: str, alert: str) -> None:
    (shown,) = [p for b in boards().values() for p in b["panels"] if p["title"] == panel]
    steps = shown["fieldConfig"]["defaults"]["thresholds"]["steps"]
    at = [step["color"] for step in steps].index("red")
    edge = steps[at]["value"] if at else steps[1]["value"]
    bound = alert_bounds()[alert]
    assert edge == (bound + 1 if alert == "BioSightDriftRed" else bound)


def test_a_full_queue_can_be_seen() -> None:
    """More may wait than the alert asks for, or it could never fire."""
    app = FastAPI()
    with_pools(app)
    assert app.state.pools.uploads.most_waiting > alert_bounds()["BioSightQueueFull"]


def test_every_figure_of_an_alert_is_of_one_installation() -> None:
    """Several may share a Prometheus: nothing is summed or compared across jobs."""
    for name in ("rules.yml", "alerts.yml"):
        said = documents(DEPLOY / "prometheus" / name)[0]
        for rule in (r for group in said["groups"] for r in group["rules"]):
            taken = re.findall(r"\b(sum|min|max)\b( by \(([^)]*)\))?", rule["expr"])
            assert all("job" in by for _, _, by in taken), rule["expr"]
            assert "on ()" not in rule["expr"]


def test_every_alert_is_in_the_guide() -> None:
    guide = Path("docs/guide/operations.md").read_text(encoding="utf-8")
    said = documents(DEPLOY / "prometheus/alerts.yml")[0]
    for rule in (r for group in said["groups"] for r in group["rules"]):
        assert f"| `{rule['alert']}` |" in guide


def test_every_unit_is_as_restricted_as_the_server() -> None:
    kept = ("NoNewPrivileges", "ProtectSystem", "RestrictNamespaces", "SystemCallFilter")
    for file in (DEPLOY / "systemd").glob("*.service"):
        said = dict(x.split("=", 1) for x in file.read_text().splitlines() if "=" in x)
        assert said["MemoryMax"], file
        for name in (*kept, "PrivateDevices", "CapabilityBoundingSet", "ProtectControlGroups"):
            assert name in said, (file, name)
