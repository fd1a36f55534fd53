"""A collection as the standards' exports want it: names, people, places, and who answers for it.

Not here: what an export holds (gallery/standards).
"""

from biosight import accounts, registry
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errands.locating import places_by_id
from biosight.errands.names import naming_of
from biosight.gallery.standards.facts import Credits, Scope
from biosight.storage.records import Records


def scope_of(
    records: Records,
    catalogue: Catalogue,
    collection: Collection,
    credit: Credits,
    coarse: float = 0.0,
    utc_offset: int | None = None,
) -> Scope:
    """What to export and how (gallery/standards/facts.py says what each is)."""
    sites, deployments = places_by_id(records, collection.id)
    return Scope(
        collection.id,
        collection.name,
        accounts.names_of(records),
        registry.label_names(records, dict(collection.renamed)),
        naming_of(records, catalogue, collection),
        coarse,
        utc_offset,
        sites,
        deployments,
        credit,
    )
