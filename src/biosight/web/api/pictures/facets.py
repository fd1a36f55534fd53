"""API: the values that a filter can choose from, with their names, and counts of what matches."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from biosight import accounts
from biosight.gallery.facets import FIELDS, facet
from biosight.storage.records import Records
from biosight.web.access.deps import MayLook, Store
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.workflows.places.deployment_acts import places_by_id

router = APIRouter(tags=["images"])
Facets = Annotated[
    tuple[Annotated[str, Field(pattern=f"^({'|'.join(FIELDS)})$")], ...],
    Query(min_length=1, max_length=len(FIELDS)),
]


class FacetOut(BaseModel):
    """A value ("" for none), what it is called, and how many pictures have it."""

    value: str
    words: str
    images: int


@router.get("/collections/{collection}/facets")
def show_facets(
    access: MayLook, records: Store, chosen: Filtered, of: Facets
) -> dict[str, list[FacetOut]]:
    """List sites, deployments, cameras, uploaders or folders of what a filter matches.

    Those with most pictures come first, up to 2,000 of each kind.
    """
    c = access.collection
    where = matching_images(access, chosen)
    found = {}
    for name in dict.fromkeys(of):
        words = words_of(records, c.id, name)
        found[name] = [
            FacetOut(value=v.value, words=words(v.value), images=v.images)
            for v in facet(records, where, FIELDS[name])
        ]
    return found


def words_of(records: Records, collection: str, name: str) -> Callable[[str], str]:
    """Return a function that says what a facet's values are called."""
    if name == "uploaders":
        return accounts.names_of(records)
    if name in {"sites", "deployments"}:
        sites, deployments = places_by_id(records, collection)
        places = sites if name == "sites" else deployments
        return lambda value: places[value].name if value in places else ""
    return str
