"""DVC on pipeline/dvc.yaml as it is: old beside new across commits, experiments, plots.

A stand-in for `biosight` writes what the stages would, by what params.yaml says; the stages
themselves are walked in test_second_walk.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.walk.test_second_walk import ROOT, checkout

__all__ = ["checkout"]
pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("versioning"), pytest.mark.timeout(300)]
STAND_IN = """#!{python}
import json, sys, yaml
from pathlib import Path

stage = "drift" if sys.argv[1] == "drift" else sys.argv[2]
said = yaml.safe_load(Path("pipeline/params.yaml").read_text())
work, right = Path("pipeline/work"), said["snapshot"]["holdout"]
taken_for = "Red" if right > 0.5 else "Blue"
rows = "actual,champion,candidate\\nRed,Red,Red\\nRed,Blue,%s\\n" % taken_for
files = {{
    "drift": {{}},
    "snapshot": {{"snapshot/pictures.tar": "x", "snapshot/training-set.json": json.dumps(right)}},
    "train": {{"candidate/model.onnx": json.dumps(right)}},
    "evaluate": {{"answers.csv": rows, "evaluation.json": json.dumps({{"accuracy": right}})}},
    "gate": {{"gate.html": "<p>", "gate.json": json.dumps({{"verdict": "no worse"}})}},
    "register": {{"registered.json": json.dumps({{"model": "m@1", "verdict": "no worse"}})}},
}}
for name, text in files[stage].items():
    (work / name).parent.mkdir(parents=True, exist_ok=True)
    (work / name).write_text(text)
with Path("ran").open("a") as file:
    file.write(stage + "\\n")
