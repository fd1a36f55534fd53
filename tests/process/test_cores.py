"""Cores by what was granted, not by what the machine has."""

import os
from pathlib import Path

import pytest

from biosight.process import cores


@pytest.fixture
def sixty_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))


@pytest.mark.usefixtures("sixty_four")
@pytest.mark.parametrize(
    ("mine", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "200000 100000"}, 2),  # a container with a namespace of its own
        ("0::/\n", {"cpu.max": "150000 100000"}, 2),
        ("0::/\n", {"cpu.max": "50000 100000"}, 1),
        ("0::/\n", {"cpu.max": "max 100000"}, 64),
        ("0::/\n", {}, 64),
        # systemd: the unit sets none, its slice does
        ("0::/a.slice/b.service\n", {"a.slice/b.service/cpu.max": "max 100000"}, 64),
        ("0::/a.slice/b.service\n", {"a.slice/cpu.max": "300000 100000"}, 3),
        # version 1, in a container that sees the host's path
        (
            "5:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
            {"cpu,cpuacct/cpu.cfs_quota_us": "400000", "cpu,cpuacct/cpu.cfs_period_us": "100000"},
            4,
        ),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 64),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "so", "cpu/cpu.cfs_period_us": "many"}, 64),
    ],
)
def test_a_quota_counts(tmp_path: Path, mine: str, files: dict[str, str], expected: int) -> None:
    (tmp_path / "mine").write_text(mine)
    for name, text in files.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    assert cores.granted_cores(tmp_path / "groups", tmp_path / "mine") == expected


def test_the_affinity_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert cores.granted_cores(tmp_path, tmp_path / "none") == 1
