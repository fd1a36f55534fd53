"""Locked upload sessions: their pictures judge models and never teach one.

Not here: freezing the others (snapshot.py), or teaching by hand (teach.py); both leave them out.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from biosight.images import Image
from biosight.learning.recipe import SnapshotParams

SAME_BITS = 4  # perceptual hashes (64 bits) that differ in at most this many are of one picture
FEW_SESSIONS = 10  # a library from a single import would be locked as a whole, or not at all


def splits_of(images: Sequence[Image], holdout: float, salt: str) -> list[str]:
    """Return the split of each picture; from FEW_SESSIONS on, later pictures do not change it.

    Whole upload sessions are drawn by the hash of their name; with fewer than FEW_SESSIONS, single
    pictures are drawn. A picture that is linked to a held one by likeness, perhaps through others,
    is a "copy".
    """
    sessions = [i.session or i.id for i in images]
    few = len(set(sessions)) < FEW_SESSIONS
    held = [
        lot_of(i.id if few else s, salt) < holdout for i, s in zip(images, sessions, strict=True)
    ]
    group = duplicate_groups([i.phash for i in images])
    touched = {group[n] for n, is_held in enumerate(held) if is_held}
    return [
        "holdout" if is_held else "copy" if group[n] in touched else "train"
        for n, is_held in enumerate(held)
    ]


def locked_pictures(images: Sequence[Image]) -> set[str]:
    """Return the ids of pictures that a snapshot with the default recipe would lock, or leave aside
    as copies of locked ones. They must not teach either, or nothing is left to judge by. With fewer
    than FEW_SESSIONS sessions, single pictures would be drawn. Then no picture is locked, because
    teaching would lose more than judging gains."""
    usual = SnapshotParams()
    if len({i.session or i.id for i in images}) < FEW_SESSIONS:
        return set()
    splits = splits_of(images, usual.holdout, usual.salt)
    return {i.id for i, split in zip(images, splits, strict=True) if split != "train"}


def lot_of(session: str, salt: str) -> float:
    """Return a session's lot, 0 to 1."""
    digest = hashlib.sha256(f"{salt}/{session}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def duplicate_groups(hashes: Sequence[str]) -> list[int]:
    """Return a group number for each perceptual hash; hashes within SAME_BITS are in one group.

    Two hashes of 64 bits that differ in at most four bits agree in one of five bands. Only hashes
    that share a band are compared.
    """
    numbers = [int(h, 16) if h else -1 for h in hashes]
    parent = list(range(len(numbers)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    bands: dict[tuple[int, int], list[int]] = defaultdict(list)
    for n, value in enumerate(numbers):
        if value < 0:
            continue
        for band in range(SAME_BITS + 1):
            part = value >> (13 * band) & 0x1FFF
            for other in bands[band, part]:
                if (numbers[other] ^ value).bit_count() <= SAME_BITS:
                    parent[root(n)] = root(other)
            bands[band, part].append(n)
    return [root(n) for n in range(len(numbers))]
