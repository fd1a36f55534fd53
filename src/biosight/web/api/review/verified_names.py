"""API: a collection's list of names with what people have verified, and the queue that fills it."""

from fastapi import APIRouter
from pydantic import BaseModel

from biosight.accounts import names_of
from biosight.field.event_counts import events_by_name
from biosight.field.gaps import all_gaps
from biosight.images import Image
from biosight.labels import speaker_of
from biosight.membership import Access
from biosight.places import Site
from biosight.review.identifications import last_said
from biosight.review.verified_names import (
    ListedName,
    NameStanding,
    listed_names,
    pictures_to_look_at,
    shown_pictures,
)
from biosight.storage.records import Records, Where, find_all
from biosight.taxa.tree import Tree
from biosight.web.access.deps import MayLook, Open, Store
from biosight.web.access.rights import hides_places
from biosight.web.schemas.pictures import ImageOut, image_out
from biosight.web.schemas.review_queue import DrawnOut, QueueOut
from biosight.workflows.collection_names import names_in

router = APIRouter(tags=["review"])


class VerifiedNameOut(BaseModel):
    """A name of the list, in the whole collection or at one site (its id and name).

    `images` show it, `verified` of these because a person says so; `looks` counts pictures that a
    machine gave this name and a person looked at without confirming it. `standing` is "verified",
    "to look at" or "not proved". `image` is the likeliest picture, None where no picture has the
    name as its own, and `by` says who named that picture, "" for a machine.
    """

    label: str
    path: str
    scientific_name: str
    rank: str
    common_name: str
    site: str
    site_name: str
    images: int
    verified: int
    looks: int
    standing: NameStanding
    image: ImageOut | None
    by: str


class VerifiedNamesOut(BaseModel):
    """A collection's names in the order of its tree. `sites` counts the sites; where the collection
    hides places from you, `sites_hidden` is set, and there are no rows by site."""

    names: list[VerifiedNameOut]
    sites: int
    sites_hidden: bool


class EventsOfNameOut(BaseModel):
    """How many events show a name, at a site or ("") in the whole collection."""

    label: str
    site: str
    events: int


def list_of(
    access: Access, biosight: Open, records: Records, *, by_site: bool = False
) -> tuple[list[ListedName], Tree]:
    """Return a collection's list and its tree of names."""
    c = access.collection
    names = names_in(records, biosight.catalogue, c)
    found = listed_names(records, c.id, names.naming, names.accepted, by_site=by_site)
    return found, names.tree


@router.get("/collections/{collection}/verified-names")
def show_verified_names(
    access: MayLook, biosight: Open, records: Store, *, by_site: bool = False
) -> VerifiedNamesOut:
    """List names with their likeliest pictures, and which of them people have verified.

    A name is verified once a person gave or confirmed it, or a name below it, for one picture. It
    is not proved once three pictures that a machine gave it were looked at and not confirmed, or
    none is left. The first 1,000 rows have a picture.
    """
    c, hidden = access.collection, hides_places(access, biosight, records)
    by_site = by_site and not hidden
    found, tree = list_of(access, biosight, records, by_site=by_site)
    shown = shown_pictures(records, c.id, found, by_site=by_site)
    sites = {s.id: s.name for s in find_all(records, Site, [Where("collection", "=", c.id)])}
    by = speakers(records, [i for i in shown.values() if i.who == "person"])
    return VerifiedNamesOut(
        names=[row_out(access, one, tree, sites, shown.get(one), by) for one in found],
        sites=0 if hidden else len(sites),
        sites_hidden=hidden,
    )


def speakers(records: Records, images: list[Image]) -> dict[str, str]:
    """Return who named each picture, in words, by the pictures' ids."""
    last = last_said(records, images)
    name = names_of(records, {said.by for said in last.values()})
    return {id: speaker_of(said, name) for id, said in last.items()}


def row_out(
    access: Access,
    one: ListedName,
    tree: Tree,
    sites: dict[str, str],
    image: Image | None,
    by: dict[str, str],
) -> VerifiedNameOut:
    """Return a row as the API shows it."""
    taxon = tree.taxa.get(one.label)
    return VerifiedNameOut(
        label=one.label,
        path=one.path,
        scientific_name=taxon.scientific_name if taxon else "",
        rank=taxon.taxon_rank if taxon else "",
        common_name=taxon.vernacular_name if taxon else "",
        site=one.site,
        site_name=sites.get(one.site, ""),
        images=one.images,
        verified=one.verified,
        looks=one.looks,
        standing=one.standing,
        image=image_out(image, access) if image else None,
        by=by.get(image.id, "") if image else "",
    )


@router.get("/collections/{collection}/verified-names/events")
def count_events_of_names(
    access: MayLook, biosight: Open, records: Store, *, by_site: bool = False
) -> list[EventsOfNameOut]:
    """Count the events that show each name, at each site if asked; all dated pictures are read."""
    hidden = hides_places(access, biosight, records)
    gaps = all_gaps(records, access.collection)
    found = events_by_name(records, access.collection.id, gaps, by_site=by_site and not hidden)
    return [
        EventsOfNameOut(label=label, site=site, events=n)
        for (label, site), n in sorted(found.items())
    ]


@router.get("/collections/{collection}/verified-names/queue")
def names_queue(access: MayLook, biosight: Open, records: Store) -> QueueOut:
    """List the picture that most likely proves each name that nobody has verified yet.

    The surest come first. Send `via: "names"` with the answers; ask again for what is left.
    """
    found, _ = list_of(access, biosight, records)
    drawn = pictures_to_look_at(records, access.collection.id, found)
    return QueueOut(
        images=[DrawnOut(image=image_out(d.image, access), via=d.via) for d in drawn],
        waiting=sum(one.standing == "to look at" for one in found),
    )
