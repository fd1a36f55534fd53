"""Facets: the values that a filter can choose from, each with the number of matching pictures.

Not here: what a filter is (filters.py), or labels as a tree (browse.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from biosight.images import Image
from biosight.storage.records import Records, Where

MOST = 2000
FIELDS = {
    "sites": "site",
    "deployments": "deployment",
    "cameras": "camera",
    "uploaders": "uploaded_by",
    "folders": "folder",
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value, "" for none, and how many pictures have it."""

    value: str
    images: int


def facet(records: Records, where: Sequence[Where], field: str) -> list[FacetValue]:
    """Return the values of a field among the matching pictures, most pictures first, at most
    MOST."""
    counts = records.count_by(Image, where, field)
    found = [FacetValue(str(value), n) for value, n in counts.items()]
    return sorted(found, key=lambda v: (-v.images, v.value))[:MOST]
