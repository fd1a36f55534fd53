"""Kubernetes files do what they say: settings start, versions don't mix, backups outlast."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from biosight.settings import Settings
from tests.kustomized import Resource, documents, one, pod_of, rendered

KUBERNETES = Path("deploy/kubernetes")
OVERLAY = KUBERNETES / "overlays/production"
WAYS = ("ground", "overlays/production", "monitoring", "operator")


@pytest.fixture(scope="module")
def applied() -> list[Resource]:
    return rendered(OVERLAY)


def uncommented(file: Path) -> str:
    """A file with the entries of lists and maps that its comments offer."""
    return re.sub(r"(?m)^( +)# (- [A-Z_]+=|[A-Z_]+: )", r"\1\2", file.read_text(encoding="utf-8"))


def opened(monkeypatch: pytest.MonkeyPatch, *parts: dict[str, str]) -> Settings:
    for part in parts:
        for name, value in part.items():
            monkeypatch.setenv(name, value)
    return Settings()


@pytest.mark.parametrize("with_offers", [False, True])
def test_pods_start_with_the_examples_settings(
    monkeypatch: pytest.MonkeyPatch, applied: list[Resource], with_offers: bool
) -> None:
    secret = KUBERNETES / "secret.example.yaml"
    text = uncommented(secret) if with_offers else secret.read_text(encoding="utf-8")
    config = dict(one(applied, "ConfigMap", "biosight")["data"])
    if with_offers:
        offered = yaml.safe_load(uncommented(OVERLAY / "kustomization.yaml"))
        config |= dict(x.split("=", 1) for x in offered["configMapGenerator"][0]["literals"])
    found = opened(monkeypatch, config, yaml.safe_load(text)["stringData"])
    assert (found.store, found.uses_bucket, found.worker) == ("mongodb", True, False)
    assert bool(found.smtp_url and found.mail_from) == with_offers
    assert bool(found.oidc_issuer and found.oidc_client_secret) == with_offers


def test_mail_wanted_alone_starts_too(
    monkeypatch: pytest.MonkeyPatch, applied: list[Resource]
) -> None:
    config = one(applied, "ConfigMap", "biosight")["data"]
    assert opened(monkeypatch, config, {"BIOSIGHT_SMTP_URL": "smtps://u:p@mail.example"}).mail_from


def test_decoders_fit_into_the_memory_of_a_pod_on_any_node(applied: list[Resource]) -> None:
    data = one(applied, "ConfigMap", "biosight")["data"]
    assert 0 < int(data["BIOSIGHT_DECODERS"]) <= 4
    assert 0 < int(data["BIOSIGHT_THREADS"]) <= 4


def test_two_versions_never_run_over_one_store(applied: list[Resource]) -> None:
    for name in ("biosight", "biosight-worker"):
        assert one(applied, "Deployment", name)["spec"]["strategy"] == {"type": "Recreate"}


def test_the_autoscaler_alone_says_how_many_pods_there_are(applied: list[Resource]) -> None:
    scaler = one(applied, "HorizontalPodAutoscaler", "biosight")["spec"]
    assert "replicas" not in one(applied, "Deployment", scaler["scaleTargetRef"]["name"])["spec"]
    # A metric that needs an adapter would keep it from scaling down where there is none.
    assert [m["type"] for m in scaler["metrics"]] == ["Resource"]


def test_a_node_can_be_drained_while_a_store_is_away(applied: list[Resource]) -> None:
    budget = one(applied, "PodDisruptionBudget", "biosight")["spec"]
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_changed_setting_starts_the_pods_anew(applied: list[Resource]) -> None:
    # kustomize puts a hash into the names of ConfigMaps that it makes, not of those in files.
    files = [d for f in KUBERNETES.rglob("*.yaml") for d in documents(f)]
    assert [d for d in files if d["kind"] == "ConfigMap"] == []
    pods = [pod for r in applied if (pod := pod_of(r))]
    assert len(pods) == 4
    for pod in pods:
        assert {"configMapRef": {"name": "biosight"}} in pod["containers"][0]["envFrom"]


def test_a_long_change_of_form_is_not_killed(applied: list[Resource]) -> None:
    probe = pod_of(one(applied, "Deployment", "biosight"))
    assert probe is not None
    start = probe["containers"][0]["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 3600


def test_backups_outlast_the_overlay_and_are_not_made_thrice(applied: list[Resource]) -> None:
    assert [r for r in applied if r["kind"] in {"PersistentVolumeClaim", "Namespace"}] == []
    ground = rendered(KUBERNETES / "ground")
    assert {r["kind"] for r in ground} == {"PersistentVolumeClaim", "Namespace"}
    job = one(applied, "CronJob", "biosight-backup")
    claims = [
        v["persistentVolumeClaim"]["claimName"]
        for v in (pod_of(job) or {})["volumes"]
        if "persistentVolumeClaim" in v
    ]
    assert claims == [one(ground, "PersistentVolumeClaim", "biosight-backups")["metadata"]["name"]]
    assert job["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_pods_have_an_account_that_a_cloud_can_know(applied: list[Resource]) -> None:
    for pod in filter(None, map(pod_of, applied)):
        account = one(applied, "ServiceAccount", pod["serviceAccountName"])
        assert account["automountServiceAccountToken"] is False
    text = (KUBERNETES / "base/network.yaml").read_text(encoding="utf-8")
    for port in (25, 80, 988, 8443):
        assert f"# - {{protocol: TCP, port: {port}}}" in text


def test_rules_for_an_operator_lead_to_the_given_address() -> None:
    script = KUBERNETES / "operator/rules.sh"
    made = subprocess.run(["sh", str(script), "https://b.example"], capture_output=True, text=True)
    said = yaml.safe_load(made.stdout)
    alerts = [r for g in said["spec"]["groups"] for r in g["rules"] if "alert" in r]
    assert len(alerts) > 10
    for alert in alerts:
        assert alert["annotations"]["runbook_url"].startswith("https://b.example/help/")
    assert subprocess.run(["sh", str(script)], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("way", WAYS)
def test_kubectl_renders_the_same(way: str) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("SKIPPED: the reading of kustomizations is not compared, for want of kubectl")
    command = ["kubectl", "kustomize", str(KUBERNETES / way)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    theirs = [d for d in yaml.safe_load_all(done.stdout) if d]
    ours = rendered(KUBERNETES / way)
    assert named(ours) == named(theirs)
    assert settings(ours) == settings(theirs)


def named(found: list[Resource]) -> list[tuple[str, str]]:
    """Kinds and names, without the hashes of generated ConfigMaps."""
    hashed = re.compile(r"-[a-z0-9]{10}$")
    return sorted(
        (r["kind"], hashed.sub("", r["metadata"]["name"]) if r["kind"] == "ConfigMap" else name)
        for r in found
        for name in [r["metadata"]["name"]]
    )


def settings(found: list[Resource]) -> list[str]:
    """The contents of all ConfigMaps."""
    return sorted(json.dumps(r["data"], sort_keys=True) for r in found if r["kind"] == "ConfigMap")
