"""The number of cores granted to this process; in a container that is less than the machine has.

Not here: the work that runs on them (inference, bulk).
"""

import math
import os
from pathlib import Path

from threadpoolctl import threadpool_limits

GROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")


def granted_cores(groups: Path = GROUPS, mine: Path = MINE) -> int:
    """Return the cores that this process may use, rounded up and at least 1.

    They are limited by its affinity and by the CPU quotas of its control group and all groups above
    it. The quotas are cgroup v2's `cpu.max` and v1's `cpu.cfs_quota_us` (Linux kernel
    documentation, cgroup-v2 and sched-bwc). Elsewhere the result is the number of the machine's
    cores.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [math.ceil(q) for folder in own_groups(groups, mine) if (q := quota(folder))]
    return max(1, min([allowed or 1, *quotas]))


def multiply_on_one() -> None:
    """Limit NumPy's matrix products to one core each. Their threads spin after each small product,
    and take the cores away from decoders and networks."""
    threadpool_limits(1, "blas")


def own_groups(groups: Path, mine: Path) -> list[Path]:
    """Return the folders that may limit this process, from its own group up to the root of each
    mount."""
    try:
        lines = mine.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        # In a container the path is the host's, while the container's group is the mount's root.
        for root in [groups, groups / "cpu", groups / controllers]:
            below = root / path.lstrip("/")
            found += [below, *(p for p in below.parents if p == root or root in p.parents)]
    return found


def quota(folder: Path) -> float | None:
    """Return the number of cores that a group may use, or None if it sets no limit."""
    try:
        if (folder / "cpu.max").is_file():
            most, period = (folder / "cpu.max").read_text().split()
        else:
            most = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return int(most) / int(period) if most.isdecimal() and int(period) else None
    except (OSError, ValueError):
        return None
