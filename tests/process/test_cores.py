"""Cores by what was granted, not by what the machine has."""

import os
from pathlib import Path

import pytest

from biosight.process import cores


@pytest.fixture
def sixty_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))


def write_groups(folder: Path, mine: str, files: dict[str, str]) -> None:
    """Write control groups into `folder`/groups, and this process's place among them."""
    (folder / "mine").write_text(mine)
    for name, text in files.items():
        file = folder / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")


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
    write_groups(tmp_path, mine, files)
    assert cores.granted_cores(tmp_path / "groups", tmp_path / "mine") == expected


def test_the_affinity_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert cores.granted_cores(tmp_path, tmp_path / "none") == 1


@pytest.mark.usefixtures("sixty_four")
@pytest.mark.parametrize(
    ("mine", "files", "expected"),
    [
        # Kubernetes and compose set a limit of memory, and none of cores
        ("0::/\n", {"memory.max": str(2 << 30), "cpu.max": "max 100000"}, 12),
        ("0::/\n", {"memory.max": str(700 << 20)}, 1),
        ("0::/\n", {"memory.max": str(2 << 30), "cpu.max": "200000 100000"}, 2),
        ("0::/\n", {"memory.max": "max"}, 64),
        ("0::/\n", {}, 64),
        ("0::/a.slice/b.service\n", {"a.slice/memory.max": str(1 << 30)}, 4),
        ("9:memory:/docker/abc\n", {"memory/memory.limit_in_bytes": str(2 << 30)}, 12),
        ("9:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, 64),
    ],
)
def test_decoders_fit_into_the_memory(
    tmp_path: Path, mine: str, files: dict[str, str], expected: int
) -> None:
    write_groups(tmp_path, mine, files)
    assert cores.granted_decoders(tmp_path / "groups", tmp_path / "mine") == expected
