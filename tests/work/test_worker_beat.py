"""A worker that lives says so: a file for the orchestrator, a record for administrators."""

import math
import threading
import time
from pathlib import Path

import pytest

from biosight.bootstrap import open_archive
from biosight.cli.server import worker
from biosight.cli.server.worker import Shift
from biosight.settings import Settings
from biosight.work import workers
from tests.work.test_jobs import until


def test_a_stuck_lane_stops_the_beat(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(worker, "STUCK_SECONDS", 0.5)
    archive, file = open_archive(settings), tmp_path / "beat"
    shift = Shift(settings, archive, math.inf)
    pools = [
        threading.Thread(target=shift.work, args=(("nothing", str(n)),), daemon=True)
        for n in range(2)
    ]
    beat = threading.Thread(target=shift.beat, args=(file,), daemon=True)
    for thread in (*pools, beat):
        thread.start()
    until(lambda: file.exists() and workers.alive(archive.records))
    begun = file.stat().st_mtime
    until(lambda: file.stat().st_mtime > begun)
    # A lane that hangs in the store, say, looks no more.
    hung = threading.Event()
    monkeypatch.setattr(shift, "claim", lambda _: hung.wait(30) and None)
    time.sleep(1.0)
    last = file.stat().st_mtime
    time.sleep(0.3)
    assert file.stat().st_mtime == last
    hung.set()
    shift.close()
    for thread in (*pools, beat):
        thread.join(10)
    archive.close()


def test_a_lesson_of_hours_keeps_the_beat(settings: Settings, tmp_path: Path) -> None:
    archive = open_archive(settings)
    shift = Shift(settings, archive, math.inf)
    shift.looked = {("a",): math.inf, ("b",): time.monotonic()}
    shift.busy.add("job")
    beat = threading.Thread(target=shift.beat, args=(tmp_path / "beat",), daemon=True)
    beat.start()
    until(lambda: workers.alive(archive.records))
    assert workers.alive(archive.records)[0].busy == ("job",)
    shift.close()
    beat.join(10)
    archive.close()
