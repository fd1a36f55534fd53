"""KnownTaxon: a name that people added to a collection, or moved in its tree.

Not here: the tree made of them and of the model's (collected.py).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from biosight.storage.records import Records, Where, pages
from biosight.taxa.naming import spelt
from biosight.taxa.tree import Taxon, kept_fields

BATCH = 5000


@dataclass(frozen=True, slots=True)
class KnownTaxon:
    """Name of one collection. Names that differ only by case or Unicode form share an id, so that
    only one of them exists.

    `parent` is the label it hangs below, "" for a root. `accepted` is the label that a synonym
    stands for, "" for a name that is used itself. `source` is the checklist it came with.
    """

    table: ClassVar[str] = "taxa"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("collection", "id"),
        ("collection", "parent", "id"),
    )

    id: str
    collection: str
    label: str
    scientific_name: str = ""
    taxon_rank: str = ""
    parent: str = ""
    vernacular_name: str = ""
    accepted: str = ""
    source: str = ""
    version: int = 1

    @property
    def taxon(self) -> Taxon:
        return Taxon(self.label, **kept_fields(self))


def known_id(collection: str, label: str) -> str:
    """Return the id of a label in a collection, whatever its case and Unicode form."""
    return f"{collection}.{hashlib.sha256(spelt(label).encode()).hexdigest()[:20]}"


def known_from(
    collection: str, taxon: Taxon, *, accepted: str = "", source: str = ""
) -> KnownTaxon:
    """Return a taxon as a collection keeps it."""
    kept: dict[str, Any] = {**kept_fields(taxon)}
    return KnownTaxon(
        id=known_id(collection, taxon.id),
        collection=collection,
        label=taxon.id,
        accepted=accepted,
        source=source,
        **kept,
    )


def known_taxa(records: Records, collection: str) -> Iterator[KnownTaxon]:
    """Yield all names that people added to a collection, synonyms too."""
    mine = [Where("collection", "=", collection)]
    for found in pages(records, KnownTaxon, mine, size=BATCH):
        yield from found
