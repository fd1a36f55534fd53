"""The second walk for real: servers, drift, retraining, promotion and back; and the CI script."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFilter

from tests import tiny
from tests.conftest import require
from tests.walk.conftest import Server, free_port

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("second-walk"), pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
COLOURS = list(tiny.COLOURS)


def dusk(label: str, seed: int) -> bytes:
    """A picture from another camera at dusk: blurred, darker, and everything looks red."""
    shown = Pillow.open(io.BytesIO(tiny.picture(label, seed))).convert("RGB")
    shown = shown.filter(ImageFilter.GaussianBlur(2))
    lit = np.clip(np.asarray(shown, float) * [0.6, 0.5, 0.5] + [80, 0, 0], 0, 255)
    buffer = io.BytesIO()
    Pillow.fromarray(lit.astype(np.uint8)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


class Lab:
    """One person's collection, reached through several servers over the same data."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.client, self.collection = servers[0].first_person()
        self.seed = 0

    def send(self, count: int, *, shifted: bool, server: int = 0) -> list[tuple[str, str, str]]:
        """One picture a session: its true label, what it was called, and by which version."""
        said = []
        self.client.base_url = httpx2.URL(self.servers[server].url)
        headers = {"Origin": self.servers[server].url}
        for _ in range(count):
            self.seed += 1
            label = COLOURS[self.seed % 3]
            content = (dusk if shifted else tiny.picture)(label, self.seed)
            answer = self.client.post(
                f"/api/v1/collections/{self.collection}/images",
                files={"file": (f"{label}-{self.seed}.jpg", content)},
                data={"session": f"s{self.seed}"},
                headers=headers,
            )
            assert answer.status_code == 201, answer.text
            said.append((label, answer.json()["label"], answer.json()["image"]["model"]))
        self.client.base_url = httpx2.URL(self.servers[0].url)
        return said

    def correct(self) -> None:
        """Name every picture that nobody has looked at, by its file's name."""
        path = f"/api/v1/collections/{self.collection}/images?who=machine&limit=500"
        for image in self.client.get(path).json()["images"]:
            label = image["name"].split("-")[0]
            body = {"confirm": True} if image["label"] == label else {"label": label}
            answer = self.client.patch(f"/api/v1/images/{image['id']}", json=body)
            assert answer.status_code == 200, answer.text

    def post(self, path: str, **body: object) -> None:
        answer = self.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code in {200, 201, 202}, answer.text

    def command(self, *words: str, code: int = 0) -> str:
        """A `biosight` command beside the running servers."""
        done = subprocess.run(
            [sys.executable, "-m", "biosight.cli", *words],
            env={**os.environ, **self.servers[0].settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def verdict(self) -> str:
        return self.command("drift", "check").split()[0]


def right(said: list[tuple[str, str, str]]) -> float:
    return sum(label == name for label, name, _ in said) / len(said)


@pytest.fixture
def lab(tmp_path: Path, model_dir: Path) -> Iterator[Lab]:
    servers = [Server(tmp_path / "data", model_dir) for _ in range(2)]
    for server in servers:
        server.start()
    yield Lab(servers)
    for server in servers:
        server.close()


def answers_with(lab: Lab, model: str) -> float:
    """Seconds until both servers name a new picture with this version."""
    begin = time.monotonic()
    for server in (0, 1):
        while lab.send(1, shifted=False, server=server)[0][2] != model:
            assert time.monotonic() - begin < 10, f"{model} does not serve everywhere"
    return time.monotonic() - begin


@pytest.mark.long
def test_drift_retraining_promotion_and_back(lab: Lab, tmp_path: Path) -> None:
    lab.send(70, shifted=False)
    assert lab.verdict() == "unknown"  # the first hundred sessions are the baseline themselves
    lab.command("drift", "accept", lab.collection)
    lab.send(35, shifted=False)
    assert lab.verdict() == "green"
    lab.command("drift", "accept", lab.collection)
    before = lab.send(150, shifted=True)
    assert right(before) < 0.8
    assert [lab.verdict() for _ in range(2)] == ["amber", "amber"]  # the same pictures twice
    before += lab.send(30, shifted=True)
    assert lab.verdict() == "red"

    lab.correct()
    work = tmp_path / "work"
    said = lab.command("retrain", lab.collection, "--name", "dusk", "--work", str(work))
    assert "drift: red" in said
    assert "dusk@1 waits as a candidate" in said
    here, older = json.loads((work / "gate.json").read_text())["parts"]
    assert here["candidate"] > here["champion"] + 0.1
    assert older["candidate"] >= older["champion"] - 0.01

    lab.post("/models/dusk@1/promote", reason="the camera stays")
    lab.client.patch(f"/api/v1/collections/{lab.collection}", json={"model": "dusk"})
    answers_with(lab, "dusk@1")
    assert right(lab.send(45, shifted=True, server=1)) > right(before) + 0.15
    assert right(lab.send(45, shifted=False, server=1)) >= 0.95

    lab.correct()
    lab.command("retrain", lab.collection, "--force", "--work", str(work))
    lab.post("/models/dusk@2/promote")
    answers_with(lab, "dusk@2")
    lab.post("/models/dusk@2/roll-back", reason="trying it")
    answers_with(lab, "dusk@1")
    events = lab.client.get("/api/v1/models/dusk@1").json()["events"]
    assert [e["reason"] for e in events if e["kind"] == "promoted"] == [
        "trying it",
        "",
        "the camera stays",
    ]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The committed files and those not committed yet, as a repository of their own."""
    require((ROOT / ".venv-dvc/bin/dvc").exists(), "DVC", "make pipeline-env")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "pipeline", ".dvc*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    root = tmp_path / "clone"
    for name in [*listed, ".gitignore"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    for name in (".venv", ".venv-dvc"):
        (root / name).symlink_to(ROOT / name)
    (root / ".git/info").mkdir(parents=True)
    for words in (
        ["init", "-q"],
        ["add", "-A", "-f", *listed],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "clone"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture
def bucket() -> Iterator[str]:
    """A local S3 server over HTTP, with a bucket; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        for _ in range(200):
            try:
                httpx2.put(f"{address}/dvc", timeout=5)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()


def script(checkout: Path, data: Path, model: Path, *words: str, **settings: str) -> str:
    """Run pipeline/drift.sh as the workflow does; what it printed."""
    done = subprocess.run(
        ["bash", "pipeline/drift.sh", *words],
        cwd=checkout,
        env={
            **os.environ,
            "BIOSIGHT_DATA_DIR": str(data),
            "BIOSIGHT_MODEL_DIR": str(model),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            **settings,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_the_ci_script_on_a_small_instance(
    checkout: Path, lab: Lab, model_dir: Path, bucket: str, tmp_path: Path
) -> None:
    data = lab.servers[0].data
    lab.send(40, shifted=False)
    assert "nothing to do" in script(checkout, data, model_dir)
    assert (checkout / "pipeline/work/outcome").read_text().strip() == "quiet"

    lab.command("drift", "accept", lab.collection)
    lab.send(60, shifted=True)
    lab.correct()
    assert "nothing to do" in script(checkout, data, model_dir)  # amber: it has to come twice
    lab.send(30, shifted=True)
    lab.correct()
    params = checkout / "pipeline/params.yaml"
    params.write_text(params.read_text().replace('name: ""', "name: dusk"))
    remote = tmp_path / "remote"
    said = script(checkout, data, model_dir, BIOSIGHT_DVC_REMOTE=str(remote))
    assert "dusk@1 waits as a candidate" in said
    assert (checkout / "pipeline/work/outcome").read_text().strip() == "a person decides"
    lock = (checkout / "pipeline/dvc.lock").read_text()
    assert "pictures.tar" in lock
    assert "here_candidate_accuracy" in (checkout / "pipeline/work/metrics.md").read_text()
    assert len([p for p in remote.rglob("*") if p.is_file()]) > 4
    assert "dusk@1" in lab.client.get("/api/v1/models").text

    # The same again: nothing changed, so nothing is trained or registered twice.
    again = script(checkout, data, model_dir, "FORCE", BIOSIGHT_DVC_REMOTE=str(remote))
    assert "waits as a candidate" not in again
    # A clone that has nothing but dvc.lock gets archive and model back from a bucket.
    settings = {"BIOSIGHT_DVC_REMOTE": "s3://dvc/store", "BIOSIGHT_DVC_ENDPOINT": bucket}
    script(checkout, data, model_dir, "FORCE", **settings)
    shutil.rmtree(checkout / "pipeline/work")
    shutil.rmtree(checkout / ".dvc/cache")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    dvc = [str(ROOT / ".venv-dvc/bin/dvc"), "pull", "pipeline/dvc.yaml"]
    subprocess.run(dvc, cwd=checkout, env=environment, check=True, capture_output=True)
    assert (checkout / "pipeline/work/candidate/model.onnx").is_file()
    assert (checkout / "pipeline/work/snapshot/pictures.tar").is_file()
    plots = [dvc[0], "plots", "show", "pipeline/work/answers.csv", "--json"]
    drawn = subprocess.run(plots, cwd=checkout, env=environment, capture_output=True, check=False)
    assert b"answers.csv" in drawn.stdout, drawn.stderr
