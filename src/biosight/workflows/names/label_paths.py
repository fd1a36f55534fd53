"""Update of the paths of a collection's pictures after names moved in its tree.

A path is derived from a label and the tree, so this work can stop at any moment and start again.
The collection records that it is due. Not here: changing the tree (tree_edits.py, rename.py).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import Stale
from biosight.field.coarse_places import SensitiveNames
from biosight.images import Image
from biosight.own_names.collected import Names
from biosight.review.undo_acts import with_paths
from biosight.storage.records import Gone, Records, Replace, Where, find_all
from biosight.taxa.naming import Naming
from biosight.taxa.paths import line_of
from biosight.workflows.collection_names import names_in
from biosight.workflows.names import sensitivity

BATCH = 200
MOST_AT_ONCE = 2000


def settle(records: Records, catalogue: Catalogue, collection: str) -> bool:
    """Correct up to MOST_AT_ONCE pictures; return whether all paths are correct now."""
    found = records.get(Collection, collection)
    if found is None or not found.unsettled:
        return True
    names, left = names_in(records, catalogue, found), MOST_AT_ONCE
    naming = names.naming
    keep_sensitive(records, found, names)
    found = records.get(Collection, collection) or found
    for old, new in wrong_paths(records, collection, naming).items():
        while left > 0 and (mended := mend(records, collection, old, new, naming)):
            left -= mended
    if left <= 0 or wrong_paths(records, collection, naming):
        return False
    try:
        done = replace(found, unsettled=False, version=found.version + 1)
        records.write(Replace(done, found.version))
    except Stale:
        return False
    return True


def settle_arrivals(records: Records, catalogue: Catalogue, collection: str) -> bool:
    """Correct the paths of pictures that came from a collection with another tree, as `settle`
    does."""
    while (found := records.get(Collection, collection)) is not None and not found.unsettled:
        naming = names_in(records, catalogue, found).naming
        if not wrong_paths(records, collection, naming):
            return True
        with suppress(Stale):  # somebody changed the collection: look again
            due = replace(found, unsettled=True, version=found.version + 1)
            records.write(Replace(due, found.version))
    return settle(records, catalogue, collection)


def keep_sensitive(records: Records, collection: Collection, names: Names) -> None:
    """Make names sensitive that lay below a sensitive name and no longer do, after a checklist
    import or a change of model. The paths of pictures show where the names were."""
    rule = SensitiveNames(collection.sensitive, names.naming, names.accepted)
    moved = wrong_paths(records, collection.id, names.naming) if collection.sensitive else {}
    out = sorted({line_of(old)[-1] for old in moved if rule.cover_path(old)})
    change = tuple((label, sensitivity.ADDED) for label in out if not rule.cover(label))
    if change:
        kept = sensitivity.with_sensitive(collection, change)
        with suppress(Stale):  # the next round looks again
            again = replace(kept, version=collection.version + 1)
            records.write(Replace(again, collection.version))


def wrong_paths(records: Records, collection: str, naming: Naming) -> Mapping[str, str]:
    """Return the wrong paths that pictures have, each with the correct one."""
    here = [Where("collection", "=", collection)]
    counts = (records.count_by(Image, here, field) for field in ("label_path", "also_paths"))
    paths = {str(path) for found in counts for path in found if path}
    right = {path: naming.path(line_of(path)[-1]) for path in paths}
    return {old: new for old, new in right.items() if old != new}


def mend(records: Records, collection: str, old: str, new: str, naming: Naming) -> int:
    """Correct the path of up to BATCH pictures; return how many were found."""
    has_path = Where.any([Where("label_path", "=", old)], [Where("also_paths", "has", old)])
    where = [Where("collection", "=", collection), has_path]
    images = records.find(Image, where, limit=BATCH)
    for image in images:
        path = new if image.label_path == old else image.label_path
        others = with_paths(image.others, naming)
        mended = replace(image, label_path=path, others=others, version=image.version + 1).in_step
        try:
            records.write(Replace(mended, image.version))
        except (Stale, Gone):
            continue  # it was changed or removed meanwhile; the next round reads it again
    return len(images)


def settle_all(records: Records, catalogue: Catalogue) -> None:
    """Correct the paths of every collection where that is due: after an update, a crash, or a
    change of model."""
    due = find_all(records, Collection, [Where("unsettled", "=", True)])
    for collection in due:
        while not settle(records, catalogue, collection.id):
            pass