"""


class Clone:
    """A checkout whose `biosight` is the stand-in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        place = root / "bin"
        place.mkdir()
        (place / "biosight").write_text(STAND_IN.format(python=sys.executable))
        (place / "biosight").chmod(0o755)

    def be_first(self) -> None:
        """Let scripts, which look into .venv first, find the stand-in there."""
        place = self.root / ".venv"
        place.unlink(missing_ok=True)
        (place / "bin").mkdir(parents=True)
        (place / "bin/biosight").symlink_to(self.root / "bin/biosight")
        (place / "bin/python").symlink_to(ROOT / ".venv/bin/python")
        dvc = self.root / ".venv-dvc"
        if not dvc.exists():
            dvc.symlink_to(ROOT / ".venv-dvc")

    def run(self, *words: str, **settings: str) -> str:
        path = f"{self.root}/bin:{ROOT}/.venv-dvc/bin:{os.environ['PATH']}"
        done = subprocess.run(
            words,
            cwd=self.root,
            env={**os.environ, "PATH": path, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def told(self, *words: str) -> Any:
        """What a command says as JSON."""
        return json.loads(self.run(*words))

    def commit(self, holdout: str) -> None:
        """Say another share, walk, and commit what one is told to."""
        params = self.root / "pipeline/params.yaml"
        lines = params.read_text().splitlines()
        lines = [f"  holdout: {holdout}" if "holdout:" in line else line for line in lines]
        params.write_text("\n".join(lines) + "\n")
        self.run("dvc", "repro", "pipeline/dvc.yaml")
        self.run("git", "add", "pipeline/dvc.lock", "pipeline/params.yaml")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@e.org", "commit", "-qm", "run")

    @property
    def ran(self) -> list[str]:
        return (self.root / "ran").read_text().split()


def test_old_stands_beside_new_across_commits(checkout: Path) -> None:
    clone = Clone(checkout)
    clone.commit("0.2")
    clone.commit("0.6")
    figures = clone.told("dvc", "metrics", "diff", "HEAD~1", "HEAD", "--json")
    change = figures["pipeline/work/evaluation.json"]["accuracy"]
    assert (change["old"], change["new"]) == (0.2, 0.6)
    drawn = clone.told("dvc", "plots", "diff", "HEAD~1", "HEAD", "--json")
    (plot,) = drawn["data"]["pipeline/work/answers.csv"]
    assert plot["revisions"] == ["HEAD~1", "HEAD"]
    # A confusion matrix: what is taken for what, and how often.
    axes = plot["content"]["spec"]["encoding"]
    assert (axes["x"]["field"], axes["y"]["field"]) == ("candidate", "actual")
    values = plot["content"]["data"]["values"]
    assert [v["candidate"] for v in values if v["rev"] == "HEAD~1"] == ["Red", "Blue"]
    assert [v["candidate"] for v in values if v["rev"] == "HEAD"] == ["Red", "Red"]
    # The same again: the snapshot is asked, and BioSight whether it has the candidate.
    ran = len(clone.ran)
    clone.run("dvc", "repro", "pipeline/dvc.yaml")
    assert clone.ran[ran:] == ["snapshot", "register"]


def test_another_clone_fetches_what_one_has_made(checkout: Path, tmp_path: Path) -> None:
    clone = Clone(checkout)
    clone.run("dvc", "remote", "add", "--local", "-d", "-f", "chosen", str(tmp_path / "remote"))
    clone.commit("0.2")
    clone.run("dvc", "push")
    for gone in ("pipeline/work", ".dvc/cache"):
        clone.run("rm", "-rf", gone)
    ran = len(clone.ran)
    clone.run("dvc", "repro", "--pull", "pipeline/dvc.yaml")
    assert clone.ran[ran:] == ["snapshot", "register"]
    assert (checkout / "pipeline/work/candidate/model.onnx").is_file()
    assert (checkout / "pipeline/work/evaluation.json").is_file()
    assert json.loads((checkout / "pipeline/work/registered.json").read_text())["verdict"]


def test_the_second_night_from_a_fresh_clone(checkout: Path, tmp_path: Path) -> None:
    """drift.sh twice, with the lock committed and the data pushed between."""
    night = {"BIOSIGHT_DVC_REMOTE": str(tmp_path / "remote")}
    clone = Clone(checkout)
    clone.be_first()
    clone.run("bash", "pipeline/drift.sh", "FORCE", **night)
    assert (checkout / "pipeline/work/outcome").read_text() == "no worse\n"
    clone.run("git", "add", "pipeline/dvc.lock")
    clone.run("git", "-c", "user.name=t", "-c", "user.email=t@e.org", "commit", "-qm", "night")
    clone.run("git", "clone", "-q", str(checkout), str(tmp_path / "fresh"))
    fresh = Clone(tmp_path / "fresh")
    fresh.be_first()
    fresh.run("bash", "pipeline/drift.sh", "FORCE", **night)
    assert fresh.ran == ["drift", "snapshot", "register"]
    assert (fresh.root / "pipeline/work/outcome").read_text() == "no worse\n"


def test_a_frozen_snapshot_serves_experiments_of_another_day(checkout: Path) -> None:
    clone = Clone(checkout)
    clone.commit("0.2")
    clone.run("dvc", "freeze", "pipeline/dvc.yaml:snapshot")
    clone.run("git", "add", "pipeline/dvc.yaml")
    clone.run("git", "-c", "user.name=t", "-c", "user.email=t@e.org", "commit", "-qm", "frozen")
    ran = len(clone.ran)
    change = "pipeline/params.yaml:train.epochs=9"
    clone.run("dvc", "exp", "run", "-n", "longer", "-S", change, "pipeline/dvc.yaml:gate")
    assert "snapshot" not in clone.ran[ran:]
    assert "train" in clone.ran[ran:]


def test_an_experiment_stops_before_anything_is_registered(checkout: Path) -> None:
    clone = Clone(checkout)
    clone.commit("0.2")
    ran = len(clone.ran)
    change = "pipeline/params.yaml:snapshot.holdout=0.7"
    clone.run("dvc", "exp", "run", "-n", "more", "-S", change, "pipeline/dvc.yaml:gate")
    assert "register" not in clone.ran[ran:]
    assert clone.ran[ran:][-1] == "gate"
    shown = clone.run("dvc", "exp", "show", "--csv")
    assert "more" in shown
    assert "0.7" in shown
