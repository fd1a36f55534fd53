"""The cores and the memory granted to this process; in a container, less than the machine has.

Not here: the work that runs on them (inference, bulk).
"""

import math
import os
from pathlib import Path

from threadpoolctl import threadpool_limits

GROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")
# Measured with 16 people who send PNGs of 24 megapixels at once: the server needs about 350 MiB
# with one decoder at work, and each further one 100 MiB.
SERVER_BYTES = 512 << 20
DECODER_BYTES = 128 << 20
UNLIMITED_BYTES = 1 << 60  # version 1 writes a huge number where there is no limit


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


def granted_decoders(groups: Path = GROUPS, mine: Path = MINE) -> int:
    """Return how many decode processes fit: one per granted core, fewer where the control group's
    memory would not hold them all at work, and at least 1."""
    many = granted_cores(groups, mine)
    if (memory := granted_memory(groups, mine)) is None:
        return many
    return max(1, min(many, (memory - SERVER_BYTES) // DECODER_BYTES))


def granted_memory(groups: Path = GROUPS, mine: Path = MINE) -> int | None:
    """Return the least memory in bytes that this process's control group and the groups above it
    allow, or None where none sets a limit: cgroup v2's `memory.max`, v1's `limit_in_bytes`."""
    limits = [memory_limit(folder) for folder in own_groups(groups, mine, "memory")]
    return min((limit for limit in limits if limit), default=None)


def multiply_on_one() -> None:
    """Limit NumPy's matrix products to one core each. Their threads spin after each small product,
    and take the cores away from decoders and networks."""
    threadpool_limits(1, "blas")


def own_groups(groups: Path, mine: Path, controller: str = "cpu") -> list[Path]:
    """Return the folders in which a controller may limit this process, from its own group up to the
    root of each mount."""
    try:
        lines = mine.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        # In a container the path is the host's, while the container's group is the mount's root.
        for root in [groups, groups / controller, groups / controllers]:
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


def memory_limit(folder: Path) -> int | None:
    """Return the bytes that a group may use, or None if it sets no limit."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        try:
            most = (folder / name).read_text().strip()
        except OSError:
            continue
        return int(most) if most.isdecimal() and int(most) < UNLIMITED_BYTES else None
    return None
