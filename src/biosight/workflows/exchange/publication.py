"""A collection in the form that exports in standard formats need: names, people, places, credits.

Not here: the content of an export (publishing/standards).
"""

from collections.abc import Mapping
from dataclasses import replace

from biosight import accounts, registry
from biosight.bootstrap import Catalogue
from biosight.collection import Collection, clean_asked_grid
from biosight.field.coarse_places import coarsening_for
from biosight.field.gaps import gaps_among
from biosight.own_names.collected import Names
from biosight.publishing.standards.facts import Credits, Scope
from biosight.publishing.table import Telling
from biosight.storage.records import Records
from biosight.workflows.collection_names import names_in
from biosight.workflows.places.deployment_acts import places_by_id


def scope_of(
    records: Records,
    catalogue: Catalogue,
    collection: Collection,
    who: Credits,
    said: Mapping[str, str],
    address: str = "",
) -> Scope:
    """Return what to export and how (publishing/standards/facts.py describes each field).

    `who` is the person responsible for the export. Of title, license, rights_holder, coarse and
    utc_offset, values missing in `said` are those remembered for the collection.
    """
    told = dict(collection.published) | dict(said)
    sites, deployments = places_by_id(records, collection.id)
    names = names_in(records, catalogue, collection)
    naming = names.naming
    return Scope(
        collection=collection.id,
        name=collection.name,
        person=accounts.names_of(records),
        names=registry.label_names(records, dict(collection.renamed)),
        naming=naming,
        coarse=clean_asked_grid(float(told.get("coarse") or 0)),
        utc_offset=int(told["utc_offset"]) if told.get("utc_offset") else None,
        sites=sites,
        deployments=deployments,
        credits=replace(
            who,
            license=told.get("license", ""),
            title=told.get("title", ""),
            rights_holder=told.get("rights_holder", ""),
        ),
        rule=coarsening_for(records, collection, naming, names.accepted),
        gaps=gaps_among(collection, deployments.values()),
        address=address,
    )


def telling_of(
    records: Records,
    collection: Collection,
    names: Names,
    nested: bool,
    address: str,
) -> Telling:
    """Return how biosight.csv describes a collection's pictures; its rule says how exact places
    are."""
    sites, deployments = places_by_id(records, collection.id)
    return Telling(
        accounts.names_of(records),
        names.naming,
        nested,
        rule=coarsening_for(records, collection, names.naming, names.accepted),
        threshold=collection.threshold,
        sites=sites,
        deployments=deployments,
        address=address,
    )
