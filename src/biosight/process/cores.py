"""How many cores this process was granted, which in a container is less than the machine has.

Not here: what runs on them (inference, bulk).
"""

import math
import os
from pathlib import Path

from threadpoolctl import threadpool_limits

GROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")


def granted_cores(groups: Path = GROUPS, mine: Path = MINE) -> int:
    """Cores by the affinity of this process and the CPU quotas of its control groups, rounded up;
    1 at least.

    Reads cgroup v2's `cpu.max` and v1's `cpu.cfs_quota_us` of the process's group and all above
    it (Linux kernel documentation, cgroup-v2 and sched-bwc); elsewhere the machine's cores.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [math.ceil(q) for folder in own_groups(groups, mine) if (q := quota(folder))]
    return max(1, min([allowed or 1, *quotas]))


def multiply_on_one() -> None:
    """Let NumPy's products run on one core each from now on: their threads spin after each small
    one, and take the cores from decoders and networks."""
    threadpool_limits(1, "blas")


def own_groups(groups: Path, mine: Path) -> list[Path]:
    """The folders that may limit this process, from its own group up to the root of each mount."""
    try:
        lines = mine.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        # In a container the path is the host's, and its group is mounted as the root.
        for root in [groups, groups / "cpu", groups / controllers]:
            below = root / path.lstrip("/")
            found += [below, *(p for p in below.parents if p == root or root in p.parents)]
    return found


def quota(folder: Path) -> float | None:
    """Cores that a group may use, None where it sets no limit."""
    try:
        if (folder / "cpu.max").is_file():
            most, period = (folder / "cpu.max").read_text().split()
        else:
            most = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return int(most) / int(period) if most.isdecimal() and int(period) else None
    except (OSError, ValueError):
        return None
