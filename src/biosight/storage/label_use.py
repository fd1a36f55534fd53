"""Counts of pictures by what they show, over all their subjects.

Not here: conditions on labels (conditions.py), or counts for a page (gallery/browse.py).
"""

from collections import Counter
from collections.abc import Sequence

from biosight.images import Image
from biosight.storage.records import Records, Where
from biosight.taxa.paths import counts_below


def pictures_by_label(records: Records, where: Sequence[Where]) -> dict[str, int]:
    """Return how many of the matching pictures show each label; "" for those without a label."""
    counts = Counter({str(k): n for k, n in records.count_by(Image, where, "label").items()})
    counts.update({str(k): n for k, n in records.count_by(Image, where, "also_labels").items()})
    return dict(counts)


def pictures_by_path(records: Records, where: Sequence[Where]) -> dict[str, int]:
    """Return how many of the matching pictures show something at or below each path."""
    own = records.count_by(Image, where, "label_path")
    found = counts_below({str(path): n for path, n in own.items()})
    found.update({str(k): n for k, n in records.count_by(Image, where, "also_paths").items()})
    return dict(found)
