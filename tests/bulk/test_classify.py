"""biosight classify: local processes, a real Ray cluster with a node that dies, tables, import."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from biosight.bulk import plan
from biosight.images.measures import STATISTICS
from biosight.storage.blobs.bucket import open_bucket
from tests import tiny
from tests.conftest import Run, add_ada, require
from tests.s3 import BUCKET, S3
from tests.walk.conftest import free_port

pytestmark = pytest.mark.xdist_group("bulk")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.make_folder(tmp_path / "in", 9)
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    return tmp_path / "in"


def rows(table: Path) -> list[dict[str, Any]]:
    return [row for f in sorted(table.glob("*.parquet")) for row in pq.read_table(f).to_pylist()]


def test_each_picture_has_one_row(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    said = run("classify", folder, "--to", out, "--chunk", 10, "--workers", 2).output
    assert "28 pictures. 1 could not be read" in said
    found = rows(out)
    assert len(found) == 28
    assert len({row["name"] for row in found}) == 28
    broken = next(row for row in found if row["error"])
    assert broken["name"] == "broken.jpg"
    assert broken["label"] is None
    assert Counter(str(row["label"]) for row in found)["Red"] == 9
    good = next(row for row in found if not row["error"])
    assert good["model"] == "tiny@1"
    assert len(good["embedding"]) == 3
    (kind,) = {
        pq.read_schema(f).field("embedding").type for f in out.glob("*.parquet")
    }  # the same in each table, also where a picture could not be read
    assert (str(kind.value_type), kind.list_size) == ("halffloat", 3)
    assert set(good["statistics"]) == set(STATISTICS)
    assert broken["embedding"] is None


def test_a_name_from_an_old_disk_has_its_row(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    name = os.fsencode(tmp_path / "in") + b"/caf\xe9.jpg"
    with open(name, "wb") as file:  # noqa: PTH123 - a path that is no text
        file.write(tiny.picture("Red", 1))
    (tmp_path / "in" / "fine.jpg").write_bytes(tiny.picture("Blue", 1))
    run("classify", tmp_path / "in", "--to", tmp_path / "out", "--workers", 1)
    found = {str(row["name"]): row for row in rows(tmp_path / "out")}
    assert "not UTF-8" in str(found["caf\\udce9.jpg"]["error"])
    assert found["fine.jpg"]["label"] == "Blue"


def test_a_second_run_does_what_is_missing(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    run("classify", folder, "--to", out, "--chunk", 10, "--workers", 1)
    before = {f.name: f.stat().st_mtime_ns for f in out.glob("*.parquet")}
    gone = sorted(before)[0]
    (out / gone).unlink()
    again = run("classify", folder, "--to", out, "--chunk", 10, "--workers", 1).output
    assert "were done before" in again
    after = {f.name: f.stat().st_mtime_ns for f in out.glob("*.parquet")}
    assert after.keys() == before.keys()
    assert {n for n in after if after[n] != before[n]} == {gone}
    other = run("classify", folder, "--to", out, "--chunk", 9, code=1).output
    assert "another model" in other


def test_a_table_becomes_a_collection(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    run("classify", folder, "--to", out, "--workers", 1)
    add_ada(run)
    (folder / "day1" / "IMG_0000.jpg").unlink()
    (folder / "day2" / "IMG_0001.jpg").write_bytes(tiny.picture("Blue", 77))
    said = run("import-table", out).output
    assert "26 imported" in said
    assert "1 not there any more" in said
    assert "26 there already" in run("import-table", out).output
    run("export", "--to", tmp_path / "sorted")
    folders = {p.parent.name for p in (tmp_path / "sorted").rglob("*.jpg")}
    assert folders == set(tiny.COLOURS)
    assert "0 problems" in run("doctor").output


def test_a_table_has_the_limit_of_uploads(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ada(run)
    tiny.make_folder(tmp_path / "in", 1)
    large = tmp_path / "in" / "large.jpg"
    large.write_bytes(tiny.picture("Red", 99) + bytes(1024 * 1024))
    run("classify", tmp_path / "in", "--to", tmp_path / "out.parquet", "--workers", 1)
    monkeypatch.setenv("BIOSIGHT_MAX_FILE_MB", "1")
    said = run("import-table", tmp_path / "out.parquet").output
    assert "3 imported" in said
    assert "1 refused" in said


def test_wrong_sources_are_said_in_words(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    assert "no pictures" in run("classify", tmp_path / "empty", "--to", out, code=1).output
    away = f"127.0.0.1:{free_port()}"
    tiny.make_folder(tmp_path / "in", 1)
    if find_spec("ray"):
        said = run(
            "classify",
            tmp_path / "in",
            "--to",
            tmp_path / "r",
            "--engine",
            "ray",
            "--address",
            away,
            code=1,
        )
        assert "no Ray cluster" in said.output
    assert "no folder" in run("classify", tmp_path / "none", "--to", out, code=1).output


def test_a_bucket_is_read_like_a_folder(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = S3(free_port())
    try:
        for name, value in s3.environment().items():
            monkeypatch.setenv(name, value)
        import obstore

        bucket = open_bucket(f"s3://{BUCKET}/field", tmp_path / "incoming")
        for path in folder.rglob("*.*"):
            obstore.put(bucket.store, path.relative_to(folder).as_posix(), path)
        out = tmp_path / "out.parquet"
        said = run("classify", f"s3://{BUCKET}/field", "--to", out, "--workers", 1).output
    finally:
        s3.close()
    assert "28 pictures. 1 could not be read" in said
    assert {r["name"] for r in rows(out) if r["error"]} == {"broken.jpg"}


class Cluster:
    """A head and a second node, each Ray processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.ray = str(Path(sys.executable).with_name("ray"))
        self.start("--head", f"--port={self.port}", "--include-dashboard=false", "--num-cpus=1")
        self.second = self.start(f"--address=127.0.0.1:{self.port}", "--num-cpus=1", block=True)

    def start(self, *words: str, block: bool = False) -> subprocess.Popen[bytes]:
        command = [
            self.ray,
            "start",
            *words,
            "--object-store-memory=100000000",
            "--disable-usage-stats",
        ]
        log = (self.folder / "ray.log").open("ab")
        process = subprocess.Popen(
            [*command, *(["--block"] if block else [])],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        if not block:
            assert process.wait(90) == 0, (self.folder / "ray.log").read_text()
        return process

    def kill_second(self) -> None:
        """As a power cut would."""
        os.killpg(self.second.pid, signal.SIGKILL)
        self.second.wait(10)

    def close(self) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run([self.ray, "stop", "--force"], check=False, stdout=quiet, stderr=quiet)
        if self.second.poll() is None:
            self.kill_second()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    require(find_spec("ray") is not None, "Ray", "make ray-env")
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_ray_cluster_that_loses_a_node_loses_no_picture(
    cluster: Cluster, tmp_path: Path, model_dir: Path
) -> None:
    tiny.make_folder(tmp_path / "in", 400)
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff no")
    out = tmp_path / "out.parquet"
    command = [sys.executable, "-m", "biosight.cli", "classify", str(tmp_path / "in")]
    command += ["--to", str(out), "--engine", "ray", "--address", f"127.0.0.1:{cluster.port}"]
    command += ["--workers", "2", "--chunk", "6"]
    environment = {**os.environ, "BIOSIGHT_MODEL_DIR": str(model_dir)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    todo = plan(str(tmp_path / "in"), model_dir, out, "tiny@1", 6)
    assert len(todo.chunks) == 201
    for _ in range(1200):
        if len(list(out.glob("*.parquet"))) >= 5 or process.poll() is not None:
            break
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    assert process.poll() is None, process.communicate()[0]
    cluster.kill_second()
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    found = rows(out)
    assert len(found) == len({row["name"] for row in found}) == 1201
    assert {str(row["name"]) for row in found if row["error"]} == {"broken.jpg"}
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "0 pictures, 1201 were done before" in again.stdout, again.stderr
