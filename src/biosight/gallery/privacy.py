"""Coarse places: what a collection's rule hides of where sensitive names were seen.

A place is then the middle of its cell in a grid of degrees (Chapman 2020, Current best practices
for generalizing sensitive species occurrence data, GBIF). A site where something sensitive was seen
is coarse for all its pictures: else the others tell. Not here: who is shown places so (web), or
what an export says of it (gallery/standards).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from biosight.collection import Collection
from biosight.gallery.filters import at_or_below
from biosight.images import Image
from biosight.storage.living import living
from biosight.storage.records import Records
from biosight.taxa.naming import Naming

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Coarsening:
    """A collection's rule: sensitive names by their paths, the ids of sites where one was seen, and
    the grid in degrees."""

    paths: tuple[str, ...] = ()
    sites: frozenset[str] = frozenset()
    degrees: float = 0.0

    def of(self, image: Image) -> float:
        """The grid in degrees for a picture's place, 0 for none."""
        named = any(image.label_path.startswith(path) for path in self.paths)
        return self.degrees if named or (image.site and image.site in self.sites) else 0.0

    def hides(self, image: Image) -> bool:
        """Is a picture's place coarse?"""
        return self.of(image) > 0

    def of_site(self, site: str) -> float:
        """The grid in degrees for a site, 0 for none."""
        return self.degrees if site in self.sites else 0.0


EXACT = Coarsening()


def coarsening(records: Records, collection: Collection, naming: Naming) -> Coarsening:
    """A collection's rule as it stands with today's names and pictures."""
    if not collection.sensitive:
        return EXACT
    all_paths = {naming.path(label) for label in collection.sensitive}
    # What hangs below another sensitive name is hidden with it.
    paths = tuple(p for p in all_paths if not any(p != o and p.startswith(o) for o in all_paths))
    seen: set[str] = set()
    for path in paths:
        below = at_or_below("label_path", path)
        counts = records.count_by(Image, [*living(collection.id), *below], "site")
        seen |= {str(site) for site in counts if site}
    return Coarsening(paths, frozenset(seen), collection.coarse)


def middle(latitude: float, longitude: float, degrees: float) -> tuple[float, float]:
    """The middle of the cell that a place lies in."""
    found: Sequence[float] = [
        min((math.floor(v / degrees) + 0.5) * degrees, limit - degrees / 2)
        for v, limit in ((latitude, 90), (longitude, 180))
    ]
    decimals = decimals_of(degrees)
    return round(found[0], decimals), round(found[1], decimals)


def decimals_of(degrees: float) -> int:
    """How many decimals tell a cell's middle."""
    return max(0, math.ceil(-math.log10(degrees))) + 2


def uncertainty(degrees: float) -> int:
    """Half a cell's diagonal, in metres."""
    return math.ceil(degrees / 2 * math.sqrt(2) * METRES_PER_DEGREE)
